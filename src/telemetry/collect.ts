// Turns the live counters of a data plane into reports: what was added since the report before, and the gauges of now.

import { BREAKER_STATES, type BreakerState } from '../model/breaker.ts'
import type {
  DenialCounter,
  EndpointCounters,
  Histogram,
  ListenerCounters,
  PluginCounters,
  ResponseCounters,
  UpstreamCounters,
} from '../model/counters.ts'
import type { Endpoint } from '../model/endpoint.ts'
import type { EndpointRoster } from '../model/roster.ts'
import type { CounterDelta, HistogramDelta, Labels, StatsReport } from '../model/stats.ts'
import { GaugeSums } from './gauge-sums.ts'
import { LastHistogram, LastMap, LastNumbers } from './last-values.ts'
import type { MetricName } from './metrics.ts'

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

const OUTCOME_FIELDS: readonly (readonly [keyof EndpointCounters, string])[] = [
  ['ok', 'ok'],
  ['connectFailure', 'connect-failure'],
  ['connectTimeout', 'connect-timeout'],
  ['reset', 'reset'],
  ['timeout', 'timeout'],
  ['protocol', 'protocol'],
  ['cancelled', 'cancelled'],
]

/** One per data plane. Remembers the last values by counter object, weakly: a forgotten object takes its memory with it. */
export class StatsCollector {
  readonly #numbers = new WeakMap<object, LastNumbers>()
  readonly #maps = new WeakMap<object, LastMap>()
  readonly #histograms = new WeakMap<Histogram, LastHistogram>()

  /** Cost is linear in the number of objects; nothing is reported for counters that did not move. */
  collect(source: CounterSource): StatsReport {
    const counters: CounterDelta[] = []
    const histograms: HistogramDelta[] = []
    const gauges = new GaugeSums()
    for (const { name, counters: c } of source.listeners) this.#listener(name, c, counters, gauges)
    for (const responses of source.responses) this.#responses(responses, counters)
    for (const { name, duration } of source.routes) {
      this.#histogram('request_duration_seconds', { route: name }, duration, histograms)
    }
    for (const upstream of source.upstreams) {
      this.#upstream(upstream.name, upstream.counters, counters, histograms, gauges)
      for (const endpoint of upstream.endpoints) this.#endpoint(upstream.name, endpoint, counters)
      if (upstream.breaker) {
        gauges.add('breaker_state', { upstream: upstream.name }, BREAKER_STATES.indexOf(upstream.breaker))
      }
      if (upstream.limit != null) gauges.add('upstream_limit', { upstream: upstream.name }, upstream.limit)
      if (upstream.present && !source.withoutGauges)
        this.#roster(upstream.name, upstream.present.endpoints, upstream.present.roster, gauges)
    }
    for (const denial of source.denials ?? []) {
      const { route, filter, mode } = denial
      push(counters, 'filter_denials_total', { route, filter, mode }, this.#last(denial, 1).advance(0, denial.count))
    }
    for (const plugin of source.plugins ?? []) this.#plugin(plugin.name, plugin.counters, counters, histograms)
    if (source.accessLog) {
      const last = this.#last(source.accessLog, 1)
      push(counters, 'access_log_dropped_total', {}, last.advance(0, source.accessLog.dropped))
    }
    if (source.overload !== undefined) gauges.add('overload', {}, Math.round(source.overload * 100) / 100)
    return { counters, histograms, gauges: source.withoutGauges ? null : gauges.values }
  }

  #listener(listener: string, c: ListenerCounters, out: CounterDelta[], gauges: GaugeSums): void {
    const last = this.#last(c, 3)
    push(out, 'connections_total', { listener }, last.advance(0, c.connectionsTotal))
    push(out, 'bytes_total', { listener, direction: 'in' }, last.advance(1, c.bytesIn))
    push(out, 'bytes_total', { listener, direction: 'out' }, last.advance(2, c.bytesOut))
    this.#lastMap(c.rejected).advance(c.rejected, (reason, delta) => push(out, 'rejected_total', { listener, reason }, delta))
    if (gauges.isNew(c)) gauges.add('connections', { listener }, c.connections)
  }

  #responses(responses: ResponseCounters, out: CounterDelta[]): void {
    responses.flush()
    const { listener, route, upstream, byStatus } = responses
    this.#lastMap(byStatus).advance(byStatus, (status, delta) =>
      push(out, 'requests_total', { listener, route, upstream, code: status === 0 ? '' : String(status) }, delta),
    )
  }

  #upstream(upstream: string, c: UpstreamCounters, out: CounterDelta[], durations: HistogramDelta[], gauges: GaugeSums): void {
    this.#histogram('attempt_duration_seconds', { upstream }, c.attemptDuration, durations)
    this.#lastMap(c.retries).advance(c.retries, (key, delta) => {
      const space = String(key).lastIndexOf(' ')
      const reason = String(key).slice(0, space)
      push(out, 'retries_total', { upstream, reason, result: String(key).slice(space + 1) }, delta)
    })
    this.#lastMap(c.droppedCopies).advance(c.droppedCopies, (reason, delta) => {
      push(out, 'mirror_dropped_total', { upstream, reason: String(reason) }, delta)
    })
    this.#lastMap(c.ejections).advance(c.ejections, (reason, delta) => {
      push(out, 'ejections_total', { upstream, reason: String(reason) }, delta)
    })
    if (!gauges.isNew(c)) return
    gauges.add('requests_in_flight', { upstream }, c.inFlight)
    gauges.add('requests_pending', { upstream }, c.pending)
    gauges.add('upstream_connections', { upstream, state: 'active' }, c.connectionsActive)
    gauges.add('upstream_connections', { upstream, state: 'idle' }, c.connectionsIdle)
  }

  #roster(upstream: string, endpoints: Iterable<Endpoint>, roster: EndpointRoster, gauges: GaugeSums): void {
    gauges.add('panic', { upstream }, roster.panic ? 1 : 0)
    for (const endpoint of endpoints) {
      gauges.add('endpoint_up', { upstream, endpoint: endpoint.address }, roster.stateOf(endpoint).up ? 1 : 0)
    }
  }

  #endpoint(upstream: string, endpoint: Endpoint, out: CounterDelta[]): void {
    const last = this.#last(endpoint.counters, OUTCOME_FIELDS.length)
    for (let i = 0; i < OUTCOME_FIELDS.length; i++) {
      const [field, outcome] = OUTCOME_FIELDS[i] as (typeof OUTCOME_FIELDS)[number]
      const delta = last.advance(i, endpoint.counters[field])
      if (delta > 0) push(out, 'attempts_total', { upstream, endpoint: endpoint.address, outcome }, delta)
    }
  }

  #plugin(plugin: string, c: PluginCounters, out: CounterDelta[], durations: HistogramDelta[]): void {
    const last = this.#last(c, 2)
    push(out, 'plugin_errors_total', { plugin }, last.advance(0, c.errors))
    push(out, 'plugin_over_budget_total', { plugin }, last.advance(1, c.overBudget))
    this.#histogram('plugin_duration_seconds', { plugin }, c.duration, durations)
  }

  #histogram(metric: MetricName, labels: Labels, histogram: Histogram, out: HistogramDelta[]): void {
    let last = this.#histograms.get(histogram)
    if (last === undefined) {
      last = new LastHistogram(histogram.counts.length)
      this.#histograms.set(histogram, last)
    }
    const delta = last.advance(histogram)
    if (delta !== null) out.push({ metric, labels, ...delta })
  }

  #last(object: object, size: number): LastNumbers {
    let last = this.#numbers.get(object)
    if (last === undefined) {
      last = new LastNumbers(size)
      this.#numbers.set(object, last)
    }
    return last
  }

  #lastMap(map: ReadonlyMap<string | number, number>): LastMap {
    let last = this.#maps.get(map)
    if (last === undefined) {
      last = new LastMap()
      this.#maps.set(map, last)
    }
    return last
  }
}

function push(out: CounterDelta[], metric: MetricName, labels: Labels, delta: number): void {
  if (delta > 0) out.push({ metric, labels, delta })
}
