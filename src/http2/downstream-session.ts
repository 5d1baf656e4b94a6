// One HTTP/2 client connection: streams in, exchanges out. It looks at itself once in a while, and ends alone when it misbehaves.

import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { ClientConnection, ConnectionContext, ListenerRef } from '../model/client-connection.ts'
import { Timed } from '../model/deadlines.ts'
import { Exchange } from '../model/exchange.ts'
import type { Peer } from '../model/peer.ts'
import { ReadingPace } from '../model/reading-pace.ts'
import { resetSocket } from '../model/reset-socket.ts'
import type { Http2Limits } from '../model/snapshot.ts'
import { sessionOptions } from './downstream-options.ts'
import { type AuthorityMemo, readRequest } from './downstream-request.ts'
import { DownstreamStream, ignore } from './downstream-stream.ts'
import { FloodWatch } from './flood-watch.ts'
import type { StreamOwner } from './stream-owner.ts'

const { NGHTTP2_ENHANCE_YOUR_CALM } = constants

/** Milliseconds between two looks: while something comes, and while nothing does. */
const LOOK = 1000
const IDLE_LOOK = 3000
const MIN_LOOK = 50
/** After our FIN the client gets this long (ms) to take what it has not read yet. */
const LINGER_MS = 1000

export class DownstreamSession extends Timed implements ClientConnection, StreamOwner {
  readonly peer: Peer
  readonly context: ConnectionContext
  useful = 0
  private readonly socket: Socket
  private readonly listener: ListenerRef
  private readonly session: ServerHttp2Session
  private readonly streams = new Set<DownstreamStream>()
  private readonly flood: FloodWatch
  // No authority begins with a space: the first request never finds it here.
  private readonly memo: AuthorityMemo = { authority: ' ', host: '' }
  private requests = 0
  /** The highest stream that has come to us. */
  private latest = 0
  /** A higher one whose header block has begun, and when (ms) we saw it first; 0 = none. */
  private unfinished = 0
  private unfinishedSince = 0
  /** The client's settings, or a request, have come: it does speak HTTP/2. */
  private greeted = false
  /** GOAWAY has been sent. */
  private leaving = false
  /** Of what leaves the connection. */
  private readonly reading = new ReadingPace()
  private bytesWritten = 0
  /** Since when (ms) a client that was told GOAWAY has not answered; 0 = it has not been asked. */
  private askedAt = 0
  /** A question is on its way: node ends a session in which too many of them are. */
  private asking = false
  private idleSince: number
  private bytesRead = 0
  private gone = false

  /** The socket is paused; what has been read of it already is given back to it (`unshift`). */
  constructor(socket: Socket, peer: Peer, listener: ListenerRef, context: ConnectionContext, limits: Http2Limits) {
    super()
    this.socket = socket
    this.peer = peer
    this.listener = listener
    this.context = context
    this.idleSince = context.deadlines.now
    this.flood = new FloodWatch(context.deadlines.now)
    const { counters, timeouts } = listener.current
    counters.connections++
    counters.connectionsTotal++
    socket.on('error', ignore)
    socket.on('end', () => this.clientEnded())
    socket.on('close', () => this.socketClosed())
    this.session = performServerHandshake(socket, sessionOptions(listener.current, limits))
    this.session.setLocalWindowSize(limits.connectionWindow)
    this.session.on('error', ignore)
    this.session.on('stream', (stream, _headers, flags, list) => this.open(stream, flags, list))
    this.session.once('remoteSettings', () => this.greet())
    context.deadlines.armOrDisarm(this, timeouts.header ?? 0)
  }

  get unsent(): number {
    return this.socket.writableLength
  }

  /** One GOAWAY with the last stream that is served: later ones may safely be sent elsewhere. What runs is finished. */
  drain(): void {
    this.leave()
  }

  destroy(): void {
    for (const stream of [...this.streams]) stream.endTunnel()
    this.socket.destroy()
  }

  private greet(): void {
    if (this.greeted || this.gone) return
    this.greeted = true
    this.look(this.context.deadlines.now)
  }

  private open(node: ServerHttp2Stream, flags: number, list: readonly string[]): void {
    // It may have ended, or its session, in the read that brought it: that must be heard by somebody too.
    node.on('error', ignore)
    this.latest = node.id ?? this.latest
    if (node.destroyed || node.closed || this.gone) return
    this.greet()
    const { now } = this.context.deadlines
    const ended = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
    const stream = new DownstreamStream(this, node, now, ended)
    if (this.streams.size === 0) this.lookIn(this.busyLook())
    this.streams.add(stream)
    const listener = this.listener.current
    const x = new Exchange(stream, listener, this.context.clock.now())
    x.http2 = true
    const refusal = readRequest(list, ended, x, this.memo, this.listener)
    this.useful += x.head.length
    this.requests++
    const { requestsPerConnection } = listener.limits
    if (requestsPerConnection !== null && this.requests >= requestsPerConnection) this.leave()
    stream.begin(x, refusal)
  }

  reads(now: number): boolean {
    return this.streams.size === 1 && !this.reading.stalled(this.listener.current.timeouts, now)
  }

  streamClosed(stream: DownstreamStream): void {
    this.streams.delete(stream)
    const { deadlines } = this.context
    if (stream.reset && this.flood.countReset(deadlines.now)) {
      this.misbehaved()
      return
    }
    if (this.streams.size > 0) return
    this.idleSince = deadlines.now
    if (this.session.destroyed) this.lingerOut()
    else if (this.leaving) this.finish()
    else this.lookIn(this.idleLook(LOOK))
  }

  // ---- time

  override onDeadline(now: number): void {
    if (!this.greeted || (this.leaving && this.streams.size === 0)) this.socket.destroy()
    else this.look(now)
  }

  /** Counts what has come, and looks for floods, for streams that stand still and for idleness. */
  private look(now: number): void {
    if (this.session.destroyed) {
      this.lingerOut()
      return
    }
    const { timeouts } = this.listener.current
    const quiet = !this.countBytes()
    if (this.flood.tooMuch(this.bytesRead, this.useful, now)) {
      this.misbehaved()
      return
    }
    const { bytesWritten } = this.socket
    const sends = bytesWritten > this.bytesWritten
    this.bytesWritten = bytesWritten
    this.reading.look(bytesWritten, timeouts, now)
    let waits = false
    for (const stream of this.streams) if (stream.check(this.listener.current, now)) waits = true
    if (this.gone) return
    // Node has said it because the client did.
    if (this.session.closed) this.leaving = true
    if (this.leaving && this.lost(quiet && !(waits && sends), now)) {
      resetSocket(this.socket)
      return
    }
    // Whoever does not end a header block cannot send anything else.
    if (!this.leaving && !(quiet && this.unfinished === 0) && this.headOverdue(now)) this.leave()
    if (this.streams.size > 0) this.lookIn(this.busyLook())
    else if (this.session.closed) this.finish()
    else if (this.leaving) return
    else if (timeouts.keepAlive !== null && now - this.idleSince >= timeouts.keepAlive) this.leave()
    else this.lookIn(this.idleLook(quiet && this.unfinished === 0 ? IDLE_LOOK : LOOK))
  }

  /**
   * After GOAWAY node sees no connection error of the client any more, nor, after one, its end: whether it is there must be asked. By
   * SETTINGS, which must be acknowledged too: node sends no PING when the GOAWAY was the client's.
   */
  private lost(quiet: boolean, now: number): boolean {
    const { write } = this.listener.current.timeouts
    if (!quiet) this.askedAt = 0
    else if (this.askedAt === 0) {
      this.askedAt = now
      this.ask()
    } else return write !== null && now - this.askedAt >= write
    return false
  }

  private ask(): void {
    if (this.asking) return
    this.asking = true
    this.session.settings({}, () => {
      this.asking = false
    })
  }

  /**
   * Whether a header block has been open for timeouts.header. Node does not tell of one before its end, nor of one that it has refused:
   * a client whose last request was malformed counts too, and finishes what runs all the same.
   */
  private headOverdue(now: number): boolean {
    const { lastProcStreamID = 0 } = this.session.state
    const { header } = this.listener.current.timeouts
    if (lastProcStreamID <= this.latest) this.unfinished = 0
    else if (lastProcStreamID !== this.unfinished) {
      this.unfinished = lastProcStreamID
      this.unfinishedSince = now
    }
    return this.unfinished !== 0 && header !== null && now - this.unfinishedSince >= header
  }

  /** Never later than was agreed before: whoever keeps coming and going is looked at all the same. */
  private lookIn(delay: number): void {
    const { deadlines } = this.context
    if (this.deadline === 0 || this.deadline > deadlines.now + delay) deadlines.arm(this, delay)
  }

  private busyLook(): number {
    const { write, body } = this.listener.current.timeouts
    return Math.max(MIN_LOOK, Math.min(LOOK, (write ?? LOOK) / 4, (body ?? LOOK) / 4))
  }

  private idleLook(look: number): number {
    const { keepAlive } = this.listener.current.timeouts
    return keepAlive === null ? look : Math.min(look, Math.max(this.idleSince + keepAlive - this.context.deadlines.now, 1))
  }

  /** Whether there were any since the last time. */
  private countBytes(): boolean {
    const { bytesRead } = this.socket
    const more = bytesRead - this.bytesRead
    this.listener.current.counters.bytesIn += more
    this.bytesRead = bytesRead
    return more > 0
  }

  // ---- the end

  private leave(): void {
    if (this.leaving || this.gone) return
    this.leaving = true
    if (this.session.destroyed) {
      this.lingerOut()
      return
    }
    // Not `close`, which says GOAWAY once more at the end.
    this.session.goaway()
    if (this.streams.size === 0) this.finish()
  }

  /** GOAWAY has been said and nothing runs: our FIN follows when all that is under way has been written. */
  private finish(): void {
    // What is still on its way to the client gets its time.
    this.context.deadlines.arm(this, this.listener.current.timeouts.write ?? LINGER_MS)
    setImmediate(() => setImmediate(() => this.hangUp()))
  }

  /** The session is over, the socket's end is under way: it must not take long. */
  private lingerOut(): void {
    this.leaving = true
    if (!this.gone) this.lookIn(LINGER_MS)
  }

  private hangUp(): void {
    if (this.gone) return
    // Where no stream can come any more, node does not read: nor does it see that the client has gone.
    this.socket.end(() => {
      if (!this.gone) this.context.deadlines.arm(this, LINGER_MS)
    })
  }

  private misbehaved(): void {
    const { rejected } = this.listener.current.counters
    rejected.set('http2-flood', (rejected.get('http2-flood') ?? 0) + 1)
    this.session.destroy(new Error('flood'), NGHTTP2_ENHANCE_YOUR_CALM)
    this.lingerOut()
  }

  /** The client's FIN: it sends nothing more, whether or not it still reads. */
  private clientEnded(): void {
    if (this.streams.size > 0 && this.listener.current.clientClose === 'answer') this.leave()
    else this.socket.destroy()
  }

  private socketClosed(): void {
    if (this.gone) return
    this.gone = true
    this.countBytes()
    this.context.deadlines.remove(this)
    for (const stream of [...this.streams]) stream.leave()
    this.listener.current.counters.connections--
    this.context.forget(this)
  }
}
