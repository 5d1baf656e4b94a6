// The contract of every balancing algorithm: build once when the endpoints change, pick per attempt.

import type { Random } from './clock.ts'
import type { Endpoint } from './endpoint.ts'

/** One candidate. Weights are integers ≥ 1: endpoints of weight 0 are left out before a picker is built. */
export interface WeightedEndpoint {
  readonly endpoint: Endpoint
  readonly weight: number
}

/** What a picker may look at. An exchange is one; made by the proxy, never kept by a picker. */
export interface PickContext {
  /** Endpoints that this exchange has already been to; null before the first attempt. */
  readonly tried: readonly Endpoint[] | null
}

/** Picks one endpoint. Synchronous, O(1) or O(log n) while nothing was tried, allocates nothing. */
export interface Picker {
  /** Never one of `context.tried`; null when no other is left. */
  pick(context: PickContext): Endpoint | null
}

/** An algorithm. `build` may be slow (it runs once per change of the endpoints) and never keeps `endpoints` itself. */
export interface Balancer {
  readonly name: string
  build(endpoints: readonly WeightedEndpoint[], random: Random): Picker
}
