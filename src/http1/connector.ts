// The connection pool of one endpoint: idle connections are taken last in, first out, so that what is not needed grows old and goes.

import type { Connector, EndpointConnection, RunningAttempt } from '../model/connection.ts'
import type { Deadlines } from '../model/deadlines.ts'
import type { Destination } from '../model/dial.ts'
import { BODY } from '../model/message.ts'
import type { Peer } from '../model/peer.ts'
import type { Upstream } from '../model/upstream.ts'
import { UpstreamConnection } from './upstream-connection.ts'

/**
 * How long (ms) those above maxIdlePerEndpoint stay: many requests at once give back more connections than are kept, and the next
 * ones want them back in a moment.
 */
const SURPLUS_MS = 1000

export class Http1Connector implements Connector {
  readonly upstream: Upstream
  readonly destination: Destination
  /** What stands in Host where nothing else is to. */
  readonly authority: string
  readonly deadlines: Deadlines
  private readonly idle: UpstreamConnection[] = []
  /** Nothing has been sent on them yet. */
  private readonly opening = new Set<UpstreamConnection>()
  retired = false

  constructor(upstream: Upstream, destination: Destination, authority: string, deadlines: Deadlines) {
    this.upstream = upstream
    this.destination = destination
    this.authority = authority
    this.deadlines = deadlines
  }

  send(attempt: RunningAttempt): EndpointConnection {
    const exclusive = this.destination.proxy !== null
    while (attempt.exchange.body !== BODY.TUNNEL) {
      const connection = exclusive ? this.takeOf(attempt.exchange.downstream.peer) : this.idle.pop()
      if (connection === undefined) break
      this.upstream.counters.connectionsIdle--
      if (!connection.usable) continue
      this.upstream.counters.connectionsActive++
      connection.begin(attempt)
      return connection
    }
    this.upstream.makeRoom()
    this.upstream.counters.connectionsActive++
    const connection = new UpstreamConnection(this, attempt)
    this.opening.add(connection)
    return connection
  }

  /** It is not being made any more: it stands, or it is gone. */
  opened(connection: UpstreamConnection): void {
    this.opening.delete(connection)
  }

  /** What a PROXY header says holds for the connection: another client's is no good. */
  private takeOf(client: Peer): UpstreamConnection | undefined {
    const index = this.idle.findLastIndex((connection) => connection.client === client)
    return index === -1 ? undefined : this.idle.splice(index, 1)[0]
  }

  /** The response is complete and the connection fit for another request. */
  release(connection: UpstreamConnection): void {
    const { counters, settings } = this.upstream
    const { maxIdlePerEndpoint } = settings.connection
    counters.connectionsActive--
    // Of clients' own connections the oldest are those of clients that are gone.
    if (this.destination.proxy !== null && maxIdlePerEndpoint > 0 && this.idle.length >= maxIdlePerEndpoint) this.closeOneIdle()
    if (this.retired || maxIdlePerEndpoint === 0) {
      connection.destroy()
      return
    }
    if (this.idle.length >= maxIdlePerEndpoint) this.deadlines.armEarlier(connection, SURPLUS_MS)
    counters.connectionsIdle++
    this.idle.push(connection)
  }

  /** An idle connection is gone. */
  dropIdle(connection: UpstreamConnection): void {
    const index = this.idle.lastIndexOf(connection)
    if (index === -1) return
    this.idle.splice(index, 1)
    this.upstream.counters.connectionsIdle--
  }

  /** A connection that was in use is gone. */
  dropActive(): void {
    this.upstream.counters.connectionsActive--
  }

  closeOneIdle(): boolean {
    const connection = this.idle[0]
    connection?.destroyIdle()
    return connection !== undefined
  }

  retire(gone = false): void {
    this.retired = true
    while (this.closeOneIdle());
    // Packets to a pod that is gone are lost without a word: whoever waits is better off elsewhere.
    if (gone) for (const connection of [...this.opening]) connection.abandon()
  }
}
