// Upstreams: what is new is made, what stays is kept with its endpoints, connections and counters, and the difference is a plan
// that takes effect in one go.

import { BALANCERS } from '../balancing/table.ts'
import type { UpstreamConfig } from '../config/model.ts'
import { staticDiscovery } from '../discovery/static.ts'
import { Http1Connector } from '../http1/connector.ts'
import type { Balancer, Picker } from '../model/balancer.ts'
import type { Random } from '../model/clock.ts'
import type { Connector } from '../model/connection.ts'
import type { Deadlines } from '../model/deadlines.ts'
import { Endpoint, type EndpointSpec } from '../model/endpoint.ts'
import { Upstream, type UpstreamSettings } from '../model/upstream.ts'
import { authorityOf, placeOf } from './place.ts'

export interface UpstreamEnvironment {
  readonly deadlines: Deadlines
  readonly random: Random
  /** This process's part of limits that hold for the gateway. */
  readonly share: number
}

/** An upstream as it will be; `apply` makes it so. */
export interface UpstreamPlan {
  readonly upstream: Upstream
  apply(): void
}

/** What a picker was built from, to see whether it may stay (and with it the place in its turns). */
const builtFrom = new WeakMap<Upstream, string>()

export function planUpstream(
  name: string,
  config: UpstreamConfig,
  existing: Upstream | undefined,
  environment: UpstreamEnvironment,
): UpstreamPlan {
  const settings = settingsOf(config, environment.share)
  const specs = endpointsOf(config)
  const upstream = existing ?? new Upstream(name, settings, EMPTY)
  const endpoints = new Map<string, Endpoint>()
  const connectors = new Map<Endpoint, Connector>()
  for (const { address } of specs) {
    const endpoint = upstream.endpoints.get(address) ?? new Endpoint(address)
    endpoints.set(address, endpoint)
    connectors.set(
      endpoint,
      upstream.connectors.get(endpoint) ??
        new Http1Connector(upstream, placeOf(address), authorityOf(address), environment.deadlines),
    )
  }
  const key = JSON.stringify([config.balancer, specs])
  const picker =
    existing !== undefined && builtFrom.get(existing) === key ? existing.picker : build(config, specs, endpoints, environment)
  return {
    upstream,
    apply() {
      const before = upstream.connectors
      upstream.settings = settings
      upstream.endpoints = endpoints
      upstream.connectors = connectors
      upstream.picker = picker
      builtFrom.set(upstream, key)
      for (const [endpoint, connector] of before) {
        if (connectors.has(endpoint)) continue
        connector.retire()
        upstream.retired.add(endpoint)
      }
    },
  }
}

const EMPTY: Picker = { pick: () => null }

function build(
  config: UpstreamConfig,
  specs: readonly EndpointSpec[],
  endpoints: ReadonlyMap<string, Endpoint>,
  { random }: UpstreamEnvironment,
): Picker {
  const candidates = specs
    .filter(({ weight }) => weight > 0)
    .map(({ address, weight }) => ({ endpoint: endpoints.get(address) as Endpoint, weight }))
  // Validation knows the same table.
  return (BALANCERS.get(config.balancer.type) as Balancer).build(candidates, random)
}

/** One entry per address: a second mention adds its weight. */
function endpointsOf(config: UpstreamConfig): EndpointSpec[] {
  const byAddress = new Map<string, EndpointSpec>()
  const stop = staticDiscovery.watch(config.discovery.static, (found) => {
    for (const { address, weight } of found) {
      byAddress.set(address, { address, weight: weight + (byAddress.get(address)?.weight ?? 0) })
    }
  })
  stop()
  return [...byAddress.values()]
}

function settingsOf({ host, connection, limits }: UpstreamConfig, share: number): UpstreamSettings {
  const part = (limit: number): number => Math.max(1, Math.ceil(limit * share))
  return {
    host,
    connection,
    maxRequests: part(limits.requests),
    maxConnections: part(limits.connections),
    maxPending: limits.pending === 0 ? 0 : part(limits.pending),
    pendingTimeout: limits.pendingTimeout,
  }
}
