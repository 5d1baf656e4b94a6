// Adaptive limits of upstreams: made and dropped as the configuration says; one that stays keeps what it has learnt.

import type { AdaptiveConfig } from '../config/model.ts'
import type { Clock } from '../model/clock.ts'
import type { Part } from '../model/quota.ts'
import type { Upstream } from '../model/upstream.ts'
import { AdaptiveLimiter } from '../resilience/adaptive.ts'

/** To be called when the configuration comes into force. */
export function giveAdaptiveLimit(upstream: Upstream, config: AdaptiveConfig | null, { count }: Part, clock: Clock): void {
  const { adaptive } = upstream
  if (config === null) upstream.adaptive = null
  else {
    const bounds = { minLimit: partOf(config.minLimit, count), maxLimit: partOf(config.maxLimit, count) }
    if (adaptive instanceof AdaptiveLimiter) adaptive.adopt(bounds)
    else upstream.adaptive = new AdaptiveLimiter(bounds, clock.wall() - clock.now())
  }
  upstream.settle()
}

const partOf = (limit: number, count: number): number => Math.max(1, Math.round(limit / count))
