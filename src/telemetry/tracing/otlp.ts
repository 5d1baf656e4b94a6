// Spans to a collector by OTLP, by OpenTelemetry's own exporters: they get what stands in a request ready-made. Loaded only where
// tracing is configured.

import type { IOtlpExportDelegate } from '@opentelemetry/otlp-exporter-base'
import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http'
import { type ISerializer, JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { jsonRequest, protobufRequest } from './otlp-request.ts'
import type { SpanExporter } from './span-queue.ts'
import type { SpanChunk } from './span-writer.ts'

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

type Chunks = readonly SpanChunk[]
type Response = ReturnType<typeof ProtobufTraceSerializer.deserializeResponse>

/** The longest (ms) that a batch may take with all tries of it. */
const TIMEOUT_MS = 10_000
const PATH = '/v1/traces'
/** There is one batch at a time; the exporter forgets it only after it has said that it is done. */
const SHARED = { timeoutMillis: TIMEOUT_MS, concurrencyLimit: 2 }
/** For figures of the exporter's own, which nobody asks for. */
const COUNTED = { name: 'span', countItems: (chunks: Chunks) => chunks.reduce((sum, { count }) => sum + count, 0) } as const

export async function otlpExporter(settings: OtlpSettings, { service, instance }: SpanSource): Promise<SpanExporter> {
  const attributes = {
    'service.name': service,
    'service.instance.id': instance,
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'headgate',
  }
  const json = settings.protocol === 'http/json'
  const frame = json ? jsonRequest(attributes) : protobufRequest(attributes)
  const { deserializeResponse } = json ? JsonTraceSerializer : ProtobufTraceSerializer
  const serializer: ISerializer<Chunks, Response> = { serializeRequest: frame, deserializeResponse }
  const { endpoint: url, headers } = settings
  const delegate =
    settings.protocol === 'grpc'
      ? (await import('./otlp-grpc.ts')).grpcDelegate({ ...SHARED, url, headers }, serializer, COUNTED)
      : httpDelegate(settings, serializer)
  return {
    export: (chunks) =>
      new Promise((resolve, reject) => {
        delegate.export(chunks, ({ error, code }) => {
          if (code === 0) resolve()
          else reject(error ?? new Error('the collector does not take them'))
        })
      }),
    close: () => delegate.shutdown(),
  }
}

function httpDelegate(
  { endpoint, protocol, headers }: OtlpSettings,
  serializer: ISerializer<Chunks, Response>,
): IOtlpExportDelegate<Chunks> {
  const base = endpoint.replace(/\/+$/, '')
  const url = base.endsWith(PATH) ? base : base + PATH
  const type = { 'Content-Type': protocol === 'http/json' ? 'application/json' : 'application/x-protobuf' }
  const options = convertLegacyHttpOptions({ ...SHARED, url, headers: { ...headers } }, 'TRACES', PATH, type)
  return createOtlpHttpExportDelegate(options, serializer, 'otlp_http_span_exporter', COUNTED, undefined)
}
