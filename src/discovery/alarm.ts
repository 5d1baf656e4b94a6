// One deadline of discovery on the shared wheel, so that tests turn it with their clock.

import { Timed } from '../model/deadlines.ts'

export class Alarm extends Timed {
  readonly #ring: () => void

  constructor(ring: () => void) {
    super()
    this.#ring = ring
  }

  override onDeadline(): void {
    this.#ring()
  }
}
