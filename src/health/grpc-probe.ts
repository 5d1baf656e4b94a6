// The gRPC health checking protocol: grpc.health.v1.Health/Check over HTTP/2, with prior knowledge or ALPN.

import { connect as connectHttp2, constants } from 'node:http2'
import { decodeResponse, encodeRequest } from './grpc-message.ts'
import { authorityOf, connectTo, failureOf, type ProbeOf } from './probe.ts'

export interface GrpcProbeSettings {
  /** Which service is asked about; '' = the whole server. */
  readonly service: string
  /** The authority of the request; null = the address that is asked. */
  readonly host: string | null
}

/** Of answers that are a few bytes. */
const MAX_MESSAGE = 1024
const OK = '0'

export const grpcProbe =
  ({ service, host }: GrpcProbeSettings): ProbeOf =>
  (destination) =>
  (done) => {
    const authority = host ?? authorityOf(destination)
    const socket = connectTo(destination, ['h2'], () => {})
    const session = connectHttp2(`http://${authority}`, {
      createConnection: () => socket,
      maxHeaderListPairs: 64,
      settings: { enablePush: false, maxHeaderListSize: 16 * 1024 },
    })
    const stop = (): void => {
      session.destroy()
      socket.destroy()
    }
    const end = (failure: string): void => {
      done(failure)
      stop()
    }
    socket.on('error', (error) => end(failureOf(error)))
    socket.on('end', () => end('connection closed'))
    socket.on('close', () => end('connection closed'))
    session.on('error', (error) => end(failureOf(error)))
    session.on('close', () => end('connection closed'))
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      ':authority': authority,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'headgate',
    })
    const chunks: Buffer[] = []
    let bytes = 0
    let status: string | undefined
    stream.on('error', (error) => end(failureOf(error)))
    stream.on('response', (headers) => {
      const code = Number(headers[constants.HTTP2_HEADER_STATUS])
      if (code !== 200) end(`status ${code}`)
      // An answer without a message has its status here.
      status = textOf(headers['grpc-status'])
    })
    stream.on('trailers', (trailers) => {
      status = textOf(trailers['grpc-status']) ?? status
    })
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MAX_MESSAGE) end('not an answer of the health protocol')
      else chunks.push(chunk)
    })
    stream.on('end', () => end(judge(status, Buffer.concat(chunks))))
    stream.on('close', () => end('connection closed'))
    stream.end(encodeRequest(service))
    return stop
  }

function judge(status: string | undefined, message: Buffer): string {
  if (status === undefined) return 'not a gRPC answer'
  if (status !== OK) return `grpc-status ${status}`
  const said = decodeResponse(message)
  if (said === null) return 'not an answer of the health protocol'
  return said === 'SERVING' ? '' : said
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value.slice(0, 20) : undefined)
