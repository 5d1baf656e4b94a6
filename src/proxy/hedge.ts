// Hedging: when an endpoint takes its time, another one is asked too, and whoever answers first answers the client.

import type { Clock } from '../model/clock.ts'
import type { Exchange } from '../model/exchange.ts'
import type { HedgePolicy } from '../model/retry.ts'
import type { RouteBinding } from '../model/snapshot.ts'
import type { Upstream } from '../model/upstream.ts'
import { Attempt } from './attempt.ts'
import { pickAnother } from './pick.ts'
import type { RequestProxy } from './proxy.ts'
import { spend } from './retry.ts'

export class Hedging {
  private readonly proxy: RequestProxy
  private readonly clock: Clock

  constructor(proxy: RequestProxy, clock: Clock) {
    this.proxy = proxy
    this.clock = clock
  }

  /** An attempt has begun. Precise where the wheel is coarse: `after` is meant to be near what an answer takes. */
  watch(x: Exchange, policy: HedgePolicy): void {
    unwatch(x)
    if (x.hedges >= policy.max || x.upgrade !== '' || !policy.covers(x.method)) return
    x.hedge = setTimeout(late, policy.after, this, x, policy)
  }

  /** No answer has come: asks another endpoint, if there is one, a place for it, and budget. */
  join(x: Exchange, policy: HedgePolicy): void {
    x.hedge = null
    if (x.attempt === null || x.responded || x.finished || x.unrepeatable) return
    // While the client has not said everything nobody can answer.
    if (!x.bodyDone) this.watch(x, policy)
    else if (x.heldBytes <= (x.binding as RouteBinding).retry.bodyBytes && this.start(x, policy)) this.watch(x, policy)
  }

  private start(x: Exchange, policy: HedgePolicy): boolean {
    const upstream = x.upstream as Upstream
    // One at a time is to show whether an upstream is well again.
    if (upstream.breaker !== null && upstream.breaker.state !== 'closed') return false
    const running = x.attempt as NonNullable<Exchange['attempt']>
    this.proxy.tried(x, running.endpoint)
    for (const { endpoint } of x.rivals ?? []) this.proxy.tried(x, endpoint)
    const endpoint = pickAnother(x, upstream)
    const connector = endpoint === null ? undefined : upstream.connectors.get(endpoint)
    if (endpoint === null || connector === undefined || !upstream.admit()) return false
    const now = this.clock.now()
    if (!spend(x, 'hedge', policy.budget, now)) {
      upstream.release()
      return false
    }
    x.hedges++
    x.retryReason = 'hedge'
    const rival = new Attempt(this.proxy, x, upstream, endpoint, now)
    if (x.rivals === null) x.rivals = [rival]
    else x.rivals.push(rival)
    rival.start(connector)
    return true
  }
}

function late(hedging: Hedging, x: Exchange, policy: HedgePolicy): void {
  hedging.join(x, policy)
}

export function unwatch(x: Exchange): void {
  if (x.hedge === null) return
  clearTimeout(x.hedge)
  x.hedge = null
}
