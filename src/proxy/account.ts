// The outcome of an exchange: counters and access log. Runs once, after the last byte.

import type { AccessRecord, AccessSink } from '../model/access-record.ts'
import type { Clock } from '../model/clock.ts'
import type { Exchange } from '../model/exchange.ts'
import { fieldValue } from '../model/field-text.ts'
import { endFilters } from './filters.ts'
import { forgetHeld } from './held-body.ts'
import { responsesInUse } from './stand-in.ts'

export function account(x: Exchange, clock: Clock): void {
  if (x.accounted) return
  x.accounted = true
  if (x.buffered > 0) forgetHeld(x)
  const duration = clock.now() - x.startedAt
  if (x.chain?.onEnd) endFilters(x, x.chain)
  const { listener } = x
  if (!x.tunnelled) {
    listener.counters.bytesOut += x.bytesOut
    countAnswer(x, duration)
  }
  const { access, onlooker } = listener
  if (access !== null) tell(access, x, duration, clock)
  if (onlooker.sink !== null) tell(onlooker.sink, x, duration, clock)
}

function tell(sink: AccessSink, x: Exchange, durationMs: number, clock: Clock): void {
  const failed = x.status >= 500 || x.reason !== null || x.incomplete
  // A tunnel is not slow because it lasts.
  if (sink.wants(x.status, x.tunnelled ? 0 : durationMs, failed)) sink.write(recordOf(x, durationMs, clock))
}

/** A tunnel's is counted when it opens: `durationMs` is what that took. */
export function countAnswer(x: Exchange, durationMs: number): void {
  const { binding, listener } = x
  if (binding === null) listener.noRoute.add(x.status)
  else {
    const responses = binding.standIns === null ? binding.responses[x.choice] : responsesInUse(x)
    responses?.add(x.status)
    binding.duration.observe(durationMs)
  }
}

function recordOf(x: Exchange, durationMs: number, clock: Clock): AccessRecord {
  const { binding } = x
  return {
    time: clock.wall() - durationMs,
    requestId: x.requestId,
    client: x.client === '' ? x.downstream.peer.address : x.client,
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
    bytesIn: x.bytesIn,
    bytesOut: x.bytesOut,
    grpcStatus: x.grpcStatus < 0 ? null : x.grpcStatus,
    userAgent: fieldValue(x.fields, 'user-agent'),
    tls: x.downstream.peer.tls,
  }
}
