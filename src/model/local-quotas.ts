// The parts that this process has of limits that it shares with others, as the supervisor asks for and changes them.

import { type QuotaGrant, type QuotaUse, sameQuota } from './quota.ts'
import type { Upstream } from './upstream.ts'

export class LocalQuotas {
  readonly #upstreams: () => ReadonlyMap<string, Upstream>

  constructor(upstreams: () => ReadonlyMap<string, Upstream>) {
    this.#upstreams = upstreams
  }

  /** Names of upstreams that have come near their part since the last call, about a second ago; null = none, as nearly always. */
  near(): string[] | null {
    let near: string[] | null = null
    for (const [name, upstream] of this.#upstreams()) {
      if (upstream.onNeed === null || !upstream.takeNear()) continue
      near ??= []
      near.push(name)
    }
    return near
  }

  /** Of those that there are. */
  use(names: readonly string[]): QuotaUse[] {
    return names.flatMap((name) => {
      const upstream = this.#upstreams().get(name)
      if (upstream === undefined) return []
      const { settings, counters, need } = upstream
      return [
        {
          upstream: name,
          limits: settings.limits,
          quota: { connections: settings.maxConnections, pending: settings.maxPending, requests: settings.maxRequests },
          need,
          requests: counters.inFlight,
          connections: counters.connectionsActive + counters.connectionsIdle,
        },
      ]
    })
  }

  /** Returns the use afterwards. */
  take(grants: readonly QuotaGrant[]): QuotaUse[] {
    for (const { upstream: name, limits, quota } of grants) {
      const upstream = this.#upstreams().get(name)
      if (upstream !== undefined && sameQuota(upstream.settings.limits, limits)) upstream.takeQuota(quota)
    }
    return this.use(grants.map(({ upstream }) => upstream))
  }
}
