// From the parsed head of an HTTP/1.1 request to the exchange: target and host become one view, fields become canonical text.

import { chooseListener, type ListenerRef } from '../model/client-connection.ts'
import { DROP_FROM_CLIENT, DROP_FROM_TRUSTED } from '../model/dropped-fields.ts'
import type { Exchange } from '../model/exchange.ts'
import { FIELD } from '../model/field-names.ts'
import { normalizeHost, parseAuthority } from '../model/request-host.ts'
import { normalizePath } from '../model/request-path.ts'
import { keepFields } from './keep-fields.ts'
import { ERROR } from './parse-errors.ts'
import type { RequestScan } from './parse-request.ts'
import { askedProtocol } from './switch-protocols.ts'

/** The Host that a connection's requests carried last: the next one is nearly always the same. */
export interface HostMemo {
  authority: string
  host: string
}

const SLASH = 0x2f

/** Longest X-Request-Id of a client that is taken over; a longer or odd one is replaced. */
const MAX_REQUEST_ID = 128

/**
 * Fills `x` from `scan`, whose head has `headBytes` bytes. `trusted`: the peer may speak for its clients.
 * `listener`: to which it came, where others may share its address. Returns 0 or a negated ERROR; RFC 9112 section 3.2 and 3.3.
 */
export function readRequest(
  scan: RequestScan,
  x: Exchange,
  memo: HostMemo,
  trusted: boolean,
  headBytes = scan.fields.text.length,
  listener: ListenerRef | null = null,
): number {
  const { fields } = scan
  const { text } = fields
  x.method = scan.method
  x.http10 = scan.minor === 0
  // What lies behind the head is somebody's body or next request: nothing may be looked up in it.
  x.head = headBytes < text.length ? text.slice(0, headBytes) : text
  if (scan.method === 'TRACE' || scan.method === 'CONNECT') return -ERROR.METHOD_REFUSED
  let start = scan.targetStart
  const end = scan.targetEnd
  if (scan.host !== -1) {
    const authority = fields.value(scan.host)
    if (authority !== memo.authority) {
      const host = normalizeHost(authority)
      if (host === null) return -ERROR.HOST
      memo.authority = authority
      memo.host = host
    }
    x.authority = memo.authority
    x.host = memo.host
  }
  if (text.charCodeAt(start) !== SLASH) {
    if (end - start === 1 && text.charCodeAt(start) === 0x2a) {
      if (scan.method !== 'OPTIONS') return -ERROR.TARGET_FORM
      x.path = '*'
    } else {
      start = readAbsolute(text, start, end, x)
      if (start < 0) return start
    }
  }
  // Before the path: how it is read is the listener's.
  if (listener !== null && !chooseListener(x, listener)) return -ERROR.MISDIRECTED_HOST
  if (x.path === '') {
    const error = readPath(text, start, end, x)
    if (error < 0) return error
  }
  x.body = scan.body
  x.bodyLength = scan.length
  x.bodyDone = scan.body === 0
  x.expectContinue = scan.expect !== -1 && !x.http10 && !x.bodyDone
  x.trailersAccepted = scan.trailers && !x.http10
  x.viaSeen = scan.via !== -1
  x.forwardedSeen = scan.forwarded
  x.traceSeen = scan.trace
  if (scan.requestId !== -1) readRequestId(scan, x)
  if (scan.upgrade !== -1) x.upgrade = askedProtocol(scan)
  x.fields = keepFields(fields, trusted ? DROP_FROM_TRUSTED : DROP_FROM_CLIENT, scan.nominated)
  return 0
}

function readPath(text: string, start: number, end: number, x: Exchange): number {
  const mark = text.indexOf('?', start)
  const hasQuery = mark !== -1 && mark < end
  const raw = text.slice(start, hasQuery ? mark : end)
  const path = normalizePath(raw === '' ? '/' : raw, x.listener.paths)
  if (path === null) return -ERROR.PATH
  x.path = path
  if (hasQuery) x.query = text.slice(mark, end)
  return 0
}

/** `http://authority/path`: must agree with Host; returns where the path starts. */
function readAbsolute(text: string, start: number, end: number, x: Exchange): number {
  const target = text.slice(start, end)
  const match = /^(https?):\/\/([^/?]*)/i.exec(target)
  if (match === null) return -ERROR.TARGET_FORM
  const written = match[2] as string
  const authority = parseAuthority(written)
  if (authority === null) return -ERROR.TARGET_FORM
  const https = (match[1] as string).toLowerCase() === 'https'
  if (https && !x.downstream.peer.secure) return -ERROR.MISDIRECTED
  const port = https ? 443 : 80
  if (x.authority === '') {
    // HTTP/1.0 without Host.
    x.authority = written
    x.host = authority.host
  } else {
    const host = parseAuthority(x.authority)
    if (host === null || host.host !== authority.host || (host.port ?? port) !== (authority.port ?? port))
      return -ERROR.HOST_MISMATCH
  }
  // RFC 9112 3.2.4: the last proxy turns an OPTIONS without path into `*`.
  if (x.method === 'OPTIONS' && (match[0] as string).length === target.length) x.path = '*'
  return start + (match[0] as string).length
}

function readRequestId(scan: RequestScan, x: Exchange): void {
  const { fields } = scan
  const id = fields.value(scan.requestId)
  if (id.length > 0 && id.length <= MAX_REQUEST_ID && /^[\x21-\x7e]+$/.test(id) && !scan.nominated?.includes('x-request-id')) {
    x.requestId = id
    return
  }
  // Left out like an alias; the proxy adds one of ours.
  fields.kinds[scan.requestId] = FIELD.ALIAS
}
