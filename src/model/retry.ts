// The contracts of trying again: when a route does, and how much of it an upstream bears.

import type { Random } from './clock.ts'
import type { Failure } from './connection.ts'

/** What a route does about a failed attempt. Compiled once; knows no exchange. */
export interface RetryPolicy {
  /** Tries after the first. */
  readonly attempts: number
  /** Bytes of a request body that are kept for another try. */
  readonly bodyBytes: number
  /** Share (0 to 1) of the upstream's requests that may be retries; null = no budget. */
  readonly budget: number | null
  /** Whether an attempt that ended like this may be followed by another. `untouched`: no byte of a response had come. */
  onFailure(method: string, failure: Failure, untouched: boolean): boolean
  /** Whether an answer with this status may be given up for another try; `null` instead of a policy for none at all. */
  readonly onStatus: ((method: string, status: number) => boolean) | null
  /** The same for a gRPC status that comes without any message; null = none. */
  readonly onGrpc: ((status: number) => boolean) | null
  /** Milliseconds before try `n` (1 = the first retry) after `failure`; `retryAfter` in milliseconds as the endpoint said, 0 = it did not. */
  delay(n: number, failure: Failure, retryAfter: number, random: Random): number
}

/** When a route asks a second endpoint while the first has not answered. Compiled once; knows no exchange. */
export interface HedgePolicy {
  /** Milliseconds without a response head. */
  readonly after: number
  /** How often in one exchange. */
  readonly max: number
  /** As `RetryPolicy.budget`, of which it is a part. */
  readonly budget: number
  /** Whether a request with this method may run twice. */
  covers(method: string): boolean
}

/** Of one upstream in one process: how many of its requests of the last 10 s were retries. */
export interface RetryBudget {
  /** A request (not a retry) begins. */
  request(now: number): void
  /** Takes one retry out of the budget; false when there is none left. */
  spend(now: number, share: number): boolean
  /** A retry has not helped: it counts twice, so that they become few where they are of no use. */
  wasted(now: number): void
}
