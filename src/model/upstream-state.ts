// What is known of upstreams and their endpoints right now, as plain data for people and tools.

import { BREAKER_STATES, type BreakerState } from './breaker.ts'
import type { Endpoint, EndpointSpec } from './endpoint.ts'
import { whyLeftOut } from './left-out.ts'
import type { Upstream } from './upstream.ts'

export interface EndpointState {
  readonly address: string
  readonly weight: number
  readonly priority: number
  readonly zone: string | null
  /** `up`, or a word that says otherwise. */
  readonly health: string
  /** Why it gets no requests: it is not `up`, or others are to be used before it; null = it gets some. */
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
  /** Health is ignored, because too few are healthy. */
  readonly panic: boolean
  /** Requests that may run at a time by its adaptive limit; null = it has none. */
  readonly limit: number | null
  readonly endpoints: readonly EndpointState[]
}

export function upstreamState(upstream: Upstream): UpstreamState {
  const { name, specs, endpoints, roster, breaker, adaptive } = upstream
  const picked = new Set(roster?.pickable(null).map(({ endpoint }) => endpoint))
  return {
    name,
    breaker: breaker?.state ?? null,
    panic: roster?.panic ?? false,
    limit: adaptive?.usual ?? null,
    endpoints: specs.map((spec) => {
      const { address, weight, priority = 0, zone = null } = spec
      const endpoint = endpoints.get(address)
      const latency = endpoint?.latencyMs ?? Number.NaN
      return {
        address,
        weight,
        priority,
        zone,
        ...(endpoint === undefined ? UP : healthOf(upstream, spec, endpoint, picked.has(endpoint))),
        inFlight: endpoint?.inFlight ?? 0,
        latencyMs: Number.isNaN(latency) ? null : Math.round(latency * 1000) / 1000,
      }
    }),
  }
}

type Health = Pick<EndpointState, 'health' | 'reason' | 'until'>

const UP: Health = { health: 'up', reason: null, until: null }

function healthOf({ roster, breaker }: Upstream, spec: EndpointSpec, endpoint: Endpoint, picked: boolean): Health {
  if (roster === null) return UP
  const standing = roster.stateOf(endpoint)
  const { up, health, reason, until } = standing
  if (!up) return { health, reason, until: until === null ? null : Math.round(until) }
  if (!picked) return { health, reason: whyLeftOut(spec, standing, null, roster.zone), until: null }
  if (breaker?.state === 'open')
    return {
      health,
      reason: 'the breaker of the upstream is open',
      until: breaker.until === null ? null : Math.round(breaker.until),
    }
  return UP
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
  const panic = one.panic || other.panic
  return { ...one, breaker: worst(one.breaker, other.breaker), panic, limit, endpoints: sumEndpoints(one, other) }
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
    ...worseOff(one, other),
    inFlight: one.inFlight + other.inFlight,
    latencyMs: latencies.length === 0 ? null : Math.max(...latencies),
  }
}

/** Out in one process is worse than in; among equals, who is out for longer. */
function worseOff(one: EndpointState, other: EndpointState): EndpointState {
  const badness = ({ health, reason }: EndpointState): number => (health !== 'up' ? 2 : reason !== null ? 1 : 0)
  const difference = badness(one) - badness(other)
  if (difference !== 0) return difference > 0 ? one : other
  // Without an end it is for others to say when it is over.
  return (other.until ?? Number.POSITIVE_INFINITY) > (one.until ?? Number.POSITIVE_INFINITY) ? other : one
}
