// The client's side of a tunnel: bytes are passed as they come, and each direction ends by itself.

import type { Socket } from 'node:net'
import type { ClientConnection, ConnectionContext, ListenerRef } from '../model/client-connection.ts'
import type { Exchange } from '../model/exchange.ts'
import type { Part, ResponseHead } from '../model/message.ts'
import { resetSocket } from '../model/reset-socket.ts'
import { ClientFlow } from './client-flow.ts'
import { ResponseWriter } from './response-writer.ts'

export const STATE = { IDLE: 0, HEAD: 1, EXCHANGE: 2, LINGER: 3, CLOSED: 4, TUNNEL: 5 } as const

export abstract class ClientTunnel extends ClientFlow implements ClientConnection {
  protected readonly writer: ResponseWriter
  protected state: number = STATE.IDLE
  protected exchange: Exchange | null = null
  /** The client has sent its FIN. */
  protected ended = false
  /** The endpoint has said all that it has to say in the tunnel. */
  private endpointEnded = false

  constructor(socket: Socket, listener: ListenerRef, context: ConnectionContext) {
    super(socket, listener, context)
    this.writer = new ResponseWriter(socket)
  }

  /** The exchange is complete. */
  protected abstract finish(x: Exchange): void

  abstract drain(): void

  /** Closes now. */
  destroy(): void {
    // It may be gone already, and only its socket not closed yet.
    if (this.state === STATE.TUNNEL && this.exchange !== null) this.context.handler.fail(this.exchange, 'draining', '')
    this.socket.destroy()
  }

  data(x: Exchange, part: Part): void {
    const bytes = this.writer.data(part)
    x.bytesOut += bytes
    this.checkCongestion(bytes)
  }

  /** From here on bytes are passed; `early` are those that the client has sent already. */
  protected openTunnel(x: Exchange, head: ResponseHead, part: Part | null, early: Buffer | null): void {
    this.state = STATE.TUNNEL
    this.progress.pausedAt = 0
    if (head.status !== 0) x.bytesOut += this.writer.switching(x, head, part)
    this.checkCongestion(0)
    if (early !== null) this.context.handler.bodyData(x, early)
    if (this.progress.pausedAt === 0 && this.socket.isPaused()) this.socket.resume()
    if (this.ended && !x.finished) this.endClientSide(x)
  }

  /** The client has sent its FIN: so does the endpoint get one. */
  protected endClientSide(x: Exchange): void {
    x.bodyDone = true
    this.context.handler.bodyEnd(x)
    if (this.endpointEnded) this.finish(x)
  }

  /** The endpoint has sent its FIN. */
  protected endEndpointSide(x: Exchange): void {
    this.endpointEnded = true
    this.socket.end()
    if (x.bodyDone) this.finish(x)
  }

  /** Where the endpoint has broken off, the client is not to take it for an orderly end. */
  protected cutTunnel(x: Exchange): void {
    if (x.reason === 'reset') resetSocket(this.socket)
    else this.socket.destroy()
  }

  /** The client is not there any more. */
  protected gone(x: Exchange): void {
    this.exchange = null
    if (!x.finished) this.context.handler.clientGone(x)
    this.socket.destroy()
  }

  /** To be called when the socket is closed. */
  protected closed(): void {
    if (this.state === STATE.CLOSED) return
    this.state = STATE.CLOSED
    this.context.deadlines.remove(this)
    this.context.forget(this)
    this.body = null
    this.progress.congestedAt = 0
    this.listener.current.counters.connections--
    if (this.exchange !== null) this.gone(this.exchange)
  }
}
