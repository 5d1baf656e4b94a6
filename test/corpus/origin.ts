// A recording origin on a raw socket: keeps the exact bytes of every connection, and answers each request with what it was asked
// for, or with what a script says.

import { createServer, type Server, type Socket } from 'node:net'
import { RequestSplitter, type SeenRequest } from './request-splitter.ts'
import type { Signal } from './signal.ts'

/** What the origin does instead of the plain answer; requests whose path starts with /probe are never scripted. */
export interface Script {
  /** `connect`: before any request; `head`: once a request's head is there; `end` (default): once the request is complete. */
  readonly on?: 'connect' | 'head' | 'end'
  /** Bytes to send in order; a number is a pause in milliseconds. */
  readonly send: readonly (string | number)[]
  /** Sent as soon as a request's head is there, before all else. */
  readonly interim?: string
  /** Ends the connection afterwards. */
  readonly fin?: boolean
}

export class OriginConnection {
  readonly socket: Socket
  readonly splitter: RequestSplitter
  /** Everything received, latin1. */
  bytes = ''
  /** The gateway has closed or reset it. */
  closed = false
  /** It carried a request of the case at hand (or was made for it). */
  carried = false

  constructor(socket: Socket, splitter: RequestSplitter) {
    this.socket = socket
    this.splitter = splitter
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

export class RecordingOrigin {
  readonly name: string
  address = ''
  script: Script | null = null
  /** Since the last `begin`. */
  requests: SeenRequest[] = []
  connections: OriginConnection[] = []
  /** Most requests that were complete and not answered at one time. */
  maxInFlight = 0
  /** Scripts that have not come to their end. */
  playing = 0
  #inFlight = 0
  readonly #open = new Set<OriginConnection>()
  readonly #signal: Signal
  readonly #server: Server

  constructor(name: string, signal: Signal) {
    this.name = name
    this.#signal = signal
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#accept(socket))
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the origin has no port')
    this.address = `127.0.0.1:${address.port}`
  }

  /** Forgets what was recorded; open connections are kept and go on being recorded. */
  begin(script: Script | null): void {
    this.script = script
    this.requests = []
    this.connections = [...this.#open]
    for (const connection of this.#open) {
      connection.bytes = connection.splitter.rest
      connection.carried = false
      if (script?.on === 'connect') connection.socket.destroy()
    }
  }

  async close(): Promise<void> {
    for (const connection of this.#open) connection.socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #accept(socket: Socket): void {
    const splitter = new RequestSplitter(
      (request) => this.#onHead(connection, request),
      (request) => this.#onEnd(connection, request),
    )
    const connection = new OriginConnection(socket, splitter)
    this.#open.add(connection)
    this.connections.push(connection)
    socket.setEncoding('latin1')
    socket.on('data', (data) => {
      const text = String(data)
      connection.bytes += text
      splitter.feed(text)
      this.#signal.notify()
    })
    const end = (): void => {
      connection.closed = true
      this.#open.delete(connection)
      socket.destroy()
      this.#signal.notify()
    }
    socket.on('end', end)
    socket.on('error', end)
    socket.on('close', end)
    if (this.script?.on === 'connect') {
      connection.carried = true
      void this.#play(connection, this.script)
    }
  }

  #onHead(connection: OriginConnection, request: SeenRequest): void {
    this.requests.push(request)
    this.maxInFlight = Math.max(this.maxInFlight, ++this.#inFlight)
    if (request.target.startsWith('/probe')) return
    connection.carried = true
    if (this.script === null) return
    if (this.script.interim !== undefined) connection.socket.write(this.script.interim, 'latin1')
    if (this.script.on === 'head') this.#answer(connection, request)
  }

  #onEnd(connection: OriginConnection, request: SeenRequest): void {
    if (!request.answered) this.#answer(connection, request)
  }

  #answer(connection: OriginConnection, request: SeenRequest): void {
    request.answered = true
    this.#inFlight--
    const script = request.target.startsWith('/probe') || this.script?.on === 'connect' ? null : this.script
    if (script !== null) return void this.#play(connection, script)
    const body = request.method === 'HEAD' ? '' : `${request.method} ${request.target}`
    const length = `${request.method} ${request.target}`.length
    connection.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\nX-Origin: ${this.name}\r\n\r\n${body}`, 'latin1')
  }

  async #play(connection: OriginConnection, script: Script): Promise<void> {
    this.playing++
    for (const step of script.send) {
      if (connection.closed) break
      if (typeof step === 'number') await pause(step)
      else connection.socket.write(step, 'latin1')
    }
    if (script.fin) connection.socket.end()
    this.playing--
    this.#signal.notify()
  }
}
