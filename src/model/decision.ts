// Why an exchange went where it went: what `explain` says of a request that might come, of one that did. Made when it is over, from
// what is still known of it, and only for somebody who asks.

import type { Explanation } from './explanation.ts'

/** `considered` has only the route that was taken, `endpoints` those that were tried or left out, of many the first. */
export interface Decision extends Explanation {
  /** In the order in which they ended. */
  readonly tried: readonly DecidedAttempt[]
  /** Why there was no further try after one that failed; null = none was needed. */
  readonly noRetry: string | null
}

export interface DecidedAttempt {
  readonly endpoint: string
  readonly outcome: string
  /** null = no answer came. */
  readonly status: number | null
  /** Why it was made: `connect-failure`, `503`, `hedge`; null = it was the first. */
  readonly reason: string | null
}
