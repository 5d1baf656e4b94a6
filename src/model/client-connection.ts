// What client connections of every protocol share, and what the data plane asks of each.

import type { Clock } from './clock.ts'
import type { Deadlines } from './deadlines.ts'
import type { ExchangeHandler } from './exchange.ts'
import type { ServedListener } from './snapshot.ts'

export interface ClientConnection {
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
  /** The connection is closed. */
  forget(connection: ClientConnection): void
}

/** A listener as its connections see it: what is in force now. */
export interface ListenerRef {
  readonly current: ServedListener
}
