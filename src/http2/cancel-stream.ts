// How a stream to an endpoint is given up.

import { type ClientHttp2Stream, constants } from 'node:http2'
import { Readable } from 'node:stream'

/** What node destroys streams with whose AbortSignal fires: of a stream of HTTP/2 it makes CANCEL. */
const ABORTED = new Readable({ signal: AbortSignal.abort() }).on('error', () => {}).errored as Error

/**
 * Resets it with CANCEL. Node's `close` ends what is not ended yet, in good order, before it resets: half a request would look whole.
 * `destroy` does not, but on node's way in the reset would get lost with the stream.
 */
export function cancelStream(stream: ClientHttp2Stream): void {
  if (stream.writableEnded) stream.close(constants.NGHTTP2_CANCEL)
  else setImmediate(abort, stream)
}

/** Nothing of it has left us. */
export function isUnsent({ state }: ClientHttp2Stream): boolean {
  return state.state === constants.NGHTTP2_STREAM_STATE_IDLE
}

function abort(stream: ClientHttp2Stream): void {
  if (!stream.closed) stream.destroy(ABORTED)
}
