// One attempt as a stream of a session with an endpoint.

import { type ClientHttp2Stream, constants } from 'node:http2'
import type { EndpointConnection, Failure, RunningAttempt } from '../model/connection.ts'
import { Timed } from '../model/deadlines.ts'
import type { Exchange } from '../model/exchange.ts'
import { BODY, type Part } from '../model/message.ts'
import type { Peer } from '../model/peer.ts'
import type { RouteBinding } from '../model/snapshot.ts'
import { cancelStream, isUnsent } from './cancel-stream.ts'
import type { Http2Connector } from './connector.ts'
import { requestList } from './request-list.ts'
import { head, readHead, readTrailers, trailers } from './response-head.ts'
import { flow, forget, listen, type StreamListener } from './stream-events.ts'
import { errorName, MAX_INFORMATIONAL, MAX_MOVES, NOT_UNDERSTOOD } from './upstream-options.ts'
import type { UpstreamSession } from './upstream-session.ts'

const { NGHTTP2_FLAG_END_STREAM, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants

const NOTHING = Buffer.alloc(0)
const part: Part = { bytes: NOTHING, start: 0, end: 0, text: null, owned: true, kept: false }

export class UpstreamStream extends Timed implements EndpointConnection, StreamListener {
  readonly peer: Peer
  private readonly connector: Http2Connector
  private attempt: RunningAttempt | null
  private session: UpstreamSession | null = null
  private h2: ClientHttp2Stream | null = null
  private requestSent = false
  /** The head of the response has come. */
  private answered = false
  private informational = 0
  /** Bytes of the body that are still to come. */
  private left = Number.POSITIVE_INFINITY
  private trailers = ''
  /** Node has said that nothing follows. */
  private over = false
  /** The stream was closed before its end had come, with whatever code. */
  private cut = false
  private paused = false
  private moves = 0
  /** When (ms) it went on its session. */
  private beganAt = 0

  constructor(connector: Http2Connector, attempt: RunningAttempt) {
    super()
    this.connector = connector
    this.attempt = attempt
    this.peer = attempt.exchange.downstream.peer
  }

  // ---- a place for it

  assign(session: UpstreamSession): void {
    this.connector.deadlines.disarm(this)
    this.session = session
    session.take(this)
  }

  waitForRoom(): void {
    this.session = null
    this.connector.deadlines.arm(this, this.connector.upstream.settings.connection.connectTimeout)
  }

  /** The session stands and has a place. */
  begin(session: UpstreamSession): void {
    this.beganAt = this.connector.deadlines.now
    const attempt = this.attempt as RunningAttempt
    const x = attempt.exchange
    const { upstream, authority, destination } = this.connector
    const { host } = upstream.settings
    const own = x.hostRewritten || host === 'preserve' ? x.authority : host === 'endpoint' ? '' : host
    const list = requestList(x, attempt.fields, own === '' ? authority : own, destination.tls === null ? 'http' : 'https')
    const { held } = x
    const bodiless = x.bodyDone && (held === null || held.length === 0)
    try {
      this.h2 = (session.h2 as NonNullable<UpstreamSession['h2']>).request(list, { endStream: bodiless })
    } catch (error) {
      // No stream has begun, and none will report: its place is free when this turn is over.
      const { closed, destroyed } = session.h2 as NonNullable<UpstreamSession['h2']>
      setImmediate(() => {
        session.released(this)
        if (closed || destroyed) this.fail('connect-failure', session.why, true)
        else this.fail('protocol', `the request cannot be sent: ${(error as Error).message}`, true)
      })
      return
    }
    listen(this.h2, this)
    if (!bodiless) this.sendHeld(held ?? [], x.bodyDone)
    attempt.onSending(this)
    if (this.attempt === null) return
    if (x.bodyDone) this.sent(attempt)
    else this.armIdle(attempt)
  }

  private sendHeld(held: readonly Buffer[], whole: boolean): void {
    const h2 = this.h2 as ClientHttp2Stream
    const last = held.length - 1
    for (let i = 0; i < last; i++) h2.write(held[i])
    if (whole) h2.end(held[last])
    else if (last >= 0) h2.write(held[last])
  }

  /** The whole request is written: from now on the endpoint has the attempt's time to answer. */
  private sent(attempt: RunningAttempt): void {
    this.requestSent = true
    if (this.answered) return
    if (attempt.attemptTimeout > 0) this.connector.deadlines.arm(this, attempt.attemptTimeout)
    else this.armIdle(attempt)
  }

  private armIdle(attempt: RunningAttempt): void {
    this.connector.deadlines.armOrDisarm(this, this.paused ? 0 : attempt.idleTimeout)
  }

  // ---- the proxy's

  sendBody(bytes: Buffer): boolean {
    const { attempt, h2 } = this
    if (attempt === null || h2 === null || !h2.writable) return true
    this.armIdle(attempt)
    return h2.write(bytes)
  }

  endBody(): void {
    const { attempt, h2 } = this
    if (attempt === null || h2 === null) return
    if (h2.writable) h2.end()
    this.sent(attempt)
  }

  pause(): void {
    if (this.attempt === null) return
    this.paused = true
    this.h2?.pause()
    // It is the client that is slow: its own deadline holds.
    this.connector.deadlines.disarm(this)
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    if (this.attempt !== null) this.armIdle(this.attempt)
    this.h2?.resume()
  }

  cancel(): void {
    this.attempt = null
    this.leave()
  }

  // ---- the endpoint's

  /** The final head. Returns at once what has come of the body with it. */
  responded(h2: ClientHttp2Stream, list: readonly string[], flags: number): void {
    const { attempt } = this
    if (attempt === null) return
    if (!this.takeHead(list, attempt)) return
    const { deadlines } = this.connector
    this.answered = true
    ;(this.session as UpstreamSession).progress(deadlines.now)
    const whole = (flags & NGHTTP2_FLAG_END_STREAM) !== 0
    if (whole || head.body === BODY.NONE) {
      this.complete(whole)
      attempt.onHead(head, null, true)
      return
    }
    this.left = head.body === BODY.LENGTH ? head.length : Number.POSITIVE_INFINITY
    const first = h2.read() as Buffer | null
    if (first === null) {
      this.armIdle(attempt)
      attempt.onHead(head, null, false)
    } else {
      if (!this.count(first)) return
      const last = this.left === 0
      if (last) this.complete(false)
      else this.armIdle(attempt)
      this.fillPart(first)
      attempt.onHead(head, part, last)
    }
    // Flows from here on, unless the client cannot take it.
    if (this.attempt === null) return
    flow(h2)
    if (this.paused) h2.pause()
  }

  private takeHead(list: readonly string[], attempt: RunningAttempt): boolean {
    const wrong = readHead(list, attempt.exchange.method)
    if (wrong !== null) this.fail('protocol', wrong, true)
    return wrong === null
  }

  informed(list: readonly string[]): void {
    const { attempt } = this
    if (attempt === null || this.answered || !this.takeHead(list, attempt)) return
    ;(this.session as UpstreamSession).progress(this.connector.deadlines.now)
    this.informational++
    if (this.informational > MAX_INFORMATIONAL) this.fail('protocol', 'too many interim responses', true)
    else attempt.onInformational(head)
  }

  data(bytes: Buffer): void {
    const { attempt } = this
    if (attempt === null) return
    ;(this.session as UpstreamSession).progress(this.connector.deadlines.now)
    if (!this.count(bytes)) return
    const last = this.left === 0
    if (last) this.complete(false)
    else this.armIdle(attempt)
    this.fillPart(bytes)
    attempt.onData(part)
    if (last) attempt.onEnd('')
  }

  /** Takes body bytes off what is to come; false: there are too many, and the attempt has been told. */
  private count(bytes: Buffer): boolean {
    this.left -= bytes.length
    if (this.left >= 0) return true
    this.fail('protocol', 'its body is longer than content-length says', true)
    return false
  }

  private fillPart(bytes: Buffer): void {
    part.bytes = bytes
    part.start = 0
    part.end = bytes.length
    part.text = null
    part.owned = true
    part.kept = false
  }

  trailed(list: readonly string[]): void {
    if (this.attempt === null) return
    const wrong = readTrailers(list)
    if (wrong !== null) this.fail('protocol', wrong, true)
    else this.trailers = trailers()
  }

  nothingFollows(closed: boolean): void {
    if (this.over) return
    this.over = true
    this.cut = closed
  }

  /** Everything has been read. A stream that was reset ends too: `closed` tells the attempt then. */
  ended(h2: ClientHttp2Stream): void {
    const { attempt } = this
    if (attempt === null || !this.answered || this.cut || h2.rstCode !== NGHTTP2_NO_ERROR) return
    if (this.left > 0 && this.left !== Number.POSITIVE_INFINITY) {
      this.fail('protocol', 'its body is shorter than content-length says', true)
      return
    }
    this.complete(true)
    attempt.onEnd(this.trailers)
  }

  writable(): void {
    this.attempt?.onWritable()
  }

  closed(h2: ClientHttp2Stream): void {
    const session = this.session as UpstreamSession
    this.connector.deadlines.remove(this)
    const { attempt } = this
    if (attempt === null) session.released(this)
    else if (this.mayMove(h2, session, attempt)) this.move(session, attempt)
    else {
      this.failClosed(h2, session)
      session.released(this)
    }
  }

  /** RFC 9113 6.8: the endpoint has closed the session in good order, and has not looked at this request. */
  private mayMove({ id }: ClientHttp2Stream, session: UpstreamSession, { exchange: x }: RunningAttempt): boolean {
    if (!session.closedInOrder || !session.ignores(id) || !this.canMove(x)) return false
    const { retry } = x.binding as RouteBinding
    return retry.onFailure(x.method, 'refused-stream', true) && x.heldBytes <= retry.bodyBytes
  }

  private canMove(x: Exchange): boolean {
    return this.untouched && !x.unrepeatable && this.moves < MAX_MOVES
  }

  /** On another session, as if it had never been on this one. */
  private move(session: UpstreamSession, { exchange: x }: RunningAttempt): void {
    this.moves++
    this.h2 = null
    this.requestSent = this.over = this.cut = false
    if (x.connection === this) x.connection = null
    session.released(this)
    this.connector.place(this)
  }

  /** The session takes fewer streams than it has. One that waits in it, unsent, is better off with the others that wait. */
  recall(session: UpstreamSession): void {
    const { attempt, h2 } = this
    if (attempt === null || h2 === null || !isUnsent(h2) || !this.canMove(attempt.exchange)) return
    forget(h2)
    cancelStream(h2)
    this.connector.deadlines.disarm(this)
    this.move(session, attempt)
  }

  /** As long as the session takes nothing, node does not end what was never sent. */
  private unhand(h2: ClientHttp2Stream): void {
    forget(h2)
    const session = this.session as UpstreamSession
    setImmediate(() => session.released(this))
  }

  private failClosed({ rstCode, id }: ClientHttp2Stream, session: UpstreamSession): void {
    const { why } = session
    const code = rstCode ?? NGHTTP2_NO_ERROR
    const refused = code === NGHTTP2_REFUSED_STREAM || session.ignores(id)
    if (refused && this.untouched) this.fail('refused-stream', 'it has not taken up the request', false)
    else if (why !== 'closed') this.fail('reset', why, false)
    else
      this.fail(NOT_UNDERSTOOD.has(code) ? 'protocol' : 'reset', code === NGHTTP2_NO_ERROR ? 'closed' : errorName(code), false)
  }

  private get untouched(): boolean {
    return !this.answered && this.informational === 0
  }

  override onDeadline(): void {
    if (this.attempt === null) this.leave()
    else if (this.h2 === null) this.fail('refused-stream', 'every session is in full use', true)
    else if (!this.requestSent && this.h2.writableLength === 0)
      this.fail('client-idle', 'the client sends no more of its request', true)
    else if (this.answered) this.fail('idle-timeout', 'no byte for too long', true)
    else if (!this.requestSent) this.fail('idle-timeout', 'takes no more of the request', true)
    else if (this.attempt.attemptTimeout > 0) this.fail('timeout', 'no answer in time', true)
    else this.fail('idle-timeout', 'no answer, and no byte for too long', true)
  }

  /** `here`: it is us who end it, and its stream with it. */
  fail(failure: Failure, detail: string, here: boolean): void {
    const { attempt, untouched } = this
    this.attempt = null
    if (here || this.h2 === null) this.leave()
    else this.connector.deadlines.remove(this)
    attempt?.onFailure(failure, detail, untouched)
  }

  /** The response is complete; `whole`: the endpoint has ended the stream too. */
  private complete(whole: boolean): void {
    this.attempt = null
    const { deadlines, upstream } = this.connector
    deadlines.disarm(this)
    const h2 = this.h2 as ClientHttp2Stream
    // An answer that does not wait for the request, or more than was asked for: neither is worth another byte.
    if (!this.requestSent || (!whole && head.body === BODY.NONE)) this.leave()
    else {
      // Neither may it be the end that never comes, of what has left us or of what the endpoint will not take.
      if (!whole || !h2.writableFinished) deadlines.arm(this, upstream.settings.connection.connectTimeout)
      h2.resume()
    }
  }

  /** Gives up its stream, or its place in a queue. */
  private leave(): void {
    this.connector.deadlines.remove(this)
    if (this.h2 !== null) {
      cancelStream(this.h2)
      if (!this.answered) this.session?.unanswered(this.beganAt)
      if (isUnsent(this.h2)) this.unhand(this.h2)
    } else if (this.session !== null) this.session.drop(this)
    else this.connector.forget(this)
  }
}
