// A client connection without HTTP: bytes to and from an endpoint. With TLS, ended here or passed on, the ClientHello has said which
// name is asked for; nothing else is ever looked at.

import type { Socket } from 'node:net'
import { ClientTunnel, STATE } from '../http1/client-tunnel.ts'
import type { ClientConnection, ConnectionContext, ListenerRef } from '../model/client-connection.ts'
import type { ClientHello } from '../model/client-hello.ts'
import { type Downstream, Exchange } from '../model/exchange.ts'
import { BODY, type LocalAnswer, type Part, type ResponseHead } from '../model/message.ts'
import type { Peer } from '../model/peer.ts'

/** How long (ms) the last bytes may take to leave where the listener sets no limit. */
const FLUSH_MS = 30_000

/** Takes over a paused socket with all of it unread; `hello` is what of it has been looked at, null = it is not TLS. */
export function acceptTunnel(
  socket: Socket,
  peer: Peer,
  listener: ListenerRef,
  context: ConnectionContext,
  hello: ClientHello | null,
): ClientConnection {
  const connection = new TunnelConnection(socket, peer, listener, context, hello)
  connection.begin()
  return connection
}

class TunnelConnection extends ClientTunnel implements Downstream, ClientConnection {
  readonly peer: Peer

  constructor(socket: Socket, peer: Peer, listener: ListenerRef, context: ConnectionContext, hello: ClientHello | null) {
    super(socket, listener, context)
    this.peer = peer
    const { counters } = listener.current
    counters.connections++
    counters.connectionsTotal++
    socket.on('data', (bytes: Buffer) => this.read(bytes))
    socket.on('drain', () => this.drained())
    socket.on('end', () => this.clientEnded())
    socket.on('error', () => {})
    socket.on('close', () => this.closed())
    const x = new Exchange(this, listener.current, context.clock.now())
    x.without = hello === null ? 'TCP' : 'TLS'
    x.host = hello?.sni ?? ''
    x.body = BODY.TUNNEL
    this.state = STATE.EXCHANGE
    this.exchange = x
  }

  begin(): void {
    this.context.handler.beginTunnel(this.exchange as Exchange)
  }

  /** There is no end that would be better than its own, or that of the drain. */
  drain(): void {}

  private read(bytes: Buffer): void {
    this.listener.current.counters.bytesIn += bytes.length
    if (this.state === STATE.TUNNEL) this.context.handler.bodyData(this.exchange as Exchange, bytes)
  }

  private drained(): void {
    this.noteDrained()
    if (this.state === STATE.TUNNEL && this.exchange !== null) this.context.handler.drained(this.exchange)
  }

  private clientEnded(): void {
    this.ended = true
    if (this.state === STATE.TUNNEL) this.endClientSide(this.exchange as Exchange)
  }

  override onDeadline(now: number): void {
    const x = this.exchange
    if (this.state !== STATE.TUNNEL || x === null) {
      this.abandon()
      return
    }
    if (this.progress.verdict(x, null, this.listener.current.timeouts, now) === null) this.watch()
    else {
      this.abandon()
      this.gone(x)
    }
  }

  // ---- what the proxy says

  respond(x: Exchange, head: ResponseHead, part: Part | null): void {
    this.openTunnel(x, head, part, null)
  }

  end(x: Exchange): void {
    this.endEndpointSide(x)
  }

  /** No endpoint will be connected. Nothing is said in the name of the endpoint, TLS alerts neither (Gateway API: it is closed). */
  answer(x: Exchange, _answer: LocalAnswer): void {
    this.finish(x)
  }

  cut(x: Exchange): void {
    this.exchange = null
    this.state = STATE.LINGER
    this.settle(x)
    this.cutTunnel(x)
  }

  informational(): void {}

  continue(): void {}

  // ---- the end

  protected finish(x: Exchange): void {
    this.exchange = null
    this.state = STATE.LINGER
    this.context.deadlines.arm(this, this.listener.current.timeouts.write ?? FLUSH_MS)
    this.settle(x)
    this.socket.destroySoon()
  }

  private settle(x: Exchange): void {
    x.finished = true
    this.context.handler.finished(x)
  }
}
