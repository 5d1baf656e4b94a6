// A line of ASCII, put together in the page that it is written from: making strings of its parts first takes three times as long. No
// array stands on the left of an assignment here: the engine's middle tier, where code that runs in bursts stays for long, makes it.

import { endianness } from 'node:os'

/** Texts up to this length are copied here: a call into the runtime costs more, but reads parts of other texts quicker. */
const SHORT = 40
/** Bytes of a word, and those that the last word of a text may write behind it. */
const WORD = 8
export const SLACK = WORD - 1
/** Words are moved as they lie in memory. */
const LITTLE_ENDIAN = endianness() === 'LE'
const QUOTE = 0x22
const BACKSLASH = 0x5c
const [SPACE, TILDE] = [0x20, 0x7e]
const ZERO = 0x30
const MOST_SMALL = 0x7fffffff
const DOT = 0x2e

/** What a JSON string may hold as it is. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/
const NOT_ASCII = /[\x7f-\uffff]/g

/** JSON in ASCII, so that nothing a client sends can end a line or reach a terminal as a control sequence. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(NOT_ASCII, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/**
 * The text itself. The engine then knows that it is a text, whichever of the many forms that it has for them it is in: else it looks
 * up what `length` means to each anew.
 */
export const sameText = (text: string): string => text.substring(0)

/**
 * ASCII that lines have in common, made once: in words, because eight bytes in one step take a fraction of the time. No text of ASCII
 * makes a number of them that the engine might change (it may do so to what is not a number, which begins with 0x7f).
 */
export interface Fixed {
  readonly words: Float64Array
  /** Bytes. */
  readonly length: number
}

export const fixed = (text: string): Fixed => fixedBytes(Buffer.from(text, 'latin1'))

export function fixedBytes(bytes: Uint8Array): Fixed {
  const words = new Float64Array(Math.ceil(bytes.length / WORD))
  new Uint8Array(words.buffer).set(bytes)
  return { words, length: bytes.length }
}

const NULL = fixed('null')

/** Puts a record into a line, with its line feed. */
export type PutLine<R> = (into: LineBytes, record: R) => void

/** How the lines of a log are written. */
export interface Lines<R> {
  readonly put: PutLine<R>
  /** For a line that is too long: records that say less, the most first. */
  shorter(record: R): Iterable<R>
}

export class LineBytes {
  /** Where the next byte goes. */
  at = 0
  /** More was put than there is room for. */
  over = false
  #page: Buffer = Buffer.alloc(0)
  #view = new DataView(this.#page.buffer, 0, 0)
  #end = 0

  /** A line begins at `at`. Neither it nor what its last word writes behind it reaches `end`. */
  begin(page: Buffer, at: number, end: number): void {
    if (page !== this.#page) {
      this.#page = page
      this.#view = new DataView(page.buffer, page.byteOffset, page.length)
    }
    this.#end = end - SLACK
    this.at = at
    this.over = false
  }

  fixed({ words, length }: Fixed): void {
    if (!this.#fits(length)) return
    const view = this.#view
    const count = words.length
    for (let i = 0, at = this.at; i < count; i++, at += WORD) view.setFloat64(at, words[i] as number, LITTLE_ENDIAN)
    this.at += length
  }

  /** Text of ASCII, as it is. */
  ascii(ascii: string): void {
    const text = sameText(ascii)
    const { length } = text
    if (!this.#fits(length)) return
    const page = this.#page
    const at = this.at
    if (length > SHORT) page.write(text, at, 'latin1')
    else for (let i = 0; i < length; i++) page[at + i] = text.charCodeAt(i)
    this.at = at + length
  }

  /** Text that needs no quoting, in quotes; null as `null`. */
  safe(ascii: string | null): void {
    if (ascii === null) this.fixed(NULL)
    else if (this.#fits(2)) {
      this.#page[this.at++] = QUOTE
      this.ascii(ascii)
      if (this.#fits(1)) this.#page[this.at++] = QUOTE
    }
  }

  /** Any text as a JSON string; null as `null`. */
  quoted(any: string | null): void {
    if (any === null) {
      this.fixed(NULL)
      return
    }
    const text = sameText(any)
    if (text.length > SHORT) this.#quotedLong(text)
    else this.#quotedShort(text)
  }

  /** A whole number from 0 on, in decimal digits; whatever else as JSON has it. */
  whole(value: number): void {
    if (value >= 0 && value <= MOST_SMALL && Number.isInteger(value)) this.#small(value | 0)
    else this.ascii(Number.isFinite(value) ? String(value) : 'null')
  }

  /** What arithmetic of 32 bits can do. */
  #small(value: number): void {
    let digits = 1
    for (let rest = value; rest >= 10; rest = (rest / 10) | 0) digits++
    if (!this.#fits(digits)) return
    const page = this.#page
    let rest = value
    for (let at = this.at + digits - 1; at >= this.at; at--) {
      const less = (rest / 10) | 0
      page[at] = ZERO + (rest - less * 10)
      rest = less
    }
    this.at += digits
  }

  /** Milliseconds with microseconds as fraction. */
  milliseconds(ms: number | null): void {
    if (ms === null || !(ms >= 0 && ms < 1e12)) {
      this.ascii(ms !== null && Number.isFinite(ms) ? String(ms) : 'null')
      return
    }
    const microseconds = Math.round(ms * 1000)
    const whole = Math.floor(microseconds / 1000)
    const rest = microseconds - whole * 1000
    this.whole(whole)
    if (rest === 0 || !this.#fits(4)) return
    this.#page[this.at++] = DOT
    this.thousandths(rest)
  }

  /** 0 to 999 in three digits. */
  thousandths(value: number): void {
    if (!this.#fits(3)) return
    const page = this.#page
    const at = this.at
    const hundreds = (value / 100) | 0
    const tens = (value / 10) | 0
    page[at] = ZERO + hundreds
    page[at + 1] = ZERO + tens - 10 * hundreds
    page[at + 2] = ZERO + value - 10 * tens
    this.at = at + 3
  }

  #quotedShort(short: string): void {
    const text = sameText(short)
    const { length } = text
    if (!this.#fits(length + 2)) return
    const page = this.#page
    const from = this.at + 1
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code < SPACE || code > TILDE || code === QUOTE || code === BACKSLASH) {
        this.ascii(asciiJson(text))
        return
      }
      page[from + i] = code
    }
    page[from - 1] = QUOTE
    page[from + length] = QUOTE
    this.at = from + length + 1
  }

  #quotedLong(text: string): void {
    if (PLAIN.test(text)) this.safe(text)
    else this.ascii(asciiJson(text))
  }

  #fits(bytes: number): boolean {
    if (this.over) return false
    this.over = this.at + bytes > this.#end
    return !this.over
  }
}
