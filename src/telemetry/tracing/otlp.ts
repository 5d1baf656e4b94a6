// Spans to a collector by OTLP, with OpenTelemetry's own exporters. Loaded only where tracing is configured.

import { type Attributes as OtelAttributes, type SpanContext, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import type { SpanExporter as OtelExporter, ReadableSpan } from '@opentelemetry/sdk-trace'
import type { SpanExporter } from './span-queue.ts'
import { type GatewaySpan, SERVER } from './spans.ts'

export interface OtlpSettings {
  readonly endpoint: string
  readonly protocol: 'http/protobuf' | 'http/json' | 'grpc'
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** What all spans of a process have in common. */
export interface SpanSource {
  readonly service: string
  /** Names this process. */
  readonly instance: string
}

/** The longest (ms) that a batch may take with all tries of it. */
const TIMEOUT_MS = 10_000
const PATH = '/v1/traces'
const SCOPE = { name: 'headgate' }

export async function otlpExporter(settings: OtlpSettings, source: SpanSource): Promise<SpanExporter> {
  const exporter = await makeExporter(settings)
  const resource = resourceFromAttributes({
    'service.name': source.service,
    'service.instance.id': source.instance,
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'headgate',
  })
  return {
    export: (spans) =>
      new Promise((resolve, reject) => {
        const readable = spans.map((span) => readableSpan(span, resource))
        exporter.export(readable, ({ error, code }) => {
          if (code === 0) resolve()
          else reject(error ?? new Error('the collector does not take them'))
        })
      }),
    close: () => exporter.shutdown(),
  }
}

async function makeExporter({ endpoint, protocol, headers }: OtlpSettings): Promise<OtelExporter> {
  // There is one batch at a time; the exporter forgets it only after it has said that it is done.
  const shared = { timeoutMillis: TIMEOUT_MS, concurrencyLimit: 2 }
  if (protocol === 'grpc') {
    const [{ OTLPTraceExporter }, { Metadata }] = await Promise.all([
      import('@opentelemetry/exporter-trace-otlp-grpc'),
      import('@grpc/grpc-js'),
    ])
    const metadata = new Metadata()
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
    return new OTLPTraceExporter({ ...shared, url: endpoint, metadata })
  }
  const { OTLPTraceExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto')
  const base = endpoint.replace(/\/+$/, '')
  return new OTLPTraceExporter({ ...shared, url: base.endsWith(PATH) ? base : base + PATH, headers: { ...headers } })
}

function readableSpan(span: GatewaySpan, resource: Resource): ReadableSpan {
  const { traceId, spanId, parentId } = span
  const context: SpanContext = { traceId, spanId, traceFlags: TraceFlags.SAMPLED }
  return {
    name: span.name,
    kind: span.kind === SERVER ? SpanKind.SERVER : SpanKind.CLIENT,
    spanContext: () => context,
    ...(parentId === ''
      ? {}
      : { parentSpanContext: { traceId, spanId: parentId, traceFlags: TraceFlags.SAMPLED, isRemote: span.parentIsRemote } }),
    startTime: span.start,
    endTime: span.end,
    status: span.error
      ? { code: SpanStatusCode.ERROR, ...(span.message === '' ? {} : { message: span.message }) }
      : { code: SpanStatusCode.UNSET },
    attributes: span.attributes as OtelAttributes,
    links: [],
    events: span.events.map(({ time, name, attributes }) => ({ time, name, attributes: attributes as OtelAttributes })),
    duration: [0, 0],
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}
