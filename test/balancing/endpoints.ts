// Endpoints and seeded dice for tests of balancers.

import type { BalancerSettings, PickContext, WeightedEndpoint } from '../../src/model/balancer.ts'
import type { Random } from '../../src/model/clock.ts'
import { Endpoint } from '../../src/model/endpoint.ts'

/** Endpoints `e0`, `e1`, … of these weights. */
export function endpoints(...weights: readonly number[]): WeightedEndpoint[] {
  return weights.map((weight, i) => ({ endpoint: new Endpoint(`e${i}`), weight }))
}

/** Of a balancer that is told nothing in particular. */
export const SETTINGS: BalancerSettings = { time: { now: 5000.5 }, load: () => 1, boundedLoad: null }

/** A first attempt that is no matter of a key. */
export const FRESH: PickContext = { tried: null, hash: 0 }

/** A first attempt with a key's hash, which `next` (at random) and `turn` (evenly, allocating nothing) change. */
export function keyed(): { readonly context: PickContext; next(random: Random): PickContext; turn(): PickContext } {
  const context = { tried: null, hash: 0 }
  return {
    context,
    next(random) {
      context.hash = Math.floor(random() * 2 ** 32) | 0
      return context
    },
    turn() {
      context.hash = (context.hash + 0x9e3779b1) | 0
      return context
    },
  }
}

/** A repeatable sequence (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296
  }
}
