// Gives each exchange its place in a trace: reads where it stands, decides whether it is sampled, and says so to endpoints. One that
// is not sampled gets no objects, only the line that says so.

import type { Random } from '../../model/clock.ts'
import type { Exchange } from '../../model/exchange.ts'
import { editFields, fieldValue } from '../../model/field-text.ts'
import type { Tracer } from '../../model/tracing.ts'
import { newSpanId, newTraceId } from './ids.ts'
import { type Propagation, SampledTrace } from './sampled-trace.ts'
import type { SpanQueue } from './span-queue.ts'
import { b3Lines, readB3, readTraceparent, readTracestate, type TraceContext, traceparent } from './trace-context.ts'

export interface TracerSettings {
  /** Fraction of the traces that begin here, 0 to 1. */
  readonly sample: number
  /** At least one; what stands first is believed first. */
  readonly propagation: readonly ('w3c' | 'b3')[]
}

interface Found {
  /** null = a trace begins here. */
  readonly context: TraceContext | null
  /** null = whoever asks has not decided. */
  readonly sampled: boolean | null
}

const NOTHING: Found = { context: null, sampled: null }
const W3C_FIELDS = ['traceparent', 'tracestate']
const B3_FIELDS = ['b3', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags']

export class GatewayTracer implements Tracer {
  readonly #sample: number
  readonly #random: Random
  readonly #queue: SpanQueue
  readonly #writes: Propagation
  readonly #readers: readonly ((x: Exchange) => Found | null)[]
  readonly #replaced: readonly string[]

  constructor({ sample, propagation }: TracerSettings, queue: SpanQueue, random: Random) {
    this.#sample = sample
    this.#queue = queue
    this.#random = random
    this.#writes = { w3c: propagation.includes('w3c'), b3: propagation.includes('b3') }
    this.#readers = propagation[0] === 'w3c' ? [readW3c, readB3Fields] : [readB3Fields, readW3c]
    this.#replaced = [...(this.#writes.w3c ? W3C_FIELDS : []), ...(this.#writes.b3 ? B3_FIELDS : [])]
  }

  begin(x: Exchange): void {
    let found: Found | null = null
    for (const read of this.#readers) found ??= read(x)
    const { context, sampled } = found ?? NOTHING
    const traceId = context?.traceId ?? newTraceId()
    x.traceId = traceId
    const random = context?.random ?? true
    if (sampled ?? (this.#sample >= 1 || this.#random() < this.#sample)) {
      const parentId = context?.spanId ?? ''
      const single = !this.#writes.b3 || fieldValue(x.fields, 'x-b3-traceid') === null
      const state = this.#state(x, context)
      x.fields = editFields(x.fields, this.#replaced, state)
      const trace = new SampledTrace(traceId, parentId, { ...this.#writes, single, random }, this.#queue)
      x.fields += trace.ownLines
      x.trace = trace
    } else this.#pass(x, context, random)
  }

  beginUnread(x: Exchange): void {
    x.traceId = newTraceId()
    if (this.#sample < 1 && this.#random() >= this.#sample) return
    x.trace = new SampledTrace(x.traceId, '', { ...this.#writes, single: true, random: true }, this.#queue)
  }

  /** It is not sampled: whoever asked stays the parent, and there is no span between. */
  #pass(x: Exchange, context: TraceContext | null, random: boolean): void {
    const { traceId } = x
    const spanId = context?.spanId ?? newSpanId()
    const w3c = this.#writes.w3c ? this.#state(x, context) + traceparent(traceId, spanId, false, random) : ''
    const b3 = this.#writes.b3 ? b3Lines(traceId, spanId, '', false, fieldValue(x.fields, 'x-b3-traceid') === null) : ''
    x.fields = editFields(x.fields, this.#replaced, w3c + b3)
  }

  /** Only with the traceparent that it came with does it mean anything. */
  #state(x: Exchange, context: TraceContext | null): string {
    if (!this.#writes.w3c || context === null) return ''
    const state = fieldValue(x.fields, 'tracestate')
    if (state === null || readTraceparent(fieldValue(x.fields, 'traceparent') ?? '')?.traceId !== context.traceId) return ''
    const kept = readTracestate(state)
    return kept === '' ? '' : `tracestate: ${kept}\r\n`
  }
}

function readW3c({ fields }: Exchange): Found | null {
  const value = fieldValue(fields, 'traceparent')
  const context = value === null ? null : readTraceparent(value)
  return context === null ? null : { context, sampled: context.sampled }
}

function readB3Fields({ fields }: Exchange): Found | null {
  const single = fieldValue(fields, 'b3')
  // Most requests have none of it: one look tells.
  if (single === null && !/^x-b3-/im.test(fields)) return null
  const of = (name: string): string | null => fieldValue(fields, `x-b3-${name}`)
  const reading = readB3({
    single,
    traceId: of('traceid'),
    spanId: of('spanid'),
    sampled: of('sampled'),
    flags: of('flags'),
  })
  if (reading === null) return null
  return reading.traceId === null ? { context: null, sampled: reading.sampled } : { context: reading, sampled: reading.sampled }
}
