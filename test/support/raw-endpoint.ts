// An endpoint on a raw socket that does what its script says.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'
import { framingOf, MessageReader, type SeenMessage } from './message-reader.ts'
import { until } from './until.ts'

export class EndpointConnection {
  readonly socket: Socket
  readonly index: number
  readonly requests: SeenMessage[] = []
  received = 0
  /** The gateway has sent its FIN or a reset. */
  closed = false

  constructor(socket: Socket, index: number) {
    this.socket = socket
    this.index = index
  }

  send(bytes: string): void {
    this.socket.write(bytes, 'latin1')
  }

  /** A whole answer with a length. */
  answer(body: string, lines: readonly string[] = [], status = '200 OK'): void {
    this.send(`HTTP/1.1 ${[status, ...lines, `content-length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`)
  }
}

/** Called when the head of a request is there (`phase` head), and again when the request is complete (end). */
export type Script = (request: SeenMessage, connection: EndpointConnection, phase: 'head' | 'end') => void

const answerPath: Script = (request, connection, phase) => {
  if (phase === 'end') connection.answer(request.method === 'HEAD' ? '' : `${request.method} ${request.target}`)
}

export class RawEndpoint {
  address = ''
  script: Script = answerPath
  /** Called for each connection before anything is read of it. */
  onConnection: (connection: EndpointConnection) => void = () => {}
  /** Whether requests are read; else bytes are only counted. */
  parses = true
  readonly connections: EndpointConnection[] = []
  readonly requests: SeenMessage[] = []
  readonly #server: Server

  constructor() {
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#accept(socket))
  }

  get listening(): boolean {
    return this.#server.listening
  }

  get open(): readonly EndpointConnection[] {
    return this.connections.filter(({ closed }) => !closed)
  }

  /** The request with that index, once it is complete. */
  async request(index = 0): Promise<SeenMessage> {
    await until(`request ${index} at the endpoint`, () => this.requests[index]?.complete === true)
    return this.requests[index] as SeenMessage
  }

  #accept(socket: Socket): void {
    const connection = new EndpointConnection(socket, this.connections.length)
    this.connections.push(connection)
    const reader = new MessageReader(
      (request) => framingOf(request, 'none'),
      (request) => {
        this.requests.push(request)
        connection.requests.push(request)
        this.script(request, connection, 'head')
      },
      (request) => this.script(request, connection, 'end'),
    )
    socket.on('data', (bytes: Buffer) => {
      connection.received += bytes.length
      if (this.parses) reader.feed(bytes.toString('latin1'))
    })
    const end = () => {
      connection.closed = true
      socket.destroy()
    }
    socket.on('end', end)
    socket.on('error', end)
    socket.on('close', end)
    this.onConnection(connection)
  }

  listen(port = 0): Promise<void> {
    return new Promise((resolve) =>
      this.#server.listen(port, '127.0.0.1', () => {
        this.address = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
        resolve()
      }),
    )
  }

  /** Refuses connections from now on, and ends those that are there. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const { socket } of this.connections) socket.destroy()
    await closed
  }
}

export async function startEndpoint(t: Test): Promise<RawEndpoint> {
  const endpoint = new RawEndpoint()
  await endpoint.listen()
  t.teardown(() => endpoint.close())
  return endpoint
}

/** An address that nobody listens on. */
export async function deadAddress(): Promise<string> {
  const endpoint = new RawEndpoint()
  await endpoint.listen()
  await endpoint.close()
  return endpoint.address
}
