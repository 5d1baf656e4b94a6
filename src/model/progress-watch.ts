// Whether the client of a running exchange makes progress: with the body that it sends, with the response that it reads.

import type { BodyPace } from './body-pace.ts'
import { buffers, SLOW_CLIENT } from './buffers.ts'
import type { Exchange } from './exchange.ts'
import type { ListenerTimeouts } from './snapshot.ts'

export class ProgressWatch {
  private congestedSince = 0
  /** Since when (ms) it is us who do not read; 0 = we do. */
  pausedAt = 0

  /** When (ms) the client stopped to take what is written; 0 = it takes it. To be 0 at the end. */
  get congestedAt(): number {
    return this.congestedSince
  }

  set congestedAt(at: number) {
    if (at === 0) {
      if (this.congestedSince !== 0) buffers.used -= SLOW_CLIENT
    } else if (this.congestedSince === 0) buffers.used += SLOW_CLIENT
    this.congestedSince = at
  }

  /** Milliseconds until `verdict` may change; 0 = there is nothing to wait for. */
  nextCheck(body: BodyPace | null, timeouts: ListenerTimeouts, now: number): number {
    const delay = body === null || body.done ? 0 : body.nextCheck(timeouts, now)
    if (this.congestedAt === 0 || timeouts.write === null) return delay
    const left = Math.max(this.congestedAt + timeouts.write - now, 1)
    return delay === 0 ? left : Math.min(left, delay)
  }

  /** `stalled`: the client has read nothing for timeouts.write. */
  verdict(
    x: Exchange,
    body: BodyPace | null,
    timeouts: ListenerTimeouts,
    now: number,
  ): 'stalled' | 'body-timeout' | 'min-rate' | null {
    if (this.congestedAt !== 0 && timeouts.write !== null && now - this.congestedAt >= timeouts.write) return 'stalled'
    if (body === null || body.done || this.pausedAt !== 0) return null
    // Once the endpoint answers, the route's idle timeout is what counts.
    return body.tooSlow(timeouts, now, x.responded && !x.finished)
  }
}
