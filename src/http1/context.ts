// What the client connections of a process share.

import type { Clock } from '../model/clock.ts'
import type { Deadlines } from '../model/deadlines.ts'
import type { ExchangeHandler } from '../model/exchange.ts'
import type { ServedListener } from '../model/snapshot.ts'
import type { DownstreamConnection } from './downstream-connection.ts'

export interface ConnectionContext {
  readonly clock: Clock
  readonly deadlines: Deadlines
  readonly handler: ExchangeHandler
  /** No further request may follow on any connection. */
  readonly draining: boolean
  /** `date: …` line of this second (RFC 9110 6.6.1), for responses that have none. */
  dateLine(): string
  /** The connection is closed. */
  forget(connection: DownstreamConnection): void
}

/** A listener as its connections see it: what is in force now. */
export interface ListenerRef {
  readonly current: ServedListener
}
