// Field lines of a request, a response or a trailer section: validated and located in one pass, nothing copied.

import { COLON, CR, HTAB, LF, SP, TOKEN, VALUE } from '../model/chars.ts'
import { classify, FIELD } from '../model/field-names.ts'
import { ERROR } from './parse-errors.ts'

const GROWTH = 256

/**
 * Where the fields of one head are. One instance serves a whole process: it is valid from a parse until the next one, so nothing
 * may keep it beyond the call that it was handed to.
 */
export class FieldScan {
  text = ''
  count = 0
  /** Per field: start of the name, the colon, start and end of the value without the white space around it. */
  at = new Int32Array(4 * GROWTH)
  kinds = new Uint8Array(GROWTH)
  /** Indexes of the fields whose kind is not PLAIN. */
  special = new Int32Array(GROWTH)
  specialCount = 0
  /** Every line is `Name: value CRLF` with one space: the section may be copied as it is. */
  canonical = true

  reset(text: string): void {
    this.text = text
    this.count = 0
    this.specialCount = 0
    this.canonical = true
  }

  grow(): void {
    const at = new Int32Array(this.at.length * 2)
    at.set(this.at)
    this.at = at
    const kinds = new Uint8Array(this.kinds.length * 2)
    kinds.set(this.kinds)
    this.kinds = kinds
    const special = new Int32Array(this.special.length * 2)
    special.set(this.special)
    this.special = special
  }

  value(index: number): string {
    return this.text.slice(this.at[4 * index + 2], this.at[4 * index + 3])
  }
}

/**
 * Scans from `pos` (the start of a line) to the empty line. Returns the position behind it, 0 when `text` ends before, or a negated
 * ERROR. The section may not be longer than `maxBytes` (with the empty line) nor have more than `maxCount` fields. RFC 9112 section 5,
 * without any of its leniencies.
 */
export function scanFields(scan: FieldScan, pos: number, maxBytes: number, maxCount: number): number {
  const text = scan.text
  const limit = pos + maxBytes
  const end = Math.min(text.length, limit)
  const incomplete = text.length >= limit ? -ERROR.HEADER_BYTES : 0
  let at = scan.at
  for (;;) {
    if (pos >= end) return incomplete
    const nameStart = pos
    let c = text.charCodeAt(pos)
    while (TOKEN[c] === 1) {
      if (++pos === end) return incomplete
      c = text.charCodeAt(pos)
    }
    if (c !== COLON || pos === nameStart) {
      if (c !== CR || pos !== nameStart) return pos === nameStart && (c === SP || c === HTAB) ? -ERROR.FOLD : -ERROR.FIELD_NAME
      if (pos + 1 >= end) return incomplete
      return text.charCodeAt(pos + 1) === LF ? pos + 2 : -ERROR.LINE_END
    }
    const colon = pos
    if (++pos === end) return incomplete
    c = text.charCodeAt(pos)
    while (c === SP || c === HTAB) {
      if (++pos === end) return incomplete
      c = text.charCodeAt(pos)
    }
    const valueStart = pos
    while (VALUE[c] === 1) {
      if (++pos === end) return incomplete
      c = text.charCodeAt(pos)
    }
    if (c !== CR) return c === LF ? -ERROR.LINE_END : -ERROR.FIELD_VALUE
    if (pos + 1 >= end) return incomplete
    if (text.charCodeAt(pos + 1) !== LF) return -ERROR.LINE_END
    let valueEnd = pos
    while (valueEnd > valueStart && (text.charCodeAt(valueEnd - 1) === SP || text.charCodeAt(valueEnd - 1) === HTAB)) valueEnd--
    const index = scan.count
    if (index === maxCount) return -ERROR.HEADER_COUNT
    if (index === scan.kinds.length) {
      scan.grow()
      at = scan.at
    }
    if (valueStart !== colon + 2 || valueEnd !== pos || text.charCodeAt(colon + 1) !== SP) scan.canonical = false
    const kind = classify(text, nameStart, colon)
    if (kind !== FIELD.PLAIN) scan.special[scan.specialCount++] = index
    scan.kinds[index] = kind
    at[4 * index] = nameStart
    at[4 * index + 1] = colon
    at[4 * index + 2] = valueStart
    at[4 * index + 3] = valueEnd
    scan.count = index + 1
    pos += 2
  }
}
