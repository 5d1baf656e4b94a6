// Sums what the data planes report and what the supervisor counts itself, and hands it out as Prometheus text.

import type { GaugeValue, Labels, StatsReport } from '../model/stats.ts'
import { Exposer, type Exposition, type MetricSource } from './exposition.ts'
import { Family } from './family.ts'
import { GaugeSums } from './gauge-sums.ts'
import { isMetricName, METRICS, type MetricDefinition, type MetricName } from './metrics.ts'
import { Series } from './series.ts'

/** What the configuration in force names; label values outside belong to what is gone. */
export interface KnownNames {
  readonly listeners: ReadonlySet<string>
  readonly routes: ReadonlySet<string>
  /** Addresses by upstream. */
  readonly upstreams: ReadonlyMap<string, ReadonlySet<string>>
  readonly plugins?: ReadonlySet<string>
  readonly certificates?: ReadonlySet<string>
}

/** One per gateway, in the process that serves `/metrics`. */
export class StatsAggregator {
  readonly #families = new Map<string, Family>()
  readonly #gaugesOf = new Map<number, readonly GaugeValue[]>()
  readonly #exposer: Exposer

  constructor() {
    for (const [name, definition] of Object.entries(METRICS)) this.#families.set(name, new Family(name, definition))
    this.#exposer = new Exposer([...this.#families.keys()].map((name) => this.#source(name)))
  }

  /** Takes a report. Its gauges, if it has any, replace all gauges of that worker; what is not in the table or not a growth is left out. */
  add(report: StatsReport, worker: number): void {
    for (const { metric, labels, delta } of report.counters) {
      if (isCounter(metric) && delta > 0) this.#family(metric).at(labels).value += delta
    }
    for (const { metric, labels, counts, sumSeconds } of report.histograms) {
      if (!isMetricName(metric)) continue
      const series = this.#family(metric).at(labels)
      if (series.counts === null || counts.length !== series.counts.length) continue
      for (let i = 0; i < counts.length; i++) series.counts[i] = (series.counts[i] as number) + (counts[i] as number)
      series.value += sumSeconds
    }
    if (report.gauges !== null) this.#gaugesOf.set(worker, report.gauges)
  }

  /** Forgets the gauges of a worker that ended; call after its last report. What it counted stays. */
  removeWorker(worker: number): void {
    this.#gaugesOf.delete(worker)
    const label = String(worker)
    for (const family of this.#families.values()) {
      if (family.definition.type === 'gauge') family.remove((labels) => labels.worker === label)
    }
  }

  /** Sets a gauge of the supervisor's own. */
  set(metric: MetricName, labels: Labels, value: number): void {
    if (Number.isFinite(value)) this.#family(metric).at(labels).value = value
  }

  /** Forgets a gauge of the supervisor's own, with all its series. */
  clear(metric: MetricName): void {
    this.#family(metric).remove(() => true)
  }

  /** Adds to a counter of the supervisor's own; `by` ≥ 0. */
  inc(metric: MetricName, labels: Labels, by = 1): void {
    if (by > 0) this.#family(metric).at(labels).value += by
  }

  /**
   * Bounds the number of series: drops those of listeners, routes, upstreams and endpoints that do not exist. A series goes at
   * the second call in a row that does not know it, so that the last counts are scraped: call after each applied
   * configuration or endpoint change, and once a minute.
   */
  retain(known: KnownNames): void {
    const gone = (labels: Labels): boolean => {
      const { listener, route, upstream, endpoint, plugin, certificate } = labels
      if (listener && !known.listeners.has(listener)) return true
      if (route && !known.routes.has(route)) return true
      if (plugin && known.plugins?.has(plugin) !== true) return true
      if (certificate && known.certificates?.has(certificate) !== true) return true
      if (!upstream) return false
      const endpoints = known.upstreams.get(upstream)
      return endpoints === undefined || (endpoint !== undefined && !endpoints.has(endpoint))
    }
    for (const family of this.#families.values()) family.sweep(gone)
  }

  /** All metrics, with the process's own, as Prometheus text or as OpenMetrics. */
  exposition(openMetrics: boolean): Promise<Exposition> {
    return this.#exposer.expose(openMetrics)
  }

  #family(metric: MetricName): Family {
    return this.#families.get(metric) as Family
  }

  #source(name: string): MetricSource {
    const family = this.#families.get(name) as Family
    const { type, help } = family.definition
    const series = (): Iterable<Series> => (type === 'gauge' ? this.#gauges(name, family) : family.series.values())
    return { name: family.name, type, help, series }
  }

  /** A gauge is the sum of what each worker and the supervisor say now. */
  #gauges(name: string, family: Family): Series[] {
    const sums = new GaugeSums()
    for (const { labels, value } of family.series.values()) sums.add(name, labels, value)
    for (const gauges of this.#gaugesOf.values()) {
      for (const { metric, labels, value } of gauges) if (metric === name) sums.add(name, labels, value)
    }
    return sums.values.map(({ labels, value }) => Object.assign(new Series(labels), { value }))
  }
}

function isCounter(metric: string): metric is MetricName {
  return isMetricName(metric) && (METRICS[metric] as MetricDefinition).type === 'counter'
}
