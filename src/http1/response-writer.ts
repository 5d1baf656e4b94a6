// Writes responses to one client connection: canonical heads, bodies by length, in chunks, or until the connection ends.

import type { Socket } from 'node:net'
import type { Exchange } from '../model/exchange.ts'
import { BODY, type LocalAnswer, type Part, type ResponseHead } from '../model/message.ts'
import { returnSlab } from './read-buffer.ts'
import { connectionLine, responseHead, statusLine } from './serialize.ts'
import { upgradeLines } from './switch-protocols.ts'
import { fits, isSecure, writeCopy, writeText, writeTogether } from './write-message.ts'

const LAST_CHUNK = '0\r\n\r\n'
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'

export class ResponseWriter {
  private readonly socket: Socket
  /** The body under way is sent in chunks. */
  private chunked = false
  /** Kept for what the socket could not take at once. */
  private unsent: Buffer | null = null

  constructor(socket: Socket) {
    this.socket = socket
  }

  /** Each method returns the bytes it wrote. */
  begin(x: Exchange, head: ResponseHead, close: boolean, date: string, part: Part | null, last: boolean): number {
    this.chunked = !x.http10 && (head.body === BODY.STREAM || head.body === BODY.CLOSE)
    const text = responseHead(head, close, x.http10, this.chunked, date)
    if (part === null || part.end === part.start) return this.text(last && this.chunked ? text + LAST_CHUNK : text)
    if (this.chunked) return this.chunk(text, part, last)
    if (part.text !== null && !isSecure(this.socket)) return this.text(text + part.text)
    return this.together(text, part, '')
  }

  /** The 101 that begins a tunnel, with what the endpoint has said in it already. */
  switching(x: Exchange, head: ResponseHead, part: Part | null): number {
    this.chunked = false
    const text = `${statusLine(head.status, head.phrase)}${head.fields}${upgradeLines(x.upgrade)}\r\n`
    return part === null ? this.text(text) : this.together(text, part, '')
  }

  data(part: Part): number {
    if (this.chunked) return this.chunk('', part, false)
    if (part.owned) return this.owned(part)
    const { socket } = this
    if (socket.writableLength > 0 || !fits('', part.end - part.start)) return this.together('', part, '')
    return writeCopy(socket, part.bytes, part.start, part.end)
  }

  /** The end of a body that had no last piece. */
  end(trailers: string): number {
    return this.chunked ? this.text(trailers === '' ? LAST_CHUNK : `0\r\n${trailers}\r\n`) : 0
  }

  continue(): number {
    return this.text(CONTINUE)
  }

  informational(head: ResponseHead): number {
    return this.text(`${statusLine(head.status, head.phrase)}${head.fields}\r\n`)
  }

  answer(x: Exchange, answer: LocalAnswer, close: boolean, date: string): number {
    // RFC 9110 6.4.1: no content where the status or the method has none.
    const bodiless = answer.status === 204 || answer.status === 304
    const length = bodiless ? '' : `content-length: ${Buffer.byteLength(answer.body)}\r\n`
    const head = `${statusLine(answer.status, '')}${answer.fields}${length}${date}${connectionLine(close, x.http10)}\r\n`
    if (bodiless || x.method === 'HEAD') return this.text(head)
    // Field values are bytes, a body is UTF-8.
    const bytes = Buffer.allocUnsafe(head.length + Buffer.byteLength(answer.body))
    bytes.write(head, 'latin1')
    bytes.write(answer.body, head.length)
    this.socket.write(bytes)
    return bytes.length
  }

  private text(text: string): number {
    return writeText(this.socket, text)
  }

  private chunk(head: string, part: Part, last: boolean): number {
    const prefix = `${head}${(part.end - part.start).toString(16)}\r\n`
    return this.together(prefix, part, last ? `\r\n${LAST_CHUNK}` : '\r\n')
  }

  private together(prefix: string, part: Part, suffix: string): number {
    const { socket } = this
    const size = part.end - part.start
    // While something is unsent, the shared buffer would be given away with each small piece.
    if (fits(prefix, size) && socket.writableLength === 0)
      return writeTogether(socket, prefix, part.bytes, part.start, part.end, suffix)
    socket.cork()
    if (prefix !== '') socket.write(prefix, 'latin1')
    if (part.owned) this.owned(part)
    else socket.write(Buffer.from(part.bytes.subarray(part.start, part.end)))
    if (suffix !== '') socket.write(suffix, 'latin1')
    socket.uncork()
    return prefix.length + size + suffix.length
  }

  private owned(part: Part): number {
    this.socket.write(part.bytes.subarray(part.start, part.end))
    if (this.socket.writableLength > 0) {
      part.kept = true
      this.unsent = part.bytes
    }
    return part.end - part.start
  }

  /** Everything that was written has left. */
  drained(): void {
    if (this.unsent !== null) returnSlab(this.unsent)
    this.unsent = null
  }
}
