// What the request's way and everybody who looks at an upstream may know of the roster that decides who is picked.

import type { Candidates } from './affinity.ts'
import type { Outcome } from './connection.ts'
import type { Endpoint } from './endpoint.ts'
import type { Subset } from './subset.ts'

export interface Standing {
  readonly up: boolean
  /** `up`, or what keeps it out: `terminating`, `unhealthy`, `ejected`. */
  readonly health: string
  /** Why it is out; '' = it is not. */
  readonly reason: string
  /** Until when (milliseconds since the epoch); null = not known, or not out. */
  readonly until: number | null
}

export interface EndpointRoster {
  /** It wants to know what answers take. */
  readonly timed: boolean
  /** An attempt has ended. `status` is 0 where no answer had come, `latencyMs` what it took to answer, -1 = not known. */
  record(endpoint: Endpoint, outcome: Outcome, status: number, latencyMs: number, now: number): void
  /** Active health checks have news of these addresses. */
  probed(addresses: Iterable<string>): void
  stateOf(endpoint: Endpoint): Standing
  /** One that is well and not in `tried`, wherever it is: for those who have tried all that pickers name. null = there is none. */
  spare(tried: readonly Endpoint[], subset: Subset | null): Endpoint | null
  /** Those whom the picker of the upstream (`null`) or of a subset names. */
  candidates(subset: Subset | null): ReadonlySet<Endpoint>
  /** The zone that is preferred; null = none. */
  readonly zone: string | null
  /**
   * Whether a session may stay on an endpoint of the upstream (`null`) or of a subset: it is healthy and not taken away, or health is
   * ignored. Level, zone and weight do not matter.
   */
  keeps(endpoint: Endpoint, subset: Subset | null): boolean
  /** Whom the picker of the upstream or of a subset is made of; a new list with every change. */
  pickable(subset: Subset | null): Candidates
  /** Somebody may be picked, and is healthy. */
  readonly usable: boolean
  /** Health is ignored, because too few are healthy. */
  readonly panic: boolean
}
