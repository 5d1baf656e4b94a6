// An accepted connection until it can be served: what comes before TLS and HTTP is read here, within bounds and a deadline.

import type { Socket } from 'node:net'
import type { ClientHello } from '../model/client-hello.ts'
import { Timed } from '../model/deadlines.ts'
import type { Ends } from '../model/peer.ts'
import { fatalAlert } from '../model/tls-alert.ts'
import { ClientHelloReader } from './client-hello.ts'
import { readProxyHeader } from './proxy-header.ts'

/** Why a connection was not served; also the reason in `rejected_total`. */
export type ArrivalRefusal = 'proxy-header' | 'tls-handshake' | 'tls-name' | 'handshake-timeout' | 'limit-handshakes'

export interface ArrivalRules {
  /** `accept`: one may come. From peers that may not say who their client is `off` is to be asked for, or nothing at all. */
  readonly proxy: 'off' | 'accept' | 'require'
  /** A ClientHello comes next. */
  readonly tls: boolean
}

/** Whoever takes connections in. */
export interface ArrivalDesk {
  /** What comes first has been read; the socket is paused, and what follows (with the ClientHello) is unread. */
  ready(arrival: Arrival): void
  /** It is refused; `cleartext` is the beginning of what came where TLS was expected. The socket is to be closed. */
  refused(arrival: Arrival, why: ArrivalRefusal, cleartext: Buffer | null): void
  /** The socket is closed. */
  closed(arrival: Arrival): void
}

export class Arrival extends Timed {
  readonly socket: Socket
  /** The socket's own ends, or those of a PROXY header. */
  ends: Ends
  /** null = TLS was not asked for. */
  hello: ClientHello | null = null
  /** Something has come: a connection that is closed without is nobody's fault. */
  spoke = false
  private readonly desk: ArrivalDesk
  private readonly rules: ArrivalRules
  private phase: 'proxy' | 'hello' | 'over'
  private held: Buffer = Buffer.alloc(0)
  private reader: ClientHelloReader | null = null
  private readonly onData = (bytes: Buffer): void => this.read(bytes)
  private readonly onEnd = (): void => {
    this.socket.destroy()
  }
  private readonly onClose = (): void => this.desk.closed(this)

  constructor(socket: Socket, rules: ArrivalRules, desk: ArrivalDesk) {
    super()
    this.socket = socket
    this.ends = socket
    this.rules = rules
    this.desk = desk
    this.phase = rules.proxy === 'off' ? 'hello' : 'proxy'
    socket.on('error', ignore)
    socket.on('close', this.onClose)
    socket.on('data', this.onData)
    socket.on('end', this.onEnd)
  }

  private read(bytes: Buffer): void {
    this.spoke = true
    if (this.phase === 'proxy') this.readProxy(this.held.length === 0 ? bytes : Buffer.concat([this.held, bytes]))
    else if (this.phase === 'hello') this.readHello(bytes)
  }

  private readProxy(bytes: Buffer): void {
    const header = readProxyHeader(bytes)
    if (header === 'more') {
      this.held = bytes
      return
    }
    if (header === 'bad' || (header === 'none' && this.rules.proxy === 'require')) {
      this.refuse('proxy-header', null)
      return
    }
    let rest = bytes
    if (header !== 'none') {
      this.ends = header.ends ?? this.socket
      rest = bytes.subarray(header.length)
    }
    this.phase = 'hello'
    if (!this.rules.tls) this.pass(rest)
    else if (rest.length > 0) this.readHello(rest)
  }

  private readHello(bytes: Buffer): void {
    this.reader ??= new ClientHelloReader()
    const reader = this.reader
    const verdict = reader.feed(bytes)
    if (verdict === 'more') return
    if (verdict === 'done') {
      this.hello = reader.hello
      this.pass(reader.bytes)
    } else if (reader.looksLikeTls) {
      this.socket.write(fatalAlert(reader.alert))
      this.refuse('tls-handshake', null)
    } else this.refuse('tls-handshake', reader.bytes)
  }

  /** Gives the socket back as if `unread` had not been read. */
  private pass(unread: Buffer): void {
    this.leave()
    this.socket.pause()
    if (unread.length > 0) this.socket.unshift(unread)
    this.desk.ready(this)
  }

  private refuse(why: ArrivalRefusal, cleartext: Buffer | null): void {
    this.leave()
    this.desk.refused(this, why, cleartext)
  }

  private leave(): void {
    this.phase = 'over'
    this.held = Buffer.alloc(0)
    this.reader = null
    this.socket.off('data', this.onData)
    this.socket.off('end', this.onEnd)
  }

  /** It is served: what becomes of the socket is somebody else's business. */
  release(): void {
    this.socket.off('close', this.onClose)
  }

  /** Refuses it with a TLS alert; for whoever finds nothing to serve it by. */
  turnAway(why: ArrivalRefusal, alert: number): void {
    this.socket.write(fatalAlert(alert))
    this.desk.refused(this, why, null)
  }

  override onDeadline(): void {
    if (this.spoke) this.refuse('handshake-timeout', null)
    else this.socket.destroy()
  }
}

/** Of errors: 'close' follows. */
function ignore(): void {}
