// The way of spans to collectors: a thread beside the one that serves requests, started when there is something to send. A client of
// Node's `http` in the same thread makes each request some microseconds dearer, sampled or not, because Node's stream code has to tell
// its sockets and ours apart; another process would have to be sent every byte.

import { Worker } from 'node:worker_threads'
import type { Clock } from '../../model/clock.ts'
import type { SpanCounters } from '../../model/tracing.ts'
import type { LogFunction } from '../log.ts'
import { type CollectorSettings, collectorKey, MOST_COLLECTORS } from './collectors.ts'
import type { ForThread, FromThread } from './span-messages.ts'
import type { SendSpans } from './span-relay.ts'

export interface SpanSenderOptions {
  /** Names the gateway. */
  readonly instance: string
  readonly counters: SpanCounters
  readonly clock: Clock
  readonly log: LogFunction
  /** What the thread runs; left out = what sends. */
  readonly program?: URL
}

/** Lies beside this file; of the bundle, beside its chunks. */
const PROGRAM = import.meta.url.endsWith('.ts')
  ? new URL('./span-thread.ts', import.meta.url)
  : new URL('span-thread.js', import.meta.url.replace(/(?:chunks\/)?[^/]*$/, ''))
/** Mebibytes. The bytes of spans do not count: they wait outside of the heap, see `SpanQueue`. */
const HEAP = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 }
/** A thread that ends by itself is not replaced before it is so old (ms). */
const RESTART_MS = 5000
/** How long the end of a process waits for what is still to be sent. */
const CLOSE_MS = 2000

export class SpanSender {
  readonly #options: SpanSenderOptions
  /** What the thread follows, by name: what was followed last at the end. */
  readonly #followed = new Map<string, CollectorSettings>()
  #thread: Worker | null = null
  #startedAt = Number.NEGATIVE_INFINITY
  #error: Error | null = null
  /** Of the batches that it has not taken, in their order. */
  #untaken: (() => void)[] = []
  /** Spans that it has, or is about to get. */
  #owed = 0
  #closing: Promise<void> | null = null
  #closed = (): void => {}

  constructor(options: SpanSenderOptions) {
    this.#options = options
  }

  /** What spans may be sent to from now on. */
  follow(settings: CollectorSettings): void {
    const key = collectorKey(settings)
    this.#followed.delete(key)
    this.#followed.set(key, settings)
    for (const oldest of this.#followed.keys()) if (this.#followed.size > MOST_COLLECTORS) this.#followed.delete(oldest)
    if (this.#thread !== null) this.#say(this.#thread, { type: 'follow', settings })
  }

  /** The buffer of the bytes is given away. */
  readonly send: SendSpans = (batch, sent) => {
    const thread = this.#closing === null ? this.#running() : null
    if (thread === null) {
      this.#options.counters.dropped += batch.count
      sent()
      return
    }
    this.#owed += batch.count
    this.#untaken.push(sent)
    this.#say(thread, { type: 'spans', batch }, [batch.bytes.buffer as ArrayBuffer])
  }

  /** Sends what waits, for at most two seconds. Nothing is taken any more. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const thread = this.#thread
    if (thread === null) return
    thread.ref()
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, CLOSE_MS)
      this.#closed = () => {
        clearTimeout(late)
        resolve()
      }
      this.#say(thread, { type: 'close' })
    })
    this.#thread = null
    this.#giveUp()
    await thread.terminate()
  }

  /** The thread; null = it has just ended. */
  #running(): Worker | null {
    if (this.#thread !== null) return this.#thread
    const { clock, instance, program = PROGRAM } = this.#options
    if (clock.now() - this.#startedAt < RESTART_MS) return null
    this.#startedAt = clock.now()
    try {
      // What preloads into the main thread has no business here.
      const thread = new Worker(program, { name: 'spans', workerData: instance, resourceLimits: HEAP, execArgv: [] })
      thread.unref()
      thread.on('message', (message: FromThread) => {
        if (this.#thread === thread) this.#take(message)
      })
      thread.on('error', (error: Error) => {
        this.#error = error
      })
      thread.on('exit', () => this.#exited(thread))
      for (const settings of this.#followed.values()) this.#say(thread, { type: 'follow', settings })
      this.#thread = thread
    } catch (error) {
      this.#told(error as Error, 0)
    }
    return this.#thread
  }

  #say(thread: Worker, message: ForThread, transferred: readonly ArrayBuffer[] = []): void {
    thread.postMessage(message, transferred)
  }

  #take(message: FromThread): void {
    const { counters, log } = this.#options
    if (message.type === 'taken') this.#untaken.shift()?.()
    else if (message.type === 'sent') this.#owed -= message.count
    else if (message.type === 'dropped') {
      this.#owed -= message.count
      counters.dropped += message.count
    } else if (message.type === 'closed') this.#closed()
    else {
      const { collector, error } = message
      if (error === null) log('info', 'the collector takes spans again', { collector })
      else log('warn', 'the collector does not take spans', { collector, error })
    }
  }

  #exited(thread: Worker): void {
    if (this.#thread !== thread) return
    this.#thread = null
    this.#told(this.#error, this.#owed)
    this.#giveUp()
    this.#closed()
  }

  #told(error: Error | null, dropped: number): void {
    this.#error = null
    this.#options.log('error', 'the thread that sends spans ended', { dropped, ...(error && { error: error.message }) })
  }

  /** What the thread had nobody gets. */
  #giveUp(): void {
    this.#options.counters.dropped += this.#owed
    this.#owed = 0
    for (const sent of this.#untaken.splice(0)) sent()
  }
}
