// Upstreams: what is new is made, what stays is kept with its endpoints, connections and counters, and the difference is a plan
// that takes effect in one go.

import type { DiscoveryConfig, UpstreamConfig } from '../config/model.ts'
import { staticDiscovery } from '../discovery/static.ts'
import type { Picker } from '../model/balancer.ts'
import type { Random } from '../model/clock.ts'
import type { Connector } from '../model/connection.ts'
import type { Deadlines } from '../model/deadlines.ts'
import type { EndpointSets } from '../model/discovery.ts'
import { Endpoint, type EndpointSpec } from '../model/endpoint.ts'
import type { HealthBook } from '../model/health.ts'
import { evenQuota, type Part, type Quota, sameQuota, scaledQuota } from '../model/quota.ts'
import { Upstream, type UpstreamSettings } from '../model/upstream.ts'
import type { Availability } from '../resilience/availability.ts'
import { type KnownHealth, Roster, type RosterSettings } from '../resilience/roster.ts'
import { balancerOf, PickerBuild } from './build-picker.ts'
import { Transport } from './connect-endpoints.ts'
import { healthRules } from './health-rules.ts'

export interface UpstreamEnvironment {
  readonly deadlines: Deadlines
  readonly random: Random
  /** This process's part of limits that hold for the gateway, until the parts are divided anew. */
  readonly part: Part
  /** Upstreams of whose limits other processes have all: this one begins with nothing. */
  readonly taken?: ReadonlySet<string>
  /** See `Upstream.onNeed`; null = there is no other process. */
  readonly onNeed?: ((upstream: string) => void) | null
  /** What is known of upstreams whose endpoints do not stand in the configuration. */
  readonly sets: EndpointSets
  /** What is known from active health checks; left out = nothing. */
  readonly health?: HealthBook
}

/** An upstream as it will be; `apply` makes it so. */
export interface UpstreamPlan {
  readonly upstream: Upstream
  /** Does the slow part without keeping requests waiting, null = there is none; `apply` does at one go what this has not done. */
  prepare(): Promise<void> | null
  apply(): void
}

/** How the connections in use were made. */
const transports = new WeakMap<Upstream, Transport>()

/** What a picker was built from, to see whether it may stay (and with it the place in its turns). */
const builtFrom = new WeakMap<Upstream, string>()

export function planUpstream(
  name: string,
  config: UpstreamConfig,
  existing: Upstream | undefined,
  environment: UpstreamEnvironment,
): UpstreamPlan {
  const specs = endpointsOf(config.discovery, environment.sets.get(name))
  const upstream = existing ?? new Upstream(name, settingsOf(name, config, null, environment), EMPTY)
  upstream.onNeed = environment.onNeed ?? null
  const planned = upstream.endpoints
  const endpoints = new Map<string, Endpoint>()
  const connectors = new Map<Endpoint, Connector>()
  const transport = transportOf(config, upstream)
  const kept = transports.get(upstream) === transport
  for (const { address } of specs) {
    const endpoint = upstream.endpoints.get(address) ?? new Endpoint(address)
    endpoints.set(address, endpoint)
    const connector = kept ? upstream.connectors.get(endpoint) : undefined
    connectors.set(endpoint, connector ?? transport.connector(upstream, address, environment.deadlines))
  }
  const roster = rosterOf(upstream, environment)
  const rules = rosterSettings(config)
  const members = { specs, endpoints }
  const shown = roster.preview(rules, members)
  const build = planBuild(config, shown, upstream, environment)
  return {
    upstream,
    prepare: () => (build === null || build.done ? null : build.inSlices()),
    apply() {
      // Discovery took effect since: what was planned is of endpoints that may be gone.
      if (upstream.endpoints !== planned) return planUpstream(name, config, upstream, environment).apply()
      const before = upstream.connectors
      // Only now: its part may have changed since.
      upstream.settings = settingsOf(name, config, upstream.settings, environment)
      upstream.endpoints = endpoints
      upstream.specs = specs
      upstream.connectors = connectors
      transports.set(upstream, transport)
      if (build !== null) upstream.picker = build.picker()
      builtFrom.set(upstream, buildKey(config, shown))
      pending.delete(upstream)
      for (const [endpoint, connector] of before) {
        const now = connectors.get(endpoint)
        if (now !== connector) connector.retire()
        if (now === undefined) upstream.retired.add(endpoint)
      }
      roster.adopt(rules, members, shown, (now) => rebuild(config, now, upstream, environment))
      // Somebody may have left or come back while the picker was built.
      rebuild(config, roster.preview(rules, members), upstream, environment)
    },
  }
}

/** The one in use where it says the same: its connections stay, and their TLS sessions. */
function transportOf(config: UpstreamConfig, upstream: Upstream): Transport {
  const fresh = new Transport(config)
  const current = transports.get(upstream)
  return current?.key === fresh.key ? current : fresh
}

function rosterOf(upstream: Upstream, { deadlines, health }: UpstreamEnvironment): Roster {
  const { name, counters } = upstream
  const known: KnownHealth = (check, address) => health?.stateOf(name, check, address) ?? null
  const roster = (upstream.roster as Roster | null) ?? new Roster(deadlines, counters, () => upstream.relieved, known)
  upstream.roster = roster
  return roster
}

function rosterSettings(config: UpstreamConfig): RosterSettings {
  const { panic, priorities, slowStart, ejection, failover } = config
  return {
    health: healthRules(config),
    availability: { panic, relieved: failover.length > 0, spill: priorities.spill, zone: null, slowStart: slowStart ?? 0 },
    ejection: ejection === null ? null : { ...ejection, on: new Set(ejection.on) },
  }
}

/** The build that was started last for an upstream, until it is done. */
const pending = new WeakMap<Upstream, PickerBuild>()

/** The roster has changed: a picker over those who are in. Not at one go where that would keep requests waiting. */
function rebuild(config: UpstreamConfig, shown: Availability, upstream: Upstream, environment: UpstreamEnvironment): void {
  const build = planBuild(config, shown, upstream, environment)
  if (build === null) return
  pending.set(upstream, build)
  const swap = (): void => {
    if (pending.get(upstream) !== build) return
    pending.delete(upstream)
    upstream.picker = build.picker()
    builtFrom.set(upstream, buildKey(config, shown))
  }
  if (build.done) swap()
  else build.inSlices().then(swap)
}

function buildKey({ balancer: { type, boundedLoad } }: UpstreamConfig, { candidates }: Availability): string {
  return JSON.stringify([type, boundedLoad, candidates.map(({ endpoint, weight }) => [endpoint.address, weight])])
}

/** null when the picker that is there has been built from the very same. */
function planBuild(
  config: UpstreamConfig,
  shown: Availability,
  upstream: Upstream,
  { random, deadlines }: UpstreamEnvironment,
): PickerBuild | null {
  if (builtFrom.get(upstream) === buildKey(config, shown)) return null
  const { balancer } = config
  return new PickerBuild(balancerOf(balancer), shown.candidates, random, {
    time: deadlines,
    load: () => upstream.counters.inFlight,
    boundedLoad: balancer.boundedLoad,
  })
}

const EMPTY: Picker = { pick: () => null }

function endpointsOf(discovery: DiscoveryConfig, found: readonly EndpointSpec[] = []): readonly EndpointSpec[] {
  if (!('static' in discovery)) return found
  let listed: readonly EndpointSpec[] = []
  staticDiscovery.watch(
    discovery.static,
    (endpoints) => {
      listed = endpoints
    },
    () => {},
  )()
  return listed
}

function settingsOf(
  name: string,
  { host, connection, protocol, limits: { connections, pending, requests, pendingTimeout } }: UpstreamConfig,
  before: UpstreamSettings | null,
  environment: UpstreamEnvironment,
): UpstreamSettings {
  const limits = { connections, pending, requests }
  const quota = quotaOf(name, limits, before, environment)
  return {
    host,
    connection,
    multiplexed: protocol === 'h2',
    limits,
    maxRequests: quota.requests,
    maxConnections: quota.connections,
    maxPending: quota.pending,
    pendingTimeout,
  }
}

/** What this process has of the limits stays its part of them. */
function quotaOf(name: string, limits: Quota, before: UpstreamSettings | null, { part, taken }: UpstreamEnvironment): Quota {
  if (before !== null) {
    const has = { connections: before.maxConnections, pending: before.maxPending, requests: before.maxRequests }
    const even = sameQuota(has, evenQuota(before.limits, part))
    if (!even) return sameQuota(before.limits, limits) ? has : scaledQuota(has, before.limits, limits)
  } else if (taken?.has(name)) return { connections: 0, requests: 0, pending: Math.min(limits.pending, 1) }
  return evenQuota(limits, part)
}
