// Who takes part, in the order of the table. nginx comes second because ratios are taken to it.

import { haproxy } from './haproxy.ts'
import { headgate, headgateBare } from './headgate.ts'
import { httpProxy3 } from './http-proxy-3.ts'
import { nginx } from './nginx.ts'
import type { Peer } from './peer.ts'

export const PEERS: readonly Peer[] = [headgate, nginx, haproxy, httpProxy3, headgateBare]

/** Ratios are taken to this one. */
export const REFERENCE = nginx.name
