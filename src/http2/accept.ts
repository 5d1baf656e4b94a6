// How a client connection that speaks HTTP/2 comes to be served, by ALPN or by prior knowledge.

import type { Socket } from 'node:net'
import type { ClientConnection, ConnectionContext, ListenerRef } from '../model/client-connection.ts'
import type { Peer } from '../model/peer.ts'
import { DEFAULT_HTTP2 } from './downstream-options.ts'
import { DownstreamSession } from './downstream-session.ts'

/** The socket is paused, and has all of it unread. */
export function acceptHttp2(socket: Socket, peer: Peer, listener: ListenerRef, context: ConnectionContext): ClientConnection {
  return new DownstreamSession(socket, peer, listener, context, listener.current.http2 ?? DEFAULT_HTTP2)
}
