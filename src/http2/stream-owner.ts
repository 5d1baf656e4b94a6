// The session of a client, as its streams see it.

import type { ConnectionContext } from '../model/client-connection.ts'
import type { Peer } from '../model/peer.ts'
import type { DownstreamStream } from './downstream-stream.ts'

/** What a stream reports to the session that it belongs to. */
export interface StreamOwner {
  readonly context: ConnectionContext
  readonly peer: Peer
  /** Bytes of heads and bodies, for the watch over everything else. */
  useful: number
  /** Whether the client takes enough of the only stream that it has: of one among others only whole writes are seen to leave. */
  reads(now: number): boolean
  streamClosed(stream: DownstreamStream): void
}
