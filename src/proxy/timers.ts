// What waits for the proxy: the time of a whole exchange, and a place in the queue of an upstream.

import { Timed } from '../model/deadlines.ts'
import type { Exchange } from '../model/exchange.ts'
import { type Upstream, Waiting } from '../model/upstream.ts'
import type { RequestProxy } from './proxy.ts'

export class RequestTimer extends Timed {
  private readonly proxy: RequestProxy
  private readonly exchange: Exchange

  constructor(proxy: RequestProxy, x: Exchange) {
    super()
    this.proxy = proxy
    this.exchange = x
  }

  override onDeadline(): void {
    if (!this.exchange.finished) this.proxy.fail(this.exchange, 'request-timeout', 'timeout.request of the route is over')
  }
}

export class WaitingExchange extends Waiting {
  readonly upstream: Upstream
  private readonly proxy: RequestProxy
  private readonly exchange: Exchange

  constructor(proxy: RequestProxy, x: Exchange, upstream: Upstream) {
    super()
    this.proxy = proxy
    this.exchange = x
    this.upstream = upstream
  }

  override admitted(): void {
    this.proxy.enter(this.exchange)
  }

  override dismissed(): void {
    this.proxy.dismissed(this.exchange)
  }

  override onDeadline(): void {
    this.proxy.fail(this.exchange, 'limit-pending-timeout', '')
  }
}
