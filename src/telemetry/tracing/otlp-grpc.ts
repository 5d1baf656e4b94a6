// Spans to a collector by gRPC. Loaded only where that is configured, and as a whole: of CommonJS packages a bundle knows names only
// where they are imported by `import … from`.

import { Metadata } from '@grpc/grpc-js'
import type { IOtlpExportDelegate } from '@opentelemetry/otlp-exporter-base'
import { convertLegacyOtlpGrpcOptions, createOtlpGrpcExportDelegate } from '@opentelemetry/otlp-grpc-exporter-base'
import type { ISerializer } from '@opentelemetry/otlp-transformer'

const SERVICE = 'TraceExportService'
const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

export interface GrpcDelegateSettings {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMillis: number
  readonly concurrencyLimit: number
}

type Counted<Spans> = Parameters<typeof createOtlpGrpcExportDelegate<Spans, unknown>>[3]

export function grpcDelegate<Spans, Response>(
  { headers, ...options }: GrpcDelegateSettings,
  serializer: ISerializer<Spans, Response>,
  counted: Counted<Spans>,
): IOtlpExportDelegate<Spans> {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
  const converted = convertLegacyOtlpGrpcOptions({ ...options, metadata }, 'TRACES')
  return createOtlpGrpcExportDelegate(converted, serializer, 'otlp_grpc_span_exporter', counted, undefined, SERVICE, METHOD)
}
