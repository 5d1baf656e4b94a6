// What waits to be sent to a collector: bounded, sent in batches, one at a time, and given up where the collector does not take it.

import { type GatewaySpan, spansOf } from './spans.ts'
import { spanCount, type TraceData } from './trace-data.ts'

/** Sends spans to a collector. */
export interface SpanExporter {
  /** Resolves when the collector has them; rejects when it does not take them, after a bounded time. */
  export(spans: readonly GatewaySpan[]): Promise<void>
  /** Lets go of connections. */
  close(): Promise<void>
}

export interface SpanQueueSettings {
  /** The longest (ms) that a span waits for others. */
  readonly interval: number
  /** Told how many spans nobody will get. */
  readonly dropped: (count: number) => void
  /** Told when the collector does not answer any more, and with null when it does again. */
  readonly said: (error: Error | null) => void
}

/** Spans that may wait: some 10 MiB. */
const MOST_WAITING = 8192
/** From so many on they are sent. To write them takes some milliseconds, in which nothing else runs. */
const BATCH = 256
/** How long the end of a process waits for a collector. */
const CLOSE_MS = 2000

export class SpanQueue {
  readonly #settings: SpanQueueSettings
  readonly #exporter: SpanExporter
  #waiting: TraceData[] = []
  /** Spans of those that wait. */
  #count = 0
  #sending: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null
  #failing = false
  #closed = false

  constructor(exporter: SpanExporter, settings: SpanQueueSettings) {
    this.#exporter = exporter
    this.#settings = settings
  }

  /** Spans that wait. */
  get length(): number {
    return this.#count
  }

  /** All spans of it or none: half a trace helps nobody. */
  add(trace: TraceData): void {
    const count = spanCount(trace)
    if (this.#closed || this.#count + count > MOST_WAITING) {
      this.#settings.dropped(count)
      return
    }
    this.#waiting.push(trace)
    this.#count += count
    if (this.#sending !== null) return
    // What collects while a collector is away is not sent at once when it has filled a batch.
    if (this.#count >= BATCH && !this.#failing) this.#send()
    else this.#timer ??= setTimeout(() => this.#due(), this.#settings.interval).unref()
  }

  /** Sends what waits, as far as that is done within two seconds. What is added from now on is given up. */
  async close(): Promise<void> {
    this.#closed = true
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS, 'late')
    })
    while (this.#sending !== null || this.#count > 0) {
      if (this.#sending === null) this.#send()
      if ((await Promise.race([this.#sending, late])) === 'late') break
    }
    clearTimeout(timer)
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#count > 0) this.#settings.dropped(this.#count)
    this.#waiting = []
    this.#count = 0
    await this.#exporter.close()
  }

  #due(): void {
    this.#timer = null
    if (this.#sending === null && this.#count > 0) this.#send()
  }

  #send(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const batch = this.#take()
    this.#sending = this.#exporter.export(batch).then(
      () => this.#sent(null),
      (error: Error) => {
        this.#settings.dropped(batch.length)
        this.#sent(error)
      },
    )
  }

  /** A batch, to which the last exchange may add some. */
  #take(): GatewaySpan[] {
    const batch: GatewaySpan[] = []
    let taken = 0
    while (taken < this.#waiting.length && batch.length < BATCH) {
      for (const span of spansOf(this.#waiting[taken] as TraceData)) batch.push(span)
      taken++
    }
    this.#waiting = this.#waiting.slice(taken)
    this.#count -= batch.length
    return batch
  }

  #sent(error: Error | null): void {
    this.#sending = null
    const failing = error !== null
    if (failing !== this.#failing) {
      this.#failing = failing
      this.#settings.said(error)
    }
    if (this.#closed || this.#count === 0) return
    if (this.#count >= BATCH && !failing) this.#send()
    else this.#timer ??= setTimeout(() => this.#due(), this.#settings.interval).unref()
  }
}
