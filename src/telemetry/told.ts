// What reports have already told of one object that counts: its last values, and the ids of its series. A counter that fell back
// (it was made anew) counts in full.

import type { Histogram } from '../model/counters.ts'

export class Told {
  readonly ids: number[]
  /** Whose ids these are. */
  epoch = 0
  readonly #values: number[]

  constructor(size: number) {
    this.ids = new Array<number>(size).fill(-1)
    this.#values = new Array<number>(size).fill(0)
  }

  /** What value `index` has grown by since the last call. */
  advance(index: number, now: number): number {
    const before = this.#values[index] as number
    if (now === before) return 0
    this.#values[index] = now
    return now >= before ? now - before : now
  }

  forgetIds(epoch: number): void {
    this.epoch = epoch
    this.ids.fill(-1)
  }
}

/** A map of counts, each with a place of its own. */
export class ToldMap {
  readonly #values = new Map<string | number, Told>()

  /** Calls `grown` for each key whose count has grown since the last call. */
  advance<K extends string | number>(map: ReadonlyMap<K, number>, grown: (told: Told, growth: number, key: K) => void): void {
    for (const [key, now] of map) {
      let told = this.#values.get(key)
      if (told === undefined) {
        told = new Told(1)
        this.#values.set(key, told)
      }
      const growth = told.advance(0, now)
      if (growth > 0) grown(told, growth, key)
    }
  }
}

/** A histogram of durations. */
export class ToldHistogram extends Told {
  readonly #counts: number[]
  #sumMs = 0

  constructor(buckets: number) {
    super(1)
    this.#counts = new Array<number>(buckets).fill(0)
  }

  moved({ counts }: Histogram): boolean {
    for (let i = 0; i < counts.length; i++) if (counts[i] !== this.#counts[i]) return true
    return false
  }

  /** Hands out what was added since the last call, per bucket and, in seconds, in all. */
  take({ counts, sumMs }: Histogram, number: (added: number) => void): void {
    for (let i = 0; i < counts.length; i++) {
      const now = counts[i] as number
      number(now - (this.#counts[i] as number))
      this.#counts[i] = now
    }
    number((sumMs - this.#sumMs) / 1000)
    this.#sumMs = sumMs
  }
}
