// One HTTP/1.x client connection: heads in, exchanges out, responses back in order. One exchange at a time; what a client sends
// ahead waits in a bounded buffer.

import type { Socket } from 'node:net'
import type { ClientConnection, ConnectionContext, ListenerRef } from '../model/client-connection.ts'
import { type Downstream, Exchange } from '../model/exchange.ts'
import { BODY, type LocalAnswer, type Part, type ResponseHead } from '../model/message.ts'
import type { Peer } from '../model/peer.ts'
import type { ServedListener } from '../model/snapshot.ts'
import { ClientTunnel, STATE } from './client-tunnel.ts'
import { decodeHead } from './decode-head.ts'
import { ERROR, parseError } from './parse-errors.ts'
import { parseRequestHead, RequestScan } from './parse-request.ts'
import { type HostMemo, readRequest } from './read-request.ts'
import { RequestBody } from './request-body.ts'

/** Bytes that a client may send ahead of its turn before it is not read any more. */
const MAX_AHEAD = 64 * 1024
/** After the last answer the client gets this long (ms) and this many bytes to close before it is closed. */
const LINGER_MS = 600
const MAX_LINGER = 256 * 1024
/** How long an idle connection may still bring a request while the gateway drains. */
const DRAIN_IDLE_MS = 1000

const scan = new RequestScan()

export class DownstreamConnection extends ClientTunnel implements Downstream, ClientConnection {
  readonly peer: Peer
  /** Read, but not used yet. */
  private ahead: Buffer | null = null
  /** Bytes of `ahead` in which no complete head was found; 0 = not looked at. */
  private checked = 0
  private requests = 0
  /** `process` is on the stack. */
  private processing = false
  private closeAfter = false
  private lingered = 0
  // No field value begins with a space: the first request never finds it here.
  private readonly memo: HostMemo = { authority: ' ', host: '' }

  constructor(socket: Socket, peer: Peer, listener: ListenerRef, context: ConnectionContext) {
    super(socket, listener, context)
    const { counters, timeouts } = listener.current
    this.peer = peer
    counters.connections++
    counters.connectionsTotal++
    socket.on('data', (bytes: Buffer) => this.read(bytes))
    socket.on('drain', () => this.drained())
    socket.on('end', () => this.clientEnded())
    socket.on('error', () => {})
    socket.on('close', () => this.closed())
    context.deadlines.armOrDisarm(this, timeouts.header ?? 0)
  }

  /** Closes it after its next response; one that stays idle goes soon, but not while a request may be on its way. */
  drain(): void {
    this.closeAfter = true
    if (this.state === STATE.IDLE) this.context.deadlines.armOrDisarm(this, DRAIN_IDLE_MS)
  }

  private read(bytes: Buffer): void {
    this.listener.current.counters.bytesIn += bytes.length
    switch (this.state) {
      case STATE.TUNNEL:
        this.context.handler.bodyData(this.exchange as Exchange, bytes)
        return
      case STATE.IDLE:
      case STATE.HEAD:
        this.keepAhead(bytes)
        this.process()
        return
      case STATE.EXCHANGE:
        if (this.body !== null && !this.body.done) this.readBody(bytes)
        else this.keepAhead(bytes)
        return
      case STATE.LINGER:
        this.lingered += bytes.length
        if (this.lingered > MAX_LINGER) this.socket.destroy()
    }
  }

  private keepAhead(bytes: Buffer): void {
    this.ahead = this.ahead === null ? bytes : Buffer.concat([this.ahead, bytes])
    if (this.ahead.length >= MAX_AHEAD && this.state === STATE.EXCHANGE) this.socket.pause()
  }

  /**
   * Takes up requests as long as there are complete ones and their answers find room; a loop, so that a thousand pipelined ones do
   * not nest.
   */
  private process(): void {
    if (this.processing) return
    this.processing = true
    while (this.ahead !== null && (this.state === STATE.IDLE || this.state === STATE.HEAD)) {
      if (this.congested) {
        this.context.deadlines.armOrDisarm(this, this.listener.current.timeouts.write ?? 0)
        if (this.ahead.length >= MAX_AHEAD) this.socket.pause()
        break
      }
      if (!this.takeHead(this.ahead)) break
    }
    this.processing = false
    if (this.state === STATE.CLOSED) return
    const waiting = this.ahead !== null && (this.state === STATE.EXCHANGE || this.congested)
    if (this.socket.isPaused() && this.progress.pausedAt === 0 && !(waiting && (this.ahead as Buffer).length >= MAX_AHEAD))
      this.socket.resume()
    if (this.ended && (this.state === STATE.IDLE || this.state === STATE.HEAD) && !this.answersLater) this.socket.destroySoon()
  }

  /** Returns false when more bytes are needed. */
  private takeHead(bytes: Buffer): boolean {
    const listener = this.listener.current
    const { limits } = listener
    const text = decodeHead(bytes, limits, this.checked)
    if (text === '') return this.waitForMore(bytes)
    const consumed = parseRequestHead(text, limits, scan)
    if (consumed === 0) return this.waitForMore(bytes)
    if (consumed === -ERROR.VERSION && this.requests === 0 && this.switchToHttp2(this, this.peer, bytes)) {
      this.state = STATE.CLOSED
      return false
    }
    this.checked = 0
    const x = this.open(listener)
    this.requests++
    this.ahead = consumed > 0 && consumed < bytes.length ? bytes.subarray(consumed) : null
    const error = consumed < 0 ? consumed : readRequest(scan, x, this.memo, this.peer.trusted, consumed, this.listener)
    this.closeAfter ||=
      scan.close ||
      this.context.draining ||
      (x.http10 && !scan.keepAlive) ||
      this.requests >= (limits.requestsPerConnection ?? Number.POSITIVE_INFINITY)
    if (error < 0) {
      this.refuse(x, error)
      return true
    }
    if (x.bodyDone) this.context.deadlines.disarm(this)
    else if (!this.beginBody(x, x.listener.limits.bodyBytes)) return true
    this.context.handler.begin(x)
    return true
  }

  private open(listener: ServedListener): Exchange {
    const x = new Exchange(this, listener, this.context.clock.now())
    this.exchange = x
    this.state = STATE.EXCHANGE
    return x
  }

  private waitForMore(bytes: Buffer): boolean {
    this.checked = bytes.length
    if (this.state === STATE.IDLE) {
      this.state = STATE.HEAD
      // The first head's time runs from accept.
      if (this.requests > 0) this.context.deadlines.armOrDisarm(this, this.listener.current.timeouts.header ?? 0)
    }
    return false
  }

  /** Takes what has come of the body with the head; false when the request has been refused. */
  private beginBody(x: Exchange, maxBytes: number | null): boolean {
    if (maxBytes !== null && x.bodyLength > maxBytes) {
      this.refuse(x, -ERROR.BODY_LIMIT)
      return false
    }
    const body = new RequestBody(x, maxBytes, this.context.deadlines.now)
    this.body = body
    const rest = this.ahead
    this.ahead = null
    if (rest !== null) {
      const data = body.read(rest, this.context.deadlines.now)
      if (typeof data === 'number') {
        this.refuse(x, data)
        return false
      }
      if (data !== null) {
        x.held = [data]
        x.heldBytes = data.length
      }
      if (body.consumed < rest.length) this.ahead = rest.subarray(body.consumed)
    }
    if (this.ended && !x.bodyDone) {
      this.refuse(x, -ERROR.BODY_CUT)
      return false
    }
    this.watch()
    return true
  }

  private readBody(bytes: Buffer): void {
    const x = this.exchange as Exchange
    const body = this.body as RequestBody
    const data = body.read(bytes, this.context.deadlines.now)
    if (typeof data === 'number' || body.tooMuchDiscarded) {
      if (x.finished) this.linger(x)
      else this.refuse(x, data as number)
      return
    }
    if (body.consumed < bytes.length) this.keepAhead(bytes.subarray(body.consumed))
    if (x.finished) {
      if (body.done) this.ready()
      return
    }
    if (data !== null) this.context.handler.bodyData(x, data)
    if (body.done && !x.finished) this.context.handler.bodyEnd(x)
  }

  private refuse(x: Exchange, code: number): void {
    this.closeAfter = true
    this.ahead = null
    const { reason, detail } = parseError(code)
    this.context.handler.fail(x, reason, detail)
  }

  // ---- the response

  respond(x: Exchange, head: ResponseHead, part: Part | null, last: boolean): void {
    if (head.body === BODY.TUNNEL) {
      const early = this.ahead
      this.ahead = null
      this.closeAfter = true
      this.openTunnel(x, head, part, early)
      return
    }
    // Only the end of the connection can mark the end of such a body.
    if (x.http10 && head.body !== BODY.NONE && head.body !== BODY.LENGTH) this.closeAfter = true
    // An early answer: without the rest of the request nobody knows where the next one starts.
    if (!x.bodyDone && x.expectContinue) this.closeAfter = true
    x.bytesOut += this.writer.begin(x, head, this.closeAfter, head.dated ? '' : this.context.dateLine(), part, last)
    if (last) this.finish(x)
    else this.checkCongestion(0)
  }

  end(x: Exchange, trailers: string): void {
    if (this.state === STATE.TUNNEL) this.endEndpointSide(x)
    else {
      x.bytesOut += this.writer.end(x.trailersAccepted ? trailers : '')
      this.finish(x)
    }
  }

  informational(x: Exchange, head: ResponseHead): void {
    if (!x.http10) x.bytesOut += this.writer.informational(head)
  }

  continue(x: Exchange): void {
    if (!x.expectContinue) return
    x.expectContinue = false
    if (this.body?.started === false) x.bytesOut += this.writer.continue()
  }

  answer(x: Exchange, answer: LocalAnswer, close: boolean): void {
    // A client that waits for `100 Continue` may or may not send its body now: nobody can tell what comes next.
    if (close || (!x.bodyDone && x.expectContinue)) this.closeAfter = true
    x.bytesOut += this.writer.answer(x, answer, this.closeAfter, this.context.dateLine())
    this.finish(x)
  }

  cut(x: Exchange): void {
    if (this.state === STATE.TUNNEL) this.cutTunnel(x)
    this.exchange = null
    this.state = STATE.LINGER
    this.context.deadlines.remove(this)
    this.settle(x)
    // A body that ends with its connection would look complete after an orderly close; TLS says by itself that it was none.
    if (x.http10 && !this.peer.secure) this.socket.resetAndDestroy()
    else this.socket.destroy()
  }

  protected finish(x: Exchange): void {
    this.settle(x)
    if (this.exchange !== x) return
    if (this.closeAfter) this.linger(x)
    else if (x.bodyDone || this.body === null) this.ready()
    // The answer came before the whole request: the rest is read and dropped, up to a bound.
    else if (this.body.discard()) this.resumeBody()
    else this.linger(x)
  }

  private settle(x: Exchange): void {
    x.finished = true
    this.context.handler.finished(x)
  }

  /** Ready for the next request. */
  private ready(): void {
    this.exchange = null
    this.body = null
    this.state = STATE.IDLE
    this.progress.congestedAt = 0
    if (this.context.draining) this.closeAfter = true
    const { keepAlive } = this.listener.current.timeouts
    this.context.deadlines.armOrDisarm(this, keepAlive ?? 0)
    this.progress.pausedAt = 0
    if (this.ahead !== null) this.process()
    else if (this.socket.isPaused()) this.socket.resume()
    if (this.ended && this.ahead === null && this.state === STATE.IDLE) this.socket.destroySoon()
  }

  /**
   * The last response has been written. A client that is still sending would get a reset, and with it lose the answer: so the
   * connection is half-closed, what comes is thrown away for a while, and only then it is closed (RFC 9112 9.6).
   */
  private linger(x: Exchange): void {
    this.exchange = null
    this.body = null
    this.ahead = null
    x.finished = true
    if (this.socket.destroyed) return
    this.state = STATE.LINGER
    const { write } = this.listener.current.timeouts
    this.context.deadlines.arm(this, this.socket.writableLength === 0 ? LINGER_MS : (write ?? LINGER_MS))
    if (this.ended) this.socket.destroySoon()
    else {
      this.socket.end()
      if (this.socket.isPaused()) this.socket.resume()
    }
  }

  // ---- time and flow

  private drained(): void {
    this.noteDrained()
    this.writer.drained()
    const x = this.exchange
    if (x === null) this.process()
    else if (x.responded && !x.finished) this.context.handler.drained(x)
  }

  override onDeadline(now: number): void {
    if (this.state === STATE.HEAD) this.headTimedOut()
    else if (this.state === STATE.EXCHANGE || this.state === STATE.TUNNEL) this.checkExchange(this.exchange as Exchange, now)
    // Idle: nothing has come, or nothing more. What is still unsent of the last answer gets its time.
    else if (this.state === STATE.IDLE && this.ahead === null && this.socket.writableLength > 0) this.flush()
    else this.abandon()
  }

  private flush(): void {
    this.state = STATE.LINGER
    this.socket.destroySoon()
    this.context.deadlines.armOrDisarm(this, this.listener.current.timeouts.write ?? 0)
  }

  private headTimedOut(): void {
    this.closeAfter = true
    this.ahead = null
    this.context.handler.fail(this.open(this.listener.current), 'header-timeout', '')
  }

  private checkExchange(x: Exchange, now: number): void {
    const verdict = this.progress.verdict(x, this.body, this.listener.current.timeouts, now)
    if (verdict === 'stalled') this.abandon()
    if (verdict === null) this.watch()
    else if (verdict === 'stalled' || x.finished) this.gone(x)
    else {
      this.closeAfter = true
      this.context.handler.fail(x, verdict, '')
    }
  }

  // ---- the end

  /** Requests wait for room for their answers, and the client still wants them although it has nothing more to say. */
  private get answersLater(): boolean {
    return this.ahead !== null && this.congested && this.listener.current.clientClose === 'answer'
  }

  private clientEnded(): void {
    this.ended = true
    const x = this.exchange as Exchange
    if (this.state === STATE.TUNNEL) {
      this.endClientSide(x)
      return
    }
    if (this.state !== STATE.EXCHANGE) {
      if (!this.answersLater) this.socket.destroySoon()
      return
    }
    const cutOff = !x.bodyDone
    if (cutOff && !x.finished) this.refuse(x, -ERROR.BODY_CUT)
    else if (cutOff || x.listener.clientClose === 'abort') this.gone(x)
  }

  protected override closed(): void {
    this.ahead = null
    super.closed()
  }
}
