// The tracers of one data plane.

import type { Random } from '../../model/clock.ts'
import type { SpanCounters, Tracer } from '../../model/tracing.ts'
import { type CollectorSettings, collectorKey } from './collectors.ts'
import { JsonSpans } from './span-json.ts'
import { ProtobufSpans } from './span-protobuf.ts'
import { SpanRelay } from './span-relay.ts'
import { SpanSender, type SpanSenderOptions } from './span-sender.ts'
import { GatewayTracer, type TracerSettings } from './tracer.ts'

export type TracingSettings = TracerSettings & CollectorSettings

/** Settings whose tracers are kept: one that is prepared may not come into force, and the one before it goes on. */
const MOST_KEPT = 4

export class Tracers {
  readonly counters: SpanCounters = { dropped: 0 }
  readonly #random: Random
  readonly #sender: SpanSender
  /** By settings, the one that was asked for last at the end. */
  readonly #kept = new Map<string, { readonly tracer: Tracer; readonly relay: SpanRelay }>()

  constructor(random: Random, options: Omit<SpanSenderOptions, 'counters'>) {
    this.#random = random
    this.#sender = new SpanSender({ ...options, counters: this.counters })
  }

  /** null = nobody traces. The same settings are the same tracer. */
  of(settings: TracingSettings | null): Tracer | null {
    if (settings === null) return null
    this.#sender.follow(settings)
    const key = JSON.stringify(settings)
    const kept = this.#kept.get(key) ?? this.#make(settings)
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    // What the one that is forgotten has it hands on all the same.
    for (const oldest of this.#kept.keys()) if (this.#kept.size > MOST_KEPT) this.#kept.delete(oldest)
    return kept.tracer
  }

  /** Sends what waits, for at most two seconds; what comes later is dropped. */
  async close(): Promise<void> {
    for (const { relay } of this.#kept.values()) relay.flush()
    await this.#sender.close()
  }

  #make(settings: TracingSettings): { tracer: Tracer; relay: SpanRelay } {
    const writer = settings.otlp.protocol === 'http/json' ? new JsonSpans() : new ProtobufSpans()
    const relay = new SpanRelay(collectorKey(settings), writer, this.counters, this.#sender.send)
    return { tracer: new GatewayTracer(settings, relay, this.#random), relay }
  }
}
