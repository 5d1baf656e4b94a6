// A sampled exchange that is over.

import type { TraceData } from '../../../src/telemetry/tracing/trace-data.ts'
import { attemptRecord, record } from '../test-log.ts'

/** With so many spans. */
export function traceData(spans: number, more: Partial<TraceData> = {}): TraceData {
  const {
    headers: _headers,
    tls: _tls,
    decision: _decision,
    traceId: _traceId,
    clientPort: _port,
    receivedMs: _received,
    ...rest
  } = record
  return {
    ...rest,
    ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentId: '' },
    attempts: Array.from({ length: spans - 1 }, () => ({ ...attemptRecord, spanId: 'c'.repeat(16) })),
    ...{
      tlsVersion: '',
      secureEndpoint: false,
      port: 80,
      peerAddress: '127.0.0.1',
      peerPort: 0,
      sent: '/',
      grpc: false,
      upgrade: '',
    },
    decision: { route: '', notes: [], filters: [], leftOut: [], noRetry: '' },
    ...more,
  }
}
