// What node:http2 is told about sessions to endpoints, and our bounds on them.

import { constants, type SecureClientSessionOptions } from 'node:http2'

/** Requests on one session at a time, whatever the endpoint allows; for more there are more sessions. */
export const MAX_STREAMS = 100
/** What an endpoint may send of one response before the client takes it. */
const STREAM_WINDOW = 128 * 1024
/** The same of all of a session: the streams' windows are the bound, this one is never to hold up the others. */
export const CONNECTION_WINDOW = MAX_STREAMS * STREAM_WINDOW
/** As from HTTP/1.1 endpoints: 256 fields of together 64 KiB. RFC 9113 10.5.1 counts 32 bytes more for each. */
const MAX_FIELDS = 256
export const MAX_FIELD_BYTES = 64 * 1024

/** Interim responses that one request may get before its final one. */
export const MAX_INFORMATIONAL = 16
/** How often a request goes on a further session because the endpoint has closed one after the other. */
export const MAX_MOVES = 5

/** SETTINGS and PING frames of an endpoint that are answered in a row without any progress of a response. */
export const MAX_CHATTER = 1000

// The types do not know `strictSingleValueFields`.
export const SESSION_OPTIONS: SecureClientSessionOptions & { strictSingleValueFields: false } = {
  settings: { enablePush: false, initialWindowSize: STREAM_WINDOW, maxHeaderListSize: MAX_FIELD_BYTES + 32 * MAX_FIELDS },
  maxHeaderListPairs: MAX_FIELDS,
  // Clients' requests may have 40 KiB of fields, and we add some.
  maxSendHeaderBlockLength: 128 * 1024,
  maxSettings: 32,
  // Megabytes: the windows above, and as much again that waits to be sent.
  maxSessionMemory: Math.ceil((2 * CONNECTION_WINDOW) / 1e6),
  // What a client or an endpoint says twice is its business; it must not throw here.
  strictSingleValueFields: false,
}

/** RFC 9113 7: codes that say that a message, theirs or ours, was not understood. */
export const NOT_UNDERSTOOD: ReadonlySet<number> = new Set([
  constants.NGHTTP2_PROTOCOL_ERROR,
  constants.NGHTTP2_FRAME_SIZE_ERROR,
  constants.NGHTTP2_COMPRESSION_ERROR,
])

const NAMES = new Map<number, string>(
  Object.entries(constants).flatMap(([name, code]) =>
    /^NGHTTP2_(?!ERR|FLAG|HCAT|NV|SETTINGS_|SESSION|STREAM_STATE|DEFAULT)[A-Z0-9_]+$/.test(name) &&
    typeof code === 'number' &&
    code <= 13
      ? [[code, name.slice('NGHTTP2_'.length)]]
      : [],
  ),
)

/** RFC 9113 7: the name of an error code. */
export const errorName = (code: number): string => NAMES.get(code) ?? `error ${code}`
