// The contract of session affinity: requests of one session go to the same endpoint while it can be used.

import type { WeightedEndpoint } from './balancer.ts'
import type { Endpoint } from './endpoint.ts'
import type { Exchange } from './exchange.ts'
import type { ResponseHead } from './message.ts'

/** Of one route on one listener. What it finds out it keeps in `session` and `sessionHash` of the exchange. */
export interface Affinity {
  /**
   * Reads the session of a request, once, before its filters run; takes what only the gateway understands out of the fields.
   * Returns the index of the upstream that the session belongs to; -1 = whichever.
   */
  begin(x: Exchange): number
  /** The endpoint of the session at the upstream in use, if it can be asked now; null = the picker decides. */
  pick(x: Exchange): Endpoint | null
  /** `endpoint` has answered, and its head is about to go to the client. */
  answered(x: Exchange, head: ResponseHead, endpoint: Endpoint): void
  /** In words: what of this request it goes by, and what follows. */
  says(x: Exchange): string
}

/** Who of an upstream may be picked now, by weight; a new list with every change. */
export type Candidates = readonly WeightedEndpoint[]
