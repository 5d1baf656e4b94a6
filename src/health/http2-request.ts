// One request over an HTTP/2 connection of its own, with prior knowledge or ALPN: what probes by HTTP/2 have in common.

import { connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2'
import type { Destination } from '../model/dial.ts'
import { connectTo, failureOf } from './probe.ts'

export interface Http2Answer {
  head(headers: IncomingHttpHeaders): void
  data(chunk: Buffer): void
  trailers(trailers: IncomingHttpHeaders): void
  /** All of it has come. */
  end(): void
  /** It will not come; may be called more than once, and after `end`. */
  failed(failure: string): void
}

/** Returns what closes everything. `headers` may lack nothing but `:scheme`. */
export function requestHttp2(
  destination: Destination,
  headers: OutgoingHttpHeaders,
  body: Buffer | null,
  answer: Http2Answer,
): () => void {
  const { failed } = answer
  const socket = connectTo(destination, ['h2'], () => {})
  const scheme = destination.tls === null ? 'http' : 'https'
  // Where it connects to is the socket's business.
  const session = connect('http://localhost', {
    createConnection: () => socket,
    maxHeaderListPairs: 64,
    settings: { enablePush: false, maxHeaderListSize: 16 * 1024 },
  })
  const closed = (): void => failed('connection closed')
  const broken = (error: Error): void => failed(failureOf(error))
  socket.on('error', broken).on('end', closed).on('close', closed)
  session.on('error', broken).on('close', closed)
  const stream = session.request({ ...headers, ':scheme': scheme }, { endStream: body === null })
  stream.on('error', broken).on('close', closed)
  stream.on('response', (head) => answer.head(head))
  stream.on('trailers', (trailers) => answer.trailers(trailers))
  stream.on('data', (chunk: Buffer) => answer.data(chunk))
  stream.on('end', () => answer.end())
  if (body !== null) stream.end(body)
  return () => {
    session.destroy()
    socket.destroy()
  }
}
