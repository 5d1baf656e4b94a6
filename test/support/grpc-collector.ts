// A collector of OTLP by gRPC, as tests see it.

import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import type { Test } from 'tap'
import { type CollectedSpan, decodeSpans } from './otlp-collector.ts'

export interface GrpcCollector {
  readonly url: string
  readonly spans: readonly CollectedSpan[]
  /** `x-team` of the calls. */
  readonly teams: readonly unknown[]
}

export async function startGrpcCollector(t: Test): Promise<GrpcCollector> {
  const spans: CollectedSpan[] = []
  const teams: unknown[] = []
  const server = new Server()
  const bytes = (value: Buffer): Buffer => value
  server.addService(
    {
      Export: {
        ...{ path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export', requestStream: false, responseStream: false },
        ...{ requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes },
      },
    },
    {
      Export({ metadata, request }: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) {
        teams.push(metadata.get('x-team')[0])
        spans.push(...decodeSpans(request))
        callback(null, Buffer.alloc(0))
      },
    },
  )
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  )
  t.teardown(() => server.forceShutdown())
  return { url: `http://127.0.0.1:${port}`, spans, teams }
}
