// What this process takes of the machine.

import type { ProcessUse } from './plane.ts'

export class OwnUse {
  #micros = 0

  /** CPU time is what was added since the last call, all of it at the first. */
  take(): ProcessUse {
    const { user, system } = process.cpuUsage()
    const micros = user + system
    const cpuSeconds = (micros - this.#micros) / 1e6
    this.#micros = micros
    return { cpuSeconds, residentBytes: process.memoryUsage.rss() }
  }
}
