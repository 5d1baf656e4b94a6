// A raw client: sends bytes whole or one by one and collects responses with the corpus's own strict reader.

import { connect, type Socket } from 'node:net'
import { ResponseReader } from './response-reader.ts'
import type { Signal } from './signal.ts'

export class RawClient {
  readonly reader: ResponseReader
  /** Everything received, latin1. */
  received = ''
  /** The gateway ended the connection; `failure` has the error code when it was not orderly. */
  closed = false
  failure = ''
  readonly #socket: Socket
  readonly #signal: Signal

  private constructor(socket: Socket, methods: readonly string[], signal: Signal) {
    this.#socket = socket
    this.#signal = signal
    this.reader = new ResponseReader(methods)
    socket.setEncoding('latin1')
    socket.on('data', (data) => {
      const text = String(data)
      this.received += text
      this.reader.feed(text)
      signal.notify()
    })
    socket.on('end', () => this.#end(''))
    socket.on('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? error.message))
    socket.on('close', () => this.#end(''))
  }

  static open(address: string, methods: readonly string[], signal: Signal): Promise<RawClient> {
    const colon = address.lastIndexOf(':')
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: address.slice(0, colon),
        port: Number(address.slice(colon + 1)),
        noDelay: true,
        allowHalfOpen: true,
      })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new RawClient(socket, methods, signal))
      })
    })
  }

  send(bytes: string): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes, 'latin1')
  }

  /** One segment for each piece between the cuts, in separate turns of the event loop; stops when the connection ends. */
  async sendPieces(bytes: string, cuts: readonly number[]): Promise<void> {
    let from = 0
    for (const cut of cuts) {
      if (this.closed) return
      this.send(bytes.slice(from, cut))
      from = cut
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.send(bytes.slice(from))
  }

  fin(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #end(failure: string): void {
    if (this.closed) return
    this.closed = true
    this.failure = failure
    if (failure === '') this.reader.finish()
    this.#signal.notify()
  }
}
