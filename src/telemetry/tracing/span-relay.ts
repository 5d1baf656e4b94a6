// From the data plane to whoever talks to the collector: the spans are written here, so that nobody has to do more than pass them on.

import type { SpanCounters } from '../../model/tracing.ts'
import type { SpanChunk, SpanWriter } from './span-writer.ts'
import { writeSpans } from './spans.ts'
import { spanCount, type TraceData } from './trace-data.ts'

/** Spans for the collector of these settings. */
export interface SpanBatch extends SpanChunk {
  /** Names the settings, see `collectorKey`. */
  readonly collector: string
}

/** Hands a batch on, and the buffer of its bytes; `sent` is called when another one may follow. */
export type SendSpans = (batch: SpanBatch, sent: () => void) => void

/**
 * So many are written in one go: one by one, between other work, each would take several times as long. Of many more, most would wait
 * for so long that the engine takes them for old, which only a collection of its whole heap ends.
 */
const AT_ONCE = 32
/** From so many spans or bytes on they are handed on, and after so long (ms) at the latest. */
const BATCH = 128
const BATCH_BYTES = 256 * 1024
const EVERY_MS = 500
/** What may wait in one process. */
const MOST_WAITING = 4096
const MOST_BYTES = 8 * 1024 * 1024

export class SpanRelay {
  readonly #collector: string
  readonly #counters: SpanCounters
  readonly #send: SendSpans
  readonly #writer: SpanWriter
  /** What is not written yet, and how many spans it comes to. */
  readonly #unwritten: TraceData[] = []
  #unwrittenCount = 0
  /** What is ready to go, the oldest first, and what it comes to. */
  readonly #ready: SpanChunk[] = []
  #readyCount = 0
  #readyBytes = 0
  #sending = false
  #timer: NodeJS.Timeout | null = null

  constructor(collector: string, writer: SpanWriter, counters: SpanCounters, send: SendSpans) {
    this.#collector = collector
    this.#writer = writer
    this.#counters = counters
    this.#send = send
  }

  /** All spans of it or none: half a trace helps nobody. */
  add(trace: TraceData): void {
    const writer = this.#writer
    const count = spanCount(trace)
    const waiting = this.#readyCount + writer.count + this.#unwrittenCount
    if (waiting + count > MOST_WAITING || this.#readyBytes + writer.length > MOST_BYTES) {
      this.#counters.dropped += count
      return
    }
    this.#unwritten.push(trace)
    this.#unwrittenCount += count
    if (this.#unwrittenCount >= AT_ONCE) this.#write()
    if (writer.count >= BATCH || writer.length >= BATCH_BYTES) {
      this.#close()
      if (!this.#sending) this.#handOn()
    } else if (!this.#sending) this.#timer ??= setTimeout(() => this.#handOn(), EVERY_MS).unref()
  }

  /** Hands on all that waits, without waiting for who takes it: the end is near. */
  flush(): void {
    this.#write()
    while (this.#readyCount + this.#writer.count > 0) this.#handOn()
  }

  #write(): void {
    for (const trace of this.#unwritten) writeSpans(this.#writer, trace)
    this.#unwritten.length = 0
    this.#unwrittenCount = 0
  }

  /** What has been written is ready. */
  #close(): void {
    const chunk = this.#writer.take()
    this.#ready.push(chunk)
    this.#readyCount += chunk.count
    this.#readyBytes += chunk.bytes.length
  }

  #handOn(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#ready.length === 0) {
      this.#write()
      this.#close()
    }
    const { count, bytes } = this.#ready.shift() as SpanChunk
    this.#readyCount -= count
    this.#readyBytes -= bytes.length
    this.#sending = true
    this.#send({ collector: this.#collector, count, bytes }, () => this.#sent())
  }

  #sent(): void {
    this.#sending = false
    if (this.#ready.length > 0) this.#handOn()
    else if (this.#writer.count + this.#unwrittenCount > 0) this.#timer ??= setTimeout(() => this.#handOn(), EVERY_MS).unref()
  }
}
