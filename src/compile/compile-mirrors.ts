// What a route's `mirror` becomes: bindings with counters of their own, because a copy is nobody's request.

import type { RouteConfig, UpstreamConfig } from '../config/model.ts'
import type { Random } from '../model/clock.ts'
import { Histogram, ResponseCounters } from '../model/counters.ts'
import { PRIORITY } from '../model/overload.ts'
import type { Mirror } from '../model/snapshot.ts'
import type { Upstream } from '../model/upstream.ts'
import { NO_RETRY } from '../resilience/retry-policy.ts'
import { hashesOf } from './hash-key.ts'

/** null = nobody gets copies. */
export function mirrorsOf(
  route: RouteConfig,
  listener: string,
  configs: Readonly<Record<string, UpstreamConfig>>,
  upstreams: ReadonlyMap<string, Upstream>,
  random: Random,
): readonly Mirror[] | null {
  if (route.mirror.length === 0) return null
  return route.mirror.map(({ upstream: name, share, bodyBytes }) => {
    const upstream = upstreams.get(name) as Upstream
    return {
      upstream,
      share,
      bodyBytes,
      binding: {
        name: route.name,
        upstreams: [upstream],
        weights: [1],
        split: null,
        hashes: hashesOf(route, [configs[name] as UpstreamConfig], random),
        subsets: null,
        standIns: null,
        affinity: null,
        chains: null,
        prefix: null,
        priority: PRIORITY[route.priority],
        requestTimeout: 0,
        attemptTimeout: route.timeout.attempt ?? 0,
        idleTimeout: route.timeout.idle ?? 0,
        tunnelTimeout: 0,
        upgrades: null,
        retry: NO_RETRY,
        hedge: null,
        mirrors: null,
        duration: new Histogram(),
        responses: [new ResponseCounters(listener, route.name, name)],
      },
    }
  })
}
