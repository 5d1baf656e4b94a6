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
import { type Labels, labelsKey, Subset } from '../model/subset.ts'
import { Upstream, type UpstreamSettings } from '../model/upstream.ts'
import type { Availability } from '../resilience/availability.ts'
import { type KnownHealth, Roster, type RosterSettings, type Shown } from '../resilience/roster.ts'
import type { PickerBuild } from './build-picker.ts'
import { Transport } from './connect-endpoints.ts'
import { healthRules } from './health-rules.ts'
import { planPicker, reseat, type Seat, type SeatRules, seatPicker } from './seats.ts'

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
  /** Where this process is; null or left out = not known. */
  readonly zone?: string | null
  /** By name of the upstream, the labels of the subsets that routes ask for; left out = as before. */
  readonly subsets?: ReadonlyMap<string, readonly Labels[]>
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
  const wereLeaving = new Set(upstream.specs.filter(({ terminating }) => terminating).map(({ address }) => address))
  for (const { address, terminating = false } of specs) {
    const endpoint = upstream.endpoints.get(address) ?? new Endpoint(address)
    endpoints.set(address, endpoint)
    // One that is not taken away after all keeps its connections again.
    const connector = kept && (terminating || !wereLeaving.has(address)) ? upstream.connectors.get(endpoint) : undefined
    connectors.set(endpoint, connector ?? transport.connector(upstream, address, environment.deadlines))
  }
  const roster = rosterOf(upstream, environment)
  const rules = rosterSettings(config, environment.zone ?? null)
  const subsets = subsetsOf(upstream, environment)
  const members = { specs, endpoints, subsets }
  const shown = roster.preview(rules, members)
  const seatRules = seatRulesOf(config, upstream, environment)
  const seats: readonly Seat[] = [upstream, ...subsets]
  const builds = seats.map((seat, i) => planPicker(seat, shown[i] as Availability, seatRules))
  const slow = builds.filter((build) => build !== null && !build.done) as PickerBuild[]
  const follow = following(upstream, seats, seatRules)
  return {
    upstream,
    prepare: () => (slow.length === 0 ? null : Promise.all(slow.map((build) => build.inSlices())).then(() => {})),
    apply() {
      // Discovery took effect since: what was planned is of endpoints that may be gone.
      if (upstream.endpoints !== planned) return planUpstream(name, config, upstream, environment).apply()
      const before = upstream.connectors
      // Only now: its part may have changed since.
      upstream.settings = settingsOf(name, config, upstream.settings, environment)
      upstream.endpoints = endpoints
      upstream.specs = specs
      upstream.connectors = connectors
      upstream.subsets = subsets
      if (environment.subsets !== undefined)
        offered.set(upstream, new Map(subsets.map((subset) => [labelsKey(subset.labels), subset])))
      transports.set(upstream, transport)
      for (const [i, seat] of seats.entries()) seatPicker(seat, builds[i] ?? null, shown[i] as Availability, seatRules)
      for (const [endpoint, connector] of before) {
        const now = connectors.get(endpoint)
        if (now !== connector) connector.retire()
        if (now === undefined) upstream.retired.add(endpoint)
      }
      for (const { address, terminating } of specs) {
        if (terminating === true) connectors.get(endpoints.get(address) as Endpoint)?.retire()
      }
      roster.adopt(rules, members, shown, follow)
      // Somebody may have left or come back while the picker was built.
      follow(roster.preview(rules, members))
      // Those who still wait for a connection go elsewhere, and find everything in its place.
      for (const [endpoint, connector] of before) if (!connectors.has(endpoint)) connector.retire(true)
    },
  }
}

/** Outlives the plan: it keeps nothing of it. */
function following(upstream: Upstream, seats: readonly Seat[], seatRules: SeatRules): (now: Shown) => void {
  return (now) => {
    for (const [i, seat] of seats.entries()) reseat(seat, now[i] as Availability, seatRules)
    // Whoever waits for a place here is better off where somebody stands in.
    if (upstream.counters.pending > 0 && !upstream.usable && upstream.relieved) upstream.dismissWaiting()
  }
}

/** Whether a plan would find nothing to do, where the configuration of the upstream and the zone are those in force. */
export function isSettled(upstream: Upstream, { discovery }: UpstreamConfig, { sets, subsets }: UpstreamEnvironment): boolean {
  const wanted = subsets?.get(upstream.name) ?? NO_LABELS
  if (wanted.length > 0 || upstream.subsets.length > 0) {
    const keys = new Set(wanted.map(labelsKey))
    const have = upstream.subsets.map(({ labels }) => labelsKey(labels))
    if (keys.size !== have.length || !have.every((key) => keys.has(key))) return false
  }
  if ('static' in discovery) return true
  const found = sets.get(upstream.name)
  return found === undefined || found.length === 0 ? upstream.specs.length === 0 : found === upstream.specs
}

const NO_LABELS: readonly Labels[] = []

/** Subsets by what they ask for, those of plans included that are not in force yet: routes are bound to them. */
const offered = new WeakMap<Upstream, Map<string, Subset>>()

/** The part of an upstream that has all of these labels. */
export function subsetOf(upstream: Upstream, labels: Labels): Subset {
  const all = offered.get(upstream) ?? new Map<string, Subset>()
  offered.set(upstream, all)
  const key = labelsKey(labels)
  const subset = all.get(key) ?? new Subset(upstream, labels)
  all.set(key, subset)
  return subset
}

function subsetsOf(upstream: Upstream, { subsets }: UpstreamEnvironment): readonly Subset[] {
  if (subsets === undefined) return upstream.subsets
  return [...new Set((subsets.get(upstream.name) ?? []).map((labels) => subsetOf(upstream, labels)))]
}

function seatRulesOf({ balancer }: UpstreamConfig, upstream: Upstream, { random, deadlines }: UpstreamEnvironment): SeatRules {
  return { balancer, random, deadlines, load: () => upstream.counters.inFlight }
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

function rosterSettings(config: UpstreamConfig, own: string | null): RosterSettings {
  const { panic, priorities, slowStart, ejection, failover } = config
  const zone = config.zone === null || own === null ? null : { own, minimumShare: config.zone.minimumShare }
  return {
    health: healthRules(config),
    availability: { panic, relieved: failover.length > 0, spill: priorities.spill, zone, slowStart: slowStart ?? 0 },
    ejection: ejection === null ? null : { ...ejection, on: new Set(ejection.on) },
  }
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
  { host, balancer, tls, connection, protocol, limits: { connections, pending, requests, pendingTimeout } }: UpstreamConfig,
  before: UpstreamSettings | null,
  environment: UpstreamEnvironment,
): UpstreamSettings {
  const limits = { connections, pending, requests }
  const quota = quotaOf(name, limits, before, environment)
  return {
    host,
    balancer: balancer.type,
    secure: tls !== null,
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
