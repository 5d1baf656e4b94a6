// Whether an exchange may be tried again.

import type { Failure } from '../model/connection.ts'
import type { Exchange } from '../model/exchange.ts'
import { grpcStatusName } from '../model/grpc.ts'
import type { RetryPolicy } from '../model/retry.ts'
import type { RouteBinding } from '../model/snapshot.ts'
import type { Upstream } from '../model/upstream.ts'

/** After an attempt that failed. Takes the retry out of the upstream's budget. */
export function mayRetry(x: Exchange, failure: Failure, untouched: boolean, now: number): boolean {
  const { retry } = x.binding as RouteBinding
  if (x.responded) return no(x, 'the client has part of the answer')
  if (x.retries >= retry.attempts || x.unrepeatable) return spent(x, retry)
  if (!retry.onFailure(x.method, failure, untouched)) return no(x, `the policy of the route: ${x.method} after ${failure}`)
  // Where no connection was made nothing has been sent, and nothing added to the load.
  if (failure === 'connect-failure' || failure === 'connect-timeout') return true
  return fits(x, retry) && spend(x, failure, retry.budget, now)
}

/** For whoever asks later why. */
function no(x: Exchange, why: string): false {
  x.noRetry = why
  return false
}

function spent(x: Exchange, { attempts }: RetryPolicy): false {
  if (x.retries >= attempts) return no(x, attempts === 0 ? 'the route allows none' : `${attempts} of ${attempts} were made`)
  return no(x, 'the request cannot be sent again: its body was too large to be kept, or the client has part of an answer')
}

function fits(x: Exchange, { bodyBytes }: RetryPolicy): boolean {
  return x.heldBytes <= bodyBytes || no(x, `its body is larger than retry.bodyBytes, ${bodyBytes}`)
}

/** After an answer with a status that the route would rather not pass on. */
export function mayRetryStatus(x: Exchange, status: number, now: number): boolean {
  const { retry } = x.binding as RouteBinding
  if (retry.onStatus === null || !retry.onStatus(x.method, status)) return false
  if (x.retries >= retry.attempts || x.unrepeatable) return spent(x, retry)
  return fits(x, retry) && spend(x, String(status), retry.budget, now)
}

/** After a gRPC status that came without anything before it. Written explicitly: methods do not matter. */
export function mayRetryGrpc(x: Exchange, status: number, now: number): boolean {
  const { retry } = x.binding as RouteBinding
  if (retry.onGrpc === null || !retry.onGrpc(status)) return false
  if (x.retries >= retry.attempts || x.unrepeatable) return spent(x, retry)
  return fits(x, retry) && spend(x, `grpc-${grpcStatusName(status)}`, retry.budget, now)
}

/** Takes a further attempt out of the upstream's budget, of which it may use `share`; null = any. */
export function spend(x: Exchange, reason: string, share: number | null, now: number): boolean {
  if (share === null) return true
  const { budget, counters } = x.upstream as Upstream
  if (budget === null || budget.spend(now, share)) return true
  const key = `${reason} budget`
  counters.retries.set(key, (counters.retries.get(key) ?? 0) + 1)
  return no(x, `the budget of upstream ${(x.upstream as Upstream).name} is used up`)
}

/** Milliseconds that `Retry-After` asks for (RFC 9110 10.2.3: seconds or a date); 0 = none, or nothing that can be read. */
export function retryAfter(value: string | null, wall: number): number {
  if (value === null) return 0
  if (/^\d+$/.test(value)) return Number(value) * 1000
  // The three forms of RFC 9110 5.6.7, of which one does not say its zone.
  if (!/^[A-Z][a-z]{2,8},? [\w :-]+ (?:GMT|\d{4})$/.test(value)) return 0
  const at = Date.parse(value.endsWith(' GMT') ? value : `${value} GMT`)
  return at > wall ? at - wall : 0
}
