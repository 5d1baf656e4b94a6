// Text for Prometheus through prom-client, which is loaded by the first scrape: only the process that is scraped pays for it.

import type { Metric, Registry } from 'prom-client'
import { PROCESS_METRICS, type ProcessMetric } from './process-metrics.ts'
import { type Sample, Series } from './series.ts'

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

  constructor(source: MetricSource) {
    this.name = source.name
    this.type = source.type
    this.help = source.help
    this.#source = source
  }

  async get(): Promise<object> {
    const values: Sample[] = []
    for (const series of this.#source.series()) for (const sample of series.samples(this.#source.name)) values.push(sample)
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values }
  }
}

function processSource(metric: ProcessMetric): MetricSource {
  const { name, type, help, read } = metric
  const series = new Series(metric.labels ?? {})
  return {
    name,
    type,
    help,
    series: () => {
      const value = read()
      series.value = value ?? 0
      return value === null ? [] : [series]
    },
  }
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
    // The default export is the same object from the source and from the bundle; named exports are not.
    const {
      default: { Registry },
    } = await import('prom-client')
    const registry = new Registry()
    if (openMetrics) (registry as Registry<never>).setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)
    for (const source of this.#sources) registry.registerMetric(new MetricView(source) as unknown as Metric)
    this.#registries.set(openMetrics, registry)
    return registry
  }
}
