// When to start a worker again: at once, and more slowly when it keeps ending right after its start.

/** A worker that lived this long did not fail because of its start. */
const SETTLED_MS = 10_000
const FIRST_DELAY_MS = 100
/** Its share of new connections waits meanwhile, so this stays short. */
const LONGEST_DELAY_MS = 2000

export class Backoff {
  #failures = 0

  /** Milliseconds to wait before the next start, after a life of `livedMs`. */
  next(livedMs: number): number {
    this.#failures = livedMs >= SETTLED_MS ? 1 : this.#failures + 1
    return this.#failures === 1 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#failures - 2))
  }

  reset(): void {
    this.#failures = 0
  }
}
