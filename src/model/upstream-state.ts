// What is known of upstreams and their endpoints right now, as plain data for people and tools.

import { BREAKER_STATES, type BreakerState } from './breaker.ts'
import type { Upstream } from './upstream.ts'

export interface EndpointState {
  readonly address: string
  readonly weight: number
  readonly priority: number
  readonly zone: string | null
  /** `up`, or a word that says otherwise. */
  readonly health: string
  /** Why it is not `up`. */
  readonly reason: string | null
  /** Milliseconds since the epoch at which that ends by itself. */
  readonly until: number | null
  /** Requests that run on it. */
  readonly inFlight: number
  /** What its answers take, where a balancer goes by that. */
  readonly latencyMs: number | null
}

export interface UpstreamState {
  readonly name: string
  /** null = it has none. */
  readonly breaker: BreakerState | null
  /** Requests that may run at a time by its adaptive limit; null = it has none. */
  readonly limit: number | null
  readonly endpoints: readonly EndpointState[]
}

export function upstreamState({ name, specs, endpoints, roster, breaker, adaptive }: Upstream): UpstreamState {
  return {
    name,
    breaker: breaker?.state ?? null,
    limit: adaptive?.usual ?? null,
    endpoints: specs.map(({ address, weight, priority = 0, zone = null }) => {
      const endpoint = endpoints.get(address)
      const standing = endpoint === undefined ? undefined : roster?.stateOf(endpoint)
      const latency = endpoint?.latencyMs ?? Number.NaN
      return {
        address,
        weight,
        priority,
        zone,
        health: standing?.health ?? 'up',
        reason: standing?.up === false ? standing.reason : null,
        until: standing?.until ?? null,
        inFlight: endpoint?.inFlight ?? 0,
        latencyMs: Number.isNaN(latency) ? null : Math.round(latency * 1000) / 1000,
      }
    }),
  }
}

/** Several processes as one: requests are added up, latency is that of the slowest, breakers are as bad as the worst. */
export function sumUpstreams(processes: readonly (readonly UpstreamState[])[]): UpstreamState[] {
  const sums = new Map<string, UpstreamState>()
  for (const upstream of processes.flat()) {
    const before = sums.get(upstream.name)
    sums.set(upstream.name, before === undefined ? upstream : sumUpstream(before, upstream))
  }
  return [...sums.values()]
}

function sumUpstream(one: UpstreamState, other: UpstreamState): UpstreamState {
  const limit = one.limit === null || other.limit === null ? (one.limit ?? other.limit) : one.limit + other.limit
  return { ...one, breaker: worst(one.breaker, other.breaker), limit, endpoints: sumEndpoints(one, other) }
}

function worst(one: BreakerState | null, other: BreakerState | null): BreakerState | null {
  if (one === null || other === null) return one ?? other
  return BREAKER_STATES.indexOf(one) > BREAKER_STATES.indexOf(other) ? one : other
}

/** Where they differ, one has not heard of a change yet: all are listed. */
function sumEndpoints(one: UpstreamState, other: UpstreamState): EndpointState[] {
  const sums = new Map(one.endpoints.map((endpoint) => [endpoint.address, endpoint]))
  for (const endpoint of other.endpoints) {
    const before = sums.get(endpoint.address)
    sums.set(endpoint.address, before === undefined ? endpoint : sum(before, endpoint))
  }
  return [...sums.values()]
}

function sum(one: EndpointState, other: EndpointState): EndpointState {
  const latencies = [one.latencyMs, other.latencyMs].filter((ms) => ms !== null)
  return {
    ...(one.health === 'up' ? other : one),
    inFlight: one.inFlight + other.inFlight,
    latencyMs: latencies.length === 0 ? null : Math.max(...latencies),
  }
}
