// What a route's `retry` block says, compiled; and what holds without one.

import type { Random } from '../model/clock.ts'
import type { Failure } from '../model/connection.ts'
import { GRPC_STATUSES } from '../model/grpc.ts'
import type { HedgePolicy, RetryPolicy } from '../model/retry.ts'

/** RFC 9110 9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
const DEFAULT_BODY_BYTES = 64 * 1024
const DEFAULT_BUDGET = 0.2

export interface RetryOptions {
  readonly attempts: number
  /** `connect-failure`, `refused-stream`, `reset`, `timeout`, statuses (`503`), classes (`5xx`), gRPC statuses (`grpc-unavailable`). */
  readonly on: readonly string[]
  readonly methods: readonly string[]
  /** Milliseconds. */
  readonly backoff: { readonly base: number; readonly max: number }
  readonly budget: number | null
  readonly bodyBytes: number
}

/** Another endpoint once, when nothing was sent, or nothing came back and the request may be repeated. At once and without a budget. */
export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 1,
  bodyBytes: DEFAULT_BODY_BYTES,
  budget: null,
  onFailure: (method, failure, untouched) =>
    isConnectFailure(failure) || failure === 'refused-stream' || (failure === 'reset' && untouched && IDEMPOTENT.has(method)),
  onStatus: null,
  onGrpc: null,
  delay: () => 0,
}

export const NO_RETRY: RetryPolicy = { ...DEFAULT_RETRY, attempts: 0, bodyBytes: 0, onFailure: () => false }

/** What a route's `hedge` block says; methods and budget are those of its retries. */
export function hedgePolicy(
  { after, max }: { readonly after: number; readonly max: number },
  retry: RetryOptions | null,
): HedgePolicy {
  const methods = retry === null ? IDEMPOTENT : new Set(retry.methods)
  return { after, max, budget: retry?.budget ?? DEFAULT_BUDGET, covers: (method) => methods.has(method) }
}

export function retryPolicy(options: RetryOptions): RetryPolicy {
  if (options.attempts === 0) return NO_RETRY
  const on = new Set(options.on)
  const methods = new Set(options.methods)
  const statuses = statusTable(options.on)
  return {
    attempts: options.attempts,
    bodyBytes: options.bodyBytes,
    budget: options.budget,
    onFailure(method, failure, untouched) {
      // Nothing was sent, or nothing was done with it: no method forbids it.
      if (isConnectFailure(failure)) return on.has('connect-failure')
      if (failure === 'refused-stream') return on.has('refused-stream')
      if (!methods.has(method)) return false
      // Part of a head is no more than none to the client.
      if (failure === 'timeout' || failure === 'idle-timeout') return on.has('timeout')
      return failure === 'reset' && untouched && on.has('reset')
    },
    onStatus: statuses === null ? null : (method, status) => statuses[status] === 1 && methods.has(method),
    onGrpc: grpcTest(options.on),
    delay: (n, failure, retryAfter, random) => backoff(options.backoff, n, failure, retryAfter, random),
  }
}

function isConnectFailure(failure: Failure): boolean {
  return failure === 'connect-failure' || failure === 'connect-timeout'
}

function statusTable(on: readonly string[]): Uint8Array | null {
  const table = new Uint8Array(1000)
  for (const condition of on) {
    if (/^[1-9]xx$/.test(condition)) table.fill(1, Number(condition[0]) * 100, Number(condition[0]) * 100 + 100)
    else if (/^\d{3}$/.test(condition)) table[Number(condition)] = 1
  }
  return table.includes(1) ? table : null
}

function grpcTest(on: readonly string[]): ((status: number) => boolean) | null {
  const wanted = new Set<number>()
  for (const [status, name] of GRPC_STATUSES.entries()) if (on.includes(`grpc-${name}`)) wanted.add(status)
  return wanted.size === 0 ? null : (status) => wanted.has(status)
}

/**
 * Exponential with full jitter (Brooker, "Exponential Backoff And Jitter"). An endpoint that could not be reached has no load to be
 * spared: the first retry goes elsewhere at once.
 */
function backoff(
  { base, max }: { readonly base: number; readonly max: number },
  n: number,
  failure: Failure,
  retryAfter: number,
  random: Random,
): number {
  if (n === 1 && isConnectFailure(failure)) return 0
  const jittered = random() * Math.min(max, base * 2 ** (n - 1))
  return Math.max(jittered, Math.min(retryAfter, max))
}
