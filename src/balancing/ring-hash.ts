// Consistent hashing as in ketama (Jones 2007; Karger et al. 1997): each endpoint has points on a circle, a key belongs to the first
// point at or after it. With `boundedLoad`, who has more than its share is passed over (Mirrokni, Thorup, Zadimoghaddam 2018). O(1).

import type { Balancer, BalancerSettings, PickContext, Picker, WeightedEndpoint } from '../model/balancer.ts'
import type { Endpoint } from '../model/endpoint.ts'
import { hashText, mix } from './hash.ts'
import { finish, type PointSource, type SortedPoints, sortPoints } from './sorted-points.ts'

/** Points per unit of weight, ketama's number: shares are within 8 % (one standard deviation) of what weights say. */
const POINTS = 160
/** More points than this, and than this for each endpoint, buy nothing: large weights get fewer points per unit. */
const MAX_POINTS = 2 ** 18
const MAX_POINTS_EACH = 256

export const ringHash: Balancer = {
  name: 'ring-hash',
  hashing: true,
  build: (endpoints, _random, settings) => finish(steps(endpoints, settings)),
  steps: (endpoints, _random, settings) => steps(endpoints, settings),
}

function* steps(written: readonly WeightedEndpoint[], settings: BalancerSettings): Generator<undefined, Picker> {
  const endpoints = [...written]
  const wanted = new RingPoints(endpoints)
  yield
  const points = yield* sortPoints(wanted)
  return new RingPicker(endpoints, points, settings)
}

/** Depends on an endpoint's own address and weight alone, so that changes of one move no other's keys. */
class RingPoints implements PointSource {
  readonly owners: number
  readonly #endpoints: readonly WeightedEndpoint[]
  readonly #unit: number
  /** Two hashes of each address: points of two endpoints coincide all along only if both do. */
  readonly #first: Int32Array
  readonly #second: Int32Array

  constructor(endpoints: readonly WeightedEndpoint[]) {
    this.owners = endpoints.length
    this.#endpoints = endpoints
    const wanted = POINTS * endpoints.reduce((sum, { weight }) => sum + weight, 0)
    const most = Math.max(MAX_POINTS, MAX_POINTS_EACH * endpoints.length)
    // By halves, so that it seldom changes, and when it does, all points that stay were points before.
    this.#unit = POINTS / 2 ** Math.max(0, Math.ceil(Math.log2(wanted / most)))
    this.#first = Int32Array.from(endpoints, ({ endpoint }) => hashText(endpoint.address, 1))
    this.#second = Int32Array.from(endpoints, ({ endpoint }) => hashText(endpoint.address, 2))
  }

  count(owner: number): number {
    return Math.max(1, Math.round((this.#endpoints[owner] as WeightedEndpoint).weight * this.#unit))
  }

  key(owner: number, index: number): number {
    return mix((this.#first[owner] as number) ^ mix(((this.#second[owner] as number) + index) | 0)) >>> 0
  }

  precedes(owner: number, other: number): boolean {
    const address = (i: number) => (this.#endpoints[i] as WeightedEndpoint).endpoint.address
    return address(owner) < address(other)
  }
}

class RingPicker implements Picker {
  readonly #endpoints: readonly WeightedEndpoint[]
  readonly #points: SortedPoints
  readonly #load: () => number
  /** Of the load, for one unit of weight; 0 = not bounded. */
  readonly #bound: number

  constructor(endpoints: readonly WeightedEndpoint[], points: SortedPoints, { load, boundedLoad }: BalancerSettings) {
    this.#endpoints = endpoints
    this.#points = points
    this.#load = load
    this.#bound = boundedLoad === null ? 0 : boundedLoad / endpoints.reduce((sum, { weight }) => sum + weight, 0)
  }

  pick({ hash, tried }: PickContext): Endpoint | null {
    const { owners } = this.#points
    if (owners.length === 0 || (tried !== null && tried.length > 0 && this.#allTried(tried))) return null
    const start = this.#points.find(hash >>> 0)
    const capacity = this.#bound === 0 ? Number.POSITIVE_INFINITY : this.#bound * this.#load()
    let fallback: Endpoint | null = null
    for (let i = 0; i < owners.length; i++) {
      const place = start + i
      const owner = owners[place < owners.length ? place : place - owners.length] as number
      const { endpoint, weight } = this.#endpoints[owner] as WeightedEndpoint
      if (tried?.includes(endpoint)) continue
      if (endpoint.inFlight < Math.ceil(capacity * weight)) return endpoint
      fallback ??= endpoint
    }
    // Only where others than this upstream's requests fill the endpoints: the one whose key it is.
    return fallback
  }

  #allTried(tried: readonly Endpoint[]): boolean {
    if (tried.length < this.#endpoints.length) return false
    return this.#endpoints.every(({ endpoint }) => tried.includes(endpoint))
  }
}
