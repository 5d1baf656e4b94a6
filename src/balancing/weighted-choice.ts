// A route's weighted list of upstreams: who takes the next request.

import type { Random } from '../model/clock.ts'
import { WeightedTurns } from './weighted-turns.ts'

export interface WeightedItem<T> {
  readonly value: T
  /** 0 = never. */
  readonly weight: number
}

/** Exact shares in smooth turns: of 100 requests on a 90:10 list, 10 go to the second, never two in a row. */
export class WeightedChoice<T> {
  readonly #values: readonly T[]
  readonly #turns: WeightedTurns

  constructor(items: readonly WeightedItem<T>[], random: Random) {
    const used = items.filter(({ weight }) => weight > 0)
    this.#values = used.map(({ value }) => value)
    this.#turns = new WeightedTurns(
      used.map(({ weight }) => weight),
      random,
    )
  }

  /** Allocates nothing; null when every weight is 0. */
  next(): T | null {
    if (this.#values.length === 0) return null
    const value = this.#values[this.#turns.at(0)] as T
    this.#turns.advance(0)
    return value
  }
}
