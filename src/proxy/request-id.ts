// Request ids for requests that bring none: unique over processes and restarts, cheap, without meaning. The lines that say them are
// written ahead, many in one text, and cut out of it: an id that is put together for itself has to be copied once more.

import { randomBytes } from 'node:crypto'

const NAME = 'x-request-id: '
const RANDOM_BYTES = 9
/** Behind the random part: the number of the text in hex, then that of the id in it. */
const TEXT_DIGITS = 6
const ID_DIGITS = 2
const TEXTS = 16 ** TEXT_DIGITS
const IDS = 16 ** ID_DIGITS

export interface RequestIdSource {
  /** The next one. */
  next(): string
  /** The field line of the last one. */
  line(): string
}

export class RequestIds implements RequestIdSource {
  #lines = Buffer.alloc(0)
  #text = ''
  #length = 0
  /** Texts that were made with this random part, ids that were taken from this text. */
  #texts = TEXTS
  #taken = IDS

  next(): string {
    if (this.#taken === IDS) this.#write()
    const line = this.#length * this.#taken++
    return this.#text.slice(line + NAME.length, line + this.#length - 2)
  }

  line(): string {
    const end = this.#length * this.#taken
    return this.#text.slice(end - this.#length, end)
  }

  #write(): void {
    if (this.#texts === TEXTS) this.#begin()
    const number = hex(this.#texts++, TEXT_DIGITS)
    const lines = this.#lines
    for (let at = this.#length - 2 - ID_DIGITS - TEXT_DIGITS; at < lines.length; at += this.#length) {
      for (let i = 0; i < TEXT_DIGITS; i++) lines[at + i] = number.charCodeAt(i)
    }
    this.#text = lines.toString('latin1')
    this.#taken = 0
  }

  #begin(): void {
    const random = randomBytes(RANDOM_BYTES).toString('base64url')
    const lines = Array.from({ length: IDS }, (_, i) => `${NAME}${random}${hex(0, TEXT_DIGITS)}${hex(i, ID_DIGITS)}\r\n`)
    this.#lines = Buffer.from(lines.join(''), 'latin1')
    this.#length = this.#lines.length / IDS
    this.#texts = 0
  }
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

/** The same one for everybody. */
export const theRequestId = (id: string): RequestIdSource => ({ next: () => id, line: () => `${NAME}${id}\r\n` })
