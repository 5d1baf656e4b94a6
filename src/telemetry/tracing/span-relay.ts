// From the data plane to whoever talks to the collector. A worker does not do that itself: a client of Node's `http` beside our own
// sockets makes each request some microseconds dearer, sampled or not, because Node's stream code has to tell them apart.

import type { SpanCounters } from '../../model/tracing.ts'
import { spanCount, type TraceData } from './trace-data.ts'

/** Traces for the collector of these settings. */
export interface SpanBatch {
  /** Names the settings, see `collectorKey`. */
  readonly collector: string
  readonly traces: readonly TraceData[]
}

/** Hands a batch on; `sent` is called when another one may follow. */
export type SendSpans = (batch: SpanBatch, sent: () => void) => void

/** From so many spans on they are handed on, and after so long (ms) at the latest. */
const BATCH = 128
const EVERY_MS = 500
/** Spans that may wait in one process. */
const MOST_WAITING = 4096

export class SpanRelay {
  readonly #collector: string
  readonly #counters: SpanCounters
  readonly #send: SendSpans
  #waiting: TraceData[] = []
  #count = 0
  #sending = false
  #timer: NodeJS.Timeout | null = null
  /** Told when nothing is on its way any more. */
  #idle: (() => void)[] = []

  constructor(collector: string, counters: SpanCounters, send: SendSpans) {
    this.#collector = collector
    this.#counters = counters
    this.#send = send
  }

  /** All spans of it or none: half a trace helps nobody. */
  add(trace: TraceData): void {
    const count = spanCount(trace)
    if (this.#count + count > MOST_WAITING) {
      this.#counters.dropped += count
      return
    }
    this.#waiting.push(trace)
    this.#count += count
    if (this.#sending) return
    if (this.#count >= BATCH) this.#handOn()
    else this.#timer ??= setTimeout(() => this.#handOn(), EVERY_MS).unref()
  }

  /** Resolves when all that waits has been handed on. */
  async flush(): Promise<void> {
    if (!this.#sending && this.#count > 0) this.#handOn()
    if (this.#sending) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #handOn(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const traces = this.#waiting
    this.#waiting = []
    this.#count = 0
    this.#sending = true
    this.#send({ collector: this.#collector, traces }, () => this.#sent())
  }

  #sent(): void {
    this.#sending = false
    if (this.#count >= BATCH || (this.#count > 0 && this.#idle.length > 0)) this.#handOn()
    else if (this.#count > 0) this.#timer ??= setTimeout(() => this.#handOn(), EVERY_MS).unref()
    if (this.#sending) return
    for (const resolve of this.#idle.splice(0)) resolve()
  }
}
