// What the request's way and everybody who looks at an upstream may know of its circuit breaker.

import type { Outcome } from './connection.ts'
import type { Exchange } from './exchange.ts'

/** In the order of the metric's values: 0, 1, 2. */
export const BREAKER_STATES = ['closed', 'half-open', 'open'] as const

export type BreakerState = (typeof BREAKER_STATES)[number]

export interface Breaker {
  readonly state: BreakerState
  /** Milliseconds since the epoch at which an open one turns half open; null = it is not open. */
  readonly until: number | null
  /** Seconds, at least 1, after which it is worth to come again. */
  readonly retryAfter: number
  /** Whether `enter` would let it in; changes nothing. */
  passes(x: Exchange): boolean
  /** Asked before each attempt. Half open, it lets one exchange through to see how that goes; asking again does no harm. */
  enter(x: Exchange): boolean
  /** The head of an answer has come: enough to know how a probe went. */
  answered(x: Exchange, status: number): void
  /** An attempt has ended. `status` is 0 where no answer had come. */
  record(x: Exchange, outcome: Outcome, status: number): void
  /** The exchange is over, or goes elsewhere: another one may be the probe. */
  leave(x: Exchange): void
  /** The upstream is gone: nothing is counted any more, and no timer is left. */
  close(): void
}

/** For people: `half open`, `open until 2026-01-31T12:00:05.000Z`. */
export function breakerInWords({ state, until }: Breaker): string {
  const words = state.replace('-', ' ')
  return until === null ? words : `${words} until ${new Date(until).toISOString()}`
}
