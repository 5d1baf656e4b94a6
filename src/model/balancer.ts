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
  /**
   * The hash of the request's key, for balancers with `hashing`; else any. 32 evenly spread bits as a signed integer: the engine
   * keeps those in place, where it would allocate for an unsigned one.
   */
  readonly hash: number
}

/** Picks one endpoint. Synchronous, O(1) or O(log n) while nothing was tried, allocates nothing. */
export interface Picker {
  /** Never one of `context.tried`; null when no other is left. */
  pick(context: PickContext): Endpoint | null
  /**
   * What `pick` would say now, without any change to what it will say next; chance comes from `random`. For explaining. Without it,
   * `pick` itself changes nothing.
   */
  peek?(context: PickContext, random: Random): Endpoint | null
  /**
   * Told how an attempt went: once when the response head is there, or when the attempt failed. `ms` since the attempt began,
   * `now` in monotonic milliseconds. `failed`: `ms` is no measure of how quick the endpoint is. Only pickers that learn have it.
   */
  observe?(endpoint: Endpoint, ms: number, now: number, failed: boolean): void
}

/** What an algorithm is told besides the endpoints. */
export interface BalancerSettings {
  /** Monotonic milliseconds, up to 100 ms late. A field, because the number that a function returns may be allocated. */
  readonly time: { readonly now: number }
  /** Requests that run on all endpoints together, the one that is picked for included. */
  readonly load: () => number
  /** Most that one endpoint may have of its fair share of the load, above 1; null = any. For ring-hash. */
  readonly boundedLoad: number | null
}

/** An algorithm. `build` may be slow (it runs once per change of the endpoints) and never keeps `endpoints` itself. */
export interface Balancer {
  readonly name: string
  /** It goes by `PickContext.hash`. */
  readonly hashing?: true
  build(endpoints: readonly WeightedEndpoint[], random: Random, settings: BalancerSettings): Picker
  /** `build` in steps of well below a millisecond, for algorithms whose tables are large: requests are served in between. */
  steps?(endpoints: readonly WeightedEndpoint[], random: Random, settings: BalancerSettings): Generator<undefined, Picker>
}
