// What is known of one address of one upstream: what discovery said (replaced) and what is happening (counted).

import { type EndpointCounters, newEndpointCounters } from './counters.ts'
import type { Labels } from './subset.ts'

/** What discovery says about one address. Plain data. */
export interface EndpointSpec {
  /** As written: `127.0.0.1:9001`, `[::1]:80`, `name:80`, `unix:/path`. The key. */
  readonly address: string
  /** Share of the traffic in relation to the others; an integer from 0 (none) to 65535. */
  readonly weight: number
  /** Level of use; 0 = first. Left out = 0. */
  readonly priority?: number
  /** Where it is; null or left out = not known. */
  readonly zone?: string | null
  /** What routes may choose by; left out = none. */
  readonly labels?: Labels
  /** It is being taken away: what runs there goes on, nothing new is to begin. Left out = false. */
  readonly terminating?: boolean
}

/** Live and keyed by address; outlives snapshots for as long as its upstream names the address. */
export class Endpoint {
  readonly address: string
  /** Requests that are running on it now, from this process. */
  inFlight = 0
  /** How long it takes to answer, as estimated at `latencyAt` (monotonic milliseconds); NaN = not known. */
  latencyMs = Number.NaN
  latencyAt = Number.NaN
  /** Why no connection could be made the last time, in words; '' = it could. */
  unreachable = ''
  readonly counters: EndpointCounters = newEndpointCounters()

  constructor(address: string) {
    this.address = address
  }
}
