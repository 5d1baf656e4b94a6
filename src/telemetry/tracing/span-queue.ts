// What waits to be sent to a collector: bounded, sent in batches, one at a time, and given up where the collector does not take it.

import type { SpanChunk } from './span-writer.ts'

/** Sends spans to a collector. */
export interface SpanExporter {
  /** Resolves when the collector has them; rejects when it does not take them, after a bounded time. */
  export(chunks: readonly SpanChunk[]): Promise<void>
  /** Lets go of connections. */
  close(): Promise<void>
}

export interface SpanQueueSettings {
  /** The longest (ms) that a span waits for others. */
  readonly interval: number
  /** Told how many spans the collector has got. */
  readonly sent: (count: number) => void
  /** Told how many spans nobody will get. */
  readonly dropped: (count: number) => void
  /** Told when the collector does not answer any more, and with null when it does again. */
  readonly said: (error: Error | null) => void
}

/** What may wait. */
const MOST_WAITING = 16_384
const MOST_BYTES = 32 * 1024 * 1024
/** From so many spans or bytes on they are sent; gRPC takes no more than 4 MiB at once unless told to. */
const BATCH = 512
const BATCH_BYTES = 1024 * 1024
/** How long the end of a process waits for a collector. */
const CLOSE_MS = 2000

export class SpanQueue {
  readonly #settings: SpanQueueSettings
  readonly #exporter: SpanExporter
  #waiting: SpanChunk[] = []
  /** Spans and bytes of those that wait. */
  #count = 0
  #bytes = 0
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

  add(chunk: SpanChunk): void {
    const { count, bytes } = chunk
    if (this.#closed || this.#count + count > MOST_WAITING || this.#bytes + bytes.length > MOST_BYTES) {
      this.#settings.dropped(count)
      return
    }
    this.#waiting.push(chunk)
    this.#count += count
    this.#bytes += bytes.length
    if (this.#sending !== null) return
    // What collects while a collector is away is not sent at once when it has filled a batch.
    if (this.#full && !this.#failing) this.#send()
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
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#count > 0) this.#settings.dropped(this.#count)
    this.#waiting = []
    this.#count = 0
    this.#bytes = 0
    // It waits for what is on its way, up to its own time limit.
    await Promise.race([this.#exporter.close(), late])
    clearTimeout(timer)
  }

  get #full(): boolean {
    return this.#count >= BATCH || this.#bytes >= BATCH_BYTES
  }

  #due(): void {
    this.#timer = null
    if (this.#sending === null && this.#count > 0) this.#send()
  }

  #send(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const { batch, spans } = this.#take()
    this.#sending = this.#exporter.export(batch).then(
      () => {
        this.#settings.sent(spans)
        this.#sent(null)
      },
      (error: Error) => {
        this.#settings.dropped(spans)
        this.#sent(error)
      },
    )
  }

  /** A batch, to which the last chunk may add some. */
  #take(): { batch: SpanChunk[]; spans: number } {
    let [taken, spans, size] = [0, 0, 0]
    while (taken < this.#waiting.length && spans < BATCH && size < BATCH_BYTES) {
      const { count, bytes } = this.#waiting[taken++] as SpanChunk
      spans += count
      size += bytes.length
    }
    this.#count -= spans
    this.#bytes -= size
    return { batch: this.#waiting.splice(0, taken), spans }
  }

  #sent(error: Error | null): void {
    this.#sending = null
    const failing = error !== null
    if (failing !== this.#failing) {
      this.#failing = failing
      this.#settings.said(error)
    }
    if (this.#closed || this.#count === 0) return
    if (this.#full && !failing) this.#send()
    else this.#timer ??= setTimeout(() => this.#due(), this.#settings.interval).unref()
  }
}
