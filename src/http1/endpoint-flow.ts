// The flow of one connection to an endpoint in both directions: what it reads into, who waits for whom and for how long, and how
// a tunnel ends.

import type { Socket } from 'node:net'
import { buffers } from '../model/buffers.ts'
import type { EndpointConnection, RunningAttempt } from '../model/connection.ts'
import { Timed } from '../model/deadlines.ts'
import { BODY } from '../model/message.ts'
import { resetSocket } from '../model/reset-socket.ts'
import type { Http1Connector } from './connector.ts'
import { returnSlab, sharedBuffer, takeSlab } from './read-buffer.ts'
import { ResponseBody } from './response-body.ts'
import { writeBody, writeBodyEnd } from './write-request.ts'

export const STATE = { CONNECTING: 0, IDLE: 1, HEAD: 2, BODY: 3, CLOSED: 4 } as const

/** How long what is written may take to leave when a tunnel is over. */
const FLUSH_MS = 30_000

export abstract class EndpointFlow extends Timed implements EndpointConnection {
  protected readonly connector: Http1Connector
  protected attempt: RunningAttempt | null
  protected state: number = STATE.CONNECTING
  protected requestSent = false
  protected readonly body = new ResponseBody()
  /** The endpoint has sent its FIN into a tunnel. */
  protected halfClosed = false
  protected slab: Buffer | null = null
  protected lastRead = 0
  protected paused = false
  /** The endpoint does not take what is written as fast as it comes. */
  protected congested = false

  protected abstract readonly socket: Socket

  constructor(connector: Http1Connector, attempt: RunningAttempt) {
    super()
    this.connector = connector
    this.attempt = attempt
  }

  /** Closes it whatever it is doing; says nothing to its attempt. */
  abstract destroy(): void

  protected nextBuffer(): Buffer {
    // A stream whose reads do not fill the shared buffer (events, long polls) does not keep a large one for itself.
    // Nor does one that waits for a slow client.
    const more = this.body.kind === BODY.LENGTH ? this.body.left : this.lastRead
    if (this.state === STATE.BODY && !this.paused && more >= sharedBuffer.length && !buffers.spent) {
      this.slab ??= takeSlab(this.attempt?.exchange.downstream.quick === true)
      return this.slab
    }
    if (this.slab !== null) returnSlab(this.slab)
    this.slab = null
    return sharedBuffer
  }

  /** The whole request is written: from now on the endpoint has the attempt's time to answer. */
  protected sent(attempt: RunningAttempt): void {
    this.requestSent = true
    if (this.state !== STATE.HEAD) return
    if (attempt.attemptTimeout > 0) this.connector.deadlines.arm(this, attempt.attemptTimeout)
    else this.armIdle(attempt)
  }

  protected armIdle(attempt: RunningAttempt): void {
    const { deadlines } = this.connector
    if (this.paused) deadlines.disarm(this)
    else deadlines.armOrDisarm(this, attempt.exchange.body === BODY.TUNNEL ? this.tunnelIdle(attempt) : attempt.idleTimeout)
  }

  /** As long as both sides may speak and the endpoint takes what comes, silence in a tunnel is no sign of trouble. */
  private tunnelIdle({ idleTimeout, tunnelTimeout, exchange }: RunningAttempt): number {
    const sound = !this.halfClosed && !exchange.bodyDone && !this.congested
    if (sound || idleTimeout === 0) return tunnelTimeout
    return tunnelTimeout === 0 ? idleTimeout : Math.min(idleTimeout, tunnelTimeout)
  }

  sendBody(bytes: Buffer): boolean {
    const { attempt } = this
    if (attempt === null) return true
    this.congested = !writeBody(this.socket, attempt.exchange, bytes)
    this.armIdle(attempt)
    return !this.congested
  }

  endBody(): void {
    const { attempt } = this
    if (attempt === null) return
    if (attempt.exchange.body !== BODY.TUNNEL) {
      writeBodyEnd(this.socket, attempt.exchange)
      this.sent(attempt)
      return
    }
    this.socket.end()
    if (this.halfClosed) this.leaveTunnel()
    else this.armIdle(attempt)
  }

  protected drained(): void {
    this.congested = false
    const { attempt } = this
    if (attempt === null) return
    if (this.body.kind === BODY.TUNNEL) this.armIdle(attempt)
    attempt.onWritable()
  }

  pause(): void {
    // Its last bytes may find the client congested when the connection is back in its pool already.
    if (this.attempt === null) return
    this.paused = true
    this.socket.pause()
    // It is the client that is slow: its own deadline holds.
    this.connector.deadlines.disarm(this)
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    if (this.attempt !== null) this.armIdle(this.attempt)
    this.socket.resume()
  }

  cancel(): void {
    const { attempt } = this
    this.attempt = null
    if (attempt !== null && this.state === STATE.BODY && this.body.kind === BODY.TUNNEL) {
      if (attempt.exchange.bodyDone) {
        // The client's end was an orderly one: the endpoint gets all that came before it.
        this.leaveTunnel()
        return
      }
      if (attempt.exchange.incomplete) resetSocket(this.socket)
    }
    this.destroy()
  }

  /** Nothing more will be said: what is written has some time to leave. */
  protected leaveTunnel(): void {
    this.attempt = null
    this.connector.deadlines.arm(this, FLUSH_MS)
    this.socket.resume()
    this.socket.destroySoon()
  }
}
