// What client connections of every protocol share, and what the data plane asks of each.

import type { Socket } from 'node:net'
import type { Clock } from './clock.ts'
import type { Deadlines } from './deadlines.ts'
import type { Exchange, ExchangeHandler } from './exchange.ts'
import type { Peer } from './peer.ts'
import type { ServedListener } from './snapshot.ts'

export interface ClientConnection {
  /** Bytes that the client has not taken yet, about. */
  readonly unsent: number
  /** Answers what runs, and what may be on its way, then closes. */
  drain(): void
  /** Closes now. */
  destroy(): void
}

export interface ConnectionContext {
  readonly clock: Clock
  readonly deadlines: Deadlines
  readonly handler: ExchangeHandler
  /** No further request may follow on any connection. */
  readonly draining: boolean
  /** `date: …` line of this second (RFC 9110 6.6.1), for responses that have none. */
  dateLine(): string
  /** `connection` speaks HTTP/2 and has let go of its socket: paused, all that came is unread. It is forgotten with this. */
  switchToHttp2(connection: ClientConnection, socket: Socket, peer: Peer, listener: ListenerRef): void
  /** The connection is closed. */
  forget(connection: ClientConnection): void
}

/** A listener as its connections see it: what is in force now. */
export interface ListenerRef {
  readonly current: ServedListener
  /** The address that it shares with others, told apart by hosts; null = it is alone there. */
  readonly sharing: SharedAddress | null
}

export interface SharedAddress {
  /** The listener that serves a host best: its exact name, the longest wildcard, or every host; null = none does. */
  byHost(host: string): ServedListener | null
}

/**
 * Gives a request, whose `host` is known, to the listener of its address that serves the host. False: that is another one than the
 * one that a TLS connection came to, so that certificate, client authentication and policy would be the wrong ones (421).
 */
export function chooseListener(x: Exchange, { sharing }: ListenerRef): boolean {
  if (sharing === null) return true
  const owner = sharing.byHost(x.host)
  // Served by nobody: the listener says so itself.
  if (owner === null || owner === x.listener) return true
  if (x.downstream.peer.secure) return false
  x.listener = owner
  return true
}
