// Reads the ClientHello that opens a TLS connection (RFC 8446 4.1.2, RFC 6066 3), as far as a listener is chosen by it. Fed with
// what comes from the socket, in any pieces; every bound is on the client's side. What two readers could read differently is refused.

import type { ClientHello } from '../model/client-hello.ts'
import { ALERT } from '../model/tls-alert.ts'

/** Bytes of the message; real ones have 200 to 2,000, with post-quantum keys and tickets up to 5,000. */
const MAX_HELLO = 16 * 1024
/** Bytes of the records around it: a client may cut it into small ones. */
const MAX_BYTES = 2 * MAX_HELLO
const FIRST_BUFFER = 2048

const HANDSHAKE = 22
const CLIENT_HELLO = 1
const EXTENSION = { SERVER_NAME: 0, SIGNATURE_ALGORITHMS: 13, ALPN: 16, SUPPORTED_VERSIONS: 43 } as const

export class ClientHelloReader {
  /** Once `feed` has said `done`. */
  hello: ClientHello | null = null
  /** Once `feed` has said `refused`: the alert that says why, and why in words. */
  alert = 0
  why = ''
  #raw: Buffer = Buffer.alloc(0)
  #length = 0
  /** Where the next record begins. */
  #at = 0
  /** Begin and end of the records' contents. */
  readonly #parts: number[] = []
  #content = 0

  /** All that was fed: to be given to whoever reads the connection from its beginning. */
  get bytes(): Buffer {
    return this.#raw.subarray(0, this.#length)
  }

  /** Whether the first byte is one that TLS begins with; true while there is none. */
  get looksLikeTls(): boolean {
    return this.#length === 0 || this.#raw[0] === HANDSHAKE
  }

  feed(chunk: Buffer): 'more' | 'done' | 'refused' {
    this.#append(chunk)
    while (true) {
      const left = this.#length - this.#at
      if (left >= 1 && this.#raw[this.#at] !== HANDSHAKE) return this.#refuse(ALERT.UNEXPECTED_MESSAGE, 'not a TLS handshake')
      if (left >= 2 && this.#raw[this.#at + 1] !== 3) return this.#refuse(ALERT.DECODE_ERROR, 'not a version of TLS')
      if (left < 5) break
      const length = this.#raw.readUInt16BE(this.#at + 3)
      if (length === 0 || length > MAX_HELLO) return this.#refuse(ALERT.RECORD_OVERFLOW, 'a record of a wrong length')
      if (left < 5 + length) break
      this.#parts.push(this.#at + 5, this.#at + 5 + length)
      this.#content += length
      this.#at += 5 + length
      const message = this.#message()
      if (typeof message === 'string') return this.#refuse(ALERT.DECODE_ERROR, message)
      if (message !== null) return this.#read(message)
    }
    return this.#length > MAX_BYTES ? this.#refuse(ALERT.RECORD_OVERFLOW, 'the ClientHello is too long') : 'more'
  }

  #append(chunk: Buffer): void {
    const length = this.#length + chunk.length
    if (this.#length === 0) this.#raw = chunk
    else {
      if (length > this.#raw.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_BUFFER, 2 * length))
        this.#raw.copy(larger, 0, 0, this.#length)
        this.#raw = larger
      }
      chunk.copy(this.#raw, this.#length)
    }
    this.#length = length
  }

  /** The message, null when it is not complete, or what is wrong with it. */
  #message(): Buffer | string | null {
    const [begin = 0, end = 0] = this.#parts
    const content =
      this.#parts.length === 2 || this.#content < 4
        ? this.#raw.subarray(begin, end)
        : this.#assemble(Math.min(this.#content, 4))
    if (content[0] !== CLIENT_HELLO) return 'the first message is not a ClientHello'
    if (this.#content < 4) return null
    const length = content.readUIntBE(1, 3)
    if (length > MAX_HELLO) return 'the ClientHello is too long'
    if (this.#content < 4 + length) return null
    if (this.#content > 4 + length) return 'something follows the ClientHello in its record'
    return this.#parts.length === 2 ? content.subarray(4) : this.#assemble(4 + length).subarray(4)
  }

  #assemble(length: number): Buffer {
    const whole = Buffer.allocUnsafe(length)
    let filled = 0
    for (let i = 0; i < this.#parts.length && filled < length; i += 2) {
      filled += this.#raw.copy(whole, filled, this.#parts[i], this.#parts[i + 1])
    }
    return whole
  }

  #read(message: Buffer): 'done' | 'refused' {
    const hello = readMessage(new Fields(message))
    if (typeof hello === 'string') return this.#refuse(ALERT.DECODE_ERROR, hello)
    this.hello = hello
    return 'done'
  }

  #refuse(alert: number, why: string): 'refused' {
    this.alert = alert
    this.why = why
    return 'refused'
  }
}

/** Reads forward; what is not there makes `broken` true, and reads as nothing. */
class Fields {
  readonly #bytes: Buffer
  #at = 0
  broken = false

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get empty(): boolean {
    return this.#at >= this.#bytes.length
  }

  number(size: 1 | 2): number {
    const bytes = this.take(size)
    return bytes.length < size ? 0 : bytes.readUIntBE(0, size)
  }

  /** A part with its length in front, in `size` bytes. */
  part(size: 1 | 2): Buffer {
    return this.take(this.number(size))
  }

  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) {
      this.broken = true
      this.#at = this.#bytes.length
      return Buffer.alloc(0)
    }
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  /** What `read` makes of each item until the end. */
  all<T>(read: (fields: Fields) => T): T[] {
    const items: T[] = []
    while (!this.empty && !this.broken) items.push(read(this))
    return items
  }
}

function readMessage(fields: Fields): ClientHello | string {
  const legacyVersion = fields.number(2)
  fields.take(32)
  const session = fields.part(1)
  const ciphers = fields.part(2)
  const compressions = fields.part(1)
  if (session.length > 32 || ciphers.length < 2 || ciphers.length % 2 !== 0 || compressions.length === 0 || fields.broken)
    return 'a ClientHello of a wrong form'
  const seen = new Map<number, Buffer>()
  if (!fields.empty) {
    const extensions = new Fields(fields.part(2))
    while (!extensions.empty) {
      const type = extensions.number(2)
      const content = extensions.part(2)
      if (extensions.broken) break
      if (seen.has(type)) return `extension ${type} is there twice`
      seen.set(type, content)
    }
    if (extensions.broken || fields.broken || !fields.empty) return 'a ClientHello of a wrong form'
  }
  const sni = readServerName(seen.get(EXTENSION.SERVER_NAME))
  const alpn = readAlpn(seen.get(EXTENSION.ALPN))
  const signatureAlgorithms = readNumbers(seen.get(EXTENSION.SIGNATURE_ALGORITHMS), 2)
  const versions = readNumbers(seen.get(EXTENSION.SUPPORTED_VERSIONS), 1)
  if (sni === null) return 'a wrong server name'
  if (alpn === null || signatureAlgorithms === null || versions === null) return 'an extension of a wrong form'
  return { sni, alpn, signatureAlgorithms, versions: versions.length === 0 ? [legacyVersion] : versions }
}

/** One host name (RFC 6066 3); null when it is not one. */
function readServerName(content: Buffer | undefined): string | null {
  if (content === undefined) return ''
  const fields = new Fields(content)
  const names = new Fields(fields.part(2))
  if (fields.broken || !fields.empty) return null
  const type = names.number(1)
  const name = names.part(2)
  if (names.broken || !names.empty || type !== 0 || name.length === 0 || name.length > 255) return null
  const text = name.toString('latin1').toLowerCase()
  if (!/^[a-z0-9_][a-z0-9_.-]*$/.test(text) || text.includes('..')) return null
  return text.endsWith('.') ? text.slice(0, -1) : text
}

function readAlpn(content: Buffer | undefined): string[] | null {
  if (content === undefined) return []
  const fields = new Fields(content)
  const names = new Fields(fields.part(2))
  const read = names.all((each) => each.part(1).toString('latin1'))
  return fields.broken || !fields.empty || names.broken || read.includes('') ? null : read
}

/** Two-byte numbers in a list whose length has `size` bytes. */
function readNumbers(content: Buffer | undefined, size: 1 | 2): number[] | null {
  if (content === undefined) return []
  const fields = new Fields(content)
  const numbers = new Fields(fields.part(size))
  const read = numbers.all((each) => each.number(2))
  return fields.broken || !fields.empty || numbers.broken ? null : read
}
