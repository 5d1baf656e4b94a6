// Maglev hashing (Eisenbud et al. 2016, section 3.4): endpoints take turns at filling a table, each along its own permutation of the
// places; shares are exact to a place, and a change of the endpoints moves few keys besides those that it must. O(1).

import type { Balancer, PickContext, Picker, WeightedEndpoint } from '../model/balancer.ts'
import type { Endpoint } from '../model/endpoint.ts'
import { hashText, mix } from './hash.ts'
import { finish, type PointSource, type SortedPoints, STEP, sortPoints } from './sorted-points.ts'

/** Primes. The smallest with this many places for each endpoint is taken, so that the rounding of shares stays small. */
const SIZES = [65_537, 655_373, 6_553_621]
const PLACES_EACH = 64

export const maglev: Balancer = {
  name: 'maglev',
  hashing: true,
  build: (endpoints) => finish(steps(endpoints)),
  steps: (endpoints) => steps(endpoints),
}

function* steps(written: readonly WeightedEndpoint[]): Generator<undefined, Picker> {
  const endpoints = [...written]
  if (endpoints.length === 0) return { pick: () => null }
  const size = SIZES.find((prime) => prime >= PLACES_EACH * endpoints.length) ?? (SIZES.at(-1) as number)
  const wanted = new Turns(endpoints, size)
  yield
  const turns = yield* sortPoints(wanted)
  yield
  const table = new Table(endpoints, size)
  yield
  while (!table.fill(turns, STEP)) yield
  return new MaglevPicker(
    endpoints.map(({ endpoint }) => endpoint),
    table.owners,
  )
}

/**
 * When each takes its turns: the key is time, in which each has as many turns as its weight says. Where in between is up to its
 * address, so that the order of the others stays when one comes or goes.
 */
class Turns implements PointSource {
  readonly owners: number
  readonly #endpoints: readonly WeightedEndpoint[]
  /** When all places are taken for sure, in turns per unit of weight. */
  readonly #end: number
  readonly #phases: Float64Array

  constructor(endpoints: readonly WeightedEndpoint[], size: number) {
    this.owners = endpoints.length
    this.#endpoints = endpoints
    this.#end = (size + endpoints.length) / endpoints.reduce((sum, { weight }) => sum + weight, 0)
    this.#phases = Float64Array.from(endpoints, ({ endpoint }) => (hashText(endpoint.address, 3) >>> 0) / 2 ** 32)
  }

  count(owner: number): number {
    const { weight } = this.#endpoints[owner] as WeightedEndpoint
    return Math.max(0, Math.ceil(this.#end * weight - (this.#phases[owner] as number)))
  }

  key(owner: number, index: number): number {
    const { weight } = this.#endpoints[owner] as WeightedEndpoint
    return Math.floor(((index + (this.#phases[owner] as number)) / (weight * this.#end)) * (2 ** 32 - 1)) >>> 0
  }

  precedes(owner: number, other: number): boolean {
    const address = (i: number) => (this.#endpoints[i] as WeightedEndpoint).endpoint.address
    return address(owner) < address(other)
  }
}

class Table {
  /** Index of the endpoint plus one; 0 = free. */
  readonly owners: Uint32Array
  /** Where each endpoint looks next, and how far it goes from there when that is taken. */
  readonly #next: Uint32Array
  readonly #skip: Uint32Array
  #taken = 0

  constructor(endpoints: readonly WeightedEndpoint[], size: number) {
    this.owners = new Uint32Array(size)
    this.#next = Uint32Array.from(endpoints, ({ endpoint }) => (hashText(endpoint.address, 1) >>> 0) % size)
    this.#skip = Uint32Array.from(endpoints, ({ endpoint }) => ((hashText(endpoint.address, 2) >>> 0) % (size - 1)) + 1)
  }

  /** Goes on with the turns for about so many probes; true when the table is full. */
  fill({ owners: turns }: SortedPoints, probes: number): boolean {
    const { owners } = this
    const size = owners.length
    let left = probes
    while (this.#taken < size) {
      const owner = turns[this.#taken] as number
      const skip = this.#skip[owner] as number
      let place = this.#next[owner] as number
      while (owners[place] !== 0 && left > 0) {
        left--
        place += skip
        if (place >= size) place -= size
      }
      this.#next[owner] = place
      if (owners[place] !== 0 || left <= 0) return false
      left--
      owners[place] = owner + 1
      this.#taken++
    }
    return true
  }
}

class MaglevPicker implements Picker {
  readonly #endpoints: readonly Endpoint[]
  readonly #owners: Uint32Array

  constructor(endpoints: readonly Endpoint[], owners: Uint32Array) {
    this.#endpoints = endpoints
    this.#owners = owners
  }

  pick({ hash, tried }: PickContext): Endpoint | null {
    const owners = this.#owners
    const start = (hash >>> 0) % owners.length
    const endpoint = this.#at(start)
    if (tried === null || !tried.includes(endpoint)) return endpoint
    // Whose places are beside each other is no matter of chance: the way on is that of a second hash. It visits all, size is prime.
    const skip = ((mix(hash) >>> 0) % (owners.length - 1)) + 1
    let place = start
    for (let i = 1; tried.length < this.#endpoints.length && i < owners.length; i++) {
      place += skip
      if (place >= owners.length) place -= owners.length
      const other = this.#at(place)
      if (!tried.includes(other)) return other
    }
    // Whoever is too light for a place of its own.
    return this.#endpoints.find((other) => !tried.includes(other)) ?? null
  }

  #at(place: number): Endpoint {
    return this.#endpoints[(this.#owners[place] as number) - 1] as Endpoint
  }
}
