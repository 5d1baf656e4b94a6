// The spans of one sampled exchange: their ids while it runs, and what they say when it is over.

import type { AccessRecord } from '../../model/access-record.ts'
import type { Decision } from '../../model/decision.ts'
import type { Exchange } from '../../model/exchange.ts'
import type { ExchangeTrace } from '../../model/tracing.ts'
import { newSpanId } from './ids.ts'
import type { SpanRelay } from './span-relay.ts'
import { b3Lines, traceparent } from './trace-context.ts'
import { traceDataOf } from './trace-data.ts'

/** What is said to endpoints. */
export interface Propagation {
  readonly w3c: boolean
  readonly b3: boolean
}

interface Said extends Propagation {
  /** B3 in one field. */
  readonly single: boolean
  /** The trace id is random. */
  readonly random: boolean
}

export class SampledTrace implements ExchangeTrace {
  readonly traceId: string
  /** Of the client's span; '' = the trace begins here. */
  readonly parentId: string
  /** Of the exchange. */
  readonly spanId = newSpanId()
  /** What says that whoever gets it is a child of the exchange. */
  readonly ownLines: string
  readonly #said: Said
  readonly #relay: SpanRelay

  constructor(traceId: string, parentId: string, said: Said, relay: SpanRelay) {
    this.traceId = traceId
    this.parentId = parentId
    this.#said = said
    this.#relay = relay
    this.ownLines = this.#lines(this.spanId, parentId)
  }

  attemptId(): string {
    return newSpanId()
  }

  /** A filter that has taken the lines out, or changed them, has had its reasons. */
  fieldsFor({ fields }: Exchange, spanId: string): string {
    const at = fields.indexOf(this.ownLines)
    if (at === -1) return fields
    return fields.slice(0, at) + this.#lines(spanId, this.spanId) + fields.slice(at + this.ownLines.length)
  }

  end(x: Exchange, record: AccessRecord, decision: Decision): void {
    this.#relay.add(traceDataOf(this, x, record, decision))
  }

  #lines(spanId: string, parentId: string): string {
    const { w3c, b3, single, random } = this.#said
    const first = w3c ? traceparent(this.traceId, spanId, true, random) : ''
    return b3 ? first + b3Lines(this.traceId, spanId, parentId, true, single) : first
  }
}
