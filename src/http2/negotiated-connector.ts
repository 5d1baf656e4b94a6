// An endpoint that says in the TLS handshake which HTTP it speaks: asked once, remembered, asked again when that does not hold any
// more.

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { failureWords } from '../model/connect-failures.ts'
import type { Connector, EndpointConnection, Outcome, RunningAttempt } from '../model/connection.ts'
import { type Deadlines, Timed } from '../model/deadlines.ts'
import { type Destination, dial } from '../model/dial.ts'
import { BODY } from '../model/message.ts'
import type { Upstream } from '../model/upstream.ts'
import type { Http2Connector } from './connector.ts'

const PROTOCOLS: readonly string[] = ['h2', 'http/1.1']

export class NegotiatedConnector implements Connector {
  readonly upstream: Upstream
  readonly destination: Destination
  readonly deadlines: Deadlines
  private readonly http1: Connector
  private readonly http2: Http2Connector
  /** What the endpoint has chosen; null = not asked yet. */
  private chosen: Connector | null = null
  /** Runs until it is known. */
  private question: Question | null = null
  private retired = false

  constructor(upstream: Upstream, destination: Destination, deadlines: Deadlines, http1: Connector, http2: Http2Connector) {
    this.upstream = upstream
    this.destination = destination
    this.deadlines = deadlines
    this.http1 = http1
    this.http2 = http2
    // A handshake has failed: maybe it has changed its mind.
    if (destination.tls !== null)
      destination.tls.onFailure = () => {
        this.chosen = null
      }
  }

  send(attempt: RunningAttempt): EndpointConnection {
    // Upgrades are HTTP/1.1's.
    if (attempt.exchange.body === BODY.TUNNEL || attempt.exchange.upgrade !== '') return this.http1.send(attempt)
    if (this.chosen !== null) return this.chosen.send(attempt)
    this.question ??= new Question(this, attempt)
    return this.question.join(attempt)
  }

  answered(socket: Socket, waiting: Iterable<Asking>): void {
    const http2 = (socket as TLSSocket).alpnProtocol === 'h2'
    this.question = null
    this.chosen = http2 ? this.http2 : this.http1
    // Sessions are shared; a connection that has a PROXY header is its client's.
    if (http2 && this.destination.proxy === null && !this.retired) this.http2.adopt(socket)
    else socket.destroy()
    for (const asking of waiting) asking.go(this.chosen)
  }

  gaveUp(waiting: Iterable<Asking>, outcome: Outcome, why: string): void {
    this.question = null
    for (const { attempt } of waiting) attempt.onFailure(outcome, why, true)
  }

  closeOneIdle(): boolean {
    return this.http1.closeOneIdle() || this.http2.closeOneIdle()
  }

  retire(gone = false): void {
    this.retired = true
    this.http1.retire(gone)
    this.http2.retire()
    if (gone) this.question?.abandon()
  }
}

/** The connection on which the endpoint is asked, and the attempts that wait for what it says. */
class Question extends Timed {
  private readonly connector: NegotiatedConnector
  private readonly waiting = new Set<Asking>()
  private readonly socket: Socket
  private over = false

  constructor(connector: NegotiatedConnector, first: RunningAttempt) {
    super()
    this.connector = connector
    const { connection } = connector.upstream.settings
    connector.deadlines.arm(this, connection.connectTimeout)
    this.socket = dial(connector.destination, {
      tcpKeepAlive: connection.tcpKeepAlive,
      client: first.exchange.downstream.peer,
      protocols: PROTOCOLS,
      onread: null,
      ready: (socket) => this.answered(socket),
    })
    this.socket.on('error', (error: NodeJS.ErrnoException) => this.fail('connect-failure', failureWords(error)))
    this.socket.on('close', () => this.fail('connect-failure', 'closed'))
  }

  join(attempt: RunningAttempt): EndpointConnection {
    const asking = new Asking(this.waiting, attempt)
    this.waiting.add(asking)
    return asking
  }

  private answered(socket: Socket): void {
    if (this.over) return
    this.end()
    this.connector.answered(socket, [...this.waiting])
  }

  private end(): void {
    this.over = true
    this.connector.deadlines.remove(this)
  }

  override onDeadline(): void {
    this.fail('connect-timeout', 'no connection in time')
  }

  abandon(): void {
    this.fail('connect-failure', 'the endpoint is gone')
  }

  private fail(outcome: Outcome, why: string): void {
    if (this.over) return
    this.end()
    this.socket.destroy()
    this.connector.gaveUp([...this.waiting], outcome, why)
  }
}

/** An attempt that waits for the answer; then it is somebody else's. */
class Asking implements EndpointConnection {
  readonly attempt: RunningAttempt
  private readonly among: Set<Asking>
  private taken: EndpointConnection | null = null
  private cancelled = false

  constructor(among: Set<Asking>, attempt: RunningAttempt) {
    this.among = among
    this.attempt = attempt
  }

  go(connector: Connector): void {
    // One that went before may have ended this one.
    if (!this.cancelled) this.taken = connector.send(this.attempt)
  }

  cancel(): void {
    this.cancelled = true
    this.among.delete(this)
    this.taken?.cancel()
  }

  sendBody(bytes: Buffer): boolean {
    return this.taken?.sendBody(bytes) ?? true
  }

  endBody(): void {
    this.taken?.endBody()
  }

  pause(): void {
    this.taken?.pause()
  }

  resume(): void {
    this.taken?.resume()
  }
}
