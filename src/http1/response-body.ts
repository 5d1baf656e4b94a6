// The body of one response as an endpoint sends it: delimited, decoded in place, cut off where it ends.

import { BODY, type Part } from '../model/message.ts'
import { ChunkedDecoder } from './chunked.ts'
import { trailerFields } from './trailers.ts'

export class ResponseBody {
  /** A BODY; meaningful from `begin` on. */
  kind: number = BODY.NONE
  /** Bytes that are still to come, infinite where nobody has said. */
  left = 0
  /** Something came behind its end. */
  excess = false
  private decoder: ChunkedDecoder | null = null

  begin(kind: number, length: number): void {
    this.kind = kind
    this.left = kind === BODY.LENGTH ? length : kind === BODY.NONE ? 0 : Number.POSITIVE_INFINITY
    this.excess = false
    this.decoder = kind === BODY.STREAM ? new ChunkedDecoder() : null
  }

  get done(): boolean {
    return this.decoder !== null ? this.decoder.done : this.left === 0
  }

  /** Canonical lines of the trailers, '' = none; of a body that is done. */
  trailers(): string {
    return this.decoder === null ? '' : trailerFields(this.decoder.trailers)
  }

  /** Puts the data in `bytes[start, end)` into `part`; returns its length, or a negated ERROR. */
  take(part: Part, bytes: Buffer, start: number, end: number): number {
    part.bytes = bytes
    part.start = start
    part.owned = part.kept = false
    let taken = end - start
    if (this.decoder !== null) {
      taken = this.decoder.decode(bytes, start, end)
      if (taken < 0) return taken
      if (this.decoder.done && this.decoder.consumed < end - start) this.excess = true
    } else if (taken > this.left) {
      taken = this.left
      this.left = 0
      this.excess = true
    } else this.left -= taken
    part.end = start + taken
    return taken
  }

  /** Lets go of what it needed. */
  end(): void {
    this.decoder = null
  }
}
