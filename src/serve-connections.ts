// From an accepted socket to a connection that is served: PROXY header, TLS or neither, then the protocol that was agreed upon.

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { BoundAddress, LiveListener, Seat } from './bound-address.ts'
import { DownstreamConnection } from './http1/downstream-connection.ts'
import { acceptHttp2 } from './http2/accept.ts'
import { Arrival, type ArrivalDesk, type ArrivalRefusal } from './listen/arrival.ts'
import { HandshakePace } from './listen/handshake-pace.ts'
import type { Accepting } from './listen/listening.ts'
import type { ClientConnection, ConnectionContext, ListenerRef } from './model/client-connection.ts'
import type { ClientHello } from './model/client-hello.ts'
import { isTrusted, type Peer, peerOf } from './model/peer.ts'
import { problem } from './model/problem.ts'
import { REASONS, type ReasonCode } from './model/reasons.ts'
import type { ServedListener } from './model/snapshot.ts'
import { ALERT } from './model/tls-alert.ts'
import type { TlsFacts } from './model/tls-facts.ts'

/** What else than HTTP/1.1 connections may speak. The socket is paused, and has all of it unread. */
export interface ClientProtocols {
  /** By ALPN `h2`; null = not served. */
  readonly http2:
    | ((socket: TLSSocket, peer: Peer, listener: ListenerRef, context: ConnectionContext) => ClientConnection)
    | null
  /**
   * Bytes to and from an endpoint, by the name of the ClientHello (`tls`; where it has been ended here the socket is the secure one) or
   * without one (`tcp`); null = not served.
   */
  readonly tunnel:
    | ((
        socket: Socket,
        peer: Peer,
        listener: ListenerRef,
        context: ConnectionContext,
        hello: ClientHello | null,
      ) => ClientConnection)
    | null
}

/** Connections of this process that are not served yet; above, the one that has taken longest makes room, unless it is young. */
const MAX_ARRIVALS = 1024
/** Milliseconds, for those that have greeted: for whatever comes next they may be waiting for us. */
const YOUNG = 500
/** And for those that have not. */
const YOUNG_SILENT = 100
/** How many of the oldest are looked at. */
const MOST_LOOKED_AT = 64
/** Bytes that a client has not read, below which closing its connection does not help. */
const WORTH_CLOSING = 16 * 1024

export interface ReceptionSettings {
  readonly context: ConnectionContext
  readonly protocols: ClientProtocols
  /** This process's part of limits that hold for the gateway, 0 < share ≤ 1. */
  readonly share: number
}

export class Reception implements Accepting, ArrivalDesk {
  readonly #context: ConnectionContext
  readonly #protocols: ClientProtocols
  readonly #share: number
  readonly #addresses = new Map<string, BoundAddress>()
  readonly #connections = new Map<ClientConnection, LiveListener>()
  /** In the order of their coming. */
  readonly #arrivals = new Map<Arrival, { readonly address: BoundAddress; readonly since: number }>()
  /** All connections that this process may have, and the part of this and of limits.connections at which some are asked to leave. */
  most = Number.POSITIVE_INFINITY
  crowded = Number.POSITIVE_INFINITY
  /** Where the asking has come to, and who has been asked. Null while nobody is: an iterator that stands still keeps all that has left. */
  #oldest: Iterator<ClientConnection, undefined> | null = null
  readonly #asked = new WeakSet<ClientConnection>()
  readonly #pace = new HandshakePace<Arrival>((arrival) => this.#shakeHands(arrival))
  #empty: (() => void) | null = null
  #closed = false

  constructor({ context, protocols, share }: ReceptionSettings) {
    this.#context = context
    this.#protocols = protocols
    this.#share = share
  }

  // ---- addresses

  address(bind: string): BoundAddress | undefined {
    return this.#addresses.get(bind)
  }

  addresses(): Iterable<BoundAddress> {
    return this.#addresses.values()
  }

  /** Serves what is accepted there from now on. */
  open(address: BoundAddress): void {
    this.#addresses.set(address.bind, address)
    address.listening.serve(this)
  }

  /** Stops accepting there; connections stay. */
  close(address: BoundAddress): void {
    address.listening.close()
    this.#addresses.delete(address.bind)
  }

  stopAccepting(): void {
    for (const { listening } of this.#addresses.values()) listening.close()
  }

  // ---- connections

  forget(connection: ClientConnection): void {
    this.#connections.delete(connection)
    this.#checkEmpty()
  }

  /** `connection` has turned out to speak HTTP/2. */
  switchToHttp2(connection: ClientConnection, socket: Socket, peer: Peer, listener: ListenerRef): void {
    const live = this.#connections.get(connection)
    const session = acceptHttp2(socket, peer, listener, this.#context)
    this.#connections.delete(connection)
    if (live === undefined) return
    this.#connections.set(session, live)
    if (this.#context.draining || live.retired) session.drain()
  }

  /** Lets the connections of a listener (null = all) end. */
  drain(of: LiveListener | null): void {
    for (const [connection, live] of this.#connections) if (of === null || live === of) connection.drain()
  }

  /** Resolves when nobody is connected. */
  async emptied(): Promise<void> {
    if (this.#connections.size + this.#arrivals.size === 0) return
    await new Promise<void>((resolve) => {
      this.#empty = resolve
    })
  }

  /** Ends everything now. */
  destroy(): void {
    this.#closed = true
    this.stopAccepting()
    this.#addresses.clear()
    for (const { socket } of [...this.#arrivals.keys()]) socket.destroy()
    for (const connection of [...this.#connections.keys()]) connection.destroy()
  }

  #checkEmpty(): void {
    if (this.#connections.size + this.#arrivals.size === 0) this.#empty?.()
  }

  // ---- too many of them

  get size(): number {
    return this.#connections.size + this.#arrivals.size
  }

  closeSlowest(most: number): number {
    const slow = [...this.#connections.keys()].filter(({ unsent }) => unsent >= WORTH_CLOSING)
    slow.sort((a, b) => b.unsent - a.unsent)
    for (const connection of slow.slice(0, most)) connection.destroy()
    return Math.min(slow.length, most)
  }

  /** For each that comes two of the oldest close: idle ones soon, the others when they have answered. */
  #askToLeave(): void {
    for (let asked = 0, looked = 0; asked < 2 && looked < 64; looked++) {
      this.#oldest ??= this.#connections.keys()
      const { value: connection } = this.#oldest.next()
      if (connection === undefined) {
        this.#oldest = null
        return
      }
      if (this.#asked.has(connection)) continue
      this.#asked.add(connection)
      connection.drain()
      asked++
    }
  }

  // ---- from a socket to a connection

  accepted(bind: string, socket: Socket): void {
    const address = this.#addresses.get(bind)
    const seat = address?.fallback ?? null
    if (address === undefined || seat === null || this.#closed) {
      socket.destroy()
      return
    }
    // All that share an address agree on what is looked at before it is known to which one a connection comes.
    const { protocol, proxyProtocol, limits, timeouts, trusted } = seat.current
    const tls = protocol === 'https' || protocol === 'tls'
    const most = limits.connections * this.#share
    const { connections } = address
    if (connections >= most || this.size >= this.most) {
      this.#tooMany(socket, seat.current, connections >= most ? 'limit-connections' : 'overload', tls || protocol === 'tcp')
      return
    }
    if (connections >= most * this.crowded || this.size >= this.most * this.crowded) this.#askToLeave()
    else this.#oldest = null
    if (proxyProtocol === 'off' && !tls) {
      this.#openPlain(socket, peerOf(socket, trusted), seat)
      return
    }
    const believed = proxyProtocol !== 'off' && isTrusted(peerOf(socket, null).address, trusted)
    if (proxyProtocol === 'require' && !believed) {
      count(seat.current, 'proxy-header')
      socket.on('error', () => {})
      socket.destroy()
      return
    }
    const proxy = believed ? proxyProtocol : 'off'
    if (proxy === 'off' && !tls) {
      this.#openPlain(socket, peerOf(socket, trusted), seat)
      return
    }
    if (this.#arrivals.size >= MAX_ARRIVALS && !this.#makeRoom()) {
      count(seat.current, 'limit-handshakes')
      socket.on('error', () => {})
      socket.destroy()
      return
    }
    const arrival = new Arrival(socket, { proxy, tls }, this)
    this.#arrivals.set(arrival, { address, since: this.#context.deadlines.now })
    address.arrivals++
    this.#context.deadlines.armOrDisarm(arrival, timeouts.handshake ?? 0)
    socket.resume()
  }

  ready(arrival: Arrival): void {
    if (arrival.hello !== null) {
      this.#pace.add(arrival)
      return
    }
    const seat = this.#arrivals.get(arrival)?.address.fallback
    if (seat === undefined || seat === null) arrival.socket.destroy()
    else {
      this.#leave(arrival)
      this.#openPlain(arrival.socket, peerOf(arrival.ends, seat.current.trusted), seat)
    }
  }

  refused(arrival: Arrival, why: ArrivalRefusal, cleartext: Buffer | null): void {
    const { socket } = arrival
    const listener = this.#arrivals.get(arrival)?.address.fallback?.current
    this.#leave(arrival)
    if (listener !== undefined) {
      count(listener, why)
      if (cleartext !== null && looksLikeHttp(cleartext))
        socket.write(answerText('bad-request', 'this address speaks TLS: ask for https://', listener.detail))
    }
    if (why === 'handshake-timeout' || socket.writableLength === 0) socket.destroy()
    else socket.destroySoon()
    this.#checkEmpty()
  }

  closed(arrival: Arrival): void {
    const listener = this.#arrivals.get(arrival)?.address.fallback?.current
    // Who has greeted wanted something: the handshake failed, or somebody could not wait for its end.
    if (listener !== undefined && arrival.hello !== null) count(listener, 'tls-handshake')
    this.#leave(arrival)
    this.#checkEmpty()
  }

  #leave(arrival: Arrival): void {
    const entry = this.#arrivals.get(arrival)
    if (entry === undefined) return
    this.#arrivals.delete(arrival)
    entry.address.arrivals--
    this.#context.deadlines.remove(arrival)
    arrival.release()
  }

  /** The one that has taken longest has had its time. False: even that has just come. */
  #makeRoom(): boolean {
    let looked = 0
    for (const [arrival, { since }] of this.#arrivals) {
      const age = this.#context.deadlines.now - since
      if (age < YOUNG_SILENT || looked++ === MOST_LOOKED_AT) return false
      if (age < YOUNG && arrival.hello !== null) continue
      this.refused(arrival, 'limit-handshakes', null)
      arrival.socket.destroy()
      return true
    }
    return false
  }

  /** It is this one's turn, and its ClientHello is known. */
  #shakeHands(arrival: Arrival): void {
    const { socket, hello } = arrival
    const address = this.#arrivals.get(arrival)?.address
    if (socket.destroyed || hello === null || address === undefined) return
    const seat = (hello.sni === '' ? null : address.find(hello.sni)) ?? address.fallback
    if (seat === null) {
      arrival.turnAway('tls-name', ALERT.UNRECOGNIZED_NAME)
      return
    }
    const { tls, protocol, trusted } = seat.current
    if (protocol === 'tls' && tls === null && this.#protocols.tunnel !== null) {
      this.#leave(arrival)
      this.#add(seat, this.#protocols.tunnel(socket, peerOf(arrival.ends, trusted), seat, this.#context, hello))
      return
    }
    try {
      const group = tls?.groupFor(hello) ?? null
      if (group === null) arrival.turnAway('tls-name', ALERT.UNRECOGNIZED_NAME)
      else group.handshake(socket, (secure, facts) => this.#secured(arrival, seat, secure, facts))
    } catch {
      // A certificate or setting that Node refuses after all.
      arrival.turnAway('tls-handshake', ALERT.INTERNAL_ERROR)
    }
  }

  #secured(arrival: Arrival, seat: Seat, socket: TLSSocket, facts: TlsFacts): void {
    if (!this.#arrivals.has(arrival)) {
      socket.destroy()
      return
    }
    this.#leave(arrival)
    const peer = peerOf(arrival.ends, seat.current.trusted, facts)
    const { http2, tunnel } = this.#protocols
    if (seat.current.protocol === 'tls' && tunnel !== null)
      this.#add(seat, tunnel(socket.pause(), peer, seat, this.#context, arrival.hello))
    else if (facts.alpn === 'h2' && http2 !== null) this.#add(seat, http2(socket, peer, seat, this.#context))
    else this.#openHttp1(socket, peer, seat)
  }

  #openPlain(socket: Socket, peer: Peer, seat: Seat): void {
    const { tunnel } = this.#protocols
    if (seat.current.protocol === 'tcp' && tunnel !== null) this.#add(seat, tunnel(socket, peer, seat, this.#context, null))
    else this.#openHttp1(socket, peer, seat)
  }

  #openHttp1(socket: Socket, peer: Peer, seat: Seat): void {
    this.#add(seat, new DownstreamConnection(socket, peer, seat, this.#context))
    socket.resume()
  }

  #add(seat: Seat, connection: ClientConnection): void {
    this.#connections.set(connection, seat.live)
    // Accepted just before accepting stopped: it gets its answer, and that is all.
    if (this.#context.draining || seat.live.retired) connection.drain()
  }

  /** `silent`: what is spoken there is not HTTP, or not yet. */
  #tooMany(socket: Socket, listener: ServedListener, reason: ReasonCode, silent: boolean): void {
    count(listener, reason)
    socket.on('error', () => {})
    if (silent) {
      socket.destroy()
      return
    }
    socket.end(answerText(reason, '', listener.detail))
    socket.destroySoon()
  }
}

function count({ counters }: ServedListener, reason: ReasonCode | ArrivalRefusal): void {
  counters.rejected.set(reason, (counters.rejected.get(reason) ?? 0) + 1)
}

const looksLikeHttp = (bytes: Buffer): boolean => /^[A-Z]{3,16} /.test(bytes.toString('latin1', 0, 20))

/** A whole HTTP/1.1 answer, after which the connection is closed. */
function answerText(reason: ReasonCode, detail: string, full: boolean): string {
  const { body, fields } = problem(reason, detail, full)
  const { status } = REASONS[reason]
  const phrase = status === 400 ? 'Bad Request' : 'Service Unavailable'
  return `HTTP/1.1 ${status} ${phrase}\r\n${fields}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`
}
