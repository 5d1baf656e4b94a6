// Bytes of protobuf messages (protobuf.dev/programming-guides/encoding), written one after the other into a buffer that grows.

import { sameText } from '../line-bytes.ts'
import { nanosecondsBeyond } from './span-writer.ts'

const VARINT = 0x80
const TWO_32 = 2 ** 32
/** Texts up to this length are copied here: a call into the runtime costs more. */
const SHORT = 48

/** How many bytes a number takes; 0 to 2^53. */
export function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= VARINT; rest = Math.floor(rest / VARINT)) bytes++
  return bytes
}

/** How many bytes a text takes; what is not well-formed in it counts as what replaces it. */
export function utf8Bytes(any: string): number {
  const text = sameText(any)
  const { length } = text
  if (length > SHORT) return Buffer.byteLength(text)
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) >= VARINT) return Buffer.byteLength(text)
  return length
}

export class ProtobufBytes {
  #bytes: Buffer
  #at = 0

  /** `room`: bytes that it begins with. */
  constructor(room: number) {
    this.#bytes = Buffer.allocUnsafeSlow(room)
  }

  get length(): number {
    return this.#at
  }

  clear(): void {
    this.#at = 0
  }

  /** What has been written; stays as it is only until more is. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  byte(value: number): void {
    this.#need(1)
    this.#bytes[this.#at++] = value
  }

  /** 0 to 2^53. */
  varint(value: number): void {
    this.#need(8)
    let rest = value
    while (rest >= VARINT) {
      this.#bytes[this.#at++] = (rest % VARINT) | VARINT
      rest = Math.floor(rest / VARINT)
    }
    this.#bytes[this.#at++] = rest
  }

  bytes(bytes: Uint8Array): void {
    this.#need(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** `bytes` is what `utf8Bytes` says of it. */
  utf8(any: string, bytes: number): void {
    const text = sameText(any)
    this.#need(bytes)
    if (bytes !== text.length) this.#bytes.write(text, this.#at)
    else if (bytes > SHORT) this.#bytes.write(text, this.#at, 'latin1')
    else for (let i = 0; i < bytes; i++) this.#bytes[this.#at + i] = text.charCodeAt(i)
    this.#at += bytes
  }

  /**
   * A message that is `before` and a message that is a text: all in one go where it is ASCII and no length takes more than one byte.
   * False = it is not so, and nothing has been written.
   */
  short(tag: number, before: Uint8Array, textTag: number, any: string): boolean {
    const text = sameText(any)
    const { length } = text
    const size = before.length
    if (size + length + 3 >= VARINT) return false
    this.#need(size + length + 5)
    const bytes = this.#bytes
    let at = this.#at
    bytes[at++] = tag
    bytes[at++] = size + length + 3
    for (let i = 0; i < size; i++) bytes[at++] = before[i] as number
    bytes[at++] = length + 2
    bytes[at++] = textTag
    bytes[at++] = length
    let all = 0
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      all |= code
      bytes[at++] = code
    }
    if (all >= VARINT) return false
    this.#at = at
    return true
  }

  /** Digits in lower case, an even number of them. */
  hex(any: string): void {
    const digits = sameText(any)
    this.#need(digits.length / 2)
    for (let i = 0; i < digits.length; i += 2)
      this.#bytes[this.#at++] = (digit(digits.charCodeAt(i)) << 4) | digit(digits.charCodeAt(i + 1))
  }

  /** A number of 64 bits in two halves. */
  fixed64(high: number, low: number): void {
    this.#need(8)
    this.#bytes.writeUInt32LE(low, this.#at)
    this.#bytes.writeUInt32LE(high, this.#at + 4)
    this.#at += 8
  }

  fixed32(value: number): void {
    this.#need(4)
    this.#at = this.#bytes.writeUInt32LE(value, this.#at)
  }

  double(value: number): void {
    this.#need(8)
    this.#at = this.#bytes.writeDoubleLE(value, this.#at)
  }

  /** Nanoseconds since the epoch of a time in milliseconds: more than a number of JavaScript holds, so by parts of it that do not. */
  nanoseconds(ms: number): void {
    const seconds = Math.floor(ms / 1000)
    const upper = (seconds >>> 16) * 1e9
    const lower = (seconds & 0xffff) * 1e9 + nanosecondsBeyond(seconds, ms)
    const low = (upper % 0x10000) * 0x10000 + (lower % TWO_32)
    this.fixed64(Math.floor(upper / 0x10000) + Math.floor(lower / TWO_32) + Math.floor(low / TWO_32), low % TWO_32)
  }

  #need(more: number): void {
    if (this.#at + more <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(2 * (this.#at + more))
    this.#bytes.copy(grown, 0, 0, this.#at)
    this.#bytes = grown
  }
}

/** Of a hex digit in lower case. */
const digit = (code: number): number => (code > 0x39 ? code - 0x57 : code - 0x30)
