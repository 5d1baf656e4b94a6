// Circuit breakers of upstreams: made and dropped as the configuration says; one whose settings stay keeps its state.

import type { BreakerConfig, GatewayConfig } from '../config/model.ts'
import type { Clock } from '../model/clock.ts'
import type { Upstream } from '../model/upstream.ts'
import { type Circuit, loadCircuit, UpstreamBreaker } from '../resilience/breaker.ts'

/** What breakers are made with; null = none is configured, and nothing was loaded. */
export function circuitFor({ upstreams }: GatewayConfig): Promise<Circuit> | null {
  return Object.values(upstreams).some(({ breaker }) => breaker !== null) ? loadCircuit() : null
}

/** What a breaker was made from, to see whether it may stay. */
const madeFrom = new WeakMap<Upstream, string>()

/** To be called when the configuration comes into force; without `circuit` there are no breakers. */
export function giveBreaker(upstream: Upstream, config: BreakerConfig | null, circuit: Circuit | null, clock: Clock): void {
  const wanted = config === null || circuit === null ? '' : JSON.stringify(config)
  if (wanted === (madeFrom.get(upstream) ?? '')) return
  dropBreaker(upstream)
  if (config === null || circuit === null) return
  madeFrom.set(upstream, wanted)
  const options = { ...config, on: new Set(config.on) }
  upstream.breaker = new UpstreamBreaker(circuit, options, clock, { opened: () => upstream.dismissWaiting() })
}

/** Leaves no timer behind. */
export function dropBreaker(upstream: Upstream): void {
  upstream.breaker?.close()
  upstream.breaker = null
  madeFrom.delete(upstream)
}
