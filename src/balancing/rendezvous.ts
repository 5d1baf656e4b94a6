// Rendezvous hashing (Thaler and Ravishankar 1998): every endpoint draws a number for the key, the best draw wins. Weighted as by
// Schindelhauer and Schomaker (2005): an exponential clock for each, as fast as its weight; the first that rings. O(n) up to 512
// endpoints, exact; beyond that among 128 groups and then inside one.

import type { Balancer, PickContext, Picker, WeightedEndpoint } from '../model/balancer.ts'
import type { Endpoint } from '../model/endpoint.ts'
import { hashText } from './hash.ts'

/** Endpoints up to which all are compared, and how many groups there are beyond (Wang and Ravishankar 2009, in two levels). */
const COMPARED = 512
const GROUPS = 128

export const rendezvous: Balancer = {
  name: 'rendezvous',
  hashing: true,
  build: (endpoints) => rendezvousPicker(endpoints),
}

export function rendezvousPicker(endpoints: readonly WeightedEndpoint[]): Picker {
  return endpoints.length <= COMPARED ? new FlatPicker(endpoints) : new GroupedPicker(endpoints)
}

/** Clocks of a list of names. */
class Clocks {
  readonly #first: Int32Array
  readonly #second: Int32Array
  readonly #weights: Float64Array

  constructor(names: readonly string[], weights: readonly number[]) {
    this.#first = Int32Array.from(names, (name) => hashText(name, 1))
    this.#second = Int32Array.from(names, (name) => hashText(name, 2) | 1)
    this.#weights = Float64Array.from(weights)
  }

  /** Index of the clock in [from, to) that rings first for `hash`, -1 if there is none; `skip` are left out. */
  first(hash: number, from: number, to: number, all: readonly Endpoint[], skip: readonly Endpoint[] | null): number {
    let winner = -1
    let earliest = Number.POSITIVE_INFINITY
    for (let i = from; i < to; i++) {
      // Two words of each name: with one, two names in a million pairs would ring together for every key.
      let h = Math.imul(hash ^ (this.#first[i] as number), this.#second[i] as number)
      h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
      h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
      const drawn = (((h ^ (h >>> 16)) >>> 0) + 0.5) / 2 ** 32
      const weight = this.#weights[i] as number
      // -ln(1 - x) is at least x: nearly all logarithms are spared.
      if (drawn >= earliest * weight || skip?.includes(all[i] as Endpoint)) continue
      const time = -Math.log1p(-drawn) / weight
      if (time >= earliest) continue
      earliest = time
      winner = i
    }
    return winner
  }
}

class FlatPicker implements Picker {
  protected readonly endpoints: readonly Endpoint[]
  protected readonly clocks: Clocks

  constructor(endpoints: readonly WeightedEndpoint[]) {
    this.endpoints = endpoints.map(({ endpoint }) => endpoint)
    this.clocks = new Clocks(
      endpoints.map(({ endpoint }) => endpoint.address),
      endpoints.map(({ weight }) => weight),
    )
  }

  pick({ hash, tried }: PickContext): Endpoint | null {
    return this.endpoints[this.clocks.first(hash, 0, this.endpoints.length, this.endpoints, tried)] ?? null
  }
}

/** A group is as heavy as what is in it. A change of weights in one moves at most twice as many keys as it must. */
class GroupedPicker extends FlatPicker {
  readonly #groups: Clocks
  /** Where each group starts in the list of endpoints. */
  readonly #starts: Uint32Array

  constructor(written: readonly WeightedEndpoint[]) {
    const groups: WeightedEndpoint[][] = Array.from({ length: GROUPS }, () => [])
    for (const each of written) (groups[(hashText(each.endpoint.address, 4) >>> 0) % GROUPS] as WeightedEndpoint[]).push(each)
    super(groups.flat())
    this.#groups = new Clocks(
      groups.map((_, i) => `group ${i}`),
      groups.map((group) => group.reduce((sum, { weight }) => sum + weight, 0)),
    )
    this.#starts = new Uint32Array(GROUPS + 1)
    for (const [i, group] of groups.entries()) this.#starts[i + 1] = (this.#starts[i] as number) + group.length
  }

  override pick(context: PickContext): Endpoint | null {
    const { hash, tried } = context
    // A second attempt is rare: it looks at all, so that what a dead endpoint had goes to everybody.
    if (tried !== null && tried.length > 0) return super.pick(context)
    const { endpoints } = this
    const group = this.#groups.first(hash, 0, GROUPS, endpoints, null)
    const winner = this.clocks.first(hash, this.#starts[group] as number, this.#starts[group + 1] as number, endpoints, null)
    return endpoints[winner] as Endpoint
  }
}
