// What active health checks say of endpoints: plain data on its way from whoever probes to every process that picks.

/** What the probes of one endpoint come to. */
export interface HealthState {
  readonly up: boolean
  /** The last probes, as many in a row as it takes to be well, were all good. */
  readonly steady: boolean
  /** The last probe's failure in words while it is not up; '' = it is, or nobody has probed it yet. */
  readonly reason: string
}

/** What has changed for the endpoints of one upstream. */
export interface HealthUpdate {
  /** Names the settings that were probed with: what is said about others does not count. */
  readonly check: string
  /** By address; null = nothing is known of it any more. */
  readonly states: ReadonlyMap<string, HealthState | null>
}

/** By the name of their upstream. */
export type HealthSets = ReadonlyMap<string, HealthUpdate>

/** Two updates as one; the later wins. Those of other settings are overtaken. */
export function joinUpdates(before: HealthUpdate | undefined, { check, states }: HealthUpdate): HealthUpdate {
  return { check, states: before?.check === check ? new Map([...before.states, ...states]) : states }
}

/** All that is known. As large as what it is told: whoever probes also says what is gone. */
export class HealthBook {
  readonly #known = new Map<string, { readonly check: string; readonly states: Map<string, HealthState> }>()

  update(upstream: string, { check, states }: HealthUpdate): void {
    let known = this.#known.get(upstream)
    if (known?.check !== check) {
      known = { check, states: new Map() }
      this.#known.set(upstream, known)
    }
    for (const [address, state] of states) {
      if (state === null) known.states.delete(address)
      else known.states.set(address, state)
    }
    if (known.states.size === 0) this.#known.delete(upstream)
  }

  /** null = not known with these settings. */
  stateOf(upstream: string, check: string, address: string): HealthState | null {
    const known = this.#known.get(upstream)
    return known?.check === check ? (known.states.get(address) ?? null) : null
  }

  get sets(): HealthSets {
    return this.#known
  }
}
