// What node tells of a stream to an endpoint. One set of listeners serves all streams, so that a request makes no closures.

import type { ClientHttp2Stream } from 'node:http2'
import { Readable } from 'node:stream'

/** Who is told. */
export interface StreamListener {
  responded(h2: ClientHttp2Stream, list: readonly string[], flags: number): void
  informed(list: readonly string[]): void
  data(bytes: Buffer): void
  trailed(list: readonly string[]): void
  /** `closed`: the stream had been closed before that. */
  nothingFollows(closed: boolean): void
  ended(h2: ClientHttp2Stream): void
  writable(): void
  closed(h2: ClientHttp2Stream): void
}

/** Where node's stream finds ours. */
const OURS = Symbol('listener')
type Tagged = ClientHttp2Stream & { [OURS]: StreamListener }

/** Everything but data. */
export function listen(h2: ClientHttp2Stream, listener: StreamListener): void {
  ;(h2 as Tagged)[OURS] = listener
  h2.push = push
  h2.on('response', onResponse)
  h2.on('headers', onHeaders)
  h2.on('trailers', onTrailers)
  h2.on('end', onEnd)
  h2.on('error', ignore)
  h2.on('close', onClose)
  if (!h2.writableEnded) h2.on('drain', onDrain)
}

export function flow(h2: ClientHttp2Stream): void {
  h2.on('data', onData)
}

/** Nothing more is told of a stream of which nothing has been told yet. */
export function forget(h2: ClientHttp2Stream): void {
  h2.off('drain', onDrain)
  h2.off('close', onClose)
}

function ignore(): void {}

/** Node ends a stream that was reset with NO_ERROR as if all had come. The only sign of it: it has closed the stream before. */
function push(this: ClientHttp2Stream, chunk: unknown, encoding?: BufferEncoding): boolean {
  if (chunk === null) (this as Tagged)[OURS].nothingFollows(this.closed)
  return Readable.prototype.push.call(this, chunk, encoding)
}

function onResponse(this: ClientHttp2Stream, _headers: unknown, flags: number, list: readonly string[]): void {
  ;(this as Tagged)[OURS].responded(this, list, flags)
}

function onHeaders(this: ClientHttp2Stream, _headers: unknown, _flags: number, list: readonly string[]): void {
  ;(this as Tagged)[OURS].informed(list)
}

function onTrailers(this: ClientHttp2Stream, _headers: unknown, _flags: number, list: readonly string[]): void {
  ;(this as Tagged)[OURS].trailed(list)
}

function onData(this: ClientHttp2Stream, bytes: Buffer): void {
  ;(this as Tagged)[OURS].data(bytes)
}

function onEnd(this: ClientHttp2Stream): void {
  ;(this as Tagged)[OURS].ended(this)
}

function onDrain(this: ClientHttp2Stream): void {
  ;(this as Tagged)[OURS].writable()
}

function onClose(this: ClientHttp2Stream): void {
  ;(this as Tagged)[OURS].closed(this)
}
