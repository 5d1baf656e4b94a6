// HTTP/2 header lists, flat as node:http2 gives and takes them (name, value, name, value, …), and canonical field text: each made
// of the other. RFC 9113 section 8.2 and 8.3: what it calls malformed is never translated.

import { lengthOf } from '../model/content-length.ts'
import { classify, FIELD } from '../model/field-names.ts'

const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
/** Control characters, and white space at an end. */
const BAD_VALUE = /[^\t -~\x80-\xff]|^[ \t]|[ \t]$/

/** What one header list says. Reused: valid until the next scan. */
export class FieldListScan {
  // Pseudo-header fields, null = absent.
  method: string | null = null
  scheme: string | null = null
  authority: string | null = null
  path: string | null = null
  protocol: string | null = null
  status: string | null = null

  /** Fields that are no pseudo-header fields, cookie crumbs each counted. */
  count = 0
  /** Canonical lines of all of them, crumbs joined. */
  all = ''
  /** Canonical lines of those that travel on. */
  kept = ''
  /** -1 = no Content-Length. */
  length = -1
  host: string | null = null
  expect: string | null = null
  /** A valid one that may be taken over; it is among `kept` then. */
  requestId = ''
  /** TE says `trailers` (the only thing that it may say). */
  trailers = false
  via = false
  /** There is one of X-Forwarded-For, -Proto, -Host, -Port, Forwarded. */
  forwarded = false
  /** Some field of a trace is there. */
  trace = false
  date = false
  /** The content is gRPC (not gRPC-Web, which is a format of its own). */
  grpc = false

  reset(): void {
    this.method = this.scheme = this.authority = this.path = this.protocol = this.status = null
    this.count = 0
    this.all = this.kept = ''
    this.length = -1
    this.host = this.expect = null
    this.requestId = ''
    this.trailers = this.via = this.forwarded = this.trace = this.date = this.grpc = false
  }
}

const GRPC = /^application\/grpc(?:$|[+; \t])/i

/** Longest X-Request-Id that is taken over; a longer or odd one is left out. */
const REQUEST_ID = /^[\x21-\x7e]{1,128}$/

/**
 * Reads a header list; fields whose kind `drop` names stay out of `kept`. Returns null, or in words why the message is malformed
 * (a stream error, RFC 9113 8.1.1).
 */
export function scanFieldList(scan: FieldListScan, list: readonly string[], drop: Uint8Array): string | null {
  scan.reset()
  let all = ''
  let kept = ''
  let cookies = ''
  /** Nothing has been dropped: `kept` is `all`. */
  let same = true
  let i = 0
  for (; i < list.length && (list[i] as string).charCodeAt(0) === 0x3a; i += 2) {
    const error = pseudo(scan, list[i] as string, list[i + 1] as string)
    if (error !== null) return error
  }
  scan.count = (list.length - i) / 2
  for (; i < list.length; i += 2) {
    const name = list[i] as string
    const value = list[i + 1] as string
    if (!NAME.test(name))
      return name.charCodeAt(0) === 0x3a ? 'a pseudo-header field behind a field' : 'a field name is malformed'
    if (BAD_VALUE.test(value)) return 'a field value holds a control character or white space at an end'
    if (name === 'cookie') {
      cookies = cookies === '' ? value : `${cookies}; ${value}`
      continue
    }
    const line = `${name}: ${value}\r\n`
    const kind = classify(name, 0, name.length)
    if (kind === FIELD.PLAIN) {
      if (!same) kept += line
    } else {
      const error = special(scan, kind, name, value)
      if (error !== null) return error
      if (drop[kind] === 1 || (kind === FIELD.X_REQUEST_ID && scan.requestId === '')) {
        if (same) kept = all
        same = false
      } else if (!same) kept += line
    }
    all += line
  }
  if (cookies !== '') {
    // RFC 9113 8.2.3: for everybody else it is one field again.
    const line = `cookie: ${cookies}\r\n`
    all += line
    if (!same) kept += line
  }
  scan.all = all
  scan.kept = same ? all : kept
  return null
}

function pseudo(scan: FieldListScan, name: string, value: string): string | null {
  let known: 'method' | 'scheme' | 'authority' | 'path' | 'protocol' | 'status'
  switch (name) {
    case ':method':
    case ':scheme':
    case ':authority':
    case ':path':
    case ':protocol':
    case ':status':
      known = name.slice(1) as typeof known
      break
    default:
      return 'a pseudo-header field is unknown'
  }
  if (scan[known] !== null) return `${name} is there twice`
  scan[known] = value
  return null
}

function special(scan: FieldListScan, kind: number, name: string, value: string): string | null {
  switch (kind) {
    case FIELD.CONNECTION:
    case FIELD.KEEP_ALIVE:
    case FIELD.TRANSFER_ENCODING:
    case FIELD.UPGRADE:
      return `${name} means nothing in HTTP/2`
    case FIELD.HOP:
      return name === 'proxy-connection' ? `${name} means nothing in HTTP/2` : null
    case FIELD.TE:
      if (value !== 'trailers') return 'te says something else than trailers'
      scan.trailers = true
      return null
    case FIELD.CONTENT_LENGTH:
      if (scan.length !== -1) return 'there is more than one content-length'
      scan.length = lengthOf(value, 0, value.length)
      return scan.length < 0 ? 'content-length is not a plain decimal number' : null
    case FIELD.HOST:
      if (scan.host !== null) return 'there is more than one host'
      scan.host = value
      return null
    case FIELD.EXPECT:
      scan.expect = scan.expect === null ? value : `${scan.expect}, ${value}`
      return null
    case FIELD.X_REQUEST_ID:
      if (REQUEST_ID.test(value)) scan.requestId = value
      return null
    case FIELD.VIA:
      scan.via = true
      return null
    case FIELD.X_FORWARDED_FOR:
    case FIELD.X_FORWARDED_PROTO:
    case FIELD.X_FORWARDED_HOST:
    case FIELD.X_FORWARDED_PORT:
    case FIELD.FORWARDED:
      scan.forwarded = true
      return null
    case FIELD.TRACE:
      scan.trace = true
      return null
    case FIELD.GUARDED:
      if (name === 'content-type' && GRPC.test(value)) scan.grpc = true
      return null
    case FIELD.DATE:
      scan.date = true
      return null
    default:
      return null
  }
}

/** RFC 9113 8.2.2: what no HTTP/2 message has, wherever it came from (a filter may have set it). */
const CONNECTION_SPECIFIC = /^(?:connection|keep-alive|proxy-connection|transfer-encoding|upgrade|http2-settings|te|host)$/

/** Appends canonical field lines to a header list, names in lower case. */
export function appendFields(list: string[], text: string): void {
  let pos = 0
  while (pos < text.length) {
    const colon = text.indexOf(':', pos)
    const end = text.indexOf('\r\n', colon)
    if (colon === -1 || end === -1) return
    const name = text.slice(pos, colon).toLowerCase()
    if (!CONNECTION_SPECIFIC.test(name)) list.push(name, text.slice(colon + 2, end))
    pos = end + 2
  }
}

/** The same as an object, as node:http2 wants trailers and interim responses; a name that comes twice becomes a list. */
export function fieldObject(text: string): Record<string, string | string[]> {
  const list: string[] = []
  appendFields(list, text)
  const fields: Record<string, string | string[]> = Object.create(null)
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i] as string
    const there = fields[name]
    if (there === undefined) fields[name] = list[i + 1] as string
    else fields[name] = (Array.isArray(there) ? there : [there]).concat(list[i + 1] as string)
  }
  return fields
}
