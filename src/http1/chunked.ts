// Decoder of the chunked transfer coding (RFC 9112 section 7.1): strict, incremental, in place. The data of all chunks in a piece of
// bytes is moved together at its start, so that it can be sent on as one chunk.

import { COLON, CR, HEX, LF, TOKEN, VALUE } from '../model/chars.ts'
import { ERROR } from './parse-errors.ts'

/** Bytes of chunk extensions that one message may have, all chunks together. */
const MAX_EXTENSIONS = 16 * 1024
const MAX_SIZE_DIGITS = 16
const MAX_TRAILER_BYTES = 16 * 1024
const MAX_TRAILER_COUNT = 64

const STATE = {
  SIZE: 0,
  EXTENSION: 1,
  SIZE_LF: 2,
  DATA: 3,
  DATA_CR: 4,
  DATA_LF: 5,
  TRAILER: 6,
  DONE: 7,
} as const

/** Sub-states of a chunk extension: `;` name [ `=` value ], where only what RFC 9112 7.1.1 allows is accepted. */
const EXT = { BEFORE_NAME: 0, NAME: 1, BEFORE_VALUE: 2, VALUE: 3, QUOTED: 4, ESCAPED: 5, AFTER_QUOTED: 6 } as const

export class ChunkedDecoder {
  /** Trailer section as received, CRLF-terminated lines without the empty line; '' = none. Valid when done. */
  trailers = ''
  private state: number = STATE.SIZE
  private digits = 0
  /** Bytes of the chunk still to come. */
  private left = 0
  private extension: number = EXT.BEFORE_NAME
  private extensionBytes = 0
  private readonly line = { column: 0, name: true, ending: false }
  private readonly trailerBytes: number[] = []
  private trailerLines = 0

  get done(): boolean {
    return this.state === STATE.DONE
  }

  /** Bytes consumed by the last call of `decode`; what lies behind belongs to the next message. */
  consumed = 0

  /**
   * Decodes `bytes[start, end)`; the data found is moved to `bytes[start, start + result)`. Returns its length or a negated ERROR.
   * Stops behind the end of the message: `done` says so, `consumed` how far it got.
   */
  decode(bytes: Buffer, start: number, end: number): number {
    let pos = start
    let write = start
    while (pos < end && this.state !== STATE.DONE) {
      if (this.state === STATE.DATA) {
        const take = Math.min(this.left, end - pos)
        if (write !== pos) bytes.copyWithin(write, pos, pos + take)
        write += take
        pos += take
        this.left -= take
        if (this.left === 0) this.state = STATE.DATA_CR
        continue
      }
      const error = this.step(bytes[pos] as number)
      if (error < 0) return error
      pos++
    }
    this.consumed = pos - start
    return write - start
  }

  private step(c: number): number {
    switch (this.state) {
      case STATE.SIZE: {
        const digit = HEX[c] as number
        if (digit !== 255) {
          // 2^53 is 14 digits: more than 12 would be a chunk of 256 TiB, of which nothing good can come.
          if (++this.digits > MAX_SIZE_DIGITS || this.left > 0xffffffffff) return -ERROR.CHUNK_SIZE
          this.left = this.left * 16 + digit
          return 0
        }
        if (this.digits === 0) return -ERROR.CHUNK_SIZE
        if (c === CR) this.state = STATE.SIZE_LF
        else if (c === 0x3b) {
          this.state = STATE.EXTENSION
          this.extension = EXT.BEFORE_NAME
          return this.countExtension()
        } else return -ERROR.CHUNK_SIZE
        return 0
      }
      case STATE.EXTENSION:
        return this.stepExtension(c)
      case STATE.SIZE_LF:
        if (c !== LF) return -ERROR.CHUNK_SIZE
        this.digits = 0
        this.state = this.left === 0 ? STATE.TRAILER : STATE.DATA
        return 0
      case STATE.DATA_CR:
        if (c !== CR) return -ERROR.CHUNK_END
        this.state = STATE.DATA_LF
        return 0
      case STATE.DATA_LF:
        if (c !== LF) return -ERROR.CHUNK_END
        this.state = STATE.SIZE
        return 0
      default:
        return this.stepTrailer(c)
    }
  }

  private countExtension(): number {
    return ++this.extensionBytes > MAX_EXTENSIONS ? -ERROR.CHUNK_EXTENSION : 0
  }

  private stepExtension(c: number): number {
    const at = this.extension
    if (c === CR) {
      if (at === EXT.BEFORE_NAME || at === EXT.BEFORE_VALUE || at === EXT.QUOTED || at === EXT.ESCAPED)
        return -ERROR.CHUNK_EXTENSION
      this.state = STATE.SIZE_LF
      return 0
    }
    if (at === EXT.QUOTED) {
      if (c === 0x22) this.extension = EXT.AFTER_QUOTED
      else if (c === 0x5c) this.extension = EXT.ESCAPED
      else if (VALUE[c] !== 1 || c >= 0x80) return -ERROR.CHUNK_EXTENSION
    } else if (at === EXT.ESCAPED) {
      if (VALUE[c] !== 1 || c >= 0x80) return -ERROR.CHUNK_EXTENSION
      this.extension = EXT.QUOTED
    } else if (TOKEN[c] === 1 && at !== EXT.AFTER_QUOTED) {
      if (at === EXT.BEFORE_NAME) this.extension = EXT.NAME
      else if (at === EXT.BEFORE_VALUE) this.extension = EXT.VALUE
    } else if (c === 0x3b && (at === EXT.NAME || at === EXT.VALUE || at === EXT.AFTER_QUOTED)) this.extension = EXT.BEFORE_NAME
    else if (c === 0x3d && at === EXT.NAME) this.extension = EXT.BEFORE_VALUE
    else if (c === 0x22 && at === EXT.BEFORE_VALUE) this.extension = EXT.QUOTED
    else return -ERROR.CHUNK_EXTENSION
    return this.countExtension()
  }

  /** Trailer lines are validated as they arrive and kept as text: same grammar as fields, checked byte by byte to fail early. */
  private stepTrailer(c: number): number {
    const { line, trailerBytes: bytes } = this
    if (bytes.push(c) > MAX_TRAILER_BYTES) return -ERROR.TRAILER_LIMIT
    if (line.ending) {
      if (c !== LF) return -ERROR.TRAILER
      if (line.column === 0) {
        this.trailers = Buffer.from(bytes).toString('latin1', 0, bytes.length - 2)
        this.state = STATE.DONE
        return 0
      }
      line.column = 0
      line.name = true
      line.ending = false
      return ++this.trailerLines > MAX_TRAILER_COUNT ? -ERROR.TRAILER_LIMIT : 0
    }
    if (c === CR) {
      if (line.name && line.column > 0) return -ERROR.TRAILER
      line.ending = true
      return 0
    }
    if (line.name) {
      if (c === COLON && line.column > 0) line.name = false
      else if (TOKEN[c] !== 1) return -ERROR.TRAILER
    } else if (VALUE[c] !== 1) return -ERROR.TRAILER
    line.column++
    return 0
  }
}
