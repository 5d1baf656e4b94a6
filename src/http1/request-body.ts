// The body of one request as its client sends it: delimited, decoded, limited, watched for progress.

import type { Exchange } from '../model/exchange.ts'
import { BODY } from '../model/message.ts'
import type { ListenerTimeouts } from '../model/snapshot.ts'
import { ChunkedDecoder } from './chunked.ts'
import { ERROR } from './parse-errors.ts'

/** Bytes of a body nobody wants that are read so that the connection can be kept. */
const MAX_DISCARD = 64 * 1024
/** Milliseconds before the average rate says anything. */
const RATE_AFTER = 10_000
const RATE_EVERY = 1000

export class RequestBody {
  readonly exchange: Exchange
  done = false
  /** A byte of it has come. */
  started = false
  private readonly decoder: ChunkedDecoder | null
  private readonly maxBytes: number
  private left: number
  private received = 0
  private discarded = -1
  private beganAt: number
  private progressAt: number

  constructor(x: Exchange, maxBytes: number | null, now: number) {
    this.exchange = x
    this.decoder = x.body === BODY.STREAM ? new ChunkedDecoder() : null
    this.left = x.bodyLength
    this.maxBytes = maxBytes ?? Number.POSITIVE_INFINITY
    this.beganAt = now
    this.progressAt = now
  }

  /** Bytes that the last `read` used; what lies behind them is the next request's. */
  consumed = 0

  /** Takes what of `bytes` belongs to the body. Returns the data in it (decoded in place), null when there is none, or a negated ERROR. */
  read(bytes: Buffer, now: number): Buffer | null | number {
    this.started = true
    this.progressAt = now
    let length: number
    if (this.decoder === null) {
      length = Math.min(this.left, bytes.length)
      this.consumed = length
      this.left -= length
      this.done = this.left === 0
    } else {
      length = this.decoder.decode(bytes, 0, bytes.length)
      if (length < 0) return length
      this.consumed = this.decoder.consumed
      this.done = this.decoder.done
    }
    this.received += length
    if (this.received > this.maxBytes || this.received > this.exchange.maxBody) return -ERROR.BODY_LIMIT
    if (this.done) this.exchange.bodyDone = true
    if (this.discarded >= 0) {
      this.discarded += this.consumed
      return null
    }
    return length === 0 ? null : bytes.subarray(0, length)
  }

  /** From now on the data is thrown away. False when that is too much to read: the connection has to go. */
  discard(): boolean {
    this.discarded = 0
    return this.decoder !== null || this.left <= MAX_DISCARD
  }

  get tooMuchDiscarded(): boolean {
    return this.discarded > MAX_DISCARD
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
