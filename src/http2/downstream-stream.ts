// One request of an HTTP/2 client and its response: a stream of a session. One set of listeners serves all of them, so that a
// request makes no closures.

import { constants, type ServerHttp2Stream, type ServerStreamResponseOptions } from 'node:http2'
import { BodyPace } from '../model/body-pace.ts'
import type { Downstream, Exchange } from '../model/exchange.ts'
import { editFields } from '../model/field-text.ts'
import { grpcCutTrailers } from '../model/grpc.ts'
import { BODY, type LocalAnswer, type Part, type ResponseHead } from '../model/message.ts'
import type { Peer } from '../model/peer.ts'
import { ReadingPace } from '../model/reading-pace.ts'
import type { ListenerTimeouts, ServedListener } from '../model/snapshot.ts'
import type { Refusal } from './downstream-request.ts'
import { appendFields, fieldObject } from './fields.ts'
import type { StreamOwner } from './stream-owner.ts'
import { writablePart } from './writable-part.ts'

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR } = constants

// Date is ours. The types do not know `sendDate`.
const WHOLE: ServerStreamResponseOptions & { sendDate: false } = { endStream: true, sendDate: false }
const MORE: ServerStreamResponseOptions & { sendDate: false } = { sendDate: false }
const WITH_TRAILERS: ServerStreamResponseOptions & { sendDate: false } = { sendDate: false, waitForTrailers: true }

/** Where node's stream finds ours. */
const OURS = Symbol('stream')
type Tagged = ServerHttp2Stream & { [OURS]: DownstreamStream }

export class DownstreamStream extends BodyPace implements Downstream {
  readonly peer: Peer
  /** How fast it is read is seen at the connection. */
  readonly quick = true
  private readonly owner: StreamOwner
  private readonly stream: ServerHttp2Stream
  private x: Exchange | null = null
  private maxBytes = Number.POSITIVE_INFINITY
  /** The stream is reset in place of an answer. */
  private malformed = false
  /** Node asks for trailers before it ends the response. */
  private trailing = false
  private trailers = ''
  private tunnel = false
  /** The response (or the endpoint's side of the tunnel) is over. */
  private ended = false
  private written = 0
  /** null = nothing has waited for the client when it was looked at. */
  private reading: ReadingPace | null = null
  /** Since when (ms) it is us who do not read; 0 = we do. */
  private pausedAt = 0
  private gone = false

  constructor(owner: StreamOwner, stream: ServerHttp2Stream, now: number, endOfRequest: boolean) {
    super(now)
    this.owner = owner
    this.peer = owner.peer
    this.stream = stream
    this.done = endOfRequest
    ;(stream as Tagged)[OURS] = this
    stream.on('aborted', onClose)
    stream.on('close', onClose)
  }

  /** The request has been read into `x`, or is refused. */
  begin(x: Exchange, refusal: Refusal | null): void {
    const { handler } = this.owner.context
    this.x = x
    if (refusal !== null) {
      this.malformed = refusal.malformed
      handler.fail(x, refusal.reason, refusal.detail)
      return
    }
    if (!this.done) {
      const { bodyBytes } = x.listener.limits
      if (bodyBytes !== null) {
        this.maxBytes = bodyBytes
        if (x.bodyLength > bodyBytes) {
          handler.fail(x, 'body-limit', TOO_LARGE)
          return
        }
      }
      // What comes before a tunnel is open waits in the stream's window.
      if (!x.upgradeOnly) this.read()
    }
    handler.begin(x)
  }

  private read(): void {
    this.stream.on('data', onData)
    this.stream.on('end', onEnd)
  }

  // ---- the request's body

  bodyData(bytes: Buffer): void {
    const x = this.x as Exchange
    this.progressAt = this.owner.context.deadlines.now
    this.received += bytes.length
    this.owner.useful += bytes.length
    if (x.finished) return
    const { handler } = this.owner.context
    if (!this.tunnel && (this.received > this.maxBytes || this.received > x.maxBody)) handler.fail(x, 'body-limit', TOO_LARGE)
    else if (x.body === BODY.LENGTH && this.received > x.bodyLength) this.abort(NGHTTP2_PROTOCOL_ERROR)
    else handler.bodyData(x, bytes)
  }

  requestEnded(): void {
    const x = this.x as Exchange
    this.done = true
    if (x.finished || this.gone) return
    if (x.body === BODY.LENGTH && this.received < x.bodyLength) {
      this.abort(NGHTTP2_PROTOCOL_ERROR)
      return
    }
    const open = !x.bodyDone
    x.bodyDone = true
    if (open) this.owner.context.handler.bodyEnd(x)
    if (this.tunnel && this.ended) this.settle(x)
  }

  pauseBody(): void {
    if (this.pausedAt === 0) this.pausedAt = this.owner.context.deadlines.now
    this.stream.pause()
  }

  resumeBody(): void {
    if (this.pausedAt === 0) return
    this.excuse(this.pausedAt, this.owner.context.deadlines.now)
    this.pausedAt = 0
    this.stream.resume()
  }

  // ---- the response

  get congested(): boolean {
    return this.stream.writableNeedDrain
  }

  respond(x: Exchange, head: ResponseHead, part: Part | null, last: boolean): void {
    if (head.body === BODY.TUNNEL) {
      this.switch(x, head, part)
      return
    }
    // RFC 9110 15: what is no status of any class is an error of the endpoint; node does not let it through.
    if (head.status > 599) x.status = 502
    const reset = x.status === 205
    const list = this.listOf(x, x.status, reset ? editFields(head.fields, LENGTH, '') : head.fields, head.dated)
    const empty = part === null || part.end === part.start
    // RFC 9110 15.3.6: a 205 has no content.
    if ((last && empty) || head.body === BODY.NONE || x.method === 'HEAD' || reset) this.head(list, WHOLE)
    else if (this.head(list, last ? MORE : this.toBeContinued()) && !empty) this.write(x, part, last)
    if (last) this.finish(x)
  }

  data(x: Exchange, part: Part): void {
    if (!this.over && !this.stream.writableEnded) this.write(x, part, false)
  }

  end(x: Exchange, trailers: string): void {
    this.trailers = trailers
    if (!this.over) this.stream.end()
    if (this.tunnel && !this.done) this.ended = true
    else this.finish(x)
  }

  informational(x: Exchange, head: ResponseHead): void {
    x.bytesOut += head.fields.length
    this.additional({ ...fieldObject(head.fields), ':status': head.status })
  }

  continue(x: Exchange): void {
    if (!x.expectContinue) return
    x.expectContinue = false
    if (this.received === 0) this.additional({ ':status': 100 })
  }

  answer(x: Exchange, answer: LocalAnswer): void {
    if (this.malformed) {
      this.settle(x)
      this.stream.close(NGHTTP2_PROTOCOL_ERROR)
      return
    }
    const { status, fields, body } = answer
    const list = this.listOf(x, status, fields, false)
    const bodiless = status === 204 || status === 304
    if (!bodiless) list.push('content-length', String(Buffer.byteLength(body)))
    if (bodiless || body === '' || x.method === 'HEAD') this.head(list, WHOLE)
    else if (this.head(list, MORE)) {
      const bytes = Buffer.from(body)
      this.count(x, bytes.length)
      this.stream.end(bytes)
    }
    this.finish(x)
  }

  cut(x: Exchange): void {
    if (x.grpc && this.trailing && !this.over) {
      // Without a status of 0 nobody takes half a stream for all of it, and a reset would not say why.
      this.trailers = grpcCutTrailers(x)
      this.settle(x)
      this.stream.end()
      this.letGo()
      return
    }
    this.settle(x)
    this.stream.close(NGHTTP2_INTERNAL_ERROR)
  }

  sendTrailers(): void {
    const x = this.x as Exchange
    if (this.over) return
    this.stream.sendTrailers(x.trailersAccepted || x.grpc ? fieldObject(this.trailers) : {})
    // Node sends them at the end of this turn of the event loop; the reset must not overtake them.
    if (!this.done && !this.tunnel && !x.grpc) setImmediate(closeQuietly, this.stream)
  }

  drained(): void {
    const { x } = this
    if (x?.responded && !x.finished) this.owner.context.handler.drained(x)
  }

  /** Nothing can be said in the stream any more. */
  private get over(): boolean {
    return this.stream.destroyed || this.stream.closed
  }

  private listOf(x: Exchange, status: number, fields: string, dated: boolean): string[] {
    const list = [':status', String(status)]
    appendFields(list, fields)
    if (!dated) appendFields(list, this.owner.context.dateLine())
    this.count(x, fields.length)
    return list
  }

  private head(list: string[], options: ServerStreamResponseOptions): boolean {
    if (this.over) return false
    try {
      this.stream.respond(list as never, options)
    } catch {
      // Node is stricter than what we let through: it must cost no more than this answer.
      this.stream.close(NGHTTP2_INTERNAL_ERROR)
      return false
    }
    return true
  }

  private additional(fields: Record<string, string | string[] | number>): void {
    if (!this.over && !this.stream.headersSent) this.stream.additionalHeaders(fields)
  }

  private write(x: Exchange, part: Part, last: boolean): void {
    const bytes = writablePart(part)
    this.count(x, part.end - part.start)
    this.written += part.end - part.start
    if (last) this.stream.end(bytes, 'latin1')
    else this.stream.write(bytes, 'latin1')
  }

  /**
   * A stream that node resets is ended by it first, and an end in good order goes out before the reset: half a body would look whole.
   * Only where trailers are to come does it wait with that end.
   */
  private toBeContinued(): ServerStreamResponseOptions {
    this.trailing = true
    this.stream.on('wantTrailers', onTrailers)
    this.stream.on('drain', onDrain)
    return WITH_TRAILERS
  }

  private count(x: Exchange, bytes: number): void {
    x.bytesOut += bytes
    this.owner.useful += bytes
  }

  /** The 101 of an upgrade is a 200 here (RFC 8441 section 5). */
  private switch(x: Exchange, head: ResponseHead, part: Part | null): void {
    this.tunnel = true
    if (this.head(this.listOf(x, 200, head.fields, head.dated), this.toBeContinued()) && part !== null)
      this.write(x, part, false)
    this.read()
  }

  private finish(x: Exchange): void {
    this.settle(x)
    // RFC 9113 8.1: the rest of the request is not wanted, which is no error. Clients of gRPC that see the reset together with the status
    // miss the status; having it, they end the request themselves.
    if (!this.done && !this.trailing && !x.grpc) {
      // Not before all of it has been taken: a stream that is being closed cannot be reset any more.
      if (this.stream.writableLength === 0) this.stream.close(NGHTTP2_NO_ERROR)
      else this.stream.once('finish', onFinish)
    }
    this.letGo()
  }

  /** What is unread would keep a closed stream for ever. */
  private letGo(): void {
    if (this.pausedAt === 0) return
    this.pausedAt = 0
    this.stream.resume()
  }

  private settle(x: Exchange): void {
    x.finished = true
    this.owner.context.handler.finished(x)
  }

  // ---- time and the end

  /** A look once in a while: whether the client sends, and reads. True: something waits for it. */
  check(listener: ServedListener, now: number): boolean {
    const x = this.x as Exchange
    const { timeouts } = listener
    const waits = this.lookAtReading(timeouts, now)
    if (this.stalled(timeouts, now)) this.abort(NGHTTP2_CANCEL)
    else if (!this.done && this.pausedAt === 0 && !x.grpc && !this.tunnel && !x.upgradeOnly && !x.finished) {
      const slow = this.tooSlow(timeouts, now, x.responded)
      if (slow !== null) this.owner.context.handler.fail(x, slow, '')
    }
    return waits
  }

  private stalled(timeouts: ListenerTimeouts, now: number): boolean {
    const { reading } = this
    if (reading === null || !reading.stalled(timeouts, now)) return false
    if (!this.owner.reads(now)) return true
    reading.restart(now)
    return false
  }

  private lookAtReading(timeouts: ListenerTimeouts, now: number): boolean {
    const { bufferSize } = this.stream
    // What has been written to the end and is not over has not been taken either.
    if (bufferSize === 0 && !(this.x as Exchange).finished) {
      this.reading?.idle()
      return false
    }
    this.reading ??= new ReadingPace()
    this.reading.look(this.written - bufferSize, timeouts, now)
    return true
  }

  /** The client cannot have (the rest of) its answer. */
  private abort(code: number): void {
    this.leave()
    this.stream.close(code)
  }

  /** The connection is about to be closed: a tunnel ends by our will, not by the client's. */
  endTunnel(): void {
    const { x } = this
    if (this.tunnel && x !== null && !x.finished) this.owner.context.handler.fail(x, 'draining', '')
  }

  /** Whether it ended otherwise than by a complete exchange. */
  get reset(): boolean {
    return this.stream.rstCode !== NGHTTP2_NO_ERROR
  }

  leave(): void {
    if (this.gone) return
    this.gone = true
    const { x } = this
    if (x !== null && !x.finished) this.owner.context.handler.clientGone(x)
    this.letGo()
    this.owner.streamClosed(this)
  }
}

const LENGTH = ['content-length'] as const
const TOO_LARGE = 'the body is larger than limits.bodyBytes'

/** Of errors: whatever they are, 'close' follows. */
export function ignore(): void {}

function closeQuietly(stream: ServerHttp2Stream): void {
  stream.close(NGHTTP2_NO_ERROR)
}

function onFinish(this: ServerHttp2Stream): void {
  this.close(NGHTTP2_NO_ERROR)
}

function onTrailers(this: ServerHttp2Stream): void {
  ;(this as Tagged)[OURS].sendTrailers()
}

function onClose(this: ServerHttp2Stream): void {
  ;(this as Tagged)[OURS].leave()
}

function onData(this: ServerHttp2Stream, bytes: Buffer): void {
  ;(this as Tagged)[OURS].bodyData(bytes)
}

function onEnd(this: ServerHttp2Stream): void {
  ;(this as Tagged)[OURS].requestEnded()
}

function onDrain(this: ServerHttp2Stream): void {
  ;(this as Tagged)[OURS].drained()
}
