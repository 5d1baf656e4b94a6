// A service of gRPC with all four kinds of call, its clients, and what they get; messages are plain bytes.

import {
  type ChannelCredentials,
  Client,
  type ClientOptions,
  credentials,
  type Server as GrpcServer,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type ServiceError,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import type { Test } from 'tap'
import type { Issued } from '../support/certificates.ts'

export { Metadata, status }

const same = (bytes: Buffer): Buffer => bytes
const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${name}`,
  requestStream,
  responseStream,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
})

const SERVICE: ServiceDefinition = {
  Unary: method('Unary', false, false),
  Collect: method('Collect', true, false),
  Expand: method('Expand', false, true),
  Chat: method('Chat', true, true),
}

type Unary = (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => void

export class EchoServer {
  address = ''
  /** Calls of Unary. */
  calls = 0
  /** Streams whose client has left. */
  cancelled = 0
  metadata: Metadata | null = null
  /** What was asked for in milliseconds; null = no deadline. */
  deadline: number | null = null
  unary: Unary = (call, callback) => {
    const trailing = new Metadata()
    trailing.set('x-trailing', 'behind')
    trailing.set('x-trailing-bin', Buffer.from([0, 1, 254, 255]))
    callback(null, call.request, trailing)
  }
  readonly #server: GrpcServer

  constructor() {
    this.#server = new Server({ 'grpc.max_receive_message_length': 64 * 1024 * 1024 })
    this.#server.addService(SERVICE, {
      Unary: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
        this.calls++
        this.metadata = call.metadata
        const deadline = call.getDeadline()
        this.deadline = deadline === Number.POSITIVE_INFINITY ? null : Number(deadline) - Date.now()
        call.on('cancelled', () => this.cancelled++)
        this.unary(call, callback)
      },
      Collect: (call: ServerReadableStream<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
        const parts: Buffer[] = []
        call.on('data', (part: Buffer) => parts.push(part))
        call.on('cancelled', () => this.cancelled++)
        call.on('end', () => callback(null, Buffer.concat(parts)))
      },
      Expand: (call: ServerWritableStream<Buffer, Buffer>) => {
        call.on('cancelled', () => this.cancelled++)
        for (const byte of call.request) call.write(Buffer.from([byte]))
        if (!call.request.includes(0)) call.end()
      },
      Chat: (call: ServerDuplexStream<Buffer, Buffer>) => {
        call.on('cancelled', () => this.cancelled++)
        call.on('data', (part: Buffer) => call.write(part))
        call.on('end', () => call.end())
      },
    })
  }

  async listen(tls: Issued | null): Promise<void> {
    const secured =
      tls === null
        ? ServerCredentials.createInsecure()
        : ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) }])
    const port = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync('127.0.0.1:0', secured, (error, bound) => (error === null ? resolve(bound) : reject(error))),
    )
    this.address = `127.0.0.1:${port}`
  }

  close(): void {
    this.#server.forceShutdown()
  }
}

export async function startEcho(t: Test, tls: Issued | null = null): Promise<EchoServer> {
  const server = new EchoServer()
  await server.listen(tls)
  t.teardown(() => server.close())
  return server
}

/** What a call came to. */
export interface Outcome {
  readonly code: number
  readonly details: string
  readonly message: Buffer | null
  readonly initial: Metadata | null
  readonly trailing: Metadata | null
}

export interface CallOptions {
  readonly metadata?: Metadata
  /** Milliseconds from now on. */
  readonly deadline?: number
  readonly path?: string
}

export class EchoClient {
  readonly client: Client

  constructor(port: number, secured: ChannelCredentials, options: ClientOptions) {
    this.client = new Client(`127.0.0.1:${port}`, secured, {
      'grpc.max_receive_message_length': -1,
      'grpc.enable_retries': 0,
      ...options,
    })
  }

  unary(
    message: Buffer,
    { metadata = new Metadata(), deadline, path = '/test.Echo/Unary' }: CallOptions = {},
  ): Promise<Outcome> {
    return new Promise((resolve) => {
      let initial: Metadata | null = null
      let answer: Buffer | null = null
      const options = deadline === undefined ? {} : { deadline: Date.now() + deadline }
      const call = this.client.makeUnaryRequest(
        path,
        same,
        same,
        message,
        metadata,
        options,
        (_error: ServiceError | null, value) => {
          answer = value ?? null
        },
      )
      call.on('metadata', (value: Metadata) => {
        initial = value
      })
      call.on('status', ({ code, details, metadata: trailing }) =>
        setImmediate(() => resolve({ code, details, message: answer, initial, trailing })),
      )
    })
  }

  collect(parts: readonly Buffer[]): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const call = this.client.makeClientStreamRequest('/test.Echo/Collect', same, same, (error, value) =>
        error === null ? resolve(value as Buffer) : reject(error),
      )
      for (const part of parts) call.write(part)
      call.end()
    })
  }

  expand(message: Buffer) {
    return this.client.makeServerStreamRequest('/test.Echo/Expand', same, same, message)
  }

  chat() {
    return this.client.makeBidiStreamRequest('/test.Echo/Chat', same, same)
  }
}

export function echoClient(t: Test, port: number, ca: string | null = null, options: ClientOptions = {}): EchoClient {
  const secured = ca === null ? credentials.createInsecure() : credentials.createSsl(Buffer.from(ca))
  // grpc-js takes no address for a server name.
  const named = ca === null ? {} : { 'grpc.ssl_target_name_override': 'echo.test' }
  const client = new EchoClient(port, secured, { ...named, ...options })
  t.teardown(() => client.client.close())
  return client
}
