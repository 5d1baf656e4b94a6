// The gRPC health checking protocol: grpc.health.v1.Health/Check.

import { constants } from 'node:http2'
import { decodeResponse, encodeRequest } from './grpc-message.ts'
import { requestHttp2 } from './http2-request.ts'
import { authorityOf, type ProbeOf } from './probe.ts'

export interface GrpcProbeSettings {
  /** Which service is asked about; '' = the whole server. */
  readonly service: string
  /** The authority of the request; null = the address that is asked. */
  readonly host: string | null
}

/** Of answers that are a few bytes. */
const MAX_MESSAGE = 1024
const OK = '0'
const NONSENSE = 'not an answer of the health protocol'

export const grpcProbe =
  ({ service, host }: GrpcProbeSettings): ProbeOf =>
  (destination) =>
  (done) => {
    const headers = {
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      ':authority': host ?? authorityOf(destination),
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'headgate',
    }
    const chunks: Buffer[] = []
    let bytes = 0
    let status: string | undefined
    return requestHttp2(destination, headers, encodeRequest(service), {
      head(head) {
        const code = Number(head[constants.HTTP2_HEADER_STATUS])
        if (code !== 200) done(`status ${code}`)
        // An answer without a message has its status here.
        status = textOf(head['grpc-status'])
      },
      data(chunk) {
        bytes += chunk.length
        if (bytes > MAX_MESSAGE) done(NONSENSE)
        else chunks.push(chunk)
      },
      trailers(trailers) {
        status = textOf(trailers['grpc-status']) ?? status
      },
      end: () => done(judge(status, Buffer.concat(chunks))),
      failed: done,
    })
  }

function judge(status: string | undefined, message: Buffer): string {
  if (status === undefined) return 'not a gRPC answer'
  if (status !== OK) return `grpc-status ${status}`
  const said = decodeResponse(message)
  if (said === null) return NONSENSE
  return said === 'SERVING' ? '' : said
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value.slice(0, 20) : undefined)
