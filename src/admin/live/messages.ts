// What whoever watches is told, as server-sent events: `start` has everything, each `tick` what has changed since the one before.

import type { RequestSample } from '../../model/request-sample.ts'
import type { EndpointState, UpstreamState } from '../../model/upstream-state.ts'
import type { ConfigProblem } from '../state.ts'

export interface LiveStart {
  /** Milliseconds since the epoch, by the gateway's clock. */
  readonly at: number
  readonly readOnly: boolean
  readonly standing: LiveStanding
  readonly topology: Topology
  readonly upstreams: readonly LiveUpstream[]
  /** Of the last minutes, as far as somebody watched; the last one may be just now. */
  readonly points: readonly Point[]
}

export interface LiveTick {
  readonly at: number
  /** null = it has not changed. */
  readonly standing: LiveStanding | null
  /** null = it has not changed. */
  readonly topology: Topology | null
  readonly upstreams: readonly UpstreamChange[]
  readonly point: Point
  /** By name, per second, of those that have any: requests and, of these, failed ones. */
  readonly listeners: Rates
  readonly routes: Rates
  /** What the gateway answered by itself, by reason, and what else went wrong, since the last tick. */
  readonly errors: readonly ErrorCount[]
  readonly requests: { readonly seen: number; readonly samples: readonly RequestSample[] }
}

export type Rates = Readonly<Record<string, readonly [requests: number, failed: number]>>

/** How the gateway is. */
export interface LiveStanding {
  readonly ready: boolean
  /** Why not. */
  readonly why: readonly string[]
  /** How many processes serve. */
  readonly serving: number
  readonly revision: string
  readonly source: string
  /** The attempts that came last, and the last one that was refused; null = there was none. */
  readonly reload: Reload | null
  readonly refused: Reload | null
}

export interface Reload {
  readonly result: 'applied' | 'unchanged' | 'refused'
  /** What asked for it: `signal`, `file` or `admin`. */
  readonly trigger: string
  readonly at: number
  readonly errors: readonly ConfigProblem[]
}

/** Who leads to whom. */
export interface Topology {
  readonly listeners: readonly { readonly name: string; readonly protocol: string; readonly addresses: readonly string[] }[]
  readonly routes: readonly TopologyRoute[]
}

export interface TopologyRoute {
  readonly name: string
  /** Names; of a route that names none, all that take it. */
  readonly listeners: readonly string[]
  readonly hosts: readonly string[]
  /** In words, one each; none = every request. */
  readonly match: readonly string[]
  readonly filters: readonly string[]
  /** Weights are shares of the sum. */
  readonly to: readonly { readonly upstream: string; readonly weight: number }[]
}

export interface LiveEndpoint extends EndpointState {
  /** Tries that ended, and failed ones of them, per second. */
  readonly tries: number
  readonly failed: number
  /** What most of these failed with; null = none did. */
  readonly outcome: string | null
}

export interface LiveUpstream extends Omit<UpstreamState, 'endpoints'> {
  readonly endpoints: readonly LiveEndpoint[]
}

export interface UpstreamChange extends Omit<UpstreamState, 'endpoints'> {
  /** New ones and those that changed. */
  readonly endpoints: readonly LiveEndpoint[]
  /** Addresses that are no more. */
  readonly gone: readonly string[]
  /** The upstream itself is no more. */
  readonly removed: boolean
}

/** One second. Latencies in milliseconds of requests that ended in the last ten seconds; null = there were none. */
export interface Point {
  readonly at: number
  /** Per second. */
  readonly requests: number
  readonly failed: number
  readonly p50: number | null
  readonly p90: number | null
  readonly p99: number | null
}

export interface ErrorCount {
  /** `answer`: by the gateway itself; `passed`: a 5xx of an endpoint; `try`: one that may have been made good by another. */
  readonly kind: 'answer' | 'passed' | 'try'
  readonly reason: string
  readonly count: number
}
