// The tracers of one process. One that a new configuration replaces still sends what exchanges that began under it bring.

import type { Random } from '../../model/clock.ts'
import type { SpanCounters, Tracer } from '../../model/tracing.ts'
import type { OtlpSettings } from './otlp.ts'
import { SpanQueue } from './span-queue.ts'
import { GatewayTracer, type TracerSettings } from './tracer.ts'

export interface TracingSettings extends TracerSettings {
  readonly service: string
  readonly otlp: OtlpSettings & {
    /** Milliseconds. */
    readonly interval: number
  }
}

export interface TracersOptions {
  readonly random: Random
  /** Told when a collector does not answer any more, and with null when it does again. */
  readonly said: (endpoint: string, error: Error | null) => void
}

/** Settings whose tracers are kept: one that is prepared may not come into force, and the one before it goes on. */
const MOST_KEPT = 4

export class Tracers {
  readonly counters: SpanCounters = { dropped: 0 }
  readonly #options: TracersOptions
  /** By settings, the one that was asked for last at the end. */
  readonly #kept = new Map<string, { readonly tracer: Tracer; readonly queue: SpanQueue }>()

  constructor(options: TracersOptions) {
    this.#options = options
  }

  /** null = nobody traces. The same settings are the same tracer. `instance` names the process. */
  async of(settings: TracingSettings | null, instance: string): Promise<Tracer | null> {
    if (settings === null) return null
    const key = JSON.stringify(settings)
    const { tracer, queue } = this.#kept.get(key) ?? (await this.#make(settings, instance))
    this.#kept.delete(key)
    this.#kept.set(key, { tracer, queue })
    // What the one that is forgotten has it sends all the same.
    for (const oldest of this.#kept.keys()) if (this.#kept.size > MOST_KEPT) this.#kept.delete(oldest)
    return tracer
  }

  /** Sends what waits, for at most two seconds. */
  async close(): Promise<void> {
    await Promise.all([...this.#kept.values()].map(({ queue }) => queue.close()))
    this.#kept.clear()
  }

  async #make(settings: TracingSettings, instance: string): Promise<{ tracer: Tracer; queue: SpanQueue }> {
    const { random, said } = this.#options
    const { otlp, service } = settings
    const { otlpExporter } = await import('./otlp.ts')
    const exporter = await otlpExporter(otlp, { service, instance })
    const queue = new SpanQueue(exporter, {
      interval: otlp.interval,
      counters: this.counters,
      said: (error) => said(otlp.endpoint, error),
    })
    return { tracer: new GatewayTracer(settings, queue, random), queue }
  }
}
