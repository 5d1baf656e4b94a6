// The flow of one client connection in both directions: who waits for whom, and for how long.

import type { Socket } from 'node:net'
import type { ConnectionContext, ListenerRef } from '../model/client-connection.ts'
import { Timed } from '../model/deadlines.ts'
import { ProgressWatch } from '../model/progress-watch.ts'
import type { RequestBody } from './request-body.ts'

export abstract class ClientFlow extends Timed {
  protected readonly socket: Socket
  protected readonly listener: ListenerRef
  protected readonly context: ConnectionContext
  protected readonly progress = new ProgressWatch()
  /** The request body under way. */
  protected body: RequestBody | null = null

  constructor(socket: Socket, listener: ListenerRef, context: ConnectionContext) {
    super()
    this.socket = socket
    this.listener = listener
    this.context = context
  }

  /** The client does not take what is written as fast as it comes. */
  get congested(): boolean {
    return this.socket.writableNeedDrain
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

  /** To be called after a write. */
  protected checkCongestion(): void {
    if (this.progress.congestedAt !== 0 || !this.congested) return
    this.progress.congestedAt = this.context.deadlines.now
    this.watch()
  }

  /** Arms the deadline for the next look at a running exchange. */
  protected watch(): void {
    const { deadlines } = this.context
    deadlines.armOrDisarm(this, this.progress.nextCheck(this.body, this.listener.current.timeouts, deadlines.now))
  }
}
