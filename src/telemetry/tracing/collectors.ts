// The collectors of a gateway, in the thread that talks to them. One that a new configuration replaces still gets what exchanges that
// began before it bring.

import { createHash } from 'node:crypto'
import type { OtlpSettings } from './otlp.ts'
import { SpanQueue } from './span-queue.ts'
import type { SpanBatch } from './span-relay.ts'

export interface CollectorSettings {
  /** `service.name` of the spans. */
  readonly service: string
  readonly otlp: OtlpSettings & {
    /** The longest (ms) that a span waits for others. */
    readonly interval: number
  }
}

export interface CollectorsOptions {
  /** Names the gateway. */
  readonly instance: string
  /** Told how many spans a collector has got. */
  readonly sent: (count: number) => void
  /** Told how many spans nobody will get. */
  readonly dropped: (count: number) => void
  /** Told when a collector does not answer any more, and with null when it does again. */
  readonly said: (endpoint: string, error: Error | null) => void
}

/** Settings that are followed: those in force, and the ones before. */
export const MOST_COLLECTORS = 4

/** Names settings without telling what is in them. */
export function collectorKey({ service, otlp }: CollectorSettings): string {
  return createHash('sha256')
    .update(JSON.stringify([service, otlp]))
    .digest('base64url')
}

export class Collectors {
  readonly #options: CollectorsOptions
  readonly #queues = new Map<string, SpanQueue>()
  /** Replaced ones that still send. */
  readonly #leaving = new Set<Promise<void>>()

  constructor(options: CollectorsOptions) {
    this.#options = options
  }

  /** What is in force from now on. */
  async follow(settings: CollectorSettings): Promise<void> {
    const key = collectorKey(settings)
    const queue = this.#queues.get(key) ?? (await this.#make(settings))
    this.#queues.delete(key)
    this.#queues.set(key, queue)
    for (const [oldest, replaced] of this.#queues) {
      if (this.#queues.size <= MOST_COLLECTORS) break
      this.#queues.delete(oldest)
      const leaving = replaced.close().then(() => {
        this.#leaving.delete(leaving)
      })
      this.#leaving.add(leaving)
    }
  }

  take({ collector, count, bytes }: SpanBatch): void {
    const queue = this.#queues.get(collector)
    if (queue === undefined) this.#options.dropped(count)
    else queue.add({ count, bytes })
  }

  /** Sends what waits, for at most two seconds. */
  async close(): Promise<void> {
    await Promise.all([...this.#leaving, ...[...this.#queues.values()].map((queue) => queue.close())])
  }

  async #make({ service, otlp }: CollectorSettings): Promise<SpanQueue> {
    const { instance, sent, dropped, said } = this.#options
    const { otlpExporter } = await import('./otlp.ts')
    const exporter = await otlpExporter(otlp, { service, instance })
    return new SpanQueue(exporter, { interval: otlp.interval, sent, dropped, said: (error) => said(otlp.endpoint, error) })
  }
}
