// What failed and what worked in the last seconds, by name: tries at endpoints, requests of routes.

/** Milliseconds after which it is forgotten. */
const REMEMBERED_MS = 5000
/** Failures so far apart with no success in between are no accident. */
const SURE_MS = 2000

/** `all`: nothing has worked for a while. */
export type Failing = 'some' | 'all' | null

interface Past {
  failedAt: number
  workedAt: number
  outcome: string | null
  /** The first failure of those that come one after the other; null = something worked last. */
  since: number | null
}

export class Recent {
  readonly #past = new Map<string, Past>()
  #now = 0

  /** So many ended just now, and so many of these failed; any unit will do. `at`: milliseconds. `outcome`: what they failed with. */
  note(key: string, all: number, failed: number, at: number, outcome: string | null = null): void {
    if (all <= 0) return
    let past = this.#past.get(key)
    if (past === undefined) {
      past = { failedAt: Number.NEGATIVE_INFINITY, workedAt: Number.NEGATIVE_INFINITY, outcome: null, since: null }
      this.#past.set(key, past)
    }
    if (failed > 0) past.failedAt = at
    past.outcome = outcome ?? past.outcome
    if (failed < all) past.workedAt = at
    past.since = failed < all ? null : (past.since ?? at)
  }

  /** Forgets what is old. */
  turn(now: number): void {
    this.#now = now
    for (const [key, { failedAt, workedAt }] of this.#past)
      if (now - Math.max(failedAt, workedAt) > REMEMBERED_MS) this.#past.delete(key)
  }

  failing(key: string): Failing {
    const past = this.#past.get(key)
    if (past === undefined || this.#now - past.failedAt > REMEMBERED_MS) return null
    return past.since !== null && past.failedAt - past.since >= SURE_MS ? 'all' : 'some'
  }

  /** What those that failed came to; null = none did. */
  outcome(key: string): string | null {
    return this.#past.get(key)?.outcome ?? null
  }

  worked(key: string): boolean {
    return this.#now - (this.#past.get(key)?.workedAt ?? Number.NEGATIVE_INFINITY) <= REMEMBERED_MS
  }

  clear(): void {
    this.#past.clear()
  }
}
