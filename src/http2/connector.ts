// The HTTP/2 sessions with one endpoint: requests go on one that has room, on a new one, or wait for the first place.

import type { Socket } from 'node:net'
import type { Connector, EndpointConnection, RunningAttempt } from '../model/connection.ts'
import type { Deadlines } from '../model/deadlines.ts'
import type { Destination } from '../model/dial.ts'
import { BODY } from '../model/message.ts'
import type { Peer } from '../model/peer.ts'
import type { Upstream } from '../model/upstream.ts'
import { UpstreamSession } from './upstream-session.ts'
import { UpstreamStream } from './upstream-stream.ts'

export class Http2Connector implements Connector {
  readonly upstream: Upstream
  readonly destination: Destination
  /** What stands in :authority where nothing else is to. */
  readonly authority: string
  readonly deadlines: Deadlines
  private readonly sessions: UpstreamSession[] = []
  /** Wait for a place, in this order. */
  private readonly waiting = new Set<UpstreamStream>()
  /** Those of `sessions` on which nothing runs. */
  private readonly idle = new Set<UpstreamSession>()
  private retired = false

  constructor(upstream: Upstream, destination: Destination, authority: string, deadlines: Deadlines) {
    this.upstream = upstream
    this.destination = destination
    this.authority = authority
    this.deadlines = deadlines
  }

  send(attempt: RunningAttempt): EndpointConnection {
    const stream = new UpstreamStream(this, attempt)
    if (attempt.exchange.body === BODY.TUNNEL)
      setImmediate(() => stream.fail('protocol', 'no upgrades over HTTP/2 to endpoints', true))
    else this.place(stream)
    return stream
  }

  /** Finds a session for it, or lets it wait. */
  place(stream: UpstreamStream): void {
    const client = this.clientOf(stream)
    for (const session of this.sessions) {
      if (session.client === client && session.hasRoom) {
        stream.assign(session)
        return
      }
    }
    if (this.mayOpen()) stream.assign(this.open(client, null))
    else {
      this.waiting.add(stream)
      stream.waitForRoom()
    }
  }

  private mayOpen(): boolean {
    if (this.sessions.some(({ takesNothing }) => takesNothing)) return false
    this.upstream.makeRoom()
    const { counters, settings } = this.upstream
    // An endpoint gets its first one in any case: without it nobody would ever make room for it.
    return this.sessions.length === 0 || counters.connectionsActive + counters.connectionsIdle < settings.maxConnections
  }

  private open(client: Peer | null, established: Socket | null): UpstreamSession {
    this.upstream.counters.connectionsActive++
    const session = new UpstreamSession(this, client, established)
    this.sessions.push(session)
    return session
  }

  /** A connection that was made elsewhere, on which the endpoint has chosen HTTP/2. */
  adopt(socket: Socket): void {
    this.open(null, socket)
  }

  private clientOf({ peer }: UpstreamStream): Peer | null {
    return this.destination.proxy === null ? null : peer
  }

  /** A session has room: whoever has waited longest for one like it goes on it. */
  next(session: UpstreamSession): boolean {
    for (const stream of this.waiting) {
      if (this.clientOf(stream) !== session.client) continue
      this.waiting.delete(stream)
      stream.assign(session)
      return true
    }
    return false
  }

  forget(stream: UpstreamStream): void {
    this.waiting.delete(stream)
  }

  // ---- what sessions report

  resting(session: UpstreamSession): void {
    const { counters, settings } = this.upstream
    if (this.idle.has(session)) return
    this.idle.add(session)
    counters.connectionsActive--
    counters.connectionsIdle++
    // Somebody may wait for one like another.
    const [first] = this.waiting
    if (first !== undefined) {
      this.waiting.delete(first)
      this.place(first)
    } else if (this.retired || this.idle.size > settings.connection.maxIdlePerEndpoint) session.retire()
  }

  active(session: UpstreamSession): void {
    if (!this.idle.delete(session)) return
    this.upstream.counters.connectionsIdle--
    this.upstream.counters.connectionsActive++
  }

  gone(session: UpstreamSession): void {
    const index = this.sessions.indexOf(session)
    if (index === -1) return
    this.sessions.splice(index, 1)
    if (this.idle.delete(session)) this.upstream.counters.connectionsIdle--
    else this.upstream.counters.connectionsActive--
    const [first] = this.waiting
    if (first === undefined) return
    this.waiting.delete(first)
    this.place(first)
  }

  // ---- the upstream's

  closeOneIdle(): boolean {
    const [session] = this.idle
    session?.destroy()
    return session !== undefined
  }

  retire(): void {
    this.retired = true
    while (this.closeOneIdle());
    const waiting = [...this.waiting]
    this.waiting.clear()
    for (const session of [...this.sessions]) session.retire()
    for (const stream of waiting) stream.fail('connect-failure', 'the endpoint is gone', false)
  }
}
