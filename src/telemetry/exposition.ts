// Text for Prometheus through prom-client, which is loaded by the first scrape: only the process that is scraped pays for it.

import type { Metric, Registry } from 'prom-client'
import { DURATION_BUCKETS } from '../model/counters.ts'
import type { Labels } from '../model/stats.ts'
import type { Series } from './family.ts'
import { PROCESS_METRICS, type ProcessMetric } from './process-metrics.ts'

export interface Exposition {
  readonly contentType: string
  readonly text: string
}

/** One metric as the exposition sees it. */
export interface MetricSource {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** The series now. */
  series(): Iterable<Series>
}

/** One line. prom-client formats `sharedLabels` once per object, which is what makes many series cheap. */
interface Sample {
  readonly metricName?: string
  readonly labels: Labels
  readonly sharedLabels: Labels
  readonly value: number
}

const NO_LABELS: Labels = {}

/** Upper bounds as label values; OpenMetrics wants whole numbers as `1.0`. */
function bounds(openMetrics: boolean): readonly Labels[] {
  const texts = DURATION_BUCKETS.map((bound) => (openMetrics && Number.isInteger(bound) ? `${bound}.0` : String(bound)))
  return [...texts, '+Inf'].map((le) => ({ le }))
}

/**
 * A metric that prom-client did not count: histograms come as bucket counts, which its own class cannot take. It has what
 * `Registry.registerMetric` asks of a metric: a name, a type and `get`. Each format has its own objects, because a registry for
 * OpenMetrics cuts `_total` off the name of what is registered.
 */
class MetricView {
  name: string
  readonly type: string
  readonly help: string
  readonly aggregator = 'sum'
  readonly #source: MetricSource
  readonly #bounds: readonly Labels[]

  constructor(source: MetricSource, openMetrics: boolean) {
    this.name = source.name
    this.type = source.type
    this.help = source.help
    this.#source = source
    this.#bounds = bounds(openMetrics)
  }

  async get(): Promise<object> {
    const values: Sample[] = []
    for (const series of this.#source.series()) {
      if (series.counts === null) values.push({ labels: NO_LABELS, sharedLabels: series.labels, value: series.value })
      else this.#histogram(series, series.counts, values)
    }
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values }
  }

  /** Cumulative buckets, then sum and count. */
  #histogram(series: Series, counts: readonly number[], out: Sample[]): void {
    const sharedLabels = series.labels
    let total = 0
    for (let i = 0; i < counts.length; i++) {
      total += counts[i] as number
      out.push({ metricName: `${this.name}_bucket`, labels: this.#bounds[i] as Labels, sharedLabels, value: total })
    }
    out.push({ metricName: `${this.name}_sum`, labels: NO_LABELS, sharedLabels, value: series.value })
    out.push({ metricName: `${this.name}_count`, labels: NO_LABELS, sharedLabels, value: total })
  }
}

function processSource(metric: ProcessMetric): MetricSource {
  const { name, type, help, labels = NO_LABELS } = metric
  const series = (): Series[] => {
    const value = metric.read()
    return value === null ? [] : [{ labels, value, counts: null, stale: false }]
  }
  return { name, type, help, series }
}

/** Writes `sources` and the process's own metrics; both formats, each with a registry of its own. */
export class Exposer {
  readonly #sources: readonly MetricSource[]
  readonly #registries = new Map<boolean, Registry>()

  constructor(sources: readonly MetricSource[]) {
    this.#sources = [...sources, ...PROCESS_METRICS.map(processSource)]
  }

  async expose(openMetrics: boolean): Promise<Exposition> {
    const registry = await this.#registry(openMetrics)
    return { contentType: registry.contentType, text: await registry.metrics() }
  }

  async #registry(openMetrics: boolean): Promise<Registry> {
    const known = this.#registries.get(openMetrics)
    if (known !== undefined) return known
    const { Registry } = await import('prom-client')
    const registry = new Registry()
    if (openMetrics) (registry as Registry<never>).setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)
    for (const source of this.#sources) registry.registerMetric(new MetricView(source, openMetrics) as unknown as Metric)
    this.#registries.set(openMetrics, registry)
    return registry
  }
}
