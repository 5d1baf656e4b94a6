// One data plane as the aggregator knows it: what its ids mean, and the gauges that it told last.

import { DURATION_BUCKETS } from '../model/counters.ts'
import { histogramWidth, type Labels, type StatsReport } from '../model/stats.ts'
import type { Family } from './family.ts'
import type { Series } from './series.ts'

const BUCKETS = DURATION_BUCKETS.length + 1
const WIDTH = histogramWidth(BUCKETS)

/** What one id means; `family` null = a metric that is not known here. */
interface Named {
  readonly family: Family | null
  readonly labels: Labels
  series: Series | null
}

export class Reporter {
  readonly #familyOf: (metric: string) => Family | null
  #named: Named[] = []
  #gauges: Float64Array | null = null
  /** What the ids of `#gauges` mean: ids may begin anew while they stand. */
  #gaugesNamed: readonly Named[] = []

  constructor(familyOf: (metric: string) => Family | null) {
    this.#familyOf = familyOf
  }

  take({ names, first, counters, histograms, gauges }: StatsReport): void {
    if (first === 0 && names.length > 0) this.#named = []
    // Whoever has missed names cannot tell what numbers are of.
    if (first > this.#named.length) return
    for (const { metric, labels } of names) this.#named.push({ family: this.#familyOf(metric), labels, series: null })
    for (let at = 0; at < counters.length; at += 2) this.#count(counters[at] as number, counters[at + 1] as number)
    for (let at = 0; at < histograms.length; at += WIDTH) this.#observe(histograms, at)
    if (gauges === null) return
    this.#gauges = gauges
    this.#gaugesNamed = this.#named
  }

  /** Adds its gauges to the `sum`th sum. */
  addGauges(sum: number): void {
    const gauges = this.#gauges
    if (gauges === null) return
    for (let at = 0; at < gauges.length; at += 2) {
      const named = this.#gaugesNamed[gauges[at] as number]
      if (named?.family?.definition.type !== 'gauge') continue
      if (named.series === null || named.series.dropped) named.series = named.family.reported(named.labels)
      const value = gauges[at + 1] as number
      const { series } = named
      series.value = series.sum === sum ? combined(named.family, series.value, value) : value
      series.sum = sum
    }
  }

  #count(id: number, growth: number): void {
    const series = this.#series(id, 'counter')
    if (series !== null && growth > 0) series.value += growth
  }

  #observe(histograms: Float64Array, at: number): void {
    const series = this.#series(histograms[at] as number, 'histogram')
    if (series === null || series.counts === null) return
    for (let i = 0; i < BUCKETS; i++) series.counts[i] = (series.counts[i] as number) + (histograms[at + 1 + i] as number)
    series.value += histograms[at + 1 + BUCKETS] as number
  }

  #series(id: number, type: 'counter' | 'histogram'): Series | null {
    const named = this.#named[id]
    if (named?.family?.definition.type !== type) return null
    if (named.series === null || named.series.dropped) named.series = named.family.at(named.labels)
    named.series.stale = false
    return named.series
  }
}

function combined({ definition: { combine } }: Family, a: number, b: number): number {
  if (combine === 'max') return Math.max(a, b)
  return combine === 'min' ? Math.min(a, b) : a + b
}
