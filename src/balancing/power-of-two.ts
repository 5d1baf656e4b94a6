// Two are drawn by weight, the one with fewer running requests for its weight is taken (Mitzenmacher 2001). O(1).

import type { Balancer, PickContext, Picker, WeightedEndpoint } from '../model/balancer.ts'
import type { Random } from '../model/clock.ts'
import type { Endpoint } from '../model/endpoint.ts'
import { EndpointDraw } from './endpoint-draw.ts'

/** How often the second draw is repeated to get another one than the first. */
const REDRAWS = 4

export const powerOfTwo: Balancer = {
  name: 'power-of-two',
  build: (endpoints, random) => new PowerOfTwoPicker(endpoints, random),
}

class PowerOfTwoPicker implements Picker {
  readonly #lots: EndpointDraw
  readonly #redraws: number

  constructor(endpoints: readonly WeightedEndpoint[], random: Random) {
    this.#lots = new EndpointDraw(endpoints, random)
    this.#redraws = endpoints.length > 1 ? REDRAWS : 0
  }

  peek(context: PickContext, random: Random): Endpoint | null {
    return this.#lots.aside(random, () => this.pick(context))
  }

  pick({ tried }: PickContext): Endpoint | null {
    const one = this.#lots.draw(tried)
    if (one === null) return null
    // An idle one cannot be beaten.
    if (one.endpoint.inFlight === 0) return one.endpoint
    let other = one
    for (let i = 0; other === one && i < this.#redraws; i++) other = this.#lots.draw(tried) as WeightedEndpoint
    // On a tie the first draw decides: its chance is exactly its weight.
    return other.endpoint.inFlight * one.weight < one.endpoint.inFlight * other.weight ? other.endpoint : one.endpoint
  }
}
