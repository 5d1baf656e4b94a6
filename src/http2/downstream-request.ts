// From the header list of a request to the exchange: one path, one host, canonical fields, by the same rules as HTTP/1.1.

import { TARGET, TOKEN } from '../model/chars.ts'
import { chooseListener, type ListenerRef } from '../model/client-connection.ts'
import { DROP_FROM_CLIENT, DROP_FROM_TRUSTED } from '../model/dropped-fields.ts'
import type { Exchange } from '../model/exchange.ts'
import { BODY } from '../model/message.ts'
import type { ReasonCode } from '../model/reasons.ts'
import { normalizeHost, parseAuthority } from '../model/request-host.ts'
import { normalizePath } from '../model/request-path.ts'
import { FieldListScan, scanFieldList } from './fields.ts'

export interface Refusal {
  readonly reason: ReasonCode
  readonly detail: string
  /** Not a request at all (RFC 9113 8.1.1): the stream is reset. */
  readonly malformed: boolean
}

/** The authority that a session's requests carried last: the next one is nearly always the same. */
export interface AuthorityMemo {
  authority: string
  host: string
}

const malformed = (detail: string): Refusal => ({ reason: 'bad-request', detail, malformed: true })
const refused = (reason: ReasonCode, detail: string): Refusal => ({ reason, detail, malformed: false })

const REFUSED = {
  pseudo: malformed('a pseudo-header field of a request is missing or does not belong here'),
  method: malformed('the method is not a token'),
  methodCase: refused('bad-request', 'methods are case-sensitive'),
  methodRefused: refused('method-not-allowed', 'TRACE and CONNECT are not served'),
  scheme: malformed('the scheme is neither http nor https'),
  misdirected: refused('misdirected', 'https is not served on this connection'),
  misdirectedHost: refused('misdirected', 'another listener of this address serves that host'),
  noAuthority: malformed('there is neither :authority nor host, or it is empty'),
  authority: refused('bad-request', 'the authority is malformed'),
  mismatch: refused('bad-request', ':authority and host name different hosts'),
  target: malformed(':path is empty, or holds a character that is not allowed'),
  path: refused('bad-request', 'the path is malformed, leaves the root, or hides a separator'),
  uriTooLong: refused('uri-too-long', ':path is longer than limits.requestLine'),
  headerCount: refused('header-limit', 'there are more header fields than limits.headerCount'),
  headerBytes: refused('header-limit', 'the header fields are larger than limits.headerBytes'),
  expect: refused('expectation-failed', 'only 100-continue can be expected'),
  tunnel: malformed('an extended CONNECT has neither a body nor an end'),
  length: malformed('content-length, but no body'),
} as const

const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT'])
/** Whose content has a meaning: without any, its length is said (RFC 9110 8.6). */
const WITH_CONTENT = new Set(['POST', 'PUT', 'PATCH'])
const MAX_METHOD = 64

const scan = new FieldListScan()

/**
 * Fills `x`. `ended`: the header list ended the stream; `listener`: to which it came, where others may share its address. Null, or
 * why the request is refused.
 */
export function readRequest(
  list: readonly string[],
  ended: boolean,
  x: Exchange,
  memo: AuthorityMemo,
  listener: ListenerRef,
): Refusal | null {
  const { peer } = x.downstream
  const wrong = scanFieldList(scan, list, peer.trusted ? DROP_FROM_TRUSTED : DROP_FROM_CLIENT)
  const { method, scheme, path, protocol } = scan
  x.head = scan.all
  if (wrong !== null) return malformed(wrong)
  if (method === null || scan.status !== null) return REFUSED.pseudo
  x.method = method
  const error = readMethod(x, method, protocol)
  if (error !== null) return error
  if (scheme === null || path === null) return REFUSED.pseudo
  if (scheme !== 'http' && scheme !== 'https') return REFUSED.scheme
  const nobody = readAuthority(x, memo)
  if (nobody !== null) return nobody
  // Before the path: how it is read is the listener's.
  if (!chooseListener(x, listener)) return REFUSED.misdirectedHost
  const nowhere = readTarget(path, x)
  if (nowhere !== null) return nowhere
  if (scheme === 'https' && !peer.secure && !peer.trusted) return REFUSED.misdirected
  const { limits } = x.listener
  if (scan.count > limits.headerCount) return REFUSED.headerCount
  if (scan.all.length > limits.headerBytes) return REFUSED.headerBytes
  x.head = scan.host === null ? `host: ${x.authority}\r\n${scan.all}` : scan.all
  x.fields = scan.kept
  x.requestId = scan.requestId
  x.trailersAccepted = scan.trailers
  x.viaSeen = scan.via
  x.forwardedSeen = scan.forwarded
  x.traceSeen = scan.trace
  if (!x.upgradeOnly) return readBody(x, ended)
  // What follows is not a body.
  return ended || scan.length !== -1 || scan.expect !== null ? REFUSED.tunnel : null
}

function readMethod(x: Exchange, method: string, protocol: string | null): Refusal | null {
  if (method === 'GET' && protocol === null) return null
  for (let i = 0; i < method.length; i++) if (TOKEN[method.charCodeAt(i)] !== 1) return REFUSED.method
  if (method === '' || method.length > MAX_METHOD) return REFUSED.method
  if (protocol !== null) {
    if (method !== 'CONNECT' || protocol === '') return REFUSED.pseudo
    // RFC 8441 section 5: for routes and endpoints it is what it is in HTTP/1.1, a GET that asks for an upgrade.
    x.method = 'GET'
    x.upgrade = protocol.toLowerCase()
    x.upgradeOnly = true
    return null
  }
  if (method === 'TRACE' || method === 'CONNECT') return REFUSED.methodRefused
  return KNOWN_METHODS.has(method) || !KNOWN_METHODS.has(method.toUpperCase()) ? null : REFUSED.methodCase
}

function readTarget(path: string, x: Exchange): Refusal | null {
  if (path === '*') {
    x.path = '*'
    return x.method === 'OPTIONS' ? null : REFUSED.target
  }
  if (path.length > x.listener.limits.requestLine) return REFUSED.uriTooLong
  if (path.charCodeAt(0) !== 0x2f) return REFUSED.target
  for (let i = 1; i < path.length; i++) if (TARGET[path.charCodeAt(i)] !== 1) return REFUSED.target
  const mark = path.indexOf('?')
  const normal = normalizePath(mark === -1 ? path : path.slice(0, mark), x.listener.paths)
  if (normal === null) return REFUSED.path
  x.path = normal
  if (mark !== -1) x.query = path.slice(mark)
  return null
}

function readAuthority(x: Exchange, memo: AuthorityMemo): Refusal | null {
  const authority = scan.authority ?? scan.host
  if (authority === null || authority === '' || scan.host === '') return REFUSED.noAuthority
  if (authority !== memo.authority) {
    const host = normalizeHost(authority)
    if (host === null) return REFUSED.authority
    memo.authority = authority
    memo.host = host
  }
  x.authority = memo.authority
  x.host = memo.host
  return scan.host !== null && scan.host !== authority && !agree(scan.host, authority, scan.scheme as string)
    ? REFUSED.mismatch
    : null
}

function agree(host: string, authority: string, scheme: string): boolean {
  const one = parseAuthority(host)
  const other = parseAuthority(authority)
  const port = scheme === 'https' ? 443 : 80
  return one !== null && other !== null && one.host === other.host && (one.port ?? port) === (other.port ?? port)
}

function readBody(x: Exchange, ended: boolean): Refusal | null {
  x.bodyDone = ended
  if (scan.expect !== null) {
    if (scan.expect.toLowerCase() !== '100-continue') return REFUSED.expect
    x.expectContinue = !ended
  }
  if (ended) {
    if (scan.length > 0) return REFUSED.length
    if (scan.length === -1 && WITH_CONTENT.has(x.method)) x.fields += 'content-length: 0\r\n'
  } else if (scan.length === -1) x.body = BODY.STREAM
  else if (scan.length > 0) {
    x.body = BODY.LENGTH
    x.bodyLength = scan.length
  }
  // A length of 0 and no end yet: there is nothing to send on, only an end to wait for.
  else x.bodyDone = true
  x.grpc = scan.grpc
  return null
}
