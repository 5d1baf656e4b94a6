// Random integers for pickers. Seeded once from the injected source: calling that per pick would box a double each time.

import type { Random } from '../model/clock.ts'

/** What `roll` stays below. */
export const SIDES = 2 ** 30

/** Xorshift with 32 bits of state (Marsaglia 2003): good enough to spread load, not for secrets. */
export class Dice {
  #state: number

  constructor(random: Random) {
    // Any state but 0 will do.
    this.#state = Math.floor(random() * (2 ** 31 - 1)) + 1
  }

  /** Uniform in [0, SIDES). */
  roll(): number {
    return this.#turn() >>> 2
  }

  /** Any 32 bits but all 0, as a signed integer. */
  word(): number {
    return this.#turn()
  }

  #turn(): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x
    return x
  }
}
