// The head of a request: request line, fields, framing. Strict by RFC 9112; what two readers could read in two ways is refused.

import { CR, LF, SP, TARGET, TOKEN } from '../model/chars.ts'
import { FIELD } from '../model/field-names.ts'
import { BODY } from '../model/message.ts'
import { readConnection } from './connection-field.ts'
import { Framing } from './framing.ts'
import { ERROR } from './parse-errors.ts'
import { FieldScan, scanFields } from './scan-fields.ts'

export interface HeadLimits {
  /** Bytes of the request line without CRLF. */
  readonly requestLine: number
  /** Bytes of the header section with its empty line. */
  readonly headerBytes: number
  readonly headerCount: number
}

/** No registered method is longer than 17 characters. */
const MAX_METHOD = 64

/** In place of the index of a field that came more than once. */
const MANY = -2

/** What one parse found. Reused; see FieldScan. Indexes are -1 where a field is absent. */
export class RequestScan {
  readonly fields = new FieldScan()
  method = ''
  /** The target as received. */
  targetStart = 0
  targetEnd = 0
  /** Minor version, 0 or 1: every later 1.x is spoken to as 1.1. */
  minor = 1
  body: number = BODY.NONE
  /** Bytes of the body when `body` is LENGTH. */
  length = 0
  host = -1
  expect = -1
  /** -2 = there are several. */
  upgrade = -1
  requestId = -1
  via = -1
  /** A `Connection` field asks for close. */
  close = false
  keepAlive = false
  /** A `Connection` field has `upgrade`. */
  connectionUpgrade = false
  /** `Upgrade` names websocket. */
  websocket = false
  /** TE holds `trailers`. */
  trailers = false
  /** Lower-case names that `Connection` fields nominate beyond the usual ones; null when there are none. */
  nominated: string[] | null = null
  /** Some client-trust field (X-Forwarded-*, Forwarded) is there. */
  forwarded = false
  /** Some field of a trace is there. */
  trace = false

  reset(): void {
    this.body = BODY.NONE
    this.length = 0
    this.host = this.expect = this.upgrade = this.requestId = this.via = -1
    this.close = this.keepAlive = this.connectionUpgrade = this.trailers = this.forwarded = this.trace = this.websocket = false
    this.nominated = null
  }
}

const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT'])

function methodOf(text: string, start: number, end: number): string | null {
  if (
    end - start === 3 &&
    text.charCodeAt(start) === 0x47 &&
    text.charCodeAt(start + 1) === 0x45 &&
    text.charCodeAt(start + 2) === 0x54
  ) {
    return 'GET'
  }
  const method = text.slice(start, end)
  if (KNOWN_METHODS.has(method)) return method
  return KNOWN_METHODS.has(method.toUpperCase()) ? null : method
}

/** The version in the eight characters at `pos`: minor 0 or 1, or a negated ERROR. */
function versionOf(text: string, pos: number): number {
  if (!text.startsWith('HTTP/', pos)) return -ERROR.VERSION_SYNTAX
  const major = text.charCodeAt(pos + 5) - 0x30
  const minor = text.charCodeAt(pos + 7) - 0x30
  if (!(major >= 0 && major <= 9 && minor >= 0 && minor <= 9) || text.charCodeAt(pos + 6) !== 0x2e) return -ERROR.VERSION_SYNTAX
  if (major !== 1) return -ERROR.VERSION
  return minor === 0 ? 0 : 1
}

/**
 * Parses the head at the start of `text` (latin1). Returns the bytes consumed, up to and with the empty line; 0 when the head is
 * not complete (and not wrong) yet; a negated ERROR otherwise. The verdict does not depend on how the bytes were cut.
 */
export function parseRequestHead(text: string, limits: HeadLimits, scan: RequestScan): number {
  scan.reset()
  const { fields } = scan
  fields.reset(text)
  let pos = 0
  const length = text.length
  if (text.charCodeAt(0) === CR) {
    if (length === 1) return 0
    if (text.charCodeAt(1) !== LF) return -ERROR.LINE_END
    pos = 2
    if (text.charCodeAt(2) === CR) return -ERROR.EMPTY_LINES
  }
  const start = pos
  const limit = start + limits.requestLine
  while (pos < length && TOKEN[text.charCodeAt(pos)] === 1) pos++
  if (pos - start > MAX_METHOD) return -ERROR.METHOD
  if (pos === length) return 0
  if (pos === start || text.charCodeAt(pos) !== SP) return -ERROR.METHOD
  const method = methodOf(text, start, pos)
  if (method === null) return -ERROR.METHOD_CASE
  scan.method = method
  scan.targetStart = ++pos
  const end = Math.min(length, limit)
  while (pos < end && TARGET[text.charCodeAt(pos)] === 1) pos++
  if (pos >= limit) return -ERROR.URI_TOO_LONG
  if (pos === length) return 0
  if (text.charCodeAt(pos) !== SP)
    return pos === scan.targetStart || text.charCodeAt(pos) !== CR ? -ERROR.TARGET : -ERROR.VERSION_SYNTAX
  if (pos === scan.targetStart) return -ERROR.TARGET
  scan.targetEnd = pos++
  if (length < pos + 10) return versionPrefix(text, pos)
  const minor = versionOf(text, pos)
  if (minor < 0) return minor
  pos += 8
  if (pos > limit) return -ERROR.URI_TOO_LONG
  if (text.charCodeAt(pos) !== CR) return text.charCodeAt(pos) === LF ? -ERROR.LINE_END : -ERROR.VERSION_SYNTAX
  if (text.charCodeAt(pos + 1) !== LF) return -ERROR.LINE_END
  scan.minor = minor
  const consumed = scanFields(fields, pos + 2, limits.headerBytes, limits.headerCount)
  if (consumed <= 0) return consumed
  const error = interpret(scan)
  return error < 0 ? error : consumed
}

const VERSION_PREFIX = 'HTTP/'

/** The rest of the request line has not arrived: 0 if what is there may still become a version, so that a wrong one is not waited for. */
function versionPrefix(text: string, pos: number): number {
  for (let i = pos; i < text.length; i++) {
    const c = text.charCodeAt(i)
    const at = i - pos
    const digit = c >= 0x30 && c <= 0x39
    let fits: boolean
    if (at < 5) fits = c === VERSION_PREFIX.charCodeAt(at)
    else if (at === 6) fits = c === 0x2e
    else if (at === 5 || at === 7) fits = digit
    else fits = at === 8 ? c === CR : c === LF
    if (!fits) return at >= 8 && (c === LF || at === 9) ? -ERROR.LINE_END : -ERROR.VERSION_SYNTAX
    if (at === 7) {
      const version = versionOf(text, pos)
      if (version < 0) return version
    }
  }
  return 0
}

const framing = new Framing()

/** Reads the fields that decide framing, connection and host. */
function interpret(scan: RequestScan): number {
  const { fields } = scan
  framing.reset()
  for (let i = 0; i < fields.specialCount; i++) {
    const index = fields.special[i] as number
    switch (fields.kinds[index]) {
      case FIELD.HOST:
        if (scan.host !== -1) return -ERROR.HOST_MANY
        scan.host = index
        break
      case FIELD.CONNECTION:
        readConnection(scan, fields.value(index))
        break
      case FIELD.CONTENT_LENGTH:
      case FIELD.TRANSFER_ENCODING: {
        const error = framing.read(fields, index)
        if (error < 0) return error
        break
      }
      case FIELD.EXPECT:
        if (scan.expect !== -1 || fields.value(index).toLowerCase() !== '100-continue') return -ERROR.EXPECT
        // White space behind the value is legal, but no client writes it and some readers take it for another expectation.
        if (fields.text.charCodeAt(fields.at[4 * index + 3] as number) !== CR) return -ERROR.EXPECT
        scan.expect = index
        break
      case FIELD.TE:
        if (/(?:^|[\s,])trailers(?:[\s,;]|$)/i.test(fields.value(index))) scan.trailers = true
        break
      case FIELD.UPGRADE:
        scan.upgrade = scan.upgrade === -1 ? index : MANY
        if (/(?:^|[\s,])websocket(?:[\s,/]|$)/i.test(fields.value(index))) scan.websocket = true
        break
      case FIELD.VIA:
        scan.via = index
        break
      case FIELD.X_REQUEST_ID:
        scan.requestId = index
        break
      case FIELD.X_FORWARDED_FOR:
      case FIELD.X_FORWARDED_PROTO:
      case FIELD.X_FORWARDED_HOST:
      case FIELD.X_FORWARDED_PORT:
      case FIELD.FORWARDED:
        scan.forwarded = true
        break
      case FIELD.TRACE:
        scan.trace = true
        break
    }
  }
  if (scan.host === -1 && scan.minor === 1) return -ERROR.HOST_MISSING
  if (framing.chunked) {
    if (framing.length !== -1) return -ERROR.LENGTH_AND_CODING
    if (scan.minor === 0) return -ERROR.CODING_1_0
    scan.body = BODY.STREAM
  } else if (framing.length > 0) {
    scan.body = BODY.LENGTH
    scan.length = framing.length
  }
  // RFC 6455 4.1 has no body in an opening handshake: what would follow it are frames to one reader and a body to another.
  return scan.websocket && scan.connectionUpgrade && scan.body !== BODY.NONE ? -ERROR.UPGRADE_BODY : 0
}
