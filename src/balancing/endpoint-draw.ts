// Drawing an endpoint with probability in proportion to its weight, in constant time (Walker's alias method as built by Vose, 1991).

import type { WeightedEndpoint } from '../model/balancer.ts'
import type { Random } from '../model/clock.ts'
import type { Endpoint } from '../model/endpoint.ts'
import { Dice, SIDES } from './dice.ts'

export class EndpointDraw {
  readonly #endpoints: readonly WeightedEndpoint[]
  #dice: Dice
  /** Chance to stay at a column that was drawn evenly; otherwise its alias is taken. */
  readonly #stay: Float64Array
  readonly #alias: Uint32Array

  constructor(endpoints: readonly WeightedEndpoint[], random: Random) {
    const n = endpoints.length
    this.#endpoints = [...endpoints]
    this.#dice = new Dice(random)
    this.#stay = new Float64Array(n).fill(1)
    this.#alias = new Uint32Array(n)
    const mean = endpoints.reduce((sum, { weight }) => sum + weight, 0) / n
    const scaled = endpoints.map(({ weight }) => weight / mean)
    const small: number[] = []
    const large: number[] = []
    for (const [i, share] of scaled.entries()) (share < 1 ? small : large).push(i)
    while (small.length > 0 && large.length > 0) {
      const poor = small.pop() as number
      const rich = large[large.length - 1] as number
      this.#stay[poor] = scaled[poor] as number
      this.#alias[poor] = rich
      scaled[rich] = (scaled[rich] as number) - 1 + (scaled[poor] as number)
      if ((scaled[rich] as number) < 1) small.push(large.pop() as number)
    }
  }

  /** Draws inside `look` take their chance from `random`; those after it are the ones that would have come anyway. */
  aside<T>(random: Random, look: () => T): T {
    const dice = this.#dice
    this.#dice = new Dice(random)
    try {
      return look()
    } finally {
      this.#dice = dice
    }
  }

  /** O(1) while nothing was tried; null when everything was. */
  draw(tried: readonly Endpoint[] | null): WeightedEndpoint | null {
    if (this.#endpoints.length === 0) return null
    if (tried !== null && tried.length > 0) return this.#drawUntried(tried)
    const x = (this.#dice.roll() / SIDES) * this.#stay.length
    const column = Math.floor(x)
    const index = x - column < (this.#stay[column] as number) ? column : (this.#alias[column] as number)
    return this.#endpoints[index] as WeightedEndpoint
  }

  #drawUntried(tried: readonly Endpoint[]): WeightedEndpoint | null {
    let left = 0
    for (const { endpoint, weight } of this.#endpoints) if (!tried.includes(endpoint)) left += weight
    let rest = (this.#dice.roll() / SIDES) * left
    let last: WeightedEndpoint | null = null
    for (const candidate of this.#endpoints) {
      if (tried.includes(candidate.endpoint)) continue
      last = candidate
      rest -= candidate.weight
      if (rest < 0) break
    }
    return last
  }
}
