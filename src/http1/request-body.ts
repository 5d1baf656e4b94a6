// The body of one request as its client sends it: delimited, decoded, limited, watched for progress.

import { BodyPace } from '../model/body-pace.ts'
import type { Exchange } from '../model/exchange.ts'
import { BODY } from '../model/message.ts'
import { ChunkedDecoder } from './chunked.ts'
import { ERROR } from './parse-errors.ts'

/** Bytes of a body nobody wants that are read so that the connection can be kept. */
const MAX_DISCARD = 64 * 1024

export class RequestBody extends BodyPace {
  readonly exchange: Exchange
  /** A byte of it has come. */
  started = false
  private readonly decoder: ChunkedDecoder | null
  private readonly maxBytes: number
  private left: number
  private discarded = -1

  constructor(x: Exchange, maxBytes: number | null, now: number) {
    super(now)
    this.exchange = x
    this.decoder = x.body === BODY.STREAM ? new ChunkedDecoder() : null
    this.left = x.bodyLength
    this.maxBytes = maxBytes ?? Number.POSITIVE_INFINITY
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
}
