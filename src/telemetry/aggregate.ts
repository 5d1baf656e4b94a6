// Sums what the data planes report and what the supervisor counts itself, and hands it out as Prometheus text.

import type { Labels, StatsReport } from '../model/stats.ts'
import { Exposer, type Exposition } from './exposition.ts'
import { Family } from './family.ts'
import type { MetricSource } from './family-text.ts'
import { METRICS, type MetricName } from './metrics.ts'
import { Reporter } from './reporter.ts'
import type { Series } from './series.ts'

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
  /** Data planes by the name of their process. */
  readonly #reporters = new Map<number, Reporter>()
  #sums = 0
  readonly #exposer: Exposer

  constructor() {
    for (const [name, definition] of Object.entries(METRICS)) this.#families.set(name, new Family(name, definition))
    this.#exposer = new Exposer([...this.#families.keys()].map((name) => this.#source(name)))
  }

  /**
   * Takes a report; those of one worker come in the order in which they were written. Its gauges, if it has any, replace all gauges
   * of that worker; what is not in the table or not a growth is left out.
   */
  add(report: StatsReport, worker: number): void {
    let reporter = this.#reporters.get(worker)
    if (reporter === undefined) {
      reporter = new Reporter((metric) => this.#families.get(metric) ?? null)
      this.#reporters.set(worker, reporter)
    }
    reporter.take(report)
  }

  /** Forgets a worker that ended, with its gauges; call after its last report. What it counted stays. */
  removeWorker(worker: number): void {
    this.#reporters.delete(worker)
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

  /** Of a counter or histogram as it is now; the objects are the same each time. */
  series(metric: MetricName): Iterable<Series> {
    return this.#family(metric).series.values()
  }

  /** All metrics, with the process's own, as Prometheus text or as OpenMetrics. */
  exposition(openMetrics: boolean): Promise<Exposition> {
    this.#sumGauges()
    return this.#exposer.expose(openMetrics)
  }

  #family(metric: MetricName): Family {
    return this.#families.get(metric) as Family
  }

  #source(name: string): MetricSource {
    const family = this.#families.get(name) as Family
    const { type, help } = family.definition
    return { name: family.name, type, help, series: () => family.all() }
  }

  /** A gauge is what all workers say now, combined as its metric wants it. */
  #sumGauges(): void {
    const sum = ++this.#sums
    for (const reporter of this.#reporters.values()) reporter.addGauges(sum)
    for (const family of this.#families.values()) family.dropReported((series: Series) => series.sum !== sum)
  }
}
