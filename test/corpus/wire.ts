// The corpus's own strict reading of HTTP/1.1 messages, independent of the code under test. It never repairs: whatever is not
// canonical becomes a complaint.

export interface Field {
  readonly name: string
  readonly value: string
}

const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):(?: (.*))?$/
const CONTROL = /[^\t\x20-\x7e\x80-\xff]/

/** Reads field lines (without the empty line). `complain` hears everything that a second reader could read otherwise. */
export function readFields(lines: readonly string[], complain: (text: string) => void): Field[] {
  const fields: Field[] = []
  for (const line of lines) {
    const match = FIELD.exec(line)
    if (match === null || CONTROL.test(line)) {
      complain(`not a canonical field line: ${JSON.stringify(line)}`)
      continue
    }
    const value = match[2] ?? ''
    if (value !== value.replace(/^[ \t]+|[ \t]+$/g, '')) complain(`value with outer white space: ${JSON.stringify(line)}`)
    fields.push({ name: (match[1] ?? '').toLowerCase(), value })
  }
  return fields
}

/** All values of one field; `name` in lower case. */
export const valuesOf = (fields: readonly Field[], name: string): string[] =>
  fields.filter((field) => field.name === name).map((field) => field.value)

export type Framing = { kind: 'none' } | { kind: 'length'; length: number } | { kind: 'chunked' } | { kind: 'close' }

/** The framing that the fields declare; `otherwise` is what holds when they declare none. */
export function framingOf(fields: readonly Field[], otherwise: Framing, complain: (text: string) => void): Framing {
  const lengths = valuesOf(fields, 'content-length')
  const codings = valuesOf(fields, 'transfer-encoding')
  if (lengths.length + codings.length > 1) complain('more than one framing field')
  const coding = codings[0]
  if (coding !== undefined) {
    if (coding !== 'chunked') complain(`transfer-encoding ${JSON.stringify(coding)}`)
    return { kind: 'chunked' }
  }
  const length = lengths[0]
  if (length === undefined) return otherwise
  if (!/^(?:0|[1-9][0-9]{0,14})$/.test(length)) complain(`content-length ${JSON.stringify(length)}`)
  return { kind: 'length', length: Number(length) }
}

/** Takes a body out of a growing text. `take` returns what is left over once the body is complete, or null while it is not. */
export class BodyReader {
  body = ''
  chunks = 0
  trailers: Field[] = []
  readonly #framing: Framing
  readonly #complain: (text: string) => void
  #inTrailers = false
  /** Bytes of data still missing in the chunk at hand, with its CRLF; -1 = a size line comes next. */
  #missing = -1
  #rest = ''

  constructor(framing: Framing, complain: (text: string) => void) {
    this.#framing = framing
    this.#complain = complain
  }

  take(text: string): string | null {
    const framing = this.#framing
    if (framing.kind === 'none') return text
    if (framing.kind === 'close') {
      this.body += text
      return null
    }
    if (framing.kind === 'length') {
      const wanted = framing.length - this.body.length
      this.body += text.slice(0, wanted)
      return text.length >= wanted ? text.slice(wanted) : null
    }
    this.#rest += text
    return this.#takeChunks()
  }

  #takeChunks(): string | null {
    const text = this.#rest
    let at = 0
    const parts: string[] = []
    for (;;) {
      if (this.#missing >= 0) {
        if (text.length - at < this.#missing + 2) break
        parts.push(text.slice(at, at + this.#missing))
        if (text.slice(at + this.#missing, at + this.#missing + 2) !== '\r\n') this.#complain('chunk data without CRLF')
        at += this.#missing + 2
        this.#missing = -1
        continue
      }
      const end = text.indexOf('\r\n', at)
      if (end === -1) break
      const line = text.slice(at, end)
      at = end + 2
      if (this.#inTrailers) {
        if (line === '') {
          this.body += parts.join('')
          this.#rest = ''
          return text.slice(at)
        }
        this.trailers.push(...readFields([line], this.#complain))
        continue
      }
      if (!/^(?:0|[1-9a-fA-F][0-9a-fA-F]{0,7})$/.test(line)) this.#complain(`chunk size ${JSON.stringify(line)}`)
      const size = Number.parseInt(line, 16)
      if (size === 0) this.#inTrailers = true
      else {
        this.chunks++
        this.#missing = size
      }
    }
    this.body += parts.join('')
    this.#rest = text.slice(at)
    return null
  }
}
