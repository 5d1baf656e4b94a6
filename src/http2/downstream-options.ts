// What node:http2 is told about one client's session: our limits first, and bounds on everything that a session may keep.

import type { ServerSessionOptions } from 'node:http2'
import type { Http2Limits, ServedListener } from '../model/snapshot.ts'

/** Fields above limits.headerCount that still reach us, so that the client is told (431) and not only reset. */
const MORE_FIELDS = 16
/** RFC 9113 10.5.1 counts 32 bytes for each field. */
const FIELD_OVERHEAD = 32
/** Resets that a session may cause at once, and every second after that (Rapid Reset, MadeYouReset). */
export const RESET_BURST = 1000
export const RESET_RATE = 33

/** For a connection that came just before HTTP/2 was switched off. */
export const DEFAULT_HTTP2: Http2Limits = { concurrentStreams: 100, streamWindow: 64 * 1024, connectionWindow: 1024 * 1024 }

export function sessionOptions({ limits }: ServedListener, http2: Http2Limits): ServerSessionOptions {
  const { headerBytes, headerCount, requestLine } = limits
  const pairs = headerCount + MORE_FIELDS
  return {
    settings: {
      maxConcurrentStreams: http2.concurrentStreams,
      initialWindowSize: http2.streamWindow,
      maxHeaderListSize: headerBytes + requestLine + FIELD_OVERHEAD * pairs,
      // RFC 8441: WebSockets in streams.
      enableConnectProtocol: true,
    },
    // Cookie crumbs are counted one by one; what is above is refused before it is kept.
    maxHeaderListPairs: pairs,
    // Endpoints may answer with 64 KiB of fields, and we add some.
    maxSendHeaderBlockLength: 128 * 1024,
    // Megabytes: what a session's streams may hold, unsent and unread, before it gets no more of them.
    maxSessionMemory: Math.max(10, Math.ceil((http2.concurrentStreams * (http2.streamWindow + 256 * 1024)) / 1e6)),
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    maxSettings: 32,
    streamResetBurst: RESET_BURST,
    streamResetRate: RESET_RATE,
    // Fields with white space at an end come to us, who reset the stream; node would leave them out.
    strictFieldWhitespaceValidation: false,
    // What an endpoint says twice is its business; it must not throw here.
    strictSingleValueFields: false,
  }
}
