// What the spans of a sampled exchange that is over are made of.

import type { AccessRecord, AttemptRecord } from '../../model/access-record.ts'
import type { Decision } from '../../model/decision.ts'
import type { Exchange } from '../../model/exchange.ts'

/** What a span needs to know of its trace. */
export interface Place {
  readonly traceId: string
  /** Of the client's span; '' = the trace begins here. */
  readonly parentId: string
  /** Of the exchange. */
  readonly spanId: string
}

/** Names as in AccessRecord. */
type Recorded = Pick<
  AccessRecord,
  | 'time'
  | 'durationMs'
  | 'requestId'
  | 'client'
  | 'listener'
  | 'protocol'
  | 'method'
  | 'host'
  | 'path'
  | 'status'
  | 'reason'
  | 'route'
  | 'upstream'
  | 'endpoint'
  | 'queueMs'
  | 'ttfbMs'
  | 'bytesIn'
  | 'bytesOut'
  | 'userAgent'
  | 'grpcStatus'
>

export interface TraceData extends Place, Recorded {
  readonly attempts: readonly AttemptRecord[]
  /** '' = cleartext. */
  readonly tlsVersion: string
  /** Endpoints are spoken to by TLS. */
  readonly secureEndpoint: boolean
  /** That the client asked for; 0 = not known. */
  readonly port: number
  readonly peerAddress: string
  /** 0 = not known. */
  readonly peerPort: number
  /** Path and query as endpoints get them. */
  readonly sent: string
  readonly grpc: boolean
  readonly upgrade: string
  /** The words of `explain`. */
  readonly decision: DecisionWords
}

/** So far as they say something. */
export interface DecisionWords {
  readonly route: string
  readonly notes: readonly string[]
  readonly filters: readonly string[]
  readonly leftOut: readonly string[]
  readonly noRetry: string
}

export const spanCount = ({ attempts }: TraceData): number => 1 + attempts.length

export function traceDataOf(
  { traceId, parentId, spanId }: Place,
  x: Exchange,
  record: AccessRecord,
  decision: Decision,
): TraceData {
  const { peer } = x.downstream
  const port = /:(\d{1,5})$/.exec(x.authority)
  return {
    traceId,
    parentId,
    spanId,
    time: record.time,
    durationMs: record.durationMs,
    requestId: record.requestId,
    client: record.client,
    listener: record.listener,
    protocol: record.protocol,
    method: record.method,
    host: record.host,
    path: record.path,
    status: record.status,
    reason: record.reason,
    route: record.route,
    upstream: record.upstream,
    endpoint: record.endpoint,
    queueMs: record.queueMs,
    ttfbMs: record.ttfbMs,
    bytesIn: record.bytesIn,
    bytesOut: record.bytesOut,
    userAgent: record.userAgent,
    grpcStatus: record.grpcStatus,
    attempts: record.attempts,
    tlsVersion: record.tls?.version ?? '',
    secureEndpoint: x.upstream?.settings.secure === true,
    port: port === null ? peer.localPort : Number(port[1]),
    peerAddress: peer.address,
    peerPort: peer.port,
    sent: x.path + x.query,
    grpc: x.grpc,
    upgrade: x.upgrade,
    decision: wordsOf(decision),
  }
}

function wordsOf({ considered, filters, endpoints, notes, noRetry }: Decision): DecisionWords {
  return {
    route: considered[0]?.why ?? '',
    notes,
    filters: filters.map(({ name, effect }) => `${name}: ${effect}`),
    leftOut: endpoints.filter(({ eligible }) => !eligible).map(({ address, why }) => `${address}: ${why}`),
    noRetry: noRetry ?? '',
  }
}
