// What spans say of a request, by the names of OpenTelemetry's semantic conventions for HTTP and RPC; what these do not know begins
// with `headgate.`.

import type { AccessRecord, AttemptRecord } from '../../model/access-record.ts'
import type { Exchange } from '../../model/exchange.ts'

export type Attributes = Record<string, string | number | boolean | string[]>

const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE'])
/** Of a query: what the conventions want to see redacted. */
const SIGNATURES = /([?&](?:AWSAccessKeyId|Signature|sig|X-Goog-Signature)=)[^&]*/g

/** `HTTP` for whatever is not a method of the conventions: names of spans are few. */
export const spanMethod = (method: string): string => (METHODS.has(method) ? method : 'HTTP')

export function serverAttributes(x: Exchange, record: AccessRecord): Attributes {
  const { peer } = x.downstream
  const mark = record.path.indexOf('?')
  const port = /:(\d{1,5})$/.exec(x.authority)
  const of: Attributes = { 'url.scheme': peer.secure ? 'https' : 'http' }
  putMethod(of, record.method)
  of['url.path'] = mark < 0 ? record.path : record.path.slice(0, mark)
  if (mark >= 0) of['url.query'] = unsigned(record.path.slice(mark)).slice(1)
  if (record.host !== '') of['server.address'] = record.host
  const localPort = port === null ? peer.localPort : Number(port[1])
  if (localPort > 0) of['server.port'] = localPort
  of['client.address'] = record.client
  of['network.peer.address'] = peer.address
  if (peer.port > 0) of['network.peer.port'] = peer.port
  of['network.protocol.version'] = record.protocol.slice(record.protocol.indexOf('/') + 1)
  if (record.userAgent !== null) of['user_agent.original'] = record.userAgent
  if (record.status > 0) of['http.response.status_code'] = record.status
  if (record.route !== null) of['http.route'] = record.route
  putOurs(of, record)
  if (x.grpc) putRpc(of, record)
  if (x.upgrade !== '') of['headgate.upgrade'] = x.upgrade
  if (record.tls !== null) of['tls.protocol.version'] = record.tls.version.slice('TLSv'.length)
  if (failed(record)) of['error.type'] = record.reason ?? String(record.status)
  return of
}

/** 5xx, refused by the gateway with a 5xx, or cut. A 4xx is the client's affair. */
export const failed = ({ status, reason }: AccessRecord): boolean =>
  status >= 500 || (reason !== null && (status < 400 || status === 499))

export function attemptAttributes(x: Exchange, record: AccessRecord, attempt: AttemptRecord, number: number): Attributes {
  const of: Attributes = { 'headgate.endpoint': attempt.endpoint, 'headgate.outcome': attempt.outcome }
  putMethod(of, record.method)
  putAddress(of, attempt.endpoint)
  const scheme = x.upstream?.settings.secure === true ? 'https' : 'http'
  if (!attempt.endpoint.startsWith('unix:')) of['url.full'] = `${scheme}://${attempt.endpoint}${x.path}${unsigned(x.query)}`
  if (attempt.status > 0) of['http.response.status_code'] = attempt.status
  if (number > 0) of['http.request.resend_count'] = number
  if (record.upstream !== null) of['headgate.upstream'] = record.upstream
  if (attempt.reason !== '') of['headgate.retry.reason'] = attempt.reason
  if (attempt.connectMs !== null) of['headgate.connect_ms'] = attempt.connectMs
  if (attempt.ttfbMs !== null) of['headgate.ttfb_ms'] = attempt.ttfbMs
  if (attempt.outcome !== 'ok') of['error.type'] = attempt.outcome
  else if (attempt.status >= 400) of['error.type'] = String(attempt.status)
  return of
}

function putMethod(of: Attributes, method: string): void {
  if (METHODS.has(method)) {
    of['http.request.method'] = method
    return
  }
  of['http.request.method'] = '_OTHER'
  if (method !== '') of['http.request.method_original'] = method
}

function putOurs(of: Attributes, record: AccessRecord): void {
  of['headgate.listener'] = record.listener
  of['headgate.request_id'] = record.requestId
  if (record.upstream !== null) of['headgate.upstream'] = record.upstream
  if (record.endpoint !== null) of['headgate.endpoint'] = record.endpoint
  if (record.reason !== null) of['headgate.reason'] = record.reason
  if (record.queueMs !== null && record.queueMs > 0) of['headgate.queue_ms'] = record.queueMs
  if (record.ttfbMs !== null) of['headgate.ttfb_ms'] = record.ttfbMs
  of['headgate.bytes_in'] = record.bytesIn
  of['headgate.bytes_out'] = record.bytesOut
}

/** `/package.Service/Method`. */
function putRpc(of: Attributes, { path, grpcStatus }: AccessRecord): void {
  const [, service = '', method = ''] = /^\/([^/?]+)\/([^/?]+)/.exec(path) ?? []
  of['rpc.system'] = 'grpc'
  if (service !== '') of['rpc.service'] = service
  if (method !== '') of['rpc.method'] = method
  if (grpcStatus !== null) of['rpc.grpc.status_code'] = grpcStatus
}

function putAddress(of: Attributes, address: string): void {
  const parts = /^\[?(.*?)\]?:(\d{1,5})$/.exec(address)
  if (parts === null) of['server.address'] = address.startsWith('unix:') ? address.slice('unix:'.length) : address
  else {
    of['server.address'] = parts[1] as string
    of['server.port'] = Number(parts[2])
  }
}

function unsigned(query: string): string {
  return query.replace(SIGNATURES, '$1REDACTED')
}
