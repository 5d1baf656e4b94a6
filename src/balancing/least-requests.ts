// The fewest running requests for its weight; among equals the one whose weighted turn it is, so that weights hold at rest too.

import type { Balancer, PickContext, Picker, WeightedEndpoint } from '../model/balancer.ts'
import type { Random } from '../model/clock.ts'
import type { Endpoint } from '../model/endpoint.ts'
import { WeightedTurns } from './weighted-turns.ts'

/**
 * How many are compared at most. Exact up to this number of endpoints. Beyond it, the best of this many who are due (nearly)
 * next: in-flight counts change without notice, so exactness would cost a look at all. The best of 64 of 10,000 is as good in
 * practice: it is worse than the true best only if all 64 are busier (Mitzenmacher 2001 shows how far two already go).
 */
const COMPARED = 64

export const leastRequests: Balancer = {
  name: 'least-requests',
  build: (endpoints, random) => new LeastRequestsPicker(endpoints, random),
}

class LeastRequestsPicker implements Picker {
  readonly #endpoints: readonly WeightedEndpoint[]
  readonly #turns: WeightedTurns

  constructor(endpoints: readonly WeightedEndpoint[], random: Random) {
    this.#endpoints = [...endpoints]
    this.#turns = new WeightedTurns(
      endpoints.map(({ weight }) => weight),
      random,
    )
  }

  pick({ tried }: PickContext): Endpoint | null {
    const turns = this.#turns
    const best = this.#best(tried)
    if (best < 0) return null
    const { endpoint } = this.#endpoints[turns.at(best)] as WeightedEndpoint
    turns.advance(best)
    // Being passed over costs a turn: who was busy for long gets no burst when it is idle again, and makes room for the next.
    if (best > 0) turns.advance(0)
    return endpoint
  }

  peek({ tried }: PickContext): Endpoint | null {
    const best = this.#best(tried)
    return best < 0 ? null : (this.#endpoints[this.#turns.at(best)] as WeightedEndpoint).endpoint
  }

  /** Its place among the turns; -1 = none is left. */
  #best(tried: readonly Endpoint[] | null): number {
    const turns = this.#turns
    let best = -1
    let least = 0
    for (let place = 0; place < turns.length && (place < COMPARED || best < 0); place++) {
      const { endpoint, weight } = this.#endpoints[turns.at(place)] as WeightedEndpoint
      if (tried?.includes(endpoint)) continue
      const load = endpoint.inFlight / weight
      if (best < 0 || load < least || (load === least && turns.dueAt(place) < turns.dueAt(best))) {
        best = place
        least = load
      }
      // Nobody can be better than the one whose turn it is, when it is idle.
      if (best === 0 && least === 0) break
    }
    return best
  }
}
