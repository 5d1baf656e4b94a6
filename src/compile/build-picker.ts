// Building a picker from a configured balancer: at one go where it must be there now, in slices where requests wait.

import { BALANCERS } from '../balancing/table.ts'
import type { BalancerConfig } from '../config/model.ts'
import type { Balancer, BalancerSettings, Picker, WeightedEndpoint } from '../model/balancer.ts'
import type { Random } from '../model/clock.ts'

/** Steps of a build that are done between two looks at what else there is to do: 2 ms or so. */
const STEPS_PER_SLICE = 16

/** Validation knows the same table. */
export const balancerOf = ({ type }: BalancerConfig): Balancer => BALANCERS.get(type) as Balancer

export class PickerBuild {
  #picker: Picker | null = null
  readonly #steps: Generator<undefined, Picker> | null

  constructor(balancer: Balancer, endpoints: readonly WeightedEndpoint[], random: Random, settings: BalancerSettings) {
    this.#steps = balancer.steps?.(endpoints, random, settings) ?? null
    if (this.#steps === null) this.#picker = balancer.build(endpoints, random, settings)
    // Small tables are done with it.
    else this.#slice()
  }

  /** Does what is left of the build, if there is anything left. */
  picker(): Picker {
    while (this.#picker === null) this.#slice()
    return this.#picker
  }

  get done(): boolean {
    return this.#picker !== null
  }

  async inSlices(): Promise<void> {
    while (this.#picker === null) {
      await new Promise<void>((resolve) => setImmediate(resolve))
      this.#slice()
    }
  }

  #slice(): void {
    for (let i = 0; i < STEPS_PER_SLICE && this.#picker === null; i++) {
      const { done, value } = (this.#steps as Generator<undefined, Picker>).next()
      if (done) this.#picker = value
    }
  }
}
