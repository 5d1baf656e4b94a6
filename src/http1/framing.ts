// How a message body is delimited (RFC 9112 section 6), for requests and responses alike.

import { CR } from '../model/chars.ts'
import { lengthOf } from '../model/content-length.ts'
import { FIELD } from '../model/field-names.ts'
import { ERROR } from './parse-errors.ts'
import type { FieldScan } from './scan-fields.ts'

const TOKEN_LIST = /^[!#$%&'*+\-.^_`|~0-9a-z]+(?:[ \t]*,[ \t]*[!#$%&'*+\-.^_`|~0-9a-z]+)*$/

/** 0 when the field is `chunked` and nothing else; a negated ERROR otherwise. */
export function codingOf(fields: FieldScan, index: number): number {
  // White space behind the value is legal, but there are readers that then do not see the coding: another body for them.
  if (fields.text.charCodeAt(fields.at[4 * index + 3] as number) !== CR) return -ERROR.CODING
  const value = fields.value(index)
  if (value === 'chunked') return 0
  const lower = value.toLowerCase()
  if (lower === 'chunked') return 0
  if (!TOKEN_LIST.test(lower)) return -ERROR.CODING
  const codings = lower.split(',').map((item) => item.trim())
  const chunked = codings.indexOf('chunked')
  // Known syntax, unknown coding: 501 (RFC 9112 6.1). `chunked` anywhere but last, or twice, is an attack or a bug: 400.
  return chunked === -1 || chunked === codings.length - 1 ? -ERROR.CODING_UNKNOWN : -ERROR.CODING
}

/** What the framing fields of one head say. Reused. */
export class Framing {
  /** -1 = no Content-Length. */
  length = -1
  chunked = false

  reset(): void {
    this.length = -1
    this.chunked = false
  }

  /** Takes in a Content-Length or Transfer-Encoding field; 0, or a negated ERROR. */
  read(fields: FieldScan, index: number): number {
    if (fields.kinds[index] === FIELD.CONTENT_LENGTH) {
      if (this.length !== -1) return -ERROR.LENGTH_MANY
      this.length = lengthOf(fields.text, fields.at[4 * index + 2] as number, fields.at[4 * index + 3] as number)
      return this.length < 0 ? -ERROR.LENGTH : 0
    }
    if (this.chunked) return -ERROR.CODING
    this.chunked = true
    return codingOf(fields, index)
  }
}
