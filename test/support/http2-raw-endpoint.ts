// An HTTP/2 endpoint that sends whatever frames it is told to, and keeps what comes.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'
import { FLAG, FRAME, type Frame, frame, PREFACE, settings } from './http2-frames.ts'

export class RawHttp2Connection {
  readonly socket: Socket
  readonly frames: Frame[] = []
  closed = false
  #rest = Buffer.alloc(0)
  #greeted = false

  constructor(socket: Socket) {
    this.socket = socket
  }

  send(...frames: readonly Buffer[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(frames))
  }

  /** Streams that have begun, in their order. */
  get streams(): readonly number[] {
    return this.frames.filter(({ type }) => type === FRAME.HEADERS).map(({ stream }) => stream)
  }

  feed(bytes: Buffer, seen: (frame: Frame) => void): void {
    this.#rest = Buffer.concat([this.#rest, bytes])
    if (!this.#greeted) {
      if (this.#rest.length < PREFACE.length) return
      this.#greeted = true
      this.#rest = this.#rest.subarray(PREFACE.length)
    }
    while (this.#rest.length >= 9) {
      const end = 9 + this.#rest.readUIntBE(0, 3)
      if (this.#rest.length < end) return
      const one = {
        type: this.#rest[3] as number,
        flags: this.#rest[4] as number,
        stream: this.#rest.readUInt32BE(5),
        payload: this.#rest.subarray(9, end),
      }
      this.#rest = this.#rest.subarray(end)
      this.frames.push(one)
      seen(one)
    }
  }
}

export class RawHttp2Endpoint {
  readonly connections: RawHttp2Connection[] = []
  /** Sent as soon as somebody connects. */
  greeting: Buffer = settings()
  /** Called with each frame but SETTINGS, which are acknowledged. */
  script: (frame: Frame, connection: RawHttp2Connection) => void = () => {}
  readonly #server: Server

  constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => {
      const connection = new RawHttp2Connection(socket)
      this.connections.push(connection)
      connection.send(this.greeting)
      socket.on('error', () => {})
      socket.on('close', () => {
        connection.closed = true
      })
      socket.on('data', (bytes: Buffer) =>
        connection.feed(bytes, (one) => {
          if (one.type === FRAME.SETTINGS && (one.flags & FLAG.ACK) === 0) connection.send(frame(FRAME.SETTINGS, FLAG.ACK, 0))
          else if (one.type !== FRAME.SETTINGS) this.script(one, connection)
        }),
      )
    })
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get open(): readonly RawHttp2Connection[] {
    return this.connections.filter(({ closed }) => !closed)
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

export async function startRawHttp2(t: Test): Promise<RawHttp2Endpoint> {
  const endpoint = new RawHttp2Endpoint()
  await endpoint.listen()
  t.teardown(() => endpoint.close())
  return endpoint
}
