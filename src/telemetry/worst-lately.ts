// The largest of the values of late: who looks once a minute sees what happened in between.

/** Values are kept for at least so many milliseconds, and for less than twice as long. */
const WINDOW_MS = 30_000

export class WorstLately {
  #since = Number.NEGATIVE_INFINITY
  #now = 0
  #before = 0

  /** Adds a value of 0 or more at a time in monotonic milliseconds; returns the largest of late, this one included. */
  take(value: number, at: number): number {
    const age = at - this.#since
    if (age >= WINDOW_MS) {
      this.#before = age < 2 * WINDOW_MS ? this.#now : 0
      this.#now = 0
      this.#since = at
    }
    if (value > this.#now) this.#now = value
    return Math.max(this.#now, this.#before)
  }
}
