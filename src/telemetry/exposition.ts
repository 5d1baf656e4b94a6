// Text for Prometheus through prom-client, which is loaded by the first scrape: only the process that is scraped pays for it.

import type { Registry as Metrics } from 'prom-client'
import { FamilyText, type MetricSource } from './family-text.ts'
import { Format } from './format.ts'
import { PROCESS_METRICS, type ProcessFacts, type ProcessMetric, readProcess } from './process-metrics.ts'
import { Series } from './series.ts'

export interface Exposition {
  readonly contentType: string
  readonly text: string
}

function processSource({ name, type, help, labels = {}, read }: ProcessMetric, facts: () => ProcessFacts): MetricSource {
  const one = new Series(labels)
  return {
    name,
    type,
    help,
    series: () => {
      const value = read(facts())
      one.value = value ?? 0
      return value === null ? [] : [one]
    },
  }
}

/** Writes `sources` and the process's own metrics; both formats, each with a registry of its own. */
export class Exposer {
  readonly #families: readonly FamilyText[]
  readonly #formats = new Map<boolean, Format>()
  #facts = readProcess()

  constructor(sources: readonly MetricSource[]) {
    const own = PROCESS_METRICS.map((metric) => processSource(metric, () => this.#facts))
    this.#families = [...sources, ...own].map((source) => new FamilyText(source))
  }

  async expose(openMetrics: boolean): Promise<Exposition> {
    const format = this.#formats.get(openMetrics) ?? (await this.#format(openMetrics))
    this.#facts = readProcess()
    const texts: string[] = []
    for (const family of this.#families) texts.push(family.look(format) ?? (await family.write(format)))
    const text = openMetrics ? `${texts.join('\n')}\n# EOF\n` : `${texts.join('\n\n')}\n`
    return { contentType: format.contentType, text }
  }

  async #format(openMetrics: boolean): Promise<Format> {
    // The default export is the same object from the source and from the bundle; named exports are not.
    const {
      default: { Registry },
    } = await import('prom-client')
    const known = this.#formats.get(openMetrics)
    if (known !== undefined) return known
    const registry = new Registry()
    if (openMetrics) (registry as Metrics<never>).setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)
    const format = new Format(registry, openMetrics)
    this.#formats.set(openMetrics, format)
    return format
  }
}
