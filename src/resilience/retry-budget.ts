// The retry budget of one upstream: a storm of failures never adds more than its share of load, and half of that where retries do
// not help.

import type { RetryBudget } from '../model/retry.ts'

const SECONDS = 10
/** Retries per window that are always there, so that little traffic can be helped too. */
const FLOOR = 3

/** Counts per second over the last ten. */
export class WindowBudget implements RetryBudget {
  private readonly requests = new Float64Array(SECONDS)
  private readonly retries = new Float64Array(SECONDS)
  /** Retries that did not help. */
  private readonly wastes = new Float64Array(SECONDS)
  private second = 0
  private requestSum = 0
  private retrySum = 0
  private wastedSum = 0

  request(now: number): void {
    const slot = this.turn(now)
    this.requests[slot] = (this.requests[slot] as number) + 1
    this.requestSum++
  }

  spend(now: number, share: number): boolean {
    const slot = this.turn(now)
    const { retrySum, wastedSum } = this
    if (retrySum + 1 > FLOOR && retrySum + wastedSum + 1 > share * this.requestSum) return false
    this.retries[slot] = (this.retries[slot] as number) + 1
    this.retrySum++
    return true
  }

  wasted(now: number): void {
    const slot = this.turn(now)
    this.wastes[slot] = (this.wastes[slot] as number) + 1
    this.wastedSum++
  }

  /** Drops what is older than the window. */
  private turn(now: number): number {
    const second = Math.floor(now / 1000)
    const gone = Math.min(second - this.second, SECONDS)
    for (let i = 1; i <= gone; i++) {
      const slot = (this.second + i) % SECONDS
      this.requestSum -= this.requests[slot] as number
      this.retrySum -= this.retries[slot] as number
      this.wastedSum -= this.wastes[slot] as number
      this.requests[slot] = 0
      this.retries[slot] = 0
      this.wastes[slot] = 0
    }
    if (second > this.second) this.second = second
    return this.second % SECONDS
  }
}
