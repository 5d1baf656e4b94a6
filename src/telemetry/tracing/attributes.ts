// What spans say of a request, by the names of OpenTelemetry's semantic conventions for HTTP and RPC; what these do not know begins
// with `headgate.`.

import type { AttemptRecord } from '../../model/access-record.ts'
import type { DecisionWords, TraceData } from './trace-data.ts'

export type Attributes = Record<string, string | number | boolean | string[]>

const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE'])
/** Of a query: what the conventions want to see redacted. */
const SIGNATURES = /([?&](?:AWSAccessKeyId|Signature|sig|X-Goog-Signature)=)[^&]*/g

/** `HTTP` for whatever is not a method of the conventions: names of spans are few. */
export const spanMethod = (method: string): string => (METHODS.has(method) ? method : 'HTTP')

export function serverAttributes(record: TraceData): Attributes {
  const { path, protocol } = record
  const mark = path.indexOf('?')
  // What is always there comes first, at once: that is the quick way to make an object.
  const of: Attributes = {
    'http.request.method': METHODS.has(record.method) ? record.method : '_OTHER',
    'url.scheme': record.tlsVersion === '' ? 'http' : 'https',
    'url.path': mark < 0 ? path : path.slice(0, mark),
    'client.address': record.client,
    'network.peer.address': record.peerAddress,
    'network.protocol.version': protocol.slice(protocol.indexOf('/') + 1),
    'headgate.listener': record.listener,
    'headgate.request_id': record.requestId,
    'headgate.bytes_in': record.bytesIn,
    'headgate.bytes_out': record.bytesOut,
  }
  if (record.status > 0) of['http.response.status_code'] = record.status
  if (record.host !== '') of['server.address'] = record.host
  if (record.port > 0) of['server.port'] = record.port
  if (record.peerPort > 0) of['network.peer.port'] = record.peerPort
  if (record.route !== null) of['http.route'] = record.route
  if (record.upstream !== null) of['headgate.upstream'] = record.upstream
  if (record.endpoint !== null) of['headgate.endpoint'] = record.endpoint
  if (record.userAgent !== null) of['user_agent.original'] = record.userAgent
  if (record.ttfbMs !== null) of['headgate.ttfb_ms'] = record.ttfbMs
  if (mark >= 0) of['url.query'] = unsigned(path.slice(mark)).slice(1)
  putRare(of, record)
  return of
}

function putRare(of: Attributes, record: TraceData): void {
  if (of['http.request.method'] === '_OTHER' && record.method !== '') of['http.request.method_original'] = record.method
  if (record.queueMs !== null && record.queueMs > 0) of['headgate.queue_ms'] = record.queueMs
  if (record.reason !== null) of['headgate.reason'] = record.reason
  if (record.tlsVersion !== '') of['tls.protocol.version'] = record.tlsVersion.slice('TLSv'.length)
  if (record.grpc) putRpc(of, record)
  if (record.upgrade !== '') of['headgate.upgrade'] = record.upgrade
  if (failed(record)) of['error.type'] = record.reason ?? String(record.status)
}

/** 5xx, refused by the gateway with a 5xx, or cut. A 4xx is the client's affair. */
export function failed({ status, reason }: TraceData): boolean {
  return status >= 500 || (reason !== null && (status < 400 || status === 499))
}

export function attemptAttributes(record: TraceData, attempt: AttemptRecord, number: number): Attributes {
  const { endpoint, status, outcome } = attempt
  const of: Attributes = {
    'http.request.method': METHODS.has(record.method) ? record.method : '_OTHER',
    'headgate.endpoint': endpoint,
    'headgate.outcome': outcome,
  }
  putAddress(of, endpoint)
  if (!endpoint.startsWith('unix:'))
    of['url.full'] = `${record.secureEndpoint ? 'https' : 'http'}://${endpoint}${unsigned(record.sent)}`
  if (record.upstream !== null) of['headgate.upstream'] = record.upstream
  if (status > 0) of['http.response.status_code'] = status
  if (attempt.connectMs !== null) of['headgate.connect_ms'] = attempt.connectMs
  if (attempt.ttfbMs !== null) of['headgate.ttfb_ms'] = attempt.ttfbMs
  if (number > 0) of['http.request.resend_count'] = number
  if (attempt.reason !== '') of['headgate.retry.reason'] = attempt.reason
  if (outcome !== 'ok') of['error.type'] = outcome
  else if (status >= 400) of['error.type'] = String(status)
  return of
}

/** `/package.Service/Method`. */
function putRpc(of: Attributes, { path, grpcStatus }: TraceData): void {
  const [, service = '', method = ''] = /^\/([^/?]+)\/([^/?]+)/.exec(path) ?? []
  of['rpc.system'] = 'grpc'
  if (service !== '') of['rpc.service'] = service
  if (method !== '') of['rpc.method'] = method
  if (grpcStatus !== null) of['rpc.grpc.status_code'] = grpcStatus
}

function putAddress(of: Attributes, address: string): void {
  const colon = address.lastIndexOf(':')
  const port = address.startsWith('unix:') ? Number.NaN : Number(address.slice(colon + 1))
  if (Number.isNaN(port)) of['server.address'] = address.slice('unix:'.length)
  else {
    of['server.address'] = address.startsWith('[') ? address.slice(1, colon - 1) : address.slice(0, colon)
    of['server.port'] = port
  }
}

function unsigned(path: string): string {
  return path.includes('?') ? path.replace(SIGNATURES, '$1REDACTED') : path
}

export function decisionAttributes({ route, notes, filters, leftOut, noRetry }: DecisionWords): Attributes {
  const of: Attributes = {}
  if (route !== '') of['headgate.decision.route'] = route
  if (notes.length > 0) of['headgate.decision.notes'] = [...notes]
  if (filters.length > 0) of['headgate.decision.filters'] = [...filters]
  if (leftOut.length > 0) of['headgate.decision.left_out'] = [...leftOut]
  if (noRetry !== '') of['headgate.decision.no_retry'] = noRetry
  return of
}
