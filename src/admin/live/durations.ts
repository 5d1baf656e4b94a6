// Latencies of the last seconds, from histograms that only ever grow.

import { DURATION_BUCKETS } from '../../model/counters.ts'
import type { Series } from '../../telemetry/series.ts'

/** How many ticks a percentile looks back: one second has too few requests to say anything about the slowest. */
const WINDOW = 10

export class RecentDurations {
  #before: number[] | null = null
  readonly #recent: number[][] = []

  /** What the histograms say now, all together. */
  tick(series: Iterable<Series>): void {
    const now = new Array<number>(DURATION_BUCKETS.length + 1).fill(0)
    for (const { counts } of series) {
      if (counts !== null) for (let i = 0; i < now.length; i++) now[i] = (now[i] as number) + (counts[i] as number)
    }
    const before = this.#before
    // A route that is gone takes its series along.
    if (before !== null) this.#recent.push(now.map((count, i) => Math.max(0, count - (before[i] as number))))
    if (this.#recent.length > WINDOW) this.#recent.shift()
    this.#before = now
  }

  /** In milliseconds, of what ended in the last ticks; null = nothing did. */
  quantile(q: number): number | null {
    const counts = DURATION_BUCKETS.map((_, i) => sumAt(this.#recent, i))
    counts.push(sumAt(this.#recent, DURATION_BUCKETS.length))
    return quantileOf(counts, q)
  }
}

function sumAt(recent: readonly (readonly number[])[], i: number): number {
  let sum = 0
  for (const counts of recent) sum += counts[i] as number
  return sum
}

/** Within its bucket it is where it would be if all were spread evenly, as Prometheus' `histogram_quantile` has it. Milliseconds. */
export function quantileOf(counts: readonly number[], q: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  let rank = q * total
  for (let i = 0; i < DURATION_BUCKETS.length; i++) {
    const count = counts[i] as number
    if (count > 0 && rank <= count) {
      const from = i === 0 ? 0 : (DURATION_BUCKETS[i - 1] as number)
      return round((from + (((DURATION_BUCKETS[i] as number) - from) * rank) / count) * 1000)
    }
    rank -= count
  }
  return (DURATION_BUCKETS.at(-1) as number) * 1000
}

const round = (ms: number): number => Math.round(ms * 1000) / 1000
