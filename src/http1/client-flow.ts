// The flow of one client connection in both directions: who waits for whom, and for how long.

import type { Socket } from 'node:net'
import type { ClientConnection, ConnectionContext, ListenerRef } from '../model/client-connection.ts'
import { Timed } from '../model/deadlines.ts'
import type { Peer } from '../model/peer.ts'
import { ProgressWatch } from '../model/progress-watch.ts'
import { resetSocket } from '../model/reset-socket.ts'
import { giveBack, isPreface } from './prior-knowledge.ts'
import type { RequestBody } from './request-body.ts'

/** A client that takes longer (ms) for what waits for it is slow. */
const SLOW_MS = 1000
/** Bytes of answers that a new client must have taken before it counts as quick: the kernel takes less for a slow one at once. */
const PROOF = 256 * 1024

export abstract class ClientFlow extends Timed {
  protected readonly socket: Socket
  protected readonly listener: ListenerRef
  protected readonly context: ConnectionContext
  protected readonly progress = new ProgressWatch()
  /** Bytes that it has taken at once. */
  private proof = 0
  /** The request body under way. */
  protected body: RequestBody | null = null

  constructor(socket: Socket, listener: ListenerRef, context: ConnectionContext) {
    super()
    this.socket = socket
    this.listener = listener
    this.context = context
  }

  get unsent(): number {
    return this.socket.writableLength
  }

  /** The client does not take what is written as fast as it comes. */
  get congested(): boolean {
    return this.socket.writableNeedDrain
  }

  get quick(): boolean {
    return this.proof >= PROOF
  }

  /** The endpoint takes no more of the body: neither is it read. */
  pauseBody(): void {
    if (this.progress.pausedAt === 0) this.progress.pausedAt = this.context.deadlines.now
    this.socket.pause()
  }

  resumeBody(): void {
    if (this.progress.pausedAt !== 0) this.body?.excuse(this.progress.pausedAt, this.context.deadlines.now)
    this.progress.pausedAt = 0
    this.socket.resume()
  }

  /** Gives the socket to HTTP/2 when that is what its first `bytes` are; then nothing more happens here. */
  protected switchToHttp2(connection: ClientConnection, peer: Peer, bytes: Buffer): boolean {
    const { counters, http2 } = this.listener.current
    if (http2 === null || peer.secure || !isPreface(bytes)) return false
    this.context.deadlines.remove(this)
    giveBack(this.socket, bytes)
    // It will be counted as the one that it is.
    counters.connections--
    counters.connectionsTotal--
    counters.bytesIn -= bytes.length
    this.context.switchToHttp2(connection, this.socket, peer, this.listener)
    return true
  }

  /** Closes a client that does not read: with a reset, or the kernel would keep megabytes for it for minutes. */
  protected abandon(): void {
    if (this.unsent > 0) resetSocket(this.socket)
    else this.socket.destroy()
  }

  /** Everything that waited has been taken. */
  protected noteDrained(): void {
    const at = this.progress.congestedAt
    if (at !== 0) this.proof = this.context.deadlines.now - at < SLOW_MS ? PROOF : 0
    this.progress.congestedAt = 0
  }

  /** To be called after a write of so many `bytes`. */
  protected checkCongestion(bytes: number): void {
    if (!this.congested) {
      if (this.proof < PROOF) this.proof += bytes
      return
    }
    if (this.progress.congestedAt !== 0) return
    this.progress.congestedAt = this.context.deadlines.now
    this.watch()
  }

  /** Arms the deadline for the next look at a running exchange. */
  protected watch(): void {
    const { deadlines } = this.context
    deadlines.armOrDisarm(this, this.progress.nextCheck(this.body, this.listener.current.timeouts, deadlines.now))
  }
}
