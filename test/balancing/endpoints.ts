// Endpoints and seeded dice for tests of balancers.

import type { WeightedEndpoint } from '../../src/model/balancer.ts'
import type { Random } from '../../src/model/clock.ts'
import { Endpoint } from '../../src/model/endpoint.ts'

/** Endpoints `e0`, `e1`, … of these weights. */
export function endpoints(...weights: readonly number[]): WeightedEndpoint[] {
  return weights.map((weight, i) => ({ endpoint: new Endpoint(`e${i}`), weight }))
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
