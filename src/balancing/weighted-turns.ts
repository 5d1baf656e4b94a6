// Smooth weighted turns: who is next when each of n takes its turn in proportion to its weight. Earliest due first, in a heap,
// so that a pick is O(log n) and the shares are exact: within one round each gets exactly as many turns as its weight says.

import type { Random } from '../model/clock.ts'

export class WeightedTurns {
  readonly #weights: Float64Array
  /** Turns taken in this round, plus a phase in [0, 1) that keeps equal weights apart. */
  readonly #taken: Float64Array
  /** When its next turn is, in rounds: taken / weight. */
  readonly #due: Float64Array
  /** Indices as a binary heap, earliest due at 0. */
  readonly #heap: Uint32Array

  /** Weights are positive. Phases go around in the order given from a random start, so that processes do not move in step. */
  constructor(weights: readonly number[], random: Random) {
    const n = weights.length
    this.#weights = Float64Array.from(weights)
    this.#taken = new Float64Array(n)
    this.#due = new Float64Array(n)
    this.#heap = new Uint32Array(n)
    const start = Math.floor(random() * n)
    for (let i = 0; i < n; i++) {
      this.#taken[i] = ((i + start) % n) / n
      this.#due[i] = (this.#taken[i] as number) / (weights[i] as number)
      this.#heap[i] = i
    }
    for (let at = (n >> 1) - 1; at >= 0; at--) this.#sink(at)
  }

  get length(): number {
    return this.#heap.length
  }

  /** The index at a place of the heap: the one whose turn it is at 0, those who are due soon near the front. */
  at(place: number): number {
    return this.#heap[place] as number
  }

  /** When the one at `place` is due; smaller is earlier. */
  dueAt(place: number): number {
    return this.#due[this.#heap[place] as number] as number
  }

  /** Counts a turn of the one at `place`. */
  advance(place: number): void {
    const i = this.#heap[place] as number
    this.#taken[i] = (this.#taken[i] as number) + 1
    this.#due[i] = (this.#taken[i] as number) / (this.#weights[i] as number)
    this.#sink(place)
    if (this.dueAt(0) >= 1) this.#startRound()
  }

  /** Everybody has had its turns: numbers go back by one round, so that they never grow and keep their precision. */
  #startRound(): void {
    for (let i = 0; i < this.#due.length; i++) {
      this.#taken[i] = (this.#taken[i] as number) - (this.#weights[i] as number)
      this.#due[i] = (this.#taken[i] as number) / (this.#weights[i] as number)
    }
  }

  #sink(from: number): void {
    const heap = this.#heap
    const due = this.#due
    const n = heap.length
    const moving = heap[from] as number
    const time = due[moving] as number
    let place = from
    for (;;) {
      let child = 2 * place + 1
      if (child >= n) break
      if (child + 1 < n && (due[heap[child + 1] as number] as number) < (due[heap[child] as number] as number)) child++
      if ((due[heap[child] as number] as number) >= time) break
      heap[place] = heap[child] as number
      place = child
    }
    heap[place] = moving
  }
}
