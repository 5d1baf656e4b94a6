// The head of a response: status line, fields, framing. Strict like the request's; an endpoint is not trusted more than a client.

import { CR, LF, SP, VALUE } from '../model/chars.ts'
import { FIELD } from '../model/field-names.ts'
import { BODY } from '../model/message.ts'
import { readConnection } from './connection-field.ts'
import { Framing } from './framing.ts'
import { ERROR } from './parse-errors.ts'
import { FieldScan, scanFields } from './scan-fields.ts'

/** Bytes of a status line; a longer reason phrase is not worth reading. */
const MAX_STATUS_LINE = 72 * 1024
/** A phrase longer than this is replaced by the standard one. */
const MAX_PHRASE = 128
export const RESPONSE_HEADER_BYTES = 64 * 1024
export const RESPONSE_HEADER_COUNT = 256

/** What one parse found. Reused; see FieldScan. */
export class ResponseScan {
  readonly fields = new FieldScan()
  status = 0
  minor = 1
  /** The reason phrase is fit to be passed on; it lies in `[12 + 1, phraseEnd)` of the text. */
  phraseOk = true
  phraseEnd = 0
  /** Start of the header section. */
  fieldsStart = 0
  body: number = BODY.NONE
  /** Bytes of the body when `body` is LENGTH. */
  length = 0
  close = false
  keepAlive = false
  connectionUpgrade = false
  /** Index of the Upgrade field; -1 = none, -2 = several. */
  upgrade = -1
  /** An interim response speaks of a body, which it cannot have. */
  framed = false
  nominated: string[] | null = null
  date = false
  /** Seconds from `Keep-Alive: timeout=N`, -1 = not said. */
  keepAliveTimeout = -1

  reset(): void {
    this.phraseOk = true
    this.body = BODY.NONE
    this.length = 0
    this.close = this.keepAlive = this.connectionUpgrade = this.date = this.framed = false
    this.upgrade = -1
    this.nominated = null
    this.keepAliveTimeout = -1
  }
}

/**
 * Parses the head at the start of `text` (latin1) of the answer to a request that was a HEAD or not. Returns as parseRequestHead
 * does.
 */
export function parseResponseHead(text: string, head: boolean, scan: ResponseScan): number {
  scan.reset()
  scan.fields.reset(text)
  const length = text.length
  if (length < 13) return statusPrefix(text)
  if (!text.startsWith('HTTP/1.', 0) || text.charCodeAt(8) !== SP) return -ERROR.STATUS_LINE
  const minor = text.charCodeAt(7) - 0x30
  const a = text.charCodeAt(9) - 0x30
  const b = text.charCodeAt(10) - 0x30
  const c = text.charCodeAt(11) - 0x30
  if (!(minor >= 0 && minor <= 9 && a >= 1 && a <= 9 && b >= 0 && b <= 9 && c >= 0 && c <= 9)) return -ERROR.STATUS_LINE
  scan.minor = minor === 0 ? 0 : 1
  scan.status = a * 100 + b * 10 + c
  let pos = 12
  if (text.charCodeAt(pos) === SP) {
    const end = Math.min(length, MAX_STATUS_LINE)
    pos++
    let code = text.charCodeAt(pos)
    // Control characters other than CR and LF only cost the phrase; the line ends at its CRLF whatever is in between.
    while (pos < end && code !== CR && code !== LF) {
      if (VALUE[code] !== 1) scan.phraseOk = false
      code = text.charCodeAt(++pos)
    }
    if (pos >= end) return length >= MAX_STATUS_LINE ? -ERROR.STATUS_LINE : 0
    if (pos - 13 > MAX_PHRASE) scan.phraseOk = false
  }
  scan.phraseEnd = pos
  if (text.charCodeAt(pos) !== CR) return -ERROR.STATUS_LINE
  if (pos + 1 >= length) return 0
  if (text.charCodeAt(pos + 1) !== LF) return -ERROR.STATUS_LINE
  scan.fieldsStart = pos + 2
  const consumed = scanFields(scan.fields, pos + 2, RESPONSE_HEADER_BYTES, RESPONSE_HEADER_COUNT)
  if (consumed <= 0) return consumed
  const error = interpret(scan, head)
  return error < 0 ? error : consumed
}

const STATUS_PREFIX = 'HTTP/1.'

function statusPrefix(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    const digit = c >= 0x30 && c <= 0x39
    let fits: boolean
    if (i < 7) fits = c === STATUS_PREFIX.charCodeAt(i)
    else if (i === 8) fits = c === SP
    else if (i === 9) fits = digit && c !== 0x30
    else fits = digit || (i === 12 && (c === SP || c === CR))
    if (!fits) return -ERROR.STATUS_LINE
  }
  return 0
}

const framing = new Framing()

/** 101 is judged by the caller: it is an answer only to an upgrade. */
function interpret(scan: ResponseScan, head: boolean): number {
  const { fields, status } = scan
  framing.reset()
  for (let i = 0; i < fields.specialCount; i++) {
    const index = fields.special[i] as number
    switch (fields.kinds[index]) {
      case FIELD.CONNECTION:
        readConnection(scan, fields.value(index))
        break
      case FIELD.CONTENT_LENGTH:
      case FIELD.TRANSFER_ENCODING: {
        const error = framing.read(fields, index)
        if (error < 0) return error
        break
      }
      case FIELD.UPGRADE:
        scan.upgrade = scan.upgrade === -1 ? index : -2
        break
      case FIELD.KEEP_ALIVE:
        scan.keepAliveTimeout = timeoutOf(fields.value(index))
        break
      case FIELD.DATE:
        scan.date = true
        break
    }
  }
  if (framing.chunked && (framing.length !== -1 || scan.minor === 0)) return -ERROR.LENGTH_AND_CODING
  scan.framed = status < 200 && (framing.chunked || framing.length > 0)
  if (head || status < 200 || status === 204 || status === 304) return 0
  if (framing.chunked) scan.body = BODY.STREAM
  else if (framing.length >= 0) {
    scan.length = framing.length
    scan.body = framing.length > 0 ? BODY.LENGTH : BODY.NONE
  } else scan.body = BODY.CLOSE
  return 0
}

function timeoutOf(value: string): number {
  const match = /(?:^|[\s,])timeout=(\d{1,6})/i.exec(value)
  return match === null ? -1 : Number(match[1])
}
