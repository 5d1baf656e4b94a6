// How fast the body of a request comes, and whether that is fast enough.

import type { ListenerTimeouts } from './snapshot.ts'

/** Milliseconds before the average rate says anything. */
const RATE_AFTER = 10_000
const RATE_EVERY = 1000

export class BodyPace {
  /** All of it has come. */
  done = false
  /** Bytes of data so far. */
  protected received = 0
  private beganAt: number
  protected progressAt: number

  constructor(now: number) {
    this.beganAt = now
    this.progressAt = now
  }

  /** Milliseconds until it must be looked at again, 0 = never. */
  nextCheck(timeouts: ListenerTimeouts, now: number): number {
    let at = Number.POSITIVE_INFINITY
    if (timeouts.body !== null) at = this.progressAt + timeouts.body
    if (timeouts.minRate !== null) at = Math.min(at, Math.max(this.beganAt + RATE_AFTER, now + RATE_EVERY))
    return at === Number.POSITIVE_INFINITY ? 0 : Math.max(at - now, 1)
  }

  /** Why the client has been too slow, or null. `answered`: a response head has come, so only the route's timeouts count. */
  tooSlow(timeouts: ListenerTimeouts, now: number, answered: boolean): 'body-timeout' | 'min-rate' | null {
    if (answered) return null
    if (timeouts.body !== null && now - this.progressAt >= timeouts.body) return 'body-timeout'
    const age = now - this.beganAt
    if (timeouts.minRate !== null && age >= RATE_AFTER && this.received < (timeouts.minRate * age) / 1000) return 'min-rate'
    return null
  }

  /** The gateway itself held the client back since `pausedAt`: that time does not count. */
  excuse(pausedAt: number, now: number): void {
    this.beganAt += now - pausedAt
    this.progressAt = now
  }
}
