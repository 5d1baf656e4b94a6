// Has the endpoints of every upstream with `health` probed, and passes on what changes. A result counts for the settings that it
// was made with, and for no others.

import { checkOf, checksOf, type EndpointCheck, makeProber, type UpstreamChecks } from '../compile/watch-health.ts'
import type { GatewayConfig, UpstreamConfig } from '../config/model.ts'
import type { Clock, Random } from '../model/clock.ts'
import { Deadlines, Timed } from '../model/deadlines.ts'
import type { HealthState } from '../model/health.ts'
import type { StatsAggregator } from '../telemetry/aggregate.ts'
import type { LogFunction } from '../telemetry/log.ts'
import type { Planes } from './plane.ts'

/** Enough for ten thousand endpoints that answer, and few enough that a host is not flooded when they do not. */
const PROBES_AT_ONCE = 256
/** Milliseconds between two messages about one upstream, for each endpoint that it has: who gets them looks at every one. */
const PAUSE_PER_ENDPOINT = 0.05

export interface HealthDeskSettings {
  readonly planes: Pick<Planes, 'setHealth'>
  readonly stats: StatsAggregator
  readonly clock: Clock
  readonly random: Random
  readonly log: LogFunction
}

export class HealthDesk {
  readonly #settings: HealthDeskSettings
  readonly #deadlines: Deadlines
  readonly #prober
  readonly #watched = new Map<string, WatchedHealth>()
  #closed = false

  constructor(settings: HealthDeskSettings) {
    this.#settings = settings
    this.#deadlines = new Deadlines(settings.clock)
    this.#prober = makeProber({ deadlines: this.#deadlines, random: settings.random, atOnce: PROBES_AT_ONCE })
  }

  /** `config` is in force. What it leaves as it was is probed on as if nothing had happened. */
  settle(config: GatewayConfig, addressesOf: (upstream: string) => ReadonlySet<string>): void {
    if (this.#closed) return
    for (const [upstream, watched] of this.#watched) {
      const next = Object.hasOwn(config.upstreams, upstream) ? config.upstreams[upstream] : undefined
      if (next !== undefined && checkOf(next) === watched.check) continue
      watched.stop()
      this.#watched.delete(upstream)
      this.#settings.planes.setHealth(upstream, { check: next === undefined ? '' : checkOf(next), states: new Map() })
    }
    for (const [upstream, settings] of Object.entries(config.upstreams)) {
      if (settings.health === null) continue
      const watched = this.#watched.get(upstream) ?? this.#watch(upstream, settings)
      watched.followSet(addressesOf(upstream))
    }
    if (this.#watched.size === 0) this.#deadlines.stop()
  }

  /** The endpoints of a discovered upstream have changed. */
  setEndpoints(upstream: string, addresses: Iterable<string>): void {
    this.#watched.get(upstream)?.follow(addresses)
  }

  close(): void {
    this.#closed = true
    for (const watched of this.#watched.values()) watched.stop()
    this.#watched.clear()
    this.#deadlines.stop()
  }

  #watch(upstream: string, config: UpstreamConfig): WatchedHealth {
    this.#deadlines.start()
    const watched = new WatchedHealth(upstream, checkOf(config), this.#prober, this.#settings)
    this.#watched.set(upstream, watched)
    checksOf(config).then(
      (checks) => checks !== null && watched.begin(checks),
      (error: Error) => this.#settings.log('error', 'health checks cannot be made', { upstream, reason: error.message }),
    )
    return watched
  }
}

/** The checks of one upstream; its deadline is when changes are passed on, many in one. */
class WatchedHealth extends Timed {
  readonly check: string
  readonly #upstream: string
  readonly #prober: ReturnType<typeof makeProber>
  readonly #settings: HealthDeskSettings
  readonly #running = new Map<string, EndpointCheck>()
  #changes = new Map<string, HealthState | null>()
  #addresses: ReadonlySet<string> = new Set()
  /** What `followSet` was told last, and nobody anything else since. */
  #followed: ReadonlySet<string> | null = null
  /** null = what probes is still being loaded. */
  #checks: UpstreamChecks | null = null
  #stopped = false
  #passedAt = Number.NEGATIVE_INFINITY

  constructor(upstream: string, check: string, prober: ReturnType<typeof makeProber>, settings: HealthDeskSettings) {
    super()
    this.check = check
    this.#upstream = upstream
    this.#prober = prober
    this.#settings = settings
  }

  begin(checks: UpstreamChecks): void {
    this.#checks = checks
    this.follow(this.#addresses)
  }

  /** The same, where nothing is to be done for a set that is followed already; it never changes. */
  followSet(addresses: ReadonlySet<string>): void {
    if (addresses === this.#followed) return
    this.follow(addresses)
    this.#followed = addresses
  }

  /** These and no others are to be probed from now on. */
  follow(addresses: Iterable<string>): void {
    this.#followed = null
    this.#addresses = new Set(addresses)
    if (this.#checks === null || this.#stopped) return
    for (const [address, running] of this.#running) {
      if (this.#addresses.has(address)) continue
      running.stop()
      this.#running.delete(address)
      this.#changes.set(address, null)
    }
    // At once: one that comes back under the same address is a new one.
    if (this.#changes.size > 0) this.onDeadline()
    for (const address of this.#addresses) {
      if (!this.#running.has(address)) this.#running.set(address, this.#begin(this.#checks, address))
    }
  }

  stop(): void {
    this.#stopped = true
    this.#prober.deadlines.remove(this)
    for (const running of this.#running.values()) running.stop()
    this.#running.clear()
  }

  override onDeadline(): void {
    this.#prober.deadlines.disarm(this)
    this.#passedAt = this.#prober.deadlines.now
    const states = this.#changes
    this.#changes = new Map()
    this.#settings.planes.setHealth(this.#upstream, { check: this.check, states })
  }

  #begin(checks: UpstreamChecks, endpoint: string): EndpointCheck {
    const { stats, log } = this.#settings
    const upstream = this.#upstream
    let { up } = checks.initial
    return checks.begin(this.#prober, endpoint, ({ state }, failure, changed) => {
      stats.inc('health_checks_total', { upstream, result: failure === '' ? 'ok' : 'failed' })
      if (!changed) return
      this.#change(endpoint, state)
      if (state.up === up) return
      up = state.up
      if (up) log('info', 'an endpoint is healthy', { upstream, endpoint })
      else log('warn', 'an endpoint is unhealthy', { upstream, endpoint, reason: state.reason })
    })
  }

  #change(address: string, state: HealthState | null): void {
    this.#changes.set(address, state)
    if (this.deadline !== 0) return
    const { deadlines } = this.#prober
    const pause = this.#addresses.size * PAUSE_PER_ENDPOINT - (deadlines.now - this.#passedAt)
    deadlines.arm(this, Math.max(pause, 0))
  }
}
