// What is in force, and the one place where it changes: applies configurations one after the other and keeps the books on them.

import type { GatewayConfig, UpstreamConfig } from '../config/model.ts'
import type { Clock } from '../model/clock.ts'
import type { Explained, ExplainRequest } from '../model/explanation.ts'
import type { SampleBatch } from '../model/request-sample.ts'
import type { UpstreamState } from '../model/upstream-state.ts'
import type { KnownNames, StatsAggregator } from '../telemetry/aggregate.ts'
import { addressSet } from './address-set.ts'
import { certificateExpiry } from './certificate-expiry.ts'
import type { DiscoveryDesk } from './discovery-desk.ts'
import type { HealthDesk } from './health-desk.ts'
import { withKeptParts } from './kept-parts.ts'
import type { ListenerAddress, Planes } from './plane.ts'
import { revisionOf } from './revision.ts'

/** How often series of what does not exist any more are swept. */
const SWEEP_EVERY_MS = 60_000
/** And at least so far apart. */
const SWEEP_PAUSE_MS = 5000

export interface InForce {
  readonly config: GatewayConfig
  readonly revision: string
}

export interface ControlSettings {
  readonly planes: Planes
  readonly discovery: DiscoveryDesk
  readonly health: HealthDesk
  readonly stats: StatsAggregator
  readonly clock: Clock
  /** What else follows the configuration; runs before the planes, may refuse by rejecting, and is called again to go back. */
  readonly beside?: (config: GatewayConfig) => Promise<void>
}

export class Control {
  readonly #planes: Planes
  readonly #discovery: DiscoveryDesk
  readonly #health: HealthDesk
  readonly #stats: StatsAggregator
  readonly #clock: Clock
  readonly #beside: (config: GatewayConfig) => Promise<void>
  #inForce: InForce | null = null
  #addresses: readonly ListenerAddress[] = []
  #draining = false
  #last: Promise<unknown> = Promise.resolve()
  readonly #sweeper: NodeJS.Timeout
  #sweptAt = Number.NEGATIVE_INFINITY
  /** null = no sweep is due before the next one of `#sweeper`. */
  #sweepTimer: NodeJS.Timeout | null = null

  constructor({ planes, discovery, health, stats, clock, beside = async () => {} }: ControlSettings) {
    this.#planes = planes
    this.#discovery = discovery
    this.#health = health
    this.#stats = stats
    this.#clock = clock
    this.#beside = beside
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_EVERY_MS).unref()
  }

  /** null before `start` has succeeded. */
  get inForce(): InForce | null {
    return this.#inForce
  }

  get addresses(): readonly ListenerAddress[] {
    return this.#addresses
  }

  /** Rejects with what is wrong. */
  async start(config: GatewayConfig): Promise<void> {
    const revision = revisionOf(config)
    const planes = this.#planes.start(config, revision, new Map())
    this.#discovery.begin(config)
    this.#probe(config)
    const [served, beside] = await Promise.allSettled([planes, this.#beside(config)])
    if (served.status === 'rejected') throw served.reason
    if (beside.status === 'rejected') throw beside.reason
    await this.#discovery.firstAnswers()
    this.#addresses = served.value
    this.judged(false)
    this.#took({ config, revision })
  }

  /** Waits for its turn. Rejects when refused: nothing has changed. */
  apply(config: GatewayConfig): Promise<'applied' | 'unchanged'> {
    const turn = this.#last.then(() => this.#apply(config))
    this.#last = turn.catch(() => {})
    return turn
  }

  /** Whether the file that was read last is refused. */
  judged(refused: boolean): void {
    this.#stats.set('config_refused', {}, refused ? 1 : 0)
  }

  /** Counts an attempt that did not come as far as `apply`. */
  refused(): void {
    this.#stats.inc('config_reloads_total', { result: 'refused' })
  }

  ready(): { ready: boolean; why: string[] } {
    const why: string[] = []
    const awaited = this.#discovery.awaited()
    if (this.#inForce === null) why.push('starting')
    else if (this.#draining) why.push('draining')
    else if (this.#planes.serving() === 0) why.push('no worker serves')
    else if (awaited.length > 0) why.push(...awaited.map((upstream) => `the discovery of ${upstream} has not answered yet`))
    return { ready: why.length === 0, why }
  }

  /** Brings statistics up to date, waiting a bounded time. */
  async collect(withGauges = true): Promise<void> {
    this.#discovery.measure()
    await this.#planes.collect(withGauges)
  }

  takeSamples(most: number): Promise<SampleBatch> {
    return this.#planes.takeSamples(most)
  }

  explain(request: ExplainRequest): Promise<Explained> {
    return this.#planes.explain(request)
  }

  upstreams(): Promise<UpstreamState[]> {
    return this.#planes.upstreams()
  }

  /** How many processes serve. */
  serving(): number {
    return this.#planes.serving()
  }

  reopenLogs(): void {
    this.#planes.reopenLogs()
  }

  /** `/ready` turns now; accepting stops after `delayMs`; what runs has `timeoutMs` from then on. */
  async drain(delayMs: number, timeoutMs: number): Promise<void> {
    this.#draining = true
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
    await this.#planes.drain(timeoutMs)
    this.#end()
  }

  kill(): void {
    this.#draining = true
    this.#end()
    this.#planes.kill()
  }

  #end(): void {
    clearInterval(this.#sweeper)
    if (this.#sweepTimer !== null) clearTimeout(this.#sweepTimer)
    this.#discovery.close()
    this.#health.close()
  }

  #probe(config: GatewayConfig): void {
    this.#health.settle(config, (upstream) => this.#addressesOf(upstream, config))
  }

  #addressesOf(upstream: string, { upstreams }: GatewayConfig): ReadonlySet<string> {
    const { discovery } = upstreams[upstream] as UpstreamConfig
    if ('static' in discovery) return addressSet(discovery.static)
    return this.#discovery.addressesOf(upstream) ?? new Set()
  }

  async #apply(given: GatewayConfig): Promise<'applied' | 'unchanged'> {
    const config = withKeptParts(given, this.#inForce?.config ?? null)
    const revision = revisionOf(config)
    try {
      if (this.#draining) throw new Error('the gateway is draining')
      if (revision === this.#inForce?.revision) {
        this.#stats.inc('config_reloads_total', { result: 'unchanged' })
        return 'unchanged'
      }
      await this.#beside(config)
      this.#addresses = await this.#applyToPlanes(config, revision)
    } catch (error) {
      this.refused()
      throw error
    }
    this.#took({ config, revision })
    this.#probe(config)
    this.#stats.inc('config_reloads_total', { result: 'applied' })
    return 'applied'
  }

  async #applyToPlanes(config: GatewayConfig, revision: string): Promise<readonly ListenerAddress[]> {
    const before = this.#inForce?.config ?? config
    try {
      const addresses = await this.#planes.apply(config, revision, await this.#discovery.prepare(config, before))
      this.#discovery.settle(config, true)
      return addresses
    } catch (error) {
      this.#discovery.settle(before, false)
      if (this.#inForce !== null) await this.#beside(this.#inForce.config)
      throw error
    }
  }

  #took(inForce: InForce): void {
    this.#inForce = inForce
    this.#stats.set('config_info', { revision: inForce.revision }, 1)
    this.#stats.set('config_last_success_timestamp_seconds', {}, this.#clock.wall() / 1000)
    for (const [certificate, expiry] of certificateExpiry(inForce.config))
      this.#stats.set('certificate_expiry_timestamp_seconds', { certificate }, expiry)
    this.#sweepSoon()
  }

  /** At once, unless changes follow each other closely: all series are looked at. */
  #sweepSoon(): void {
    if (this.#sweepTimer !== null) return
    const wait = this.#sweptAt + SWEEP_PAUSE_MS - this.#clock.now()
    if (wait <= 0) this.#sweep()
    else this.#sweepTimer = setTimeout(() => this.#sweep(), wait).unref()
  }

  #sweep(): void {
    if (this.#sweepTimer !== null) clearTimeout(this.#sweepTimer)
    this.#sweepTimer = null
    this.#sweptAt = this.#clock.now()
    if (this.#inForce !== null) this.#stats.retain(this.#names(this.#inForce.config))
  }

  #names(config: GatewayConfig): KnownNames {
    const { listeners, routes, upstreams, plugins } = config
    return {
      listeners: new Set(listeners.map(({ name }) => name)),
      routes: new Set(routes.map(({ name }) => name)),
      plugins: new Set(plugins.flatMap(({ code }) => code?.name ?? [])),
      certificates: new Set(certificateExpiry(config).keys()),
      upstreams: new Map(Object.keys(upstreams).map((name) => [name, this.#addressesOf(name, config)])),
    }
  }
}
