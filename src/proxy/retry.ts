// Whether an exchange may be tried again, and the answer that is kept in case no later try brings one.

import type { Outcome } from '../model/connection.ts'
import type { Exchange } from '../model/exchange.ts'
import type { Part, ResponseHead } from '../model/message.ts'
import type { RouteBinding } from '../model/snapshot.ts'
import type { Upstream } from '../model/upstream.ts'

/** After an attempt that failed. Takes the retry out of the upstream's budget. */
export function mayRetry(x: Exchange, outcome: Outcome, untouched: boolean, now: number): boolean {
  const { retry } = x.binding as RouteBinding
  if (x.responded || x.retries >= retry.attempts || x.unrepeatable || !retry.onFailure(x.method, outcome, untouched))
    return false
  // Where no connection was made nothing has been sent, and nothing added to the load.
  if (outcome === 'connect-failure' || outcome === 'connect-timeout') return true
  return x.heldBytes <= retry.bodyBytes && spend(x, outcome, now)
}

/** After an answer with a status that the route would rather not pass on. */
export function mayRetryStatus(x: Exchange, status: number, now: number): boolean {
  const { retry } = x.binding as RouteBinding
  if (retry.onStatus === null || x.retries >= retry.attempts || x.unrepeatable) return false
  return retry.onStatus(x.method, status) && x.heldBytes <= retry.bodyBytes && spend(x, String(status), now)
}

function spend(x: Exchange, reason: string, now: number): boolean {
  const { retry } = x.binding as RouteBinding
  if (retry.budget === null) return true
  const { budget, counters } = x.upstream as Upstream
  if (budget === null || budget.spend(now, retry.budget)) return true
  const key = `${reason} budget`
  counters.retries.set(key, (counters.retries.get(key) ?? 0) + 1)
  return false
}

/** An endpoint's complete answer, copied. */
export interface KeptAnswer {
  readonly head: ResponseHead
  readonly part: Part | null
}

/** Larger ones are not kept. */
const MAX_KEPT = 64 * 1024

/** null when the answer is not complete with its first piece (which small ones, as errors are, nearly always are). */
export function keepAnswer(head: ResponseHead, part: Part | null, last: boolean): KeptAnswer | null {
  if (!last || (part !== null && part.end - part.start > MAX_KEPT)) return null
  if (part === null) return { head: { ...head }, part }
  const bytes = Buffer.from(part.bytes.subarray(part.start, part.end))
  return { head: { ...head }, part: { bytes, start: 0, end: bytes.length, text: null, owned: true, kept: false } }
}
