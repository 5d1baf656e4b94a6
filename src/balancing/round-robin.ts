// Each in turn, as often as its weight says and as evenly spread as possible. O(log n).

import type { Balancer, PickContext, Picker, WeightedEndpoint } from '../model/balancer.ts'
import type { Random } from '../model/clock.ts'
import type { Endpoint } from '../model/endpoint.ts'
import { WeightedTurns } from './weighted-turns.ts'

export const roundRobin: Balancer = {
  name: 'round-robin',
  build: (endpoints, random) => new RoundRobinPicker(endpoints, random),
}

class RoundRobinPicker implements Picker {
  readonly #endpoints: readonly Endpoint[]
  readonly #turns: WeightedTurns

  constructor(endpoints: readonly WeightedEndpoint[], random: Random) {
    this.#endpoints = endpoints.map(({ endpoint }) => endpoint)
    this.#turns = new WeightedTurns(
      endpoints.map(({ weight }) => weight),
      random,
    )
  }

  pick({ tried }: PickContext): Endpoint | null {
    const next = this.#next(tried)
    if (next < 0) return null
    const endpoint = this.#endpoints[this.#turns.at(next)] as Endpoint
    this.#turns.advance(next)
    return endpoint
  }

  peek({ tried }: PickContext): Endpoint | null {
    const next = this.#next(tried)
    return next < 0 ? null : (this.#endpoints[this.#turns.at(next)] as Endpoint)
  }

  /** Place of the one whose turn it is; -1 = none is left. */
  #next(tried: readonly Endpoint[] | null): number {
    const turns = this.#turns
    let next = -1
    for (let place = 0; place < turns.length; place++) {
      if (tried?.includes(this.#endpoints[turns.at(place)] as Endpoint)) continue
      if (next < 0 || turns.dueAt(place) < turns.dueAt(next)) next = place
      // The front of the heap is the earliest of all; only when it was tried must the others be compared.
      if (place === 0) break
    }
    return next
  }
}
