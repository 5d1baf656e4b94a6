// Sessions by the value of a header: each value has its own order of the endpoints (rendezvous hashing), and goes to the first of
// them that may be picked. What comes or goes moves only what it has or had.

import type { Affinity, Candidates } from '../model/affinity.ts'
import type { Picker } from '../model/balancer.ts'
import type { Endpoint } from '../model/endpoint.ts'
import type { Exchange } from '../model/exchange.ts'
import { fieldValue } from '../model/field-text.ts'
import { hashText } from './hash.ts'
import { rendezvousPicker } from './rendezvous.ts'

/** Which upstream a value belongs to must say nothing about which endpoint. */
const CHOICE_SEED = 5

/** By the list that they were made of: it is new whenever somebody comes or goes, and takes its picker with it. */
const pickers = new WeakMap<Candidates, Picker>()

export class HeaderAffinity implements Affinity {
  private readonly name: string
  /** Of the upstreams of the route. */
  private readonly weights: readonly number[]
  private readonly total: number
  private readonly serves: (choice: number) => boolean

  /** `name` in lower case; `serves`: whether sessions may go to an upstream of the list. */
  constructor(name: string, weights: readonly number[], serves: (choice: number) => boolean) {
    this.name = name
    this.serves = serves
    this.weights = weights
    this.total = weights.reduce((sum, weight) => sum + weight, 0)
  }

  begin(x: Exchange): number {
    const value = fieldValue(x.fields, this.name)
    if (value === null || value === '') return -1
    // 0 is for who has none.
    x.sessionHash = hashText(value) || 1
    if (this.weights.length < 2) return -1
    const choice = this.choiceOf(value)
    return this.serves(choice) ? choice : -1
  }

  /** A value's place among all is the same for ever: a changed weight moves those at its edge. */
  private choiceOf(value: string): number {
    let left = ((hashText(value, CHOICE_SEED) >>> 0) / 2 ** 32) * this.total
    for (let i = 0; i < this.weights.length; i++) {
      left -= this.weights[i] as number
      if (left < 0) return i
    }
    return this.weights.length - 1
  }

  pick(x: Exchange): Endpoint | null {
    const { upstream, subset } = x
    if (x.sessionHash === 0 || upstream === null || upstream.roster === null) return null
    const candidates = upstream.roster.pickable(subset?.upstream === upstream ? subset : null)
    let picker = pickers.get(candidates)
    if (picker === undefined) {
      picker = rendezvousPicker(candidates)
      pickers.set(candidates, picker)
    }
    const { hash } = x
    x.hash = x.sessionHash
    const endpoint = picker.pick(x)
    x.hash = hash
    return endpoint
  }

  answered(): void {}

  says(x: Exchange): string {
    return x.sessionHash === 0
      ? `affinity: there is no ${this.name}: the balancer decides`
      : `affinity: the endpoint follows from ${this.name}: the same for the same value while it can be used`
  }
}
