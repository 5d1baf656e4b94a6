// What the report before has already told of one counter object. A counter that fell back (it was made anew) counts in full.

import type { Histogram } from '../model/counters.ts'

function added(before: number, now: number): number {
  return now >= before ? now - before : now
}

/** A fixed number of plain fields. */
export class LastNumbers {
  readonly #values: number[]

  constructor(size: number) {
    this.#values = new Array<number>(size).fill(0)
  }

  /** What field `index` has grown by since the last call. */
  advance(index: number, now: number): number {
    const before = this.#values[index] as number
    if (now === before) return 0
    this.#values[index] = now
    return added(before, now)
  }
}

/** A map of counts. */
export class LastMap {
  readonly #values = new Map<string | number, number>()

  /** Calls `grown` for each key whose count has grown since the last call. */
  advance<K extends string | number>(map: ReadonlyMap<K, number>, grown: (key: K, delta: number) => void): void {
    for (const [key, now] of map) {
      const before = this.#values.get(key) ?? 0
      if (now === before) continue
      this.#values.set(key, now)
      grown(key, added(before, now))
    }
  }
}

/** A histogram of durations. */
export class LastHistogram {
  readonly #counts: LastNumbers
  readonly #sum = new LastNumbers(1)

  constructor(buckets: number) {
    this.#counts = new LastNumbers(buckets)
  }

  /** What was observed since the last call; null when nothing was. */
  advance(histogram: Histogram): { counts: number[]; sumSeconds: number } | null {
    let moved = false
    const counts = histogram.counts.map((count, i) => {
      const delta = this.#counts.advance(i, count)
      if (delta > 0) moved = true
      return delta
    })
    return moved ? { counts, sumSeconds: this.#sum.advance(0, histogram.sumMs) / 1000 } : null
  }
}
