// One watch: what changes after a version, until the API server ends it, as it does every few minutes.

import type { ApiClient } from './api-client.ts'
import { statusError } from './api-error.ts'
import { LineReader } from './line-reader.ts'
import { type RawObject, withQuery } from './resource.ts'

export interface WatchRequest {
  readonly path: string
  /** Where the last list or watch ended. */
  readonly version: string
  /** What the API server is asked for. */
  readonly timeoutSeconds: number
  /** A watch that brings nothing, not even a bookmark, for so long (ms) is dead. */
  readonly silenceMs: number
  readonly signal: AbortSignal
}

export interface WatchSink {
  /** It was accepted. */
  begun(): void
  /** An object is now so. */
  changed(object: RawObject, version: string): void
  gone(object: RawObject, version: string): void
  /** Nothing else happened up to this version. */
  bookmark(version: string): void
}

interface WatchEvent {
  readonly type?: unknown
  readonly object?: RawObject | null
}

/** Resolves when the API server ends it. Rejects with an ApiError for what it refuses, with an Error for everything else. */
export async function watchOnce(client: ApiClient, request: WatchRequest, sink: WatchSink): Promise<void> {
  const { path, version, timeoutSeconds, silenceMs, signal } = request
  const query = new URLSearchParams({
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: version,
    timeoutSeconds: String(timeoutSeconds),
  })
  const lines = new LineReader((line) => take(line, sink))
  await client.stream({ path: withQuery(path, query), signal, silenceMs }, (piece) => lines.push(piece), sink.begun)
}

function take(line: string, sink: WatchSink): void {
  let event: WatchEvent
  try {
    event = Object(JSON.parse(line)) as WatchEvent
  } catch {
    throw new Error('a watch that is not JSON')
  }
  const { type, object } = event
  if (type === 'ERROR') throw statusError(object)
  const { name, resourceVersion: version } = object?.metadata ?? {}
  if (typeof version !== 'string') throw new Error('a watch event without a version')
  if (type === 'BOOKMARK') sink.bookmark(version)
  else if (typeof name !== 'string') throw new Error('a watch event without a name')
  else if (type === 'ADDED' || type === 'MODIFIED') sink.changed(object as RawObject, version)
  else if (type === 'DELETED') sink.gone(object as RawObject, version)
  else throw new Error('a watch event of an unknown type')
}
