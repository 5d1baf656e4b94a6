// Text for Prometheus through prom-client, which is loaded by the first scrape: only the process that is scraped pays for it. It is
// written in pieces, between which the process does whatever else it has to.

import { setImmediate as turn } from 'node:timers/promises'
import type { Metric, Registry } from 'prom-client'
import { PROCESS_METRICS, type ProcessMetric } from './process-metrics.ts'
import { type Sample, Series } from './series.ts'

/** Series that are written at a time: a millisecond or so. */
const PIECE = 100

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

/** Some lines of one family. */
interface Piece {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly values: readonly Sample[]
}

/** What a registry asks of a metric; prom-client's own cannot take counts of buckets. It is whatever is to be written next. */
class Page {
  readonly name = 'page'
  piece: Piece | null = null

  get(): Piece | null {
    return this.piece
  }
}

/** One format. */
class Format {
  readonly #registry: Registry
  readonly #page = new Page()

  constructor(registry: Registry) {
    this.#registry = registry
    registry.registerMetric(this.#page as unknown as Metric)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** HELP, TYPE and samples. */
  write(piece: Piece): Promise<string> {
    // It is asked for before this returns.
    this.#page.piece = piece
    return this.#registry.getSingleMetricAsString(this.#page.name)
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
  readonly #formats = new Map<boolean, Format>()

  constructor(sources: readonly MetricSource[]) {
    this.#sources = [...sources, ...PROCESS_METRICS.map(processSource)]
  }

  async expose(openMetrics: boolean): Promise<Exposition> {
    const format = await this.#format(openMetrics)
    const families: string[] = []
    for (const source of this.#sources) families.push(await writeFamily(format, source, openMetrics))
    const text = openMetrics ? `${families.join('\n')}\n# EOF\n` : `${families.join('\n\n')}\n`
    return { contentType: format.contentType, text }
  }

  async #format(openMetrics: boolean): Promise<Format> {
    const known = this.#formats.get(openMetrics)
    if (known !== undefined) return known
    // The default export is the same object from the source and from the bundle; named exports are not.
    const {
      default: { Registry },
    } = await import('prom-client')
    const registry = new Registry()
    if (openMetrics) (registry as Registry<never>).setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)
    const format = new Format(registry)
    this.#formats.set(openMetrics, format)
    return format
  }
}

async function writeFamily(format: Format, source: MetricSource, openMetrics: boolean): Promise<string> {
  const { type, help } = source
  // OpenMetrics names the family of a counter without what its samples end in.
  const name = openMetrics && type === 'counter' ? source.name.replace(/_total$/, '') : source.name
  const pieces = [await format.write({ name, help, type, values: [] })]
  const all = [...source.series()]
  for (let from = 0; from < all.length; from += PIECE) {
    if (from > 0) await turn()
    const values: Sample[] = []
    for (const series of all.slice(from, from + PIECE)) values.push(...series.samples(source.name))
    // The head is written above. What has no type has its samples' names left as they are.
    const text = await format.write({ name, help: '', type: 'untyped', values })
    pieces.push(text.slice(afterHead(text)))
  }
  return pieces.join('\n')
}

/** Each piece begins with the lines HELP and TYPE. */
function afterHead(text: string): number {
  return text.indexOf('\n', text.indexOf('\n') + 1) + 1
}
