// One upstream's discovery while it runs: the set it found last, when, and what is wrong with it. Tells only what changes.

import type { Clock } from '../model/clock.ts'
import type { EndpointSpec } from '../model/endpoint.ts'
import type { StatsAggregator } from '../telemetry/aggregate.ts'
import type { LogFunction } from '../telemetry/log.ts'

export interface WatchedSettings {
  readonly clock: Clock
  readonly log: LogFunction
  readonly stats: StatsAggregator
  readonly changed: () => void
  /** It speaks when something changes, which may be often: that is not told to the log of every day. */
  readonly quiet: boolean
}

export class Watched {
  readonly upstream: string
  /** Replaced only when it really differs. */
  endpoints: readonly EndpointSpec[]
  /** A good answer has come. */
  answered = false
  /** Somebody has given it a moment to answer. */
  waitedFor = false
  /** No news is good news. */
  readonly quiet: boolean
  /** When the last good answer came (monotonic ms); before the first one: when it began. */
  goodAt: number
  /** Resolves with the first answer, good or bad, or when it is stopped. */
  readonly settled: Promise<void>
  readonly #settings: WatchedSettings
  #key: string
  /** What is wrong now; '' = nothing. */
  #trouble = ''
  #settle: () => void
  #stop: () => void = () => {}

  /** `inherited` is in force until the first good answer. */
  constructor(upstream: string, inherited: readonly EndpointSpec[], settings: WatchedSettings) {
    this.upstream = upstream
    this.endpoints = inherited
    this.quiet = settings.quiet
    this.goodAt = settings.clock.now()
    this.#settings = settings
    this.#key = JSON.stringify(inherited)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.settled = promise
    this.#settle = resolve
  }

  readonly found = (endpoints: readonly EndpointSpec[], trouble = ''): void => {
    const { clock, log, stats, changed, quiet } = this.#settings
    this.answered = true
    this.goodAt = clock.now()
    stats.inc('discovery_lookups_total', { upstream: this.upstream, result: trouble === '' ? 'ok' : 'partial' })
    if (trouble === '' && this.#trouble !== '') log('info', 'discovery works again', { upstream: this.upstream })
    else if (trouble !== this.#trouble)
      log('warn', endpoints.length === 0 ? 'discovery found nothing' : 'discovery found only a part', {
        upstream: this.upstream,
        reason: trouble,
      })
    this.#trouble = trouble
    const key = JSON.stringify(endpoints)
    if (key !== this.#key) {
      log(quiet ? 'debug' : 'info', 'endpoints changed', {
        upstream: this.upstream,
        endpoints: endpoints.length,
        before: this.endpoints.length,
      })
      this.#key = key
      this.endpoints = endpoints
      changed()
    }
    this.#settle()
  }

  readonly failed = (reason: string): void => {
    const { log, stats } = this.#settings
    stats.inc('discovery_lookups_total', { upstream: this.upstream, result: 'failed' })
    if (reason !== this.#trouble) {
      const kept = this.endpoints.length
      const what = kept === 0 ? 'no endpoint is known yet' : 'the last good endpoints stay'
      log('warn', `discovery failed; ${what}`, { upstream: this.upstream, reason, endpoints: kept })
    }
    this.#trouble = reason
    this.#settle()
  }

  /** `watch` begins and returns what stops it. */
  begin(watch: (found: Watched['found'], failed: Watched['failed']) => () => void): void {
    this.#stop = watch(this.found, this.failed)
  }

  stop(): void {
    this.#settle()
    this.#stop()
  }
}
