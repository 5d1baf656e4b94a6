// Reports of data planes as tests write and read them: with a name beside each number.

import { DURATION_BUCKETS } from '../../src/model/counters.ts'
import { histogramWidth, type Labels, type SeriesName, type StatsReport } from '../../src/model/stats.ts'

export interface PlainReport {
  readonly counters: readonly { readonly metric: string; readonly labels: Labels; readonly delta: number }[]
  readonly histograms: readonly {
    readonly metric: string
    readonly labels: Labels
    readonly counts: readonly number[]
    readonly sumSeconds: number
  }[]
  readonly gauges: readonly { readonly metric: string; readonly labels: Labels; readonly value: number }[] | null
}

const WIDTH = histogramWidth(DURATION_BUCKETS.length + 1)

/** A report whose ids begin anew. */
export function reportOf({ counters = [], histograms = [], gauges = [] }: Partial<PlainReport>): StatsReport {
  const names: SeriesName[] = []
  const id = ({ metric, labels }: SeriesName): number => names.push({ metric, labels }) - 1
  return {
    first: 0,
    counters: Float64Array.from(counters.flatMap((each) => [id(each), each.delta])),
    histograms: Float64Array.from(histograms.flatMap((each) => [id(each), ...each.counts, each.sumSeconds])),
    gauges: gauges === null ? null : Float64Array.from(gauges.flatMap((each) => [id(each), each.value])),
    names,
  }
}

/** Reads the reports of one data plane, in their order. */
export class ReportReader {
  #names: SeriesName[] = []

  read({ names, first, counters, histograms, gauges }: StatsReport): PlainReport {
    if (first === 0) this.#names = []
    if (first !== this.#names.length) throw new Error(`names from ${first} on, ${this.#names.length} are known`)
    this.#names.push(...names)
    const rows = (numbers: Float64Array, width: number): number[][] =>
      Array.from({ length: numbers.length / width }, (_, row) => [...numbers.slice(row * width, (row + 1) * width)])
    const named = ([id = -1, ...numbers]: number[]) => {
      const name = this.#names[id]
      if (name === undefined) throw new Error(`nobody has said what ${id} is`)
      return { ...name, numbers }
    }
    return {
      counters: rows(counters, 2)
        .map(named)
        .map(({ metric, labels, numbers: [delta = Number.NaN] }) => ({ metric, labels, delta })),
      histograms: rows(histograms, WIDTH)
        .map(named)
        .map(({ metric, labels, numbers }) => ({
          metric,
          labels,
          counts: numbers.slice(0, -1),
          sumSeconds: numbers.at(-1) ?? 0,
        })),
      gauges:
        gauges &&
        rows(gauges, 2)
          .map(named)
          .map(({ metric, labels, numbers: [value = Number.NaN] }) => ({ metric, labels, value })),
    }
  }
}
