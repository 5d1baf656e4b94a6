// An HTTP/2 client that sends whatever frames it is told to, and keeps what comes back.

import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import {
  ERRORS,
  type Field,
  FLAG,
  FRAME,
  type Frame,
  frame,
  hpack,
  PREFACE,
  SETTING,
  settings,
  statusOf,
  uint32,
} from './http2-frames.ts'
import { until } from './until.ts'

export const GET: readonly Field[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'a'],
]

/** A request line's fields with some changed (null: left out), and further ones behind. */
export function request(changes: Readonly<Record<string, string | null>> = {}, ...more: Field[]): Field[] {
  const fields = GET.map(([name, value]): Field => [name, changes[name] === undefined ? value : (changes[name] as string)])
  const added = Object.entries(changes).filter(([name]) => !GET.some(([known]) => known === name)) as Field[]
  return [...fields.filter(([, value]) => value !== null), ...added, ...more]
}

export const post = (...more: Field[]): Field[] => request({ ':method': 'POST' }, ...more)

export interface RawOptions {
  readonly settings?: readonly (readonly [number, number])[]
  /** Acknowledges SETTINGS and PING, gives back windows; true by default. */
  readonly polite?: boolean
  /** Nothing is sent by itself. */
  readonly silent?: boolean
  /** Whatever certificate is shown. */
  readonly tls?: boolean
}

export class RawHttp2 {
  readonly socket: Socket
  readonly frames: Frame[] = []
  closed = false
  next = 1
  readonly #polite: boolean
  #rest: Buffer = Buffer.alloc(0)

  private constructor(socket: Socket, polite: boolean) {
    this.socket = socket
    this.#polite = polite
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    socket.on('error', () => {})
    socket.on('end', () => {
      this.closed = true
    })
    socket.on('close', () => {
      this.closed = true
    })
  }

  static async open(port: number, options: RawOptions = {}): Promise<RawHttp2> {
    const to = { port, host: '127.0.0.1', noDelay: true }
    const socket = options.tls ? connectTls({ ...to, rejectUnauthorized: false, ALPNProtocols: ['h2'] }) : connect(to)
    await new Promise((resolve, reject) => {
      socket.once(options.tls ? 'secureConnect' : 'connect', resolve)
      socket.once('error', reject)
    })
    const client = new RawHttp2(socket, options.polite ?? true)
    if (!options.silent)
      client.send(
        PREFACE, // Without a dynamic table a header block can be read by itself.
        settings([[SETTING.HEADER_TABLE_SIZE, 0], ...(options.settings ?? [])]),
      )
    return client
  }

  send(...pieces: (Buffer | string)[]): void {
    if (!this.socket.destroyed)
      this.socket.write(
        Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece))),
      )
  }

  /** Opens a stream; returns its id. */
  headers(fields: readonly Field[], flags: number = FLAG.END_STREAM, id = this.next): number {
    this.send(frame(FRAME.HEADERS, flags | FLAG.END_HEADERS, id, hpack(fields)))
    this.next = Math.max(this.next, id) + 2
    return id
  }

  data(id: number, body: string | Buffer, end = false): void {
    this.send(frame(FRAME.DATA, end ? FLAG.END_STREAM : 0, id, body))
  }

  reset(id: number, code: number = ERRORS.CANCEL): void {
    this.send(frame(FRAME.RST_STREAM, 0, id, uint32(code)))
  }

  window(id: number, size: number): void {
    this.send(frame(FRAME.WINDOW_UPDATE, 0, id, uint32(size)))
  }

  destroy(): void {
    this.socket.destroy()
  }

  // ---- what came

  of(id: number, type: number): Frame[] {
    return this.frames.filter((frame) => frame.stream === id && frame.type === type)
  }

  /** Of its last HEADERS that has one. */
  status(id: number): number {
    return (
      this.of(id, FRAME.HEADERS)
        .map(({ payload }) => statusOf(payload))
        .findLast((status) => status >= 200) ?? 0
    )
  }

  interim(id: number): number[] {
    return this.of(id, FRAME.HEADERS)
      .map(({ payload }) => statusOf(payload))
      .filter((status) => status >= 100 && status < 200)
  }

  body(id: number): string {
    return Buffer.concat(this.of(id, FRAME.DATA).map(({ payload }) => payload)).toString('latin1')
  }

  ended(id: number): boolean {
    return this.frames.some(
      ({ stream, type, flags }) => stream === id && type <= FRAME.HEADERS && (flags & FLAG.END_STREAM) !== 0,
    )
  }

  /** The code of the RST_STREAM that came; null = none. */
  resetCode(id: number): number | null {
    return this.of(id, FRAME.RST_STREAM)[0]?.payload.readUInt32BE(0) ?? null
  }

  /** Code and last stream of the GOAWAYs that came. */
  get goaways(): { code: number; last: number }[] {
    return this.of(0, FRAME.GOAWAY).map(({ payload }) => ({ code: payload.readUInt32BE(4), last: payload.readUInt32BE(0) }))
  }

  /** What became of a stream: a status, `reset CODE`, or `closed`. */
  async outcome(id: number): Promise<string> {
    await until(
      `an outcome of stream ${id}`,
      () => this.ended(id) || this.resetCode(id) !== null || this.closed || this.goaways.some(({ code }) => code !== 0),
    )
    if (this.resetCode(id) !== null && !this.ended(id)) return `reset ${nameOf(this.resetCode(id) as number)}`
    if (this.ended(id)) return String(this.status(id))
    return this.goaways.length > 0 ? `goaway ${nameOf(this.goaways.at(-1)?.code as number)}` : 'closed'
  }

  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    await until(what, holds)
  }

  /** A PING has come back: everything before it has been read. */
  async roundTrip(): Promise<void> {
    const pings = this.of(0, FRAME.PING).length
    this.send(frame(FRAME.PING, 0, 0, 'roundtri'))
    await until('a PING to come back', () => this.of(0, FRAME.PING).length > pings || this.closed)
  }

  #read(bytes: Buffer): void {
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    while (rest.length >= 9) {
      const length = rest.readUIntBE(0, 3)
      if (rest.length < 9 + length) break
      const found: Frame = {
        type: rest[3] as number,
        flags: rest[4] as number,
        stream: rest.readUInt32BE(5),
        payload: Buffer.from(rest.subarray(9, 9 + length)),
      }
      rest = rest.subarray(9 + length)
      this.frames.push(found)
      if (this.#polite) this.#answer(found)
    }
    this.#rest = rest
  }

  #answer({ type, flags, stream, payload }: Frame): void {
    if (type === FRAME.SETTINGS && (flags & FLAG.ACK) === 0) this.send(frame(FRAME.SETTINGS, FLAG.ACK, 0))
    else if (type === FRAME.PING && (flags & FLAG.ACK) === 0) this.send(frame(FRAME.PING, FLAG.ACK, 0, payload))
    else if (type === FRAME.DATA && payload.length > 0) {
      this.window(0, payload.length)
      if ((flags & FLAG.END_STREAM) === 0) this.window(stream, payload.length)
    }
  }
}

export function nameOf(code: number): string {
  return Object.entries(ERRORS).find(([, value]) => value === code)?.[0] ?? String(code)
}
