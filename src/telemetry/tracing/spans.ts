// The spans of an exchange that is over, as plain data in the form that exporters read: one of the server for it, one of a client for
// each attempt, and why it went as it did as an event.

import type { AccessRecord, AttemptRecord } from '../../model/access-record.ts'
import type { Decision } from '../../model/decision.ts'
import type { Exchange } from '../../model/exchange.ts'
import { type Attributes, attemptAttributes, failed, serverAttributes, spanMethod } from './attributes.ts'

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

/** What a span needs to know of its trace. */
export interface Place {
  readonly traceId: string
  readonly parentId: string
  readonly spanId: string
}

export function spansOf(place: Place, x: Exchange, record: AccessRecord): GatewaySpan[] {
  const spans = [serverSpan(place, x, record)]
  const { attempts } = record
  for (let i = 0; i < attempts.length; i++) spans.push(attemptSpan(place, x, record, attempts[i] as AttemptRecord, i))
  return spans
}

function serverSpan({ traceId, spanId, parentId }: Place, x: Exchange, record: AccessRecord): GatewaySpan {
  const { time, durationMs, decision, route } = record
  const method = spanMethod(record.method)
  const end = timeOf(time + durationMs)
  return {
    traceId,
    spanId,
    parentId,
    parentIsRemote: parentId !== '',
    kind: SERVER,
    name: route === null ? method : `${method} ${route}`,
    start: timeOf(time),
    end,
    attributes: serverAttributes(x, record),
    error: failed(record),
    message: failed(record) ? (record.reason ?? '') : '',
    events: decision === null ? [] : [{ time: end, name: 'decision', attributes: decisionAttributes(decision) }],
  }
}

function attemptSpan(
  { traceId, spanId }: Place,
  x: Exchange,
  record: AccessRecord,
  attempt: AttemptRecord,
  i: number,
): GatewaySpan {
  const start = record.time + attempt.startMs
  const attributes = attemptAttributes(x, record, attempt, i)
  return {
    traceId,
    spanId: attempt.spanId,
    parentId: spanId,
    parentIsRemote: false,
    kind: CLIENT,
    name: spanMethod(record.method),
    start: timeOf(start),
    end: timeOf(start + attempt.durationMs),
    attributes,
    error: attributes['error.type'] !== undefined,
    message: attempt.detail,
    events: [],
  }
}

/** The words of `explain`, so far as they say something. */
function decisionAttributes({ considered, filters, endpoints, notes, noRetry }: Decision): Attributes {
  const of: Attributes = {}
  const [taken] = considered
  if (taken !== undefined) of['headgate.decision.route'] = taken.why
  if (filters.length > 0) of['headgate.decision.filters'] = filters.map(({ name, effect }) => `${name}: ${effect}`)
  if (notes.length > 0) of['headgate.decision.notes'] = [...notes]
  const out = endpoints.filter(({ eligible }) => !eligible).map(({ address, why }) => `${address}: ${why}`)
  if (out.length > 0) of['headgate.decision.left_out'] = out
  if (noRetry !== null) of['headgate.decision.no_retry'] = noRetry
  return of
}

function timeOf(ms: number): SpanTime {
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.min(Math.round((ms - seconds * 1000) * 1e6), 999_999_999)]
}
