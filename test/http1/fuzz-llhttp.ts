// Node's own HTTP parser (llhttp, strict) as the second reader: bytes in through a stream in memory, messages out.

import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import { Duplex } from 'node:stream'

/** A message as llhttp read it. */
export interface ReadMessage {
  /** Of a request. */
  readonly method: string
  readonly url: string
  /** Of a response; 0 for a request. */
  readonly status: number
  readonly phrase: string
  readonly version: string
  /** Names and values by turns, as they were written. */
  readonly fields: readonly string[]
  body: string
  trailers: readonly string[]
  /** The end of the message was seen. */
  complete: boolean
}

export interface Reading {
  readonly messages: ReadMessage[]
  readonly interim: number[]
  /** Code of the parse error, '' when there was none. */
  error: string
}

const MAX_HEADER_BYTES = 1024 * 1024

/** A socket without a network: what is put in is read, what is written vanishes. */
class MemorySocket extends Duplex {
  override _read(): void {}

  override _write(_bytes: unknown, _encoding: string, done: () => void): void {
    done()
  }
}

function record(message: IncomingMessage): ReadMessage {
  const read: ReadMessage = {
    method: message.method ?? '',
    url: message.url ?? '',
    status: message.statusCode ?? 0,
    phrase: message.statusMessage ?? '',
    version: message.httpVersion,
    fields: message.rawHeaders,
    body: '',
    trailers: [],
    complete: false,
  }
  message.setEncoding('latin1')
  message.on('data', (text: string) => {
    read.body += text
  })
  message.on('error', () => {})
  message.on('end', () => {
    read.complete = message.complete
    read.trailers = message.rawTrailers
  })
  return read
}

export class RequestOracle {
  readonly #server: Server
  readonly #readings = new Map<unknown, Reading>()

  constructor() {
    this.#server = createServer({
      insecureHTTPParser: false,
      requireHostHeader: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: 0,
      connectionsCheckingInterval: 2 ** 30,
    })
    this.#server.maxHeadersCount = 0
    this.#server.on('request', (message, response) => {
      this.#readings.get(message.socket)?.messages.push(record(message))
      message.on('end', () => response.end())
    })
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const reading = this.#readings.get(socket)
      if (reading !== undefined) reading.error ||= error.code ?? error.message
      // Later: what was read before the error is still on its way to the message.
      setImmediate(() => socket.destroy())
    })
  }

  /** Reads bytes (latin1) that end with the connection. */
  read(bytes: string): Promise<Reading> {
    const socket = new MemorySocket()
    const reading: Reading = { messages: [], interim: [], error: '' }
    this.#readings.set(socket, reading)
    return new Promise((resolve) => {
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#readings.delete(socket)
        resolve(reading)
      })
      this.#server.emit('connection', socket)
      socket.push(Buffer.from(bytes, 'latin1'))
      socket.push(null)
    })
  }

  close(): void {
    this.#server.close()
  }
}

/** Reads the answer to a request with this method; the connection ends behind the bytes. */
export function readResponse(bytes: string, method: string): Promise<Reading> {
  const socket = new MemorySocket()
  const reading: Reading = { messages: [], interim: [], error: '' }
  return new Promise((resolve) => {
    const client = request({
      method,
      createConnection: () => socket,
      insecureHTTPParser: false,
      maxHeaderSize: MAX_HEADER_BYTES,
    })
    client.maxHeadersCount = 0
    const finish = (): void => void setImmediate(resolve, reading)
    client.on('information', (info) => reading.interim.push(info.statusCode))
    client.on('response', (message) => {
      reading.messages.push(record(message))
      message.on('close', finish)
    })
    client.on('upgrade', (message, upgraded) => {
      reading.messages.push(record(message))
      upgraded.destroy()
      finish()
    })
    client.on('error', (error: NodeJS.ErrnoException) => {
      reading.error ||= error.code ?? error.message
      if (reading.messages.length === 0) finish()
    })
    socket.on('error', () => {})
    client.on('socket', () => {
      socket.push(Buffer.from(bytes, 'latin1'))
      socket.push(null)
    })
    client.end()
  })
}
