// Turns the live counters of a data plane into reports: what was added since the report before, and the gauges of now.

import { BREAKER_STATES, type BreakerState } from '../model/breaker.ts'
import type {
  DenialCounter,
  Histogram,
  ListenerCounters,
  PluginCounters,
  ResponseCounters,
  UpstreamCounters,
} from '../model/counters.ts'
import type { Endpoint } from '../model/endpoint.ts'
import type { EndpointRoster } from '../model/roster.ts'
import type { Labels, StatsReport } from '../model/stats.ts'
import type { SpanCounters } from '../model/tracing.ts'
import { type MetricName, OUTCOMES } from './metrics.ts'
import { ReportWriter } from './report-writer.ts'
import { Told, ToldHistogram, ToldMap } from './told.ts'

/**
 * What a data plane counts. An object that was replaced or removed is given as long as it may still change, and once after
 * that; giving the same object twice in one source does no harm.
 */
export interface CounterSource {
  readonly listeners: Iterable<{ readonly name: string; readonly counters: ListenerCounters }>
  readonly responses: Iterable<ResponseCounters>
  readonly routes: Iterable<{ readonly name: string; readonly duration: Histogram }>
  readonly upstreams: Iterable<UpstreamSource>
  readonly denials?: Iterable<DenialCounter>
  readonly plugins?: Iterable<{ readonly name: string; readonly counters: PluginCounters }>
  /** How much is refused because there is too much to do, 0 to 3. */
  readonly overload?: number
  /** Nobody looks at gauges now: one for each endpoint is much to make and to send. Left out = somebody does. */
  readonly withoutGauges?: boolean
  /** The access log, if one is written. */
  readonly accessLog?: { readonly dropped: number } | null
  readonly spans?: SpanCounters
}

export interface UpstreamSource {
  readonly name: string
  readonly counters: UpstreamCounters
  /** Those that left included, until nothing runs on them. */
  readonly endpoints: Iterable<Endpoint>
  /** Those that there are now, and who of them may be picked. */
  readonly present?: { readonly endpoints: Iterable<Endpoint>; readonly roster: EndpointRoster } | null
  /** null = it has none. */
  readonly breaker?: BreakerState | null
  /** Of its adaptive limit; null = it has none. */
  readonly limit?: number | null
}

/** Places of an endpoint: one for each outcome, then the gauge. */
const UP = OUTCOMES.length

/** One per data plane. Remembers what was told by counter object, weakly: a forgotten object takes its memory with it. */
export class StatsCollector {
  readonly #told = new WeakMap<object, Told>()
  readonly #maps = new WeakMap<object, ToldMap>()
  readonly #histograms = new WeakMap<Histogram, ToldHistogram>()
  readonly #write = new ReportWriter()
  /** Objects of this report whose gauges are written: one that is listed twice counts once. */
  #seen = new Set<object>()
  #series = 0
  /** For counters of the process itself. */
  readonly #own = new Told(1)

  /** Cost is linear in the number of objects; nothing is reported for counters that did not move. */
  collect(source: CounterSource): StatsReport {
    const write = this.#write
    write.tidy(this.#series)
    this.#series = 0
    this.#seen = new Set()
    for (const { name, counters: c } of source.listeners) this.#listener(name, c)
    for (const responses of source.responses) this.#responses(responses)
    for (const { name, duration } of source.routes) {
      this.#histogram('request_duration_seconds', duration, () => ({ route: name }))
    }
    for (const upstream of source.upstreams) this.#upstream(upstream, source.withoutGauges !== true)
    for (const denial of source.denials ?? []) {
      const { route, filter, mode } = denial
      this.#counter(denial, 1, 0, denial.count, 'filter_denials_total', () => ({ route, filter, mode }))
    }
    for (const plugin of source.plugins ?? []) this.#plugin(plugin.name, plugin.counters)
    if (source.accessLog) this.#counter(source.accessLog, 1, 0, source.accessLog.dropped, 'access_log_dropped_total', NO_LABELS)
    if (source.spans) this.#counter(source.spans, 1, 0, source.spans.dropped, 'spans_dropped_total', NO_LABELS)
    if (source.overload !== undefined) write.gauge(this.#own, 0, Math.round(source.overload * 100) / 100, 'overload', NO_LABELS)
    return write.take(source.withoutGauges !== true)
  }

  #listener(listener: string, c: ListenerCounters): void {
    const labels = () => ({ listener })
    this.#counter(c, 4, 0, c.connectionsTotal, 'connections_total', labels)
    this.#counter(c, 4, 1, c.bytesIn, 'bytes_total', () => ({ listener, direction: 'in' }))
    this.#counter(c, 4, 2, c.bytesOut, 'bytes_total', () => ({ listener, direction: 'out' }))
    this.#counts(c.rejected, 'rejected_total', (reason) => ({ listener, reason }))
    if (this.#isNew(c)) this.#write.gauge(this.#place(c, 4), 3, c.connections, 'connections', labels)
  }

  #responses(responses: ResponseCounters): void {
    this.#series++
    // Whatever was added since the last flush has left something here.
    if (responses.count === 0) return
    responses.flush()
    const { listener, route, upstream, byStatus } = responses
    this.#counts(byStatus, 'requests_total', (status) => {
      return { listener, route, upstream, code: status === '0' ? '' : status }
    })
  }

  #upstream({ name: upstream, counters: c, endpoints, present, breaker, limit }: UpstreamSource, withGauges: boolean): void {
    const labels = () => ({ upstream })
    this.#histogram('attempt_duration_seconds', c.attemptDuration, labels)
    this.#counts(c.retries, 'retries_total', (key) => {
      const space = key.lastIndexOf(' ')
      return { upstream, reason: key.slice(0, space), result: key.slice(space + 1) }
    })
    this.#counts(c.droppedCopies, 'mirror_dropped_total', (reason) => ({ upstream, reason }))
    this.#counts(c.ejections, 'ejections_total', (reason) => ({ upstream, reason }))
    for (const endpoint of endpoints) this.#endpoint(upstream, endpoint)
    if (!withGauges) return
    const told = this.#place(c, 7)
    const gauge = (index: number, value: number, metric: MetricName, of: () => Labels): void =>
      this.#write.gauge(told, index, value, metric, of)
    if (breaker) gauge(0, BREAKER_STATES.indexOf(breaker), 'breaker_state', labels)
    if (limit != null) gauge(1, limit, 'upstream_limit', labels)
    if (present) {
      gauge(2, present.roster.panic ? 1 : 0, 'panic', labels)
      for (const endpoint of present.endpoints) this.#up(upstream, endpoint, present.roster)
    }
    if (!this.#isNew(c)) return
    gauge(3, c.inFlight, 'requests_in_flight', labels)
    gauge(4, c.pending, 'requests_pending', labels)
    gauge(5, c.connectionsActive, 'upstream_connections', () => ({ upstream, state: 'active' }))
    gauge(6, c.connectionsIdle, 'upstream_connections', () => ({ upstream, state: 'idle' }))
  }

  #up(upstream: string, endpoint: Endpoint, roster: EndpointRoster): void {
    const up = roster.stateOf(endpoint).up ? 1 : 0
    const labels = () => ({ upstream, endpoint: endpoint.address })
    this.#write.gauge(this.#place(endpoint.counters, UP + 1), UP, up, 'endpoint_up', labels)
  }

  #endpoint(upstream: string, { address, counters: c }: Endpoint): void {
    const told = this.#place(c, UP + 1)
    this.#attempts(told, 0, c.ok, upstream, address)
    this.#attempts(told, 1, c.connectFailure, upstream, address)
    this.#attempts(told, 2, c.connectTimeout, upstream, address)
    this.#attempts(told, 3, c.reset, upstream, address)
    this.#attempts(told, 4, c.timeout, upstream, address)
    this.#attempts(told, 5, c.protocol, upstream, address)
    this.#attempts(told, 6, c.cancelled, upstream, address)
  }

  #attempts(told: Told, index: number, now: number, upstream: string, endpoint: string): void {
    const growth = told.advance(index, now)
    if (growth === 0) return
    const outcome = OUTCOMES[index] as string
    this.#write.counter(told, index, growth, 'attempts_total', () => ({ upstream, endpoint, outcome }))
  }

  #plugin(plugin: string, c: PluginCounters): void {
    const labels = () => ({ plugin })
    this.#counter(c, 2, 0, c.errors, 'plugin_errors_total', labels)
    this.#counter(c, 2, 1, c.overBudget, 'plugin_over_budget_total', labels)
    this.#histogram('plugin_duration_seconds', c.duration, labels)
  }

  #counter(object: object, size: number, index: number, now: number, metric: MetricName, labels: () => Labels): void {
    const told = this.#place(object, size)
    const growth = told.advance(index, now)
    if (growth > 0) this.#write.counter(told, index, growth, metric, labels)
  }

  #counts(map: ReadonlyMap<string | number, number>, metric: MetricName, labels: (key: string) => Labels): void {
    let told = this.#maps.get(map)
    if (told === undefined) {
      told = new ToldMap()
      this.#maps.set(map, told)
    }
    this.#series += map.size
    told.advance(map, (place, growth, key) => this.#write.counter(place, 0, growth, metric, () => labels(String(key))))
  }

  #histogram(metric: MetricName, histogram: Histogram, labels: () => Labels): void {
    let told = this.#histograms.get(histogram)
    if (told === undefined) {
      told = new ToldHistogram(histogram.counts.length)
      this.#histograms.set(histogram, told)
    }
    this.#series++
    if (!told.moved(histogram)) return
    this.#write.histogram(told, metric, labels)
    told.take(histogram, (added) => this.#write.number(added))
  }

  #place(object: object, size: number): Told {
    this.#series += size
    let told = this.#told.get(object)
    if (told === undefined) {
      told = new Told(size)
      this.#told.set(object, told)
    }
    return told
  }

  #isNew(object: object): boolean {
    if (this.#seen.has(object)) return false
    this.#seen.add(object)
    return true
  }
}

const NO_LABELS = (): Labels => ({})
