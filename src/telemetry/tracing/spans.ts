// The spans of an exchange that is over: one of the server for it, one of a client for each attempt, and why it went as it did as an
// event.

import type { AttemptRecord } from '../../model/access-record.ts'
import { attemptFailed, failed, putAttempt, putDecision, putServer, spanMethod } from './attributes.ts'
import { CLIENT, SERVER, type SpanWriter } from './span-writer.ts'
import type { TraceData } from './trace-data.ts'

export function writeSpans(to: SpanWriter, data: TraceData): void {
  writeServer(to, data)
  for (const attempt of data.attempts) writeAttempt(to, data, attempt, before(attempt, data.attempts))
}

/** How many began before it: they stand in the order in which they ended. */
function before(attempt: AttemptRecord, attempts: readonly AttemptRecord[]): number {
  if (attempts.length === 1) return 0
  const own = attempts.indexOf(attempt)
  return attempts.filter(({ startMs }, i) => startMs < attempt.startMs || (startMs === attempt.startMs && i < own)).length
}

function writeServer(to: SpanWriter, data: TraceData): void {
  const { traceId, spanId, parentId, time, durationMs, route, decision } = data
  const method = spanMethod(data.method)
  const end = time + durationMs
  const name = route === null ? method : `${method} ${route}`
  to.begin({ traceId, spanId, parentId, parentIsRemote: parentId !== '', kind: SERVER, name, start: time, end })
  putServer(to, data)
  to.beginEvent('decision', end)
  putDecision(to, decision)
  to.endEvent()
  const error = failed(data)
  to.end(error, error ? (data.reason ?? '') : '')
}

function writeAttempt(to: SpanWriter, data: TraceData, attempt: AttemptRecord, number: number): void {
  const start = data.time + attempt.startMs
  to.begin({
    traceId: data.traceId,
    spanId: attempt.spanId,
    parentId: data.spanId,
    parentIsRemote: false,
    kind: CLIENT,
    name: spanMethod(data.method),
    start,
    end: start + attempt.durationMs,
  })
  putAttempt(to, data, attempt, number)
  to.end(attemptFailed(attempt), attempt.detail)
}
