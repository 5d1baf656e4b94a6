// One HTTP/1.1 connection to an endpoint: writes a request, reads its response, goes back to its pool only when both are complete
// to the byte.

import type { Socket } from 'node:net'
import { failureWords } from '../model/connect-failures.ts'
import type { Failure, RunningAttempt } from '../model/connection.ts'
import { dial } from '../model/dial.ts'
import { BODY, type Part, type ResponseHead } from '../model/message.ts'
import type { Peer } from '../model/peer.ts'
import type { UpstreamSettings } from '../model/upstream.ts'
import type { Http1Connector } from './connector.ts'
import { EndpointFlow, STATE } from './endpoint-flow.ts'
import { fillHead } from './fill-head.ts'
import { otherProtocol } from './other-protocol.ts'
import { parseError } from './parse-errors.ts'
import { parseResponseHead, ResponseScan } from './parse-response.ts'
import { returnSlab, sharedBuffer } from './read-buffer.ts'
import { switchesAsAsked } from './switch-protocols.ts'
import { sendRequest } from './write-request.ts'

/** Interim responses that one request may get before its final one. */
const MAX_INFORMATIONAL = 16
/** Up to here everything read is decoded as one text; beyond only the head is. */
const SMALL = 4096
const HEAD_END = Buffer.from('\r\n\r\n')
const LF = 10
const PROTOCOLS: readonly string[] = ['http/1.1']

const scan = new ResponseScan()
const head: ResponseHead = { status: 0, phrase: '', fields: '', body: 0, length: 0, dated: false }
const part: Part = { bytes: sharedBuffer, start: 0, end: 0, text: null, owned: false, kept: false }

export class UpstreamConnection extends EndpointFlow {
  /** The one whom it serves; null = anybody. */
  readonly client: Peer | null
  protected readonly socket: Socket
  /** What has come of a head that is not complete. */
  private partial: Buffer | null = null
  private reusable = false
  private informational = 0
  private requests = 0
  /** From `Keep-Alive: timeout`: milliseconds after which the endpoint may close, -1 = not said. */
  private keepAliveHint = -1

  constructor(connector: Http1Connector, attempt: RunningAttempt) {
    super(connector, attempt)
    this.client = connector.destination.proxy === null ? null : attempt.exchange.downstream.peer
    const { connection } = connector.upstream.settings
    this.socket = dial(connector.destination, {
      tcpKeepAlive: connection.tcpKeepAlive,
      client: this.client,
      protocols: attempt.exchange.body === BODY.TUNNEL ? [] : PROTOCOLS,
      onread: {
        buffer: () => this.nextBuffer(),
        callback: (bytes: number, buffer: Uint8Array): boolean => {
          this.read(buffer as Buffer, bytes)
          return true
        },
      },
      // One turn of the event loop before the request is written: what the endpoint says by then is not an answer to it.
      // In a tunnel the endpoint may speak first.
      ready: () => {
        if (this.attempt?.exchange.body === BODY.TUNNEL) this.connected()
        else setImmediate(() => setImmediate(() => this.connected()))
      },
    })
    this.socket.on('error', (error: NodeJS.ErrnoException) => this.failed(failureWords(error)))
    this.socket.on('end', () => this.ended())
    this.socket.on('close', () => this.failed('closed'))
    this.socket.on('drain', () => this.drained())
    connector.deadlines.arm(this, connection.connectTimeout)
  }

  /** Nothing speaks against sending a request on it. */
  get usable(): boolean {
    return this.state === STATE.IDLE && this.socket.writable
  }

  private get settings(): UpstreamSettings {
    return this.connector.upstream.settings
  }

  private connected(): void {
    if (this.state !== STATE.CONNECTING || this.attempt === null) return
    this.connector.opened(this)
    this.begin(this.attempt)
  }

  begin(attempt: RunningAttempt): void {
    this.attempt = attempt
    this.state = STATE.HEAD
    this.requests++
    this.requestSent = false
    this.informational = 0
    const { host } = this.settings
    const x = attempt.exchange
    if (x.body === BODY.TUNNEL) {
      // Without HTTP: there is nothing to be asked first.
      head.status = 0
      head.phrase = head.fields = ''
      attempt.onSending(this)
      this.openTunnel(attempt, sharedBuffer, 0, 0)
      return
    }
    const own = x.hostRewritten || host === 'preserve' ? x.authority : host === 'endpoint' ? '' : host
    sendRequest(this.socket, x, attempt.fields, own === '' ? this.connector.authority : own)
    attempt.onSending(this)
    if (x.bodyDone) this.sent(attempt)
    else this.armIdle(attempt)
  }

  private read(buffer: Buffer, bytes: number): void {
    this.lastRead = bytes
    if (this.state === STATE.HEAD) this.readHead(buffer, bytes)
    else if (this.state === STATE.BODY) {
      if (this.attempt !== null) this.readBody(buffer, 0, bytes)
    }
    // Bytes that nobody asked for: whoever sends them could be answering somebody else's request.
    else this.fail('protocol', otherProtocol(buffer.toString('latin1', 0, Math.min(bytes, 16)), 'spoke before it was asked'))
  }

  private readHead(buffer: Buffer, count: number): void {
    let bytes = buffer
    let length = count
    if (this.partial !== null) {
      bytes = Buffer.concat([this.partial, buffer.subarray(0, count)])
      length = bytes.length
      // Without a line end nothing can have changed, unless a limit is passed.
      if (!bytes.subarray(this.partial.length).includes(LF) && length < SMALL * 2) {
        this.partial = bytes
        return
      }
      this.partial = null
    }
    let start = 0
    for (;;) {
      const attempt = this.attempt as RunningAttempt
      let stop = length
      if (length - start > SMALL) {
        const end = bytes.indexOf(HEAD_END, start)
        if (end !== -1 && end + 4 < length) stop = end + 4
      }
      const text = bytes.toString('latin1', start, stop)
      const consumed = parseResponseHead(text, attempt.exchange.method === 'HEAD', scan)
      if (consumed === 0) {
        this.partial = Buffer.from(bytes.subarray(start, length))
        return
      }
      if (consumed < 0) {
        this.fail('protocol', otherProtocol(text, parseError(consumed).detail))
        return
      }
      start += consumed
      fillHead(head, scan, text)
      if (scan.status === 101 && switchesAsAsked(scan, attempt.exchange)) {
        this.openTunnel(attempt, bytes, start, length)
        return
      }
      if (scan.status >= 200) {
        this.readFinal(attempt, bytes, start, length, stop === length ? text : null, consumed)
        return
      }
      this.informational++
      if (scan.status === 101) this.fail('protocol', 'switched protocols without being asked to')
      else if (this.informational > MAX_INFORMATIONAL) this.fail('protocol', 'too many interim responses')
      else attempt.onInformational(head)
      if (this.state !== STATE.HEAD || start === length) return
    }
  }

  private readFinal(
    attempt: RunningAttempt,
    bytes: Buffer,
    start: number,
    length: number,
    text: string | null,
    textAt: number,
  ): void {
    const { maxRequests } = this.settings.connection
    this.reusable =
      (scan.minor === 1 ? !scan.close : scan.keepAlive && !scan.close) &&
      scan.body !== BODY.CLOSE &&
      (maxRequests === null || this.requests < maxRequests)
    this.keepAliveHint = scan.keepAliveTimeout < 0 ? -1 : scan.keepAliveTimeout * 1000
    this.body.begin(scan.body, scan.length)
    this.state = STATE.BODY
    if (scan.body === BODY.NONE) {
      if (length > start) this.reusable = false
      this.complete()
      attempt.onHead(head, null, true)
      return
    }
    if (length === start) {
      this.armIdle(attempt)
      attempt.onHead(head, null, false)
      return
    }
    const taken = this.take(bytes, start, length)
    if (taken < 0) return
    part.text = text !== null && scan.body === BODY.LENGTH ? text.slice(textAt, textAt + taken) : null
    const { done } = this.body
    const trailers = done ? this.body.trailers() : ''
    if (done) this.complete()
    else this.armIdle(attempt)
    if (done && trailers === '') attempt.onHead(head, part, true)
    else {
      attempt.onHead(head, part, false)
      if (done) attempt.onEnd(trailers)
    }
  }

  private readBody(bytes: Buffer, start: number, length: number): void {
    const attempt = this.attempt as RunningAttempt
    const taken = this.take(bytes, start, length)
    if (taken < 0) return
    part.text = null
    part.owned = bytes === this.slab
    part.kept = false
    const { done } = this.body
    const trailers = done ? this.body.trailers() : ''
    const { slab } = this
    if (done) {
      this.slab = null
      this.complete()
    } else this.armIdle(attempt)
    if (taken > 0) attempt.onData(part)
    if (slab !== null) {
      if (part.kept) this.slab = null
      else if (done) returnSlab(slab)
    }
    if (done) attempt.onEnd(trailers)
  }

  /** From now on bytes are passed as they come; those of the endpoint that are there lie in `bytes[start, end)`. */
  private openTunnel(attempt: RunningAttempt, bytes: Buffer, start: number, end: number): void {
    this.state = STATE.BODY
    this.requestSent = true
    this.reusable = false
    this.body.begin(BODY.TUNNEL, 0)
    head.body = BODY.TUNNEL
    part.text = null
    this.body.take(part, bytes, start, end)
    attempt.onHead(head, end > start ? part : null, false)
    if (this.attempt !== null) this.armIdle(attempt)
  }

  /** Takes body bytes into `part`; returns their number, or -1 when the body was wrong (and the attempt has been told). */
  private take(bytes: Buffer, start: number, end: number): number {
    const taken = this.body.take(part, bytes, start, end)
    if (taken >= 0) return taken
    this.fail('protocol', parseError(taken).detail)
    return -1
  }

  /** The response is complete: back to the pool, or away. */
  private complete(): void {
    this.attempt = null
    this.body.end()
    if (!this.reusable || this.body.excess || !this.requestSent || !this.socket.writable) {
      this.destroyActive()
      return
    }
    this.state = STATE.IDLE
    if (this.paused) {
      this.paused = false
      this.socket.resume()
    }
    const { keepAlive } = this.settings.connection
    // One second before the endpoint would close, so that no request meets a closing connection.
    const hint = this.keepAliveHint === -1 ? Number.POSITIVE_INFINITY : Math.max(this.keepAliveHint - 1000, 100)
    const idle = Math.min(keepAlive ?? Number.POSITIVE_INFINITY, hint)
    this.connector.deadlines.armOrDisarm(this, idle === Number.POSITIVE_INFINITY ? 0 : idle)
    this.connector.release(this)
  }

  private ended(): void {
    const { attempt } = this
    if (this.state !== STATE.BODY || attempt === null || this.body.kind < BODY.CLOSE) this.failed('closed')
    else if (this.body.kind === BODY.TUNNEL) {
      this.halfClosed = true
      if (attempt.exchange.bodyDone) this.leaveTunnel()
      else this.armIdle(attempt)
      attempt.onEnd('')
    } else {
      this.complete()
      attempt.onEnd('')
    }
  }

  private failed(why: string): void {
    if (this.state === STATE.CLOSED) return
    if (this.state === STATE.IDLE) this.destroyIdle()
    else if (this.state === STATE.CONNECTING) this.fail('connect-failure', why)
    else this.fail('reset', why)
  }

  override onDeadline(): void {
    if (this.state === STATE.IDLE) this.destroyIdle()
    else if (this.state === STATE.CONNECTING) this.fail('connect-timeout', 'no connection in time')
    else if (this.clientIsIdle) this.fail('client-idle', 'the client sends no more of its request')
    else if (this.state === STATE.BODY) this.fail('idle-timeout', 'no byte for too long')
    else if (!this.requestSent) this.fail('idle-timeout', 'takes no more of the request')
    else if ((this.attempt?.attemptTimeout ?? 0) > 0) this.fail('timeout', 'no answer in time')
    else this.fail('idle-timeout', 'no answer, and no byte for too long')
  }

  private get clientIsIdle(): boolean {
    return !this.requestSent && this.socket.writableLength === 0
  }

  private fail(failure: Failure, detail: string): void {
    const { attempt } = this
    const untouched = this.partial === null && this.informational === 0 && this.state !== STATE.BODY
    this.attempt = null
    this.destroy()
    attempt?.onFailure(failure, detail, untouched)
  }

  /** Its endpoint is gone before it was made. */
  abandon(): void {
    if (this.state === STATE.CONNECTING) this.fail('connect-failure', 'the endpoint is gone')
  }

  destroyIdle(): void {
    this.connector.dropIdle(this)
    this.destroy()
  }

  private destroyActive(): void {
    this.connector.dropActive()
    this.state = STATE.CLOSED
    this.close()
  }

  /** Closes it whatever it is doing; says nothing to its attempt. */
  destroy(): void {
    if (this.state === STATE.CLOSED) return
    if (this.state === STATE.IDLE) this.connector.dropIdle(this)
    else {
      if (this.state === STATE.CONNECTING) this.connector.opened(this)
      this.connector.dropActive()
    }
    this.state = STATE.CLOSED
    this.close()
  }

  private close(): void {
    this.connector.deadlines.remove(this)
    this.partial = null
    // What was written may still be on its way out of this slab: left to the garbage collector.
    this.slab = null
    this.socket.destroy()
  }
}
