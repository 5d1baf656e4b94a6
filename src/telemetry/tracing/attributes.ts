// What spans say of a request, by the names of OpenTelemetry's semantic conventions for HTTP and RPC; what these do not know begins
// with `headgate.`.

import type { AttemptRecord } from '../../model/access-record.ts'
import { grpcStatusName, isGrpcFault } from '../../model/grpc.ts'
import { type AttributeWriter, Key } from './span-writer.ts'
import type { DecisionWords, TraceData } from './trace-data.ts'

const METHOD = new Key('http.request.method')
const METHOD_ORIGINAL = new Key('http.request.method_original')
const RESEND_COUNT = new Key('http.request.resend_count')
const STATUS = new Key('http.response.status_code')
const ROUTE = new Key('http.route')
const SCHEME = new Key('url.scheme')
const PATH = new Key('url.path')
const QUERY = new Key('url.query')
const FULL = new Key('url.full')
const SERVER_ADDRESS = new Key('server.address')
const SERVER_PORT = new Key('server.port')
const CLIENT_ADDRESS = new Key('client.address')
const PEER_ADDRESS = new Key('network.peer.address')
const PEER_PORT = new Key('network.peer.port')
const PROTOCOL_VERSION = new Key('network.protocol.version')
const USER_AGENT = new Key('user_agent.original')
const TLS_VERSION = new Key('tls.protocol.version')
const ERROR = new Key('error.type')
const RPC_SYSTEM = new Key('rpc.system.name')
const RPC_METHOD = new Key('rpc.method')
const RPC_METHOD_ORIGINAL = new Key('rpc.method_original')
const RPC_STATUS = new Key('rpc.status_code')
const LISTENER = new Key('headgate.listener')
const REQUEST_ID = new Key('headgate.request_id')
const BYTES_IN = new Key('headgate.bytes_in')
const BYTES_OUT = new Key('headgate.bytes_out')
const UPSTREAM = new Key('headgate.upstream')
const ENDPOINT = new Key('headgate.endpoint')
const OUTCOME = new Key('headgate.outcome')
const CONNECT_MS = new Key('headgate.connect_ms')
const TTFB_MS = new Key('headgate.ttfb_ms')
const QUEUE_MS = new Key('headgate.queue_ms')
const REASON = new Key('headgate.reason')
const UPGRADE = new Key('headgate.upgrade')
const RETRY_REASON = new Key('headgate.retry.reason')
const DECISION_ROUTE = new Key('headgate.decision.route')
const DECISION_NOTES = new Key('headgate.decision.notes')
const DECISION_FILTERS = new Key('headgate.decision.filters')
const DECISION_LEFT_OUT = new Key('headgate.decision.left_out')
const DECISION_NO_RETRY = new Key('headgate.decision.no_retry')

const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE'])
const OTHER = '_OTHER'
const UNIMPLEMENTED = 12
/** Of a query: what the conventions want to see redacted. */
const SIGNATURES =
  /([?&](?:AWSAccessKeyId|Signature|sig|X-Goog-Signature|X-Amz-(?:Signature|Credential|Security-Token))=)[^&]*/g

/** `HTTP` for whatever is not a method of the conventions: names of spans are few. */
export const spanMethod = (method: string): string => (METHODS.has(method) ? method : 'HTTP')

export function putServer(to: AttributeWriter, record: TraceData): void {
  const { method, path, protocol } = record
  const mark = path.indexOf('?')
  to.text(METHOD, METHODS.has(method) ? method : OTHER)
  to.text(SCHEME, record.tlsVersion === '' ? 'http' : 'https')
  to.text(PATH, mark < 0 ? path : path.slice(0, mark))
  if (mark >= 0) to.text(QUERY, unsigned(path.slice(mark)).slice(1))
  if (record.host !== '') to.text(SERVER_ADDRESS, record.host)
  if (record.port > 0) to.number(SERVER_PORT, record.port)
  to.text(CLIENT_ADDRESS, record.client)
  to.text(PEER_ADDRESS, record.peerAddress)
  if (record.peerPort > 0) to.number(PEER_PORT, record.peerPort)
  to.text(PROTOCOL_VERSION, protocol.slice(protocol.indexOf('/') + 1))
  if (record.userAgent !== null) to.text(USER_AGENT, record.userAgent)
  if (record.status > 0) to.number(STATUS, record.status)
  if (record.route !== null) to.text(ROUTE, record.route)
  to.text(LISTENER, record.listener)
  if (record.upstream !== null) to.text(UPSTREAM, record.upstream)
  if (record.endpoint !== null) to.text(ENDPOINT, record.endpoint)
  to.text(REQUEST_ID, record.requestId)
  to.number(BYTES_IN, record.bytesIn)
  to.number(BYTES_OUT, record.bytesOut)
  if (record.ttfbMs !== null) to.number(TTFB_MS, record.ttfbMs)
  putRare(to, record)
}

function putRare(to: AttributeWriter, record: TraceData): void {
  const { method, queueMs, reason, tlsVersion, upgrade } = record
  if (method !== '' && !METHODS.has(method)) to.text(METHOD_ORIGINAL, method)
  if (queueMs !== null && queueMs > 0) to.number(QUEUE_MS, queueMs)
  if (reason !== null) to.text(REASON, reason)
  if (tlsVersion !== '') to.text(TLS_VERSION, tlsVersion.slice('TLSv'.length))
  if (record.grpc) putRpc(to, record)
  if (upgrade !== '') to.text(UPGRADE, upgrade)
  if (failed(record)) to.text(ERROR, reason ?? (record.status < 500 ? rpcStatus(record.grpcStatus) : String(record.status)))
}

/** 5xx or what is the same in gRPC, refused by the gateway with a 5xx, or cut. A 4xx is the client's affair. */
export function failed({ status, reason, grpcStatus }: TraceData): boolean {
  return status >= 500 || isGrpcFault(grpcStatus) || (reason !== null && (status < 400 || status === 499))
}

/** As the conventions write it: `DEADLINE_EXCEEDED`. */
const rpcStatus = (status: number | null): string =>
  grpcStatusName(status ?? 2)
    .toUpperCase()
    .replaceAll('-', '_')

/** For a client, a 4xx is a failure. */
export const attemptFailed = ({ outcome, status }: AttemptRecord): boolean => outcome !== 'ok' || status >= 400

export function putAttempt(to: AttributeWriter, record: TraceData, attempt: AttemptRecord, number: number): void {
  const { endpoint, status, outcome, connectMs, ttfbMs, reason } = attempt
  to.text(METHOD, METHODS.has(record.method) ? record.method : OTHER)
  if (!endpoint.startsWith('unix:'))
    to.text(FULL, `${record.secureEndpoint ? 'https' : 'http'}://${endpoint}${unsigned(record.sent)}`)
  putAddress(to, endpoint)
  if (status > 0) to.number(STATUS, status)
  if (record.upstream !== null) to.text(UPSTREAM, record.upstream)
  to.text(ENDPOINT, endpoint)
  to.text(OUTCOME, outcome)
  if (connectMs !== null) to.number(CONNECT_MS, connectMs)
  if (ttfbMs !== null) to.number(TTFB_MS, ttfbMs)
  if (number > 0) to.number(RESEND_COUNT, number)
  if (reason !== '') to.text(RETRY_REASON, reason)
  if (attemptFailed(attempt)) to.text(ERROR, outcome === 'ok' ? String(status) : outcome)
}

/** `/package.Service/Method`. Whoever answers otherwise than `unimplemented` has such a method; of others it is not known. */
function putRpc(to: AttributeWriter, { path, grpcStatus }: TraceData): void {
  const [, method = ''] = /^\/([^/?]+\/[^/?]+)/.exec(path) ?? []
  const known = grpcStatus !== null && grpcStatus !== UNIMPLEMENTED
  to.text(RPC_SYSTEM, 'grpc')
  to.text(RPC_METHOD, known && method !== '' ? method : OTHER)
  if (!known && method !== '') to.text(RPC_METHOD_ORIGINAL, method)
  if (grpcStatus !== null) to.text(RPC_STATUS, rpcStatus(grpcStatus))
}

function putAddress(to: AttributeWriter, address: string): void {
  const colon = address.lastIndexOf(':')
  const port = address.startsWith('unix:') ? Number.NaN : Number(address.slice(colon + 1))
  if (Number.isNaN(port)) to.text(SERVER_ADDRESS, address.slice('unix:'.length))
  else {
    to.text(SERVER_ADDRESS, address.startsWith('[') ? address.slice(1, colon - 1) : address.slice(0, colon))
    to.number(SERVER_PORT, port)
  }
}

function unsigned(path: string): string {
  return path.includes('?') ? path.replace(SIGNATURES, '$1REDACTED') : path
}

export function putDecision(to: AttributeWriter, { route, notes, filters, leftOut, noRetry }: DecisionWords): void {
  if (route !== '') to.text(DECISION_ROUTE, route)
  if (notes.length > 0) to.texts(DECISION_NOTES, notes)
  if (filters.length > 0) to.texts(DECISION_FILTERS, filters)
  if (leftOut.length > 0) to.texts(DECISION_LEFT_OUT, leftOut)
  if (noRetry !== '') to.text(DECISION_NO_RETRY, noRetry)
}
