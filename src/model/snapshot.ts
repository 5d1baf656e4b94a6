// The compiled configuration as the data plane holds it: immutable, swapped whole. Live objects (counters, upstreams) are referred
// to, because they outlive it.

import type { BlockList } from 'node:net'
import type { AccessSink, Onlooker } from './access-record.ts'
import type { Affinity } from './affinity.ts'
import type { Histogram, ListenerCounters, ResponseCounters } from './counters.ts'
import type { Exchange } from './exchange.ts'
import type { FilterChain } from './filter.ts'
import type { PathRules } from './request-path.ts'
import type { HedgePolicy, RetryPolicy } from './retry.ts'
import type { Considered, RouteReason } from './route-table.ts'
import type { Subset } from './subset.ts'
import type { TlsTermination } from './tls-termination.ts'
import type { Tracer } from './tracing.ts'
import type { Upstream } from './upstream.ts'

export interface ListenerLimits {
  readonly connections: number
  readonly headerBytes: number
  readonly headerCount: number
  readonly requestLine: number
  /** null = off. */
  readonly bodyBytes: number | null
  readonly requestsPerConnection: number | null
}

/** Milliseconds, null = off; minRate in bytes per second. */
export interface ListenerTimeouts {
  readonly handshake: number | null
  readonly header: number | null
  readonly body: number | null
  readonly keepAlive: number | null
  readonly write: number | null
  readonly minRate: number | null
}

export interface Http2Limits {
  readonly concurrentStreams: number
  /** Bytes of a request body that a stream, and all streams of a connection, may have under way. */
  readonly streamWindow: number
  readonly connectionWindow: number
}

/** `Exchange.hash` of a request; `chance` says it where the request has no key, by default the hash's own dice. */
export interface RequestHash {
  (x: Exchange, chance?: { word(): number }): number
  /** In words: what of this request it goes by. */
  says(x: Exchange): string
}

/** Who gets copies of the requests of a route. */
export interface Mirror {
  readonly upstream: Upstream
  /** Fraction of the requests, 0 to 1. */
  readonly share: number
  /** Requests with a larger body are not copied. */
  readonly bodyBytes: number
  /** What holds for a copy on its way: no filters, no retries, and counters that nobody reads. */
  readonly binding: RouteBinding
}

/** An upstream that may serve an exchange in place of the one that its route chose. */
export interface StandIn {
  readonly upstream: Upstream
  /** As `RouteBinding.hashes`. */
  readonly hash: RequestHash | null
  readonly responses: ResponseCounters
}

/** A route as one listener serves it. */
export interface RouteBinding {
  readonly name: string
  readonly upstreams: readonly Upstream[]
  /** Per upstream; all above 0. */
  readonly weights: readonly number[]
  /** Picks the index of an upstream; null when there is only one. */
  readonly split: (() => number) | null
  /** Per upstream: `Exchange.hash` of a request, null where the balancer does not hash; null = none anywhere. */
  readonly hashes: readonly (RequestHash | null)[] | null
  /** Per upstream: the part of it that the route asks for, null = all of it; null = all of each. */
  readonly subsets: readonly (Subset | null)[] | null
  /** Per upstream: who stands in for it, in this order, null = nobody; null = nobody for any. */
  readonly standIns: readonly (readonly StandIn[] | null)[] | null
  /** null = the pickers decide alone. */
  readonly affinity: Affinity | null
  /** Filters per upstream; null = none anywhere. */
  readonly chains: readonly (FilterChain | null)[] | null
  /** The prefix by which the request was matched, for filters that replace it; null where no filter asks. */
  readonly prefix: string | null
  /** A value of PRIORITY: what is refused first when there is too much to do. */
  readonly priority: number
  /** Milliseconds, 0 = off. */
  readonly requestTimeout: number
  readonly attemptTimeout: number
  readonly idleTimeout: number
  /** The idle time of tunnels. */
  readonly tunnelTimeout: number
  /** Protocols (lower case) that requests may change to; null = none. */
  readonly upgrades: ReadonlySet<string> | null
  readonly retry: RetryPolicy
  /** null = one endpoint at a time. */
  readonly hedge: HedgePolicy | null
  /** null = nobody gets copies. */
  readonly mirrors: readonly Mirror[] | null
  readonly duration: Histogram
  /** Per upstream. */
  readonly responses: readonly ResponseCounters[]
}

/** A listener as compiled; an exchange captures one. */
export interface ServedListener {
  readonly name: string
  readonly protocol: 'http' | 'https' | 'tls' | 'tcp'
  readonly proxyProtocol: 'off' | 'accept' | 'require'
  /** null = nothing is decrypted here. */
  readonly tls: TlsTermination | null
  readonly counters: ListenerCounters
  /** The route of a request, null when there is none. */
  readonly route: (x: Exchange) => RouteBinding | null
  /** Why that route, and why not the others: from the same table. */
  readonly consider: (x: Exchange) => Considered<RouteBinding>[]
  /** Only why the one that is taken is, for `path` and the fields as they came. */
  readonly why: (x: Exchange, path: string) => RouteReason<RouteBinding>
  /** As configured, lower case; empty = every host. */
  readonly hosts: readonly string[]
  /** Whether this listener serves a host at all; null = every host. */
  readonly servesHost: ((host: string) => boolean) | null
  readonly paths: PathRules
  readonly clientClose: 'abort' | 'answer'
  readonly limits: ListenerLimits
  readonly timeouts: ListenerTimeouts
  /** null = HTTP/1.1 only. */
  readonly http2: Http2Limits | null
  /** Whose X-Forwarded-* and Forwarded are believed; null = nobody's. */
  readonly trusted: BlockList | null
  /** `headgate-<id>` or the configured name; null = off. */
  readonly via: string | null
  readonly detail: boolean
  readonly access: AccessSink | null
  /** By name, those routes that log otherwise, null = not at all; null = there are none. */
  readonly accessByRoute: ReadonlyMap<string, AccessSink | null> | null
  /** null = nobody traces. */
  readonly tracer: Tracer | null
  readonly onlooker: Readonly<Onlooker>
  /** Answers without a route. */
  readonly noRoute: ResponseCounters
}

export interface Snapshot {
  readonly listeners: ReadonlyMap<string, ServedListener>
  readonly upstreams: ReadonlyMap<string, Upstream>
}
