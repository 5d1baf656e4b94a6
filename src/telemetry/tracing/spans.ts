// The spans of an exchange that is over: one of the server for it, one of a client for each attempt, and why it went as it did as an
// event. What waits is a few plain values; spans are made of them when they are sent, because what lives for long costs more than what
// is made and forgotten at once.

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

/** What records do not say. */
export interface Surroundings {
  readonly scheme: 'http' | 'https'
  readonly endpointScheme: 'http' | 'https'
  /** That the client asked for; 0 = not known. */
  readonly port: number
  readonly peerAddress: string
  /** 0 = not known. */
  readonly peerPort: number
  /** Path and query as endpoints get them. */
  readonly sent: string
  readonly grpc: boolean
  readonly upgrade: string
}

/** Of one exchange. */
export interface FinishedTrace {
  /** How many spans it will be. */
  readonly count: number
  spans(): GatewaySpan[]
}

export class FinishedExchange implements FinishedTrace {
  readonly count: number
  readonly #place: Place
  readonly #record: AccessRecord
  readonly #around: Surroundings
  readonly #decision: Attributes | null

  /** `record` is its own from now on. */
  constructor(place: Place, x: Exchange, record: AccessRecord) {
    this.count = 1 + record.attempts.length
    this.#place = place
    this.#record = record
    this.#around = surroundings(x)
    this.#decision = record.decision === null ? null : decisionAttributes(record.decision)
    record.decision = null
  }

  spans(): GatewaySpan[] {
    const { attempts } = this.#record
    const spans = [this.#server()]
    for (let i = 0; i < attempts.length; i++) spans.push(this.#attempt(attempts[i] as AttemptRecord, i))
    return spans
  }

  #server(): GatewaySpan {
    const record = this.#record
    const { traceId, spanId, parentId } = this.#place
    const { time, durationMs, route } = record
    const method = spanMethod(record.method)
    const end = timeOf(time + durationMs)
    const error = failed(record)
    return {
      traceId,
      spanId,
      parentId,
      parentIsRemote: parentId !== '',
      kind: SERVER,
      name: route === null ? method : `${method} ${route}`,
      start: timeOf(time),
      end,
      attributes: serverAttributes(record, this.#around),
      error,
      message: error ? (record.reason ?? '') : '',
      events: this.#decision === null ? [] : [{ time: end, name: 'decision', attributes: this.#decision }],
    }
  }

  #attempt(attempt: AttemptRecord, number: number): GatewaySpan {
    const record = this.#record
    const { traceId, spanId } = this.#place
    const start = record.time + attempt.startMs
    const attributes = attemptAttributes(record, attempt, number, this.#around)
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
}

function surroundings(x: Exchange): Surroundings {
  const { peer } = x.downstream
  const port = /:(\d{1,5})$/.exec(x.authority)
  return {
    scheme: peer.secure ? 'https' : 'http',
    endpointScheme: x.upstream?.settings.secure === true ? 'https' : 'http',
    port: port === null ? peer.localPort : Number(port[1]),
    peerAddress: peer.address,
    peerPort: peer.port,
    sent: x.path + x.query,
    grpc: x.grpc,
    upgrade: x.upgrade,
  }
}

/** The words of `explain`, so far as they say something. */
function decisionAttributes({ considered, filters, endpoints, notes, noRetry }: Decision): Attributes {
  const of: Attributes = {}
  const [taken] = considered
  if (taken !== undefined) of['headgate.decision.route'] = taken.why
  if (notes.length > 0) of['headgate.decision.notes'] = [...notes]
  if (filters.length > 0) of['headgate.decision.filters'] = filters.map(({ name, effect }) => `${name}: ${effect}`)
  const out = endpoints.filter(({ eligible }) => !eligible)
  if (out.length > 0) of['headgate.decision.left_out'] = out.map(({ address, why }) => `${address}: ${why}`)
  if (noRetry !== null) of['headgate.decision.no_retry'] = noRetry
  return of
}

function timeOf(ms: number): SpanTime {
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.min(Math.round((ms - seconds * 1000) * 1e6), 999_999_999)]
}
