// What the probes of one endpoint come to: the first one decides, later ones have to agree with each other before it changes.

import type { HealthState } from '../model/health.ts'

export interface VerdictSettings {
  /** Good probes in a row that bring an endpoint back. */
  readonly healthy: number
  /** Bad ones in a row that take it away. */
  readonly unhealthy: number
  /** What it is before its first probe. */
  readonly initial: 'up' | 'down'
}

export class Verdict {
  /** Replaced when it changes. */
  state: HealthState
  readonly #settings: VerdictSettings
  #probed = false
  #good = 0
  #bad = 0
  /** A probe has failed since it was last steady. */
  #doubted = false

  constructor(settings: VerdictSettings) {
    this.#settings = settings
    this.state = unprobed(settings)
  }

  /** On its way back: the next probe should not be waited for long. */
  get recovering(): boolean {
    return this.#doubted && this.#good > 0
  }

  /** A probe has ended with what was wrong, '' = nothing. Returns whether the state has changed. */
  record(failure: string): boolean {
    const { healthy, unhealthy } = this.#settings
    const good = failure === ''
    this.#good = good ? Math.min(this.#good + 1, healthy) : 0
    this.#bad = good ? 0 : Math.min(this.#bad + 1, unhealthy)
    const steady = this.#good >= healthy
    this.#doubted = !good || (this.#doubted && !steady)
    const turned = this.state.up ? this.#bad >= unhealthy : steady
    const up = this.#probed ? this.state.up !== turned : good
    this.#probed = true
    const { state } = this
    const reason = up ? '' : good ? state.reason : failure
    if (state.up === up && state.steady === steady && state.reason === reason) return false
    this.state = { up, steady, reason }
    return true
  }
}

/** What is assumed of an endpoint that nobody has probed yet. */
export function unprobed({ initial }: Pick<VerdictSettings, 'initial'>): HealthState {
  return initial === 'up' ? { up: true, steady: false, reason: '' } : { up: false, steady: false, reason: 'not probed yet' }
}
