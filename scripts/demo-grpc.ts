// The gRPC endpoint of the demo: config/demo.proto and the health protocol. Echoed messages are bytes to it.

import { Server, ServerCredentials, type ServerDuplexStream, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import type { DemoEndpoint } from './demo-endpoints.ts'

const same = (bytes: Buffer): Buffer => bytes

const method = (path: string, stream: boolean) => ({
  path,
  requestStream: stream,
  responseStream: stream,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
})

/** `status: SERVING` of grpc.health.v1.HealthCheckResponse. */
const SERVING = Buffer.from([0x08, 0x01])

export const GRPC_PORT = 9104

/** Starts it on loopback; port 0 takes a free one. Rejects when the port is taken. */
export async function startDemoGrpc(port: number = GRPC_PORT): Promise<DemoEndpoint> {
  const server = new Server()
  server.addService(
    { Say: method('/demo.Echo/Say', false), Chat: method('/demo.Echo/Chat', true) },
    {
      Say: ({ request }: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => answer(null, request),
      Chat: (call: ServerDuplexStream<Buffer, Buffer>) => {
        call.on('data', (message: Buffer) => call.write(message))
        call.on('end', () => call.end())
      },
    },
  )
  server.addService(
    { Check: method('/grpc.health.v1.Health/Check', false) },
    { Check: (_call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => answer(null, SERVING) },
  )
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) =>
      error === null ? resolve(at) : reject(error),
    )
  })
  return {
    name: 'grpc',
    port: bound,
    close: async () => server.forceShutdown(),
  }
}
