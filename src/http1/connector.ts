// The connection pool of one endpoint: idle connections are taken last in, first out, so that what is not needed grows old and goes.

import type { Connector, EndpointConnection, RunningAttempt } from '../model/connection.ts'
import type { Deadlines } from '../model/deadlines.ts'
import type { Upstream } from '../model/upstream.ts'
import { UpstreamConnection } from './upstream-connection.ts'

/** Where to connect to: an address and a port, or a unix socket. */
export type Place = { readonly host: string; readonly port: number } | { readonly path: string }

export class Http1Connector implements Connector {
  readonly upstream: Upstream
  readonly place: Place
  /** What stands in Host where nothing else is to. */
  readonly authority: string
  readonly deadlines: Deadlines
  private readonly idle: UpstreamConnection[] = []
  retired = false

  constructor(upstream: Upstream, place: Place, authority: string, deadlines: Deadlines) {
    this.upstream = upstream
    this.place = place
    this.authority = authority
    this.deadlines = deadlines
  }

  send(attempt: RunningAttempt): EndpointConnection {
    for (;;) {
      const connection = this.idle.pop()
      if (connection === undefined) break
      this.upstream.counters.connectionsIdle--
      if (!connection.usable) continue
      this.upstream.counters.connectionsActive++
      connection.begin(attempt)
      return connection
    }
    this.upstream.makeRoom()
    this.upstream.counters.connectionsActive++
    return new UpstreamConnection(this, attempt)
  }

  /** The response is complete and the connection fit for another request. */
  release(connection: UpstreamConnection): void {
    const { counters, settings } = this.upstream
    counters.connectionsActive--
    if (this.retired || this.idle.length >= settings.connection.maxIdlePerEndpoint) {
      connection.destroy()
      return
    }
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

  retire(): void {
    this.retired = true
    while (this.closeOneIdle());
  }
}
