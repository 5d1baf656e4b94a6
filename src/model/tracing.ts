// What the request's way knows of traces: a tracer that gives an exchange its place in one, and the spans of those that are sampled.

import type { AccessRecord } from './access-record.ts'
import type { Decision } from './decision.ts'
import type { Exchange } from './exchange.ts'

/** One for all listeners of a configuration. Must not throw and must not block. */
export interface Tracer {
  /** The head is there: sets `x.traceId`, puts the context into `x.fields`, and sets `x.trace` where it is sampled. */
  begin(x: Exchange): void
  /** The same for a request that could not be read: what it says of a trace is not looked at. */
  beginUnread(x: Exchange): void
}

/** The spans of a sampled exchange. */
export interface ExchangeTrace {
  /** The id of a new span, for a try at an endpoint. */
  attemptId(): string
  /** `x.fields`, saying that whoever gets them is a child of that span. */
  fieldsFor(x: Exchange, spanId: string): string
  /** The exchange is over. `record` holds its attempts and phases. */
  end(x: Exchange, record: AccessRecord, decision: Decision): void
}

/** Of a process, over all its tracers; only grow. */
export interface SpanCounters {
  /** Spans that nobody got: too many waited, or the collector did not take them. */
  dropped: number
}
