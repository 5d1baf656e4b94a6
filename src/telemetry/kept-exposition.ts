// A large answer to a scrape is kept for a second, so that several who scrape, or one who is impatient, do not cost several times.

import type { Exposition } from './exposition.ts'

/** Characters: an answer of this size takes some ten milliseconds to make. */
const LARGE = 1_000_000
const KEEP_MS = 1000

export class KeptExposition {
  /** By format: those in force, and those that are being made. */
  readonly #kept = new Map<boolean, Promise<Exposition>>()
  #large = false

  /** `make` is called unless there is one of late. Small answers are always new. */
  async get(openMetrics: boolean, make: () => Promise<Exposition>): Promise<Exposition> {
    const kept = this.#kept.get(openMetrics)
    if (kept !== undefined) return kept
    const made = make()
    // As large as the last one was: whoever asks meanwhile waits for the same.
    if (this.#large) this.#kept.set(openMetrics, made)
    try {
      const { text } = await made
      this.#large = text.length >= LARGE
      if (this.#large) {
        this.#kept.set(openMetrics, made)
        setTimeout(() => this.#kept.delete(openMetrics), KEEP_MS).unref()
      } else this.#kept.delete(openMetrics)
    } catch {
      this.#kept.delete(openMetrics)
    }
    return made
  }
}
