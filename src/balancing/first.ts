// In the order written: the others are there for when the first cannot be reached. Weights above 0 make no difference. O(1).

import type { Balancer, PickContext, Picker } from '../model/balancer.ts'
import type { Endpoint } from '../model/endpoint.ts'

export const first: Balancer = {
  name: 'first',
  build: (endpoints) => new FirstPicker(endpoints.map(({ endpoint }) => endpoint)),
}

class FirstPicker implements Picker {
  readonly #endpoints: readonly Endpoint[]

  constructor(endpoints: readonly Endpoint[]) {
    this.#endpoints = endpoints
  }

  pick({ tried }: PickContext): Endpoint | null {
    for (let i = 0; i < this.#endpoints.length; i++) {
      const endpoint = this.#endpoints[i] as Endpoint
      if (!tried?.includes(endpoint)) return endpoint
    }
    return null
  }
}
