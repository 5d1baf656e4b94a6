// One bound address: accepts, and hands each socket to whoever serves the listener now.

import { createServer, type Server, type Socket } from 'node:net'

export interface Accepting {
  /** A connection has been accepted; it is paused. */
  accepted(bind: string, socket: Socket): void
}

/** Bytes that may wait for a client before nothing more is read for it. */
const UNSENT = 16 * 1024
/** Accepted connections that may wait for the listener's first configuration to come into force. */
const MAX_WAITING = 1024

export class Listening {
  readonly bind: string
  readonly server: Server
  /** null until the configuration that asked for it is in force. */
  private accepting: Accepting | null = null
  private readonly waiting: Socket[] = []

  constructor(bind: string) {
    this.bind = bind
    const options = { allowHalfOpen: true, noDelay: true, pauseOnConnect: true, highWaterMark: UNSENT }
    this.server = createServer(options, (socket) => this.take(socket))
    // Accepting may fail for want of descriptors: libuv tries again with the next connection.
    this.server.on('error', () => {})
  }

  private take(socket: Socket): void {
    if (this.accepting !== null) this.accepting.accepted(this.bind, socket)
    else if (this.waiting.length < MAX_WAITING) this.waiting.push(socket)
    else socket.destroy()
  }

  serve(accepting: Accepting): void {
    this.accepting = accepting
    for (const socket of this.waiting.splice(0)) accepting.accepted(this.bind, socket)
  }

  /** `127.0.0.1:8080`, `[::1]:8080` or `unix:/path`: with the real port. */
  get address(): string {
    const address = this.server.address()
    if (address === null) return this.bind
    if (typeof address === 'string') return `unix:${address}`
    return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`
  }

  /** Stops accepting; connections stay. */
  close(): void {
    for (const socket of this.waiting.splice(0)) socket.destroy()
    this.server.close()
  }
}
