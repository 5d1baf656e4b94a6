// The outcome of an exchange: counters, access log, spans. Runs once, after the last byte.

import type { AccessRecord, AccessSink } from '../model/access-record.ts'
import type { Clock } from '../model/clock.ts'
import type { Exchange } from '../model/exchange.ts'
import type { ReasonCode } from '../model/reasons.ts'
import { decisionOf } from './decision.ts'
import { endFilters } from './filters.ts'
import { forgetHeld } from './held-body.ts'
import { accessOf, hasFailed, headersOf, recordOf } from './record.ts'
import { responsesInUse } from './stand-in.ts'

/** Its route is known: whether anybody wants to know more of it than counters do. */
export function observe(x: Exchange): void {
  const access = accessOf(x)
  x.recorded = access !== null || x.trace !== null || x.listener.onlooker.sink !== null
  x.timed = x.trace !== null || access?.phases === true
}

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
  const access = accessOf(x)
  const { sink } = listener.onlooker
  // It was refused before anybody could look at it.
  if (listener.tracer !== null && x.traceId === '' && x.without === '') listener.tracer.beginUnread(x)
  if (access === null && sink === null && x.trace === null) return
  const failed = hasFailed(x)
  let record: AccessRecord | null = null
  if (access !== null) record = tell(access, x, failed, duration, clock, null)
  if (sink !== null) record = tell(sink, x, failed, duration, clock, record)
  if (x.trace === null) return
  record ??= recordOf(x, duration, clock)
  x.trace.end(x, record, record.decision ?? decisionOf(x))
}

/** `made` is what another one has been told; null = nobody has yet. Whoever has been told a record keeps it: it does not change. */
function tell(
  sink: AccessSink,
  x: Exchange,
  failed: boolean,
  durationMs: number,
  clock: Clock,
  made: AccessRecord | null,
): AccessRecord | null {
  // A tunnel is not slow because it lasts.
  if (!sink.wants(x.status, x.tunnelled ? 0 : durationMs, failed)) return made
  const record = made === null ? recordOf(x, durationMs, clock) : { ...made }
  record.headers = sink.headers.length === 0 ? null : headersOf(x, sink.headers)
  if (sink.wantsDecision(failed)) record.decision ??= decisionOf(x)
  sink.write(record)
  return record
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

export function countRejected({ listener }: Exchange, reason: ReasonCode): void {
  const { rejected } = listener.counters
  rejected.set(reason, (rejected.get(reason) ?? 0) + 1)
}
