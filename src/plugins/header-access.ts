// Header fields as a plugin sees them: canonical field lines behind `get`, `has`, `set`, `add`, `remove`.

import { editFields, fieldValue } from '../model/field-text.ts'
import type { Headers } from '../plugin-api.ts'

const TOKEN = /^[!#$%&'*+\-.^`|~\w]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Fields that say how long a message is, or belong to one connection: the gateway writes them. */
const OURS = new Set([
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Keys that no plugin has. */
export const FIELDS = Symbol('fields')
export const HOST = Symbol('host')

/** Where the lines are; setting them throws when it is too late for a change. */
export interface FieldLines {
  [FIELDS]: string
  /** What the endpoint gets as Host, which does not stand among the lines of a request. */
  readonly [HOST]: string
}

export class HeaderAccess implements Headers {
  readonly #lines: FieldLines
  readonly #ofRequest: boolean

  constructor(lines: FieldLines, ofRequest: boolean) {
    this.#lines = lines
    this.#ofRequest = ofRequest
  }

  get(name: string): string | null {
    const key = String(name).toLowerCase()
    if (key === 'host' && this.#ofRequest) return this.#lines[HOST] || null
    return fieldValue(this.#lines[FIELDS], key)
  }

  has(name: string): boolean {
    return this.get(name) !== null
  }

  set(name: string, value: string): void {
    const key = changeable(name, this.#ofRequest)
    this.#lines[FIELDS] = editFields(this.#lines[FIELDS], [key], fieldLine(name, value))
  }

  add(name: string, value: string): void {
    changeable(name, this.#ofRequest)
    this.#lines[FIELDS] += fieldLine(name, value)
  }

  remove(name: string): void {
    const key = changeable(name, this.#ofRequest)
    this.#lines[FIELDS] = editFields(this.#lines[FIELDS], [key], '')
  }
}

/** The canonical line. Throws on a value that could be read as something else than one value. */
export function fieldLine(name: string, value: string): string {
  if (typeof value !== 'string')
    throw new TypeError(`header ${name}: a value is text, not ${value === null ? 'null' : typeof value}`)
  if (!VALUE.test(value))
    throw new TypeError(`header ${name}: a value has no line ends, control characters or characters above U+00FF`)
  return `${name}: ${value.trim()}\r\n`
}

/** The name in lower case. Throws when it is none, or one that a plugin may not touch. */
export function changeable(name: string, ofRequest: boolean): string {
  if (typeof name !== 'string' || !TOKEN.test(name)) throw new TypeError(`${JSON.stringify(name)} is not the name of a header`)
  const key = name.toLowerCase()
  // Some readers take `content_length` for `content-length`.
  if (OURS.has(key.replace(/[_.]/g, '-'))) throw new TypeError(`header ${name}: the gateway writes this one itself`)
  if (ofRequest && key === 'host') throw new TypeError('header host: set request.host')
  return key
}
