// Whether a client takes an answer that waits for it, where it can be seen how many bytes have left.

import type { ListenerTimeouts } from './snapshot.ts'

/**
 * Bytes that a client must take within timeouts.write to be one that reads: minRate holds for answers as for bodies. Without it a
 * client that takes a byte now and then would keep an answer, and all that belongs to it, for as long as it likes.
 */
export function leastTaken({ write, minRate }: ListenerTimeouts): number {
  return write === null || minRate === null ? 1 : Math.max((write * minRate) / 1000, 1)
}

export class ReadingPace {
  /** Bytes that had left at the last look, -1 = nothing waited. */
  private left = -1
  /** What had left, and when (ms), when the client last had taken enough. */
  private markLeft = 0
  private markAt = 0

  /** Nothing waits for the client. */
  idle(): void {
    this.left = -1
  }

  /** `left` bytes have left so far, and more wait. */
  look(left: number, timeouts: ListenerTimeouts, now: number): void {
    const fresh = this.left === -1
    this.left = left
    if (fresh || left - this.markLeft >= leastTaken(timeouts)) this.restart(now)
  }

  /** From now on it has timeouts.write again. */
  restart(now: number): void {
    this.markLeft = this.left
    this.markAt = now
  }

  /** Something waits for the client, and for timeouts.write it has not taken enough of it. */
  stalled({ write }: ListenerTimeouts, now: number): boolean {
    return this.left !== -1 && write !== null && now - this.markAt >= write
  }
}
