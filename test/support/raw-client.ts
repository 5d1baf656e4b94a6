// A client on a raw socket: sends what it is told, byte for byte, and reads responses.

import { connect, type Socket } from 'node:net'
import { framingOf, MessageReader, type SeenMessage } from './message-reader.ts'
import { until } from './until.ts'

export class RawClient {
  readonly socket: Socket
  readonly responses: SeenMessage[] = []
  readonly interim: SeenMessage[] = []
  received = 0
  /** The gateway has sent its FIN. */
  ended = false
  closed = false
  /** Code of the error that ended it; '' = none. */
  error = ''
  readonly #methods: string[] = []
  readonly #reader: MessageReader

  constructor(socket: Socket) {
    this.socket = socket
    this.#reader = new MessageReader(
      (message) => this.#framing(message),
      (message) => (message.status < 200 ? this.interim : this.responses).push(message),
    )
    socket.setEncoding('latin1')
    socket.on('data', (data) => {
      const text = String(data)
      this.received += text.length
      this.#reader.feed(text)
    })
    socket.on('end', () => {
      this.ended = true
      this.#reader.end()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message
    })
    socket.on('close', () => {
      this.closed = true
    })
  }

  static open(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new RawClient(socket))
      })
    })
  }

  #framing(message: SeenMessage) {
    if (message.status < 200) return 'none'
    const method = this.#methods.shift() ?? 'GET'
    if (method === 'HEAD' || message.status === 204 || message.status === 304) return 'none'
    return framingOf(message, 'close')
  }

  /** Bytes that are no part of a response. */
  get rest(): string {
    return this.#reader.rest
  }

  /** Anything; a request whose response is to be read as that of another method than GET goes through `request`. */
  send(bytes: string | Buffer): void {
    if (typeof bytes === 'string') this.socket.write(bytes, 'latin1')
    else this.socket.write(bytes)
  }

  /** `start` is `METHOD target` or a whole request line; lines without CRLF; Host is added to HTTP/1.1 requests. */
  request(start: string, lines: readonly string[] = [], body = ''): void {
    const line = start.includes(' HTTP/') ? start : `${start} HTTP/1.1`
    const hosted = line.endsWith('HTTP/1.1') && !lines.some((text) => /^host:/i.test(text))
    this.#methods.push(line.split(' ')[0] as string)
    this.send(`${[line, ...(hosted ? ['host: a.test'] : []), ...lines].join('\r\n')}\r\n\r\n${body}`)
  }

  /** The response with that index, once it is complete. */
  async response(index = 0): Promise<SeenMessage> {
    await until(`response ${index}`, () => this.responses[index]?.complete === true || this.closed)
    const response = this.responses[index]
    if (response?.complete !== true) throw new Error(`no response ${index}: closed ${this.error}`)
    return response
  }

  /** The next request and its response. */
  ask(start: string, lines: readonly string[] = [], body = ''): Promise<SeenMessage> {
    const index = this.responses.length
    this.request(start, lines, body)
    return this.response(index)
  }

  /** Waits until the gateway has ended or reset the connection. */
  async end(): Promise<void> {
    await until('the end of the connection', () => this.ended || this.closed)
  }

  fin(): void {
    this.socket.end()
  }

  reset(): void {
    this.socket.resetAndDestroy()
  }

  destroy(): void {
    this.socket.destroy()
  }
}
