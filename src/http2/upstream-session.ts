// One HTTP/2 connection to an endpoint: opens it, bounds its streams, finds out when it is dead, ends it.

import { type ClientHttp2Session, connect } from 'node:http2'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { failureWords } from '../model/connect-failures.ts'
import type { Outcome } from '../model/connection.ts'
import { Timed } from '../model/deadlines.ts'
import { dial } from '../model/dial.ts'
import type { Peer } from '../model/peer.ts'
import type { Http2Connector } from './connector.ts'
import { CONNECTION_WINDOW, errorName, MAX_CHATTER, MAX_STREAMS, SESSION_OPTIONS } from './upstream-options.ts'
import type { UpstreamStream } from './upstream-stream.ts'

const STATE = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const
/** Streams have 30 bits of numbers. */
const MAX_REQUESTS = 2 ** 29
const PROTOCOLS: readonly string[] = ['h2']
/** Servers of gRPC close sessions that ping more often than this without anything else going on: 5 minutes, and a bit. */
const QUIET_PING_MS = 310_000

export class UpstreamSession extends Timed {
  readonly connector: Http2Connector
  /** The one whom it serves; null = anybody. */
  readonly client: Peer | null
  /** Null until the connection stands. */
  h2: ClientHttp2Session | null = null
  /** Time (ms) at which bytes of a response came last. */
  progressAt = 0
  /** The endpoint wants no further streams, and nothing is wrong. */
  closedInOrder = false
  /** Streams with a higher number have not been looked at by the endpoint. */
  private lastProcessed = Number.POSITIVE_INFINITY
  /** Why it ended, for the attempts on it. */
  why = 'closed'
  private readonly socket: Socket
  private state: number = STATE.CONNECTING
  /** Assigned while the connection is being made. */
  private readonly waiting = new Set<UpstreamStream>()
  private readonly running = new Set<UpstreamStream>()
  private limit = MAX_STREAMS
  private requests = 0
  private pinged = false
  private quietPings = 0
  private chatter = 0

  constructor(connector: Http2Connector, client: Peer | null, established: Socket | null) {
    super()
    this.connector = connector
    this.client = client
    const { connection } = connector.upstream.settings
    connector.deadlines.arm(this, connection.connectTimeout)
    if (established !== null) {
      this.socket = established
      this.watchSocket()
      this.speak()
      return
    }
    this.socket = dial(connector.destination, {
      tcpKeepAlive: connection.tcpKeepAlive,
      client,
      protocols: PROTOCOLS,
      onread: null,
      ready: () => this.connected(),
    })
    this.watchSocket()
  }

  private watchSocket(): void {
    this.socket.on('error', (error: NodeJS.ErrnoException) => this.ended(failureWords(error)))
    this.socket.on('close', () => this.ended('closed'))
  }

  /** Another stream may be put on it. */
  get hasRoom(): boolean {
    return this.state <= STATE.OPEN && this.running.size + this.waiting.size < this.limit && !this.usedUp
  }

  private get usedUp(): boolean {
    const { maxRequests } = this.connector.upstream.settings.connection
    return this.requests + this.waiting.size >= (maxRequests ?? MAX_REQUESTS)
  }

  /** The endpoint does not want requests now: another session would not be any better. */
  get takesNothing(): boolean {
    return this.state === STATE.OPEN && this.limit === 0
  }

  get isIdle(): boolean {
    return this.state === STATE.OPEN && this.running.size === 0
  }

  take(stream: UpstreamStream): void {
    if (this.state === STATE.CONNECTING) this.waiting.add(stream)
    else this.start(stream)
  }

  /** A stream that waited for the connection is not wanted any more. */
  drop(stream: UpstreamStream): void {
    this.waiting.delete(stream)
  }

  private start(stream: UpstreamStream): void {
    if (this.running.size === 0) {
      this.connector.active(this)
      this.progressAt = this.connector.deadlines.now
      this.quietPings = 0
      this.watch()
    }
    this.running.add(stream)
    this.requests++
    stream.begin(this)
  }

  /** A stream is gone: its place is free. */
  released(stream: UpstreamStream): void {
    if (!this.running.delete(stream)) return
    if (this.state === STATE.OPEN && this.usedUp) this.retire()
    if (this.state === STATE.OPEN && this.hasRoom && this.connector.next(this)) return
    if (this.running.size > 0 || this.state === STATE.CLOSED) return
    // The last reset is still on its way out.
    if (this.state === STATE.CLOSING) setImmediate(() => this.destroy())
    else this.rest()
  }

  private rest(): void {
    this.connector.resting(this)
    if (this.state === STATE.OPEN)
      this.connector.deadlines.armOrDisarm(this, this.connector.upstream.settings.connection.keepAlive ?? 0)
  }

  private connected(): void {
    if (this.state !== STATE.CONNECTING) return
    const { alpnProtocol } = this.socket as TLSSocket
    const { tls } = this.connector.destination
    if (tls === null || alpnProtocol === 'h2') this.speak()
    else {
      tls.forget()
      this.fail('connect-failure', 'it does not speak HTTP/2')
    }
  }

  private speak(): void {
    const h2 = connect('http://endpoint.invalid', { ...SESSION_OPTIONS, createConnection: () => this.socket })
    this.h2 = h2
    // It is told in a later turn: by then it may be over.
    h2.on('connect', () => {
      if (!h2.destroyed) h2.setLocalWindowSize(CONNECTION_WINDOW)
    })
    h2.on('error', (error: NodeJS.ErrnoException) => this.ended(failureWords(error)))
    h2.on('goaway', (code: number, lastStreamId: number) => this.goneAway(code, lastStreamId))
    h2.on('close', () => this.ended('closed'))
    h2.on('remoteSettings', ({ maxConcurrentStreams }) => this.settled(maxConcurrentStreams ?? MAX_STREAMS))
    h2.on('ping', () => this.chat())
    // Nobody asked for pushed streams, and none is allowed.
    h2.on('stream', (stream) => {
      stream.on('error', () => {})
      stream.close()
    })
  }

  /** The endpoint has said how many streams it takes: only now is it known to speak HTTP/2. */
  private settled(streams: number): void {
    const lowered = streams < this.limit
    this.limit = Math.min(streams, MAX_STREAMS)
    this.chat()
    if (lowered) for (const stream of [...this.running]) stream.recall(this)
    if (this.state === STATE.OPEN) while (this.hasRoom && this.connector.next(this));
    if (this.state !== STATE.CONNECTING) return
    this.state = STATE.OPEN
    const waiting = [...this.waiting]
    this.waiting.clear()
    this.connector.deadlines.disarm(this)
    for (const stream of waiting) {
      if (this.hasRoom) this.start(stream)
      else this.connector.place(stream)
    }
    if (this.isIdle) this.rest()
  }

  /** Frames that mean nothing for any response. */
  private chat(): void {
    this.chatter++
    if (this.chatter > MAX_CHATTER) this.fail('reset', 'it sends more SETTINGS and PING frames than responses')
  }

  /** A stream has got something. */
  progress(now: number): void {
    this.progressAt = now
    this.chatter = 0
    this.quietPings = 0
  }

  /** Whether the endpoint has certainly done nothing for that stream; one without a number was never sent. */
  ignores(id: number | undefined): boolean {
    return id === undefined || id > this.lastProcessed
  }

  /** A request of that time is given up without an answer. Where nobody else has got one since, it may be dead: others go elsewhere. */
  unanswered(since: number): void {
    const silence = this.connector.deadlines.now - Math.max(since, this.progressAt)
    if (silence >= this.connector.upstream.settings.connection.connectTimeout) this.retire()
  }

  private goneAway(code: number, lastStreamId: number): void {
    this.lastProcessed = lastStreamId
    this.closedInOrder = code === 0
    this.why = code === 0 ? 'closed' : `GOAWAY ${errorName(code)}`
    this.retire()
  }

  /** While requests run: a look every now and then whether somebody is still there. */
  private watch(): void {
    const { tcpKeepAlive } = this.connector.upstream.settings.connection
    this.connector.deadlines.armOrDisarm(this, tcpKeepAlive ?? 0)
  }

  override onDeadline(now: number): void {
    if (this.state === STATE.CONNECTING) this.fail('connect-timeout', 'no connection in time')
    else if (this.running.size === 0) this.retire()
    else if (this.pinged) this.fail('reset', 'it does not answer a PING')
    else this.ping(now)
  }

  private ping(now: number): void {
    const { tcpKeepAlive, connectTimeout } = this.connector.upstream.settings.connection
    const { h2 } = this
    const quiet = now - this.progressAt
    const interval = this.quietPings === 0 ? (tcpKeepAlive ?? 0) : QUIET_PING_MS
    if (quiet < interval || h2 === null || h2.destroyed) {
      if (interval > 0) this.connector.deadlines.arm(this, Math.max(interval - quiet, 100))
      return
    }
    this.pinged = true
    this.quietPings++
    this.connector.deadlines.arm(this, connectTimeout)
    h2.ping((error) => {
      this.pinged = false
      if (error === null && this.running.size > 0)
        this.connector.deadlines.arm(this, Math.min(QUIET_PING_MS, tcpKeepAlive ?? QUIET_PING_MS))
    })
  }

  /** Nothing new goes on it; what runs on it ends as it will. */
  retire(): void {
    if (this.state !== STATE.OPEN) return
    this.state = STATE.CLOSING
    if (this.running.size === 0) {
      this.destroy()
      return
    }
    this.h2?.close()
  }

  private ended(why: string): void {
    if (this.state === STATE.CLOSED) return
    if (this.why === 'closed') this.why = why
    this.fail(this.state === STATE.CONNECTING ? 'connect-failure' : 'reset', this.why)
  }

  /** It is of no use any more: those who wait for it are told; those whose streams run hear it from their streams. */
  private fail(outcome: Outcome, why: string): void {
    if (this.state === STATE.CLOSED) return
    this.why = why
    const waiting = [...this.waiting]
    this.waiting.clear()
    this.destroy()
    for (const stream of waiting) stream.fail(outcome, why, false)
  }

  destroy(): void {
    if (this.state === STATE.CLOSED) return
    this.state = STATE.CLOSED
    this.connector.deadlines.remove(this)
    this.connector.gone(this)
    this.h2?.destroy()
    this.socket.destroy()
  }
}
