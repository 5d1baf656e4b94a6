// The spans of an exchange that is over: one of the server for it, one of a client for each attempt, and why it went as it did as an
// event.

import type { AttemptRecord } from '../../model/access-record.ts'
import { type Attributes, attemptAttributes, decisionAttributes, failed, serverAttributes, spanMethod } from './attributes.ts'
import type { TraceData } from './trace-data.ts'

/** Seconds and nanoseconds since the epoch. */
export type SpanTime = [seconds: number, nanoseconds: number]

export interface SpanEvent {
  readonly time: SpanTime
  readonly name: string
  readonly attributes: Attributes
}

/** A span, without what is the same for all of a gateway. */
export interface GatewaySpan {
  readonly traceId: string
  readonly spanId: string
  /** '' = the trace begins with it. */
  readonly parentId: string
  /** The parent is somebody else's. */
  readonly parentIsRemote: boolean
  readonly kind: typeof SERVER | typeof CLIENT
  readonly name: string
  readonly start: SpanTime
  readonly end: SpanTime
  readonly attributes: Attributes
  readonly error: boolean
  readonly message: string
  readonly events: readonly SpanEvent[]
}

/** As in OpenTelemetry's SpanKind. */
export const SERVER = 1
export const CLIENT = 2

export function spansOf(data: TraceData): GatewaySpan[] {
  const spans = [serverSpan(data)]
  for (const [i, attempt] of data.attempts.entries()) spans.push(attemptSpan(data, attempt, i))
  return spans
}

function serverSpan(data: TraceData): GatewaySpan {
  const { traceId, spanId, parentId, time, durationMs, route, decision } = data
  const method = spanMethod(data.method)
  const end = timeOf(time + durationMs)
  const error = failed(data)
  return {
    traceId,
    spanId,
    parentId,
    parentIsRemote: parentId !== '',
    kind: SERVER,
    name: route === null ? method : `${method} ${route}`,
    start: timeOf(time),
    end,
    attributes: serverAttributes(data),
    error,
    message: error ? (data.reason ?? '') : '',
    events: decision === null ? [] : [{ time: end, name: 'decision', attributes: decisionAttributes(decision) }],
  }
}

function attemptSpan(data: TraceData, attempt: AttemptRecord, number: number): GatewaySpan {
  const start = data.time + attempt.startMs
  const attributes = attemptAttributes(data, attempt, number)
  return {
    traceId: data.traceId,
    spanId: attempt.spanId,
    parentId: data.spanId,
    parentIsRemote: false,
    kind: CLIENT,
    name: spanMethod(data.method),
    start: timeOf(start),
    end: timeOf(start + attempt.durationMs),
    attributes,
    error: attributes['error.type'] !== undefined,
    message: attempt.detail,
    events: [],
  }
}

function timeOf(ms: number): SpanTime {
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.min(Math.round((ms - seconds * 1000) * 1e6), 999_999_999)]
}
