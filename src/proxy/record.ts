// What an exchange that is over comes to in a record, for logs and traces.

import type { AccessRecord, AccessSink } from '../model/access-record.ts'
import type { Clock } from '../model/clock.ts'
import type { Exchange } from '../model/exchange.ts'
import { fieldValue } from '../model/field-text.ts'
import { isGrpcFault } from '../model/grpc.ts'

/** Who logs it; null = nobody. */
export function accessOf({ listener, binding }: Exchange): AccessSink | null {
  const { access, accessByRoute } = listener
  if (accessByRoute === null || binding === null) return access
  const own = accessByRoute.get(binding.name)
  return own === undefined ? access : own
}

/** It was answered with 5xx or what is the same in gRPC, refused by the gateway or cut. */
export function hasFailed({ status, reason, incomplete, grpcStatus }: Exchange): boolean {
  return status >= 500 || reason !== null || incomplete || isGrpcFault(grpcStatus)
}

/** How long the difference between the two times of a clock is taken to stay what it is, in milliseconds: asking costs more than the rest. */
const STEADY_MS = 100
let [asked, askedAt, ahead]: [Clock | null, number, number] = [null, 0, 0]

/** The wall time of a moment that has just been. */
function wallOf(moment: number, now: number, clock: Clock): number {
  if (clock !== asked || !(now - askedAt < STEADY_MS)) {
    ahead = clock.wall() - now
    askedAt = now
    asked = clock
  }
  return moment + ahead
}

export function recordOf(x: Exchange, durationMs: number, clock: Clock): AccessRecord {
  const { binding, startedAt } = x
  const { peer } = x.downstream
  return {
    time: wallOf(startedAt, startedAt + durationMs, clock),
    requestId: x.requestId,
    traceId: x.traceId === '' ? null : x.traceId,
    client: x.client === '' ? peer.address : x.client,
    clientPort: x.client === '' || x.client === peer.address ? peer.port : 0,
    listener: x.listener.name,
    protocol: x.without !== '' ? x.without : x.http2 ? 'HTTP/2' : x.http10 ? 'HTTP/1.0' : 'HTTP/1.1',
    method: x.method,
    host: x.host,
    path: x.asked === '' ? x.path + x.query : x.asked,
    status: x.status,
    reason: x.reason ?? (x.incomplete ? 'client-gone' : null),
    route: binding?.name ?? null,
    upstream: x.upstream?.name ?? null,
    endpoint: x.attempts?.at(-1)?.endpoint ?? null,
    attempts: x.attempts ?? [],
    durationMs,
    receivedMs: x.timed ? received(x) : null,
    queueMs: x.timed && binding !== null ? x.queuedMs : null,
    ttfbMs: x.headAt === 0 ? null : x.headAt - startedAt,
    bytesIn: x.bytesIn,
    bytesOut: x.bytesOut,
    userAgent: fieldValue(x.head, 'user-agent'),
    headers: null,
    grpcStatus: x.grpcStatus < 0 ? null : x.grpcStatus,
    tls: peer.tls,
    decision: null,
  }
}

function received({ receivedAt, startedAt, bodyDone, tunnelled }: Exchange): number | null {
  if (receivedAt > 0) return receivedAt - startedAt
  // What came with the head, or a tunnel's own.
  return bodyDone || tunnelled ? 0 : null
}

/** Those of the request as it came, by name. */
export function headersOf({ head }: Exchange, names: readonly string[]): Readonly<Record<string, string | null>> {
  const found: Record<string, string | null> = {}
  for (const name of names) found[name] = fieldValue(head, name)
  return found
}
