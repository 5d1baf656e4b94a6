// An endpoint for tunnels: reads one head of each connection (or none), and from then on keeps bytes and does what a test says.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'
import { until } from './until.ts'

export const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'

export class TunnelPeer {
  readonly socket: Socket
  /** The head of the request; '' while it has not come. */
  head = ''
  /** What came behind it, latin1. */
  bytes = ''
  ended = false
  closed = false
  error = ''

  constructor(socket: Socket) {
    this.socket = socket
  }

  send(text: string): void {
    this.socket.write(text, 'latin1')
  }

  /** What has come is `bytes`, and no more. */
  async got(bytes: string): Promise<void> {
    await until(`${JSON.stringify(bytes)} at the endpoint`, () => this.bytes.length >= bytes.length)
    if (this.bytes !== bytes) throw new Error(`the endpoint got ${JSON.stringify(this.bytes)}`)
  }
}

export class TunnelEndpoint {
  address = ''
  readonly peers: TunnelPeer[] = []
  /** What is said when the head is there; null = the test says it. */
  answer: string | null = SWITCHING
  /** Whether there is a head at all. */
  heads = true
  readonly #server: Server

  constructor() {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket))
  }

  #accept(socket: Socket): void {
    const peer = new TunnelPeer(socket)
    let waiting = ''
    this.peers.push(peer)
    socket.on('data', (bytes: Buffer) => {
      const text = bytes.toString('latin1')
      if (peer.head !== '' || !this.heads) {
        peer.bytes += text
        return
      }
      waiting += text
      const end = waiting.indexOf('\r\n\r\n')
      if (end === -1) return
      peer.head = waiting.slice(0, end + 4)
      peer.bytes = waiting.slice(end + 4)
      if (this.answer !== null) peer.send(this.answer)
    })
    socket.on('end', () => {
      peer.ended = true
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      peer.error = error.code ?? error.message
    })
    socket.on('close', () => {
      peer.closed = true
    })
  }

  /** The connection with that index, once its head has come. */
  async peer(index = 0): Promise<TunnelPeer> {
    await until(`connection ${index} at the endpoint`, () => {
      const peer = this.peers[index]
      return peer !== undefined && (peer.head !== '' || !this.heads)
    })
    return this.peers[index] as TunnelPeer
  }

  async start(t: Test): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.address = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    t.teardown(() => this.close())
    return this
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const { socket } of this.peers) socket.destroy()
    await closed
  }
}

export const startTunnelEndpoint = (t: Test): Promise<TunnelEndpoint> => new TunnelEndpoint().start(t)
