// Runs the discovery of every upstream whose endpoints do not stand in the configuration, and passes on what changes.
// A configuration comes into force between `prepare` and `settle`: meanwhile sets stand still.

import { type DiscoverEnvironment, discover } from '../compile/discover.ts'
import { type KubernetesLink, placeKey } from '../compile/kubernetes-link.ts'
import { DEFAULT_KUBERNETES } from '../config/kubernetes-schema.ts'
import type { DiscoveryConfig, GatewayConfig, KubernetesConfig } from '../config/model.ts'
import type { Clock, Random } from '../model/clock.ts'
import { Deadlines } from '../model/deadlines.ts'
import type { EndpointSets } from '../model/discovery.ts'
import type { EndpointSpec } from '../model/endpoint.ts'
import type { StatsAggregator } from '../telemetry/aggregate.ts'
import type { LogFunction } from '../telemetry/log.ts'
import { addressSet } from './address-set.ts'
import type { Planes } from './plane.ts'
import { Watched } from './watched.ts'

/** How long a start waits for first answers before it says that it is ready, and a reload before it puts them into force. */
const PATIENCE_MS = 1000
/** The same for what is known at once if it is known at all: a change of somebody else's must not wait for long. */
const QUIET_PATIENCE_MS = 200
/** How long `/ready` waits for first answers. */
const READY_WAITS_MS = 10_000

export interface DiscoveryDeskSettings {
  readonly planes: Pick<Planes, 'setEndpoints'>
  readonly stats: StatsAggregator
  readonly clock: Clock
  readonly random: Random
  readonly log: LogFunction
  readonly kubernetes: KubernetesLink
}

interface Asked {
  readonly discovery: DiscoveryConfig
  readonly where: string
  readonly watched: Watched
}

export class DiscoveryDesk {
  readonly #settings: DiscoveryDeskSettings
  readonly #deadlines: Deadlines
  readonly #beganAt: number
  /** By upstream and what is written about its discovery, so that a change begins anew while the old one goes on. */
  readonly #watched = new Map<string, Watched>()
  /** Those of the configuration in force, by upstream. */
  #inForce = new Map<string, Watched>()
  /** By upstream, what was asked last, and by what it is followed: most of it is asked again. */
  #last: ReadonlyMap<string, Asked> = new Map()
  #preparing: EndpointSets | null = null
  #closed = false
  /** What the planes have. */
  #given = new Map<string, readonly EndpointSpec[]>()

  constructor(settings: DiscoveryDeskSettings) {
    this.#settings = settings
    this.#deadlines = new Deadlines(settings.clock)
    this.#beganAt = settings.clock.now()
  }

  /** Begins to look for what the first configuration names; what is found is passed on from now on. */
  begin(config: GatewayConfig): void {
    this.#inForce = this.#watch(config, null)
  }

  /**
   * Begins to look for what is new in `next` and gives it a moment to be found, then stands still until `settle`. Resolves with
   * the sets that `next` comes into force with: an upstream whose discovery changed has its old one until there is an answer.
   */
  async prepare(next: GatewayConfig, before: GatewayConfig): Promise<EndpointSets> {
    const watched = this.#watch(next, before)
    await patience([...watched.values()], QUIET_PATIENCE_MS)
    const sets = new Map([...watched].map(([upstream, { endpoints }]) => [upstream, endpoints]))
    this.#preparing = sets
    return sets
  }

  /** `config` is in force, because it was applied or because its successor was refused. */
  settle(config: GatewayConfig, applied: boolean): void {
    if (this.#closed) return
    const sets = this.#preparing
    this.#preparing = null
    this.#inForce = this.#watch(config, null)
    // After a refusal it is not known what the planes were still told.
    this.#given = new Map(applied ? sets : [])
    const needed = new Set(this.#inForce.values())
    for (const [key, watched] of this.#watched) {
      if (needed.has(watched)) continue
      watched.stop()
      this.#watched.delete(key)
    }
    for (const upstream of this.#inForce.keys()) this.#pass(upstream)
    if (this.#watched.size === 0) this.#deadlines.stop()
  }

  /** Resolves when everything in force has answered once, or after a moment. */
  firstAnswers(): Promise<void> {
    return patience([...this.#inForce.values()], PATIENCE_MS)
  }

  /** Upstreams that `/ready` waits for. Only at the start: a reload does not make a gateway unready. */
  awaited(): string[] {
    if (this.#settings.clock.now() - this.#beganAt >= READY_WAITS_MS) return []
    return [...this.#inForce.values()].filter(({ answered }) => !answered).map(({ upstream }) => upstream)
  }

  /** Addresses that a discovered upstream has now; null for an upstream that is none. */
  addressesOf(upstream: string): ReadonlySet<string> | null {
    const watched = this.#inForce.get(upstream)
    return watched === undefined ? null : addressSet(watched.endpoints)
  }

  /** Brings the metrics up to date. */
  measure(): void {
    const { clock, stats, kubernetes: link } = this.#settings
    const ages = link.ages()
    const oldest = Math.max(0, ...ages.values())
    stats.clear('kubernetes_watch_age_seconds')
    for (const [kind, age] of ages) stats.set('kubernetes_watch_age_seconds', { kind }, age / 1000)
    for (const [upstream, { goodAt, answered, quiet }] of this.#inForce) {
      // Of what is watched no news is good news, as long as the watch lives.
      const age = quiet && answered ? oldest : clock.now() - goodAt
      stats.set('discovery_age_seconds', { upstream }, age / 1000)
    }
  }

  close(): void {
    this.#closed = true
    for (const watched of this.#watched.values()) watched.stop()
    this.#watched.clear()
    this.#inForce.clear()
    this.#deadlines.stop()
  }

  /** What each discovered upstream is followed by; begun where it is new, with the endpoints that it had in `before`. */
  #watch(config: GatewayConfig, before: GatewayConfig | null): Map<string, Watched> {
    const found = new Map<string, Watched>()
    const asked = new Map<string, Asked>()
    if (this.#closed) return found
    const where = JSON.stringify([placeKey(placeOf(config)), config.zone])
    for (const [upstream, { discovery }] of Object.entries(config.upstreams)) {
      if ('static' in discovery) continue
      const last = this.#last.get(upstream)
      const watched =
        last !== undefined && last.discovery === discovery && last.where === where
          ? last.watched
          : this.#find(upstream, discovery, where, config, before)
      asked.set(upstream, { discovery, where, watched })
      found.set(upstream, watched)
    }
    this.#last = asked
    return found
  }

  #find(
    upstream: string,
    discovery: DiscoveryConfig,
    where: string,
    config: GatewayConfig,
    before: GatewayConfig | null,
  ): Watched {
    const key = `${upstream}\n${textOf(discovery)}${'kubernetes' in discovery ? where : ''}`
    const watched = this.#watched.get(key) ?? this.#follow(upstream, discovery, config, this.#before(upstream, before))
    this.#watched.set(key, watched)
    return watched
  }

  #before(upstream: string, config: GatewayConfig | null): readonly EndpointSpec[] {
    if (config === null || !Object.hasOwn(config.upstreams, upstream)) return []
    const discovery = config.upstreams[upstream]?.discovery
    if (discovery !== undefined && 'static' in discovery) return discovery.static
    return this.#inForce.get(upstream)?.endpoints ?? []
  }

  #follow(upstream: string, discovery: DiscoveryConfig, config: GatewayConfig, inherited: readonly EndpointSpec[]): Watched {
    const { log, stats, clock, random, kubernetes: link } = this.#settings
    const { zone } = config
    // Not the whole configuration: who is followed for long would keep it alive.
    const place = placeOf(config)
    this.#deadlines.start()
    const watched = new Watched(upstream, inherited, {
      clock,
      log,
      stats,
      changed: () => this.#changed(watched),
      quiet: 'kubernetes' in discovery,
    })
    const environment: DiscoverEnvironment = {
      deadlines: this.#deadlines,
      random,
      kubernetes: (spec, found, failed) => link.watch(place, zone, spec, found, failed),
    }
    watched.begin((found, failed) => discover(discovery, environment, found, failed))
    return watched
  }

  #changed(watched: Watched): void {
    if (this.#inForce.get(watched.upstream) === watched) this.#pass(watched.upstream)
  }

  #pass(upstream: string): void {
    const endpoints = this.#inForce.get(upstream)?.endpoints ?? []
    if (this.#preparing !== null || this.#given.get(upstream) === endpoints) return
    this.#given.set(upstream, endpoints)
    this.#settings.planes.setEndpoints(upstream, endpoints)
  }
}

/** There may be thousands, and each is asked for whenever something changes. */
const texts = new WeakMap<DiscoveryConfig, string>()

function textOf(discovery: DiscoveryConfig): string {
  const known = texts.get(discovery) ?? JSON.stringify(discovery)
  texts.set(discovery, known)
  return known
}

/** An upstream of Kubernetes implies the defaults. */
const placeOf = ({ kubernetes }: GatewayConfig): KubernetesConfig => kubernetes ?? DEFAULT_KUBERNETES

/** Each is waited for once: what has not answered by then does not keep all others waiting again. */
async function patience(watched: readonly Watched[], quietMs: number): Promise<void> {
  const fresh = watched.filter(({ waitedFor }) => !waitedFor)
  if (fresh.length === 0) return
  const [quiet, others] = [fresh.filter(({ quiet }) => quiet), fresh.filter(({ quiet }) => !quiet)]
  await Promise.all([settledWithin(quiet, quietMs), settledWithin(others, PATIENCE_MS)])
  for (const each of fresh) each.waitedFor = true
}

async function settledWithin(watched: readonly Watched[], ms: number): Promise<void> {
  const first = Promise.all(watched.map(({ settled }) => settled))
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([first, over])
  clearTimeout(timer)
}
