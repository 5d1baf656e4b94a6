// GatewayConfig → snapshot: the only crossing point between what was written and what runs.

import { BlockList } from 'node:net'
import { WeightedChoice } from '../balancing/weighted-choice.ts'
import type { GatewayConfig, ListenerConfig, RouteConfig, UpstreamConfig } from '../config/model.ts'
import { speaksHttp, takesRoute } from '../config/takes-route.ts'
import { NO_ONLOOKER, type Onlooker } from '../model/access-record.ts'
import type { Random } from '../model/clock.ts'
import { PRIORITY } from '../model/overload.ts'
import type { RetryPolicy } from '../model/retry.ts'
import type { RouteRule, RouteTable } from '../model/route-table.ts'
import type { RouteBinding, ServedListener, Snapshot } from '../model/snapshot.ts'
import type { Labels } from '../model/subset.ts'
import type { TlsTermination } from '../model/tls-termination.ts'
import type { Tracer } from '../model/tracing.ts'
import type { Upstream } from '../model/upstream.ts'
import type { Circuit } from '../resilience/breaker.ts'
import { WindowBudget } from '../resilience/retry-budget.ts'
import { DEFAULT_RETRY, hedgePolicy, NO_RETRY, retryPolicy } from '../resilience/retry-policy.ts'
import { buildRouteTable } from '../routing/build-route-table.ts'
import { AskedView, RequestView } from '../routing/request-view.ts'
import { type AccessSource, accessByRouteOf } from './access-by-route.ts'
import { giveAdaptiveLimit } from './adaptive-limits.ts'
import { affinityOf, namesInUse, SessionKeys } from './affinities.ts'
import { giveBreaker } from './breakers.ts'
import { ChainCompiler, type FilterEnvironment, needsPrefix, PLUGINS_UNREAD, type PluginFilters } from './compile-filters.ts'
import { mirrorsOf } from './compile-mirrors.ts'
import { hashesOf } from './hash-key.ts'
import { hostTest } from './host-test.ts'
import { type Before, type KeptRoutes, RouteKeeper } from './kept-routes.ts'
import { terminationOf } from './listener-tls.ts'
import type { LiveCounters } from './live-counters.ts'
import { isSettled, planUpstream, subsetOf, type UpstreamEnvironment, type UpstreamPlan } from './plan-upstreams.ts'
import { giveStandIns, standInNames, standInsOf } from './stand-ins.ts'
import { upgradesOf } from './upgrades.ts'

export interface CompileEnvironment extends UpstreamEnvironment {
  /** Names this process in Via. */
  readonly id: string
  readonly counters: LiveCounters
  readonly access: AccessSource | null
  /** Left out = nobody traces. */
  readonly tracer?: Tracer | null
  /** Left out = nobody ever looks on. */
  readonly onlooker?: Onlooker
  /** Without them no cookie of a session is understood. */
  readonly sessions?: SessionKeys
  /** Without it there are no circuit breakers. */
  readonly circuit?: Circuit | null
  /** Without it the code of plugins is not run. */
  readonly plugins?: PluginFilters
  /** What `current` was made of: what stays is taken over from it; left out = everything is made anew. */
  readonly before?: Before | null
}

/** A snapshot and what must happen to live upstreams when it comes into force. */
export interface Compiled {
  readonly snapshot: Snapshot
  /** Of upstreams for which there is something to do. */
  readonly plans: readonly UpstreamPlan[]
  /** For the next compile. */
  readonly kept: KeptRoutes
}

export function compile(config: GatewayConfig, current: Snapshot | null, environment: CompileEnvironment): Compiled {
  const planning = { ...environment, zone: config.zone, subsets: labelsOf(config) }
  const { before = null } = environment
  const plans: UpstreamPlan[] = []
  const settled: Upstream[] = []
  const upstreams = new Map<string, Upstream>()
  for (const [name, upstream] of Object.entries(config.upstreams)) {
    const there = current?.upstreams.get(name)
    const same = before !== null && before.config.upstreams[name] === upstream && before.config.zone === config.zone
    if (same && there !== undefined && isSettled(there, upstream, planning)) {
      upstreams.set(name, there)
      settled.push(there)
    } else {
      const plan = planUpstream(name, upstream, there, planning)
      plans.push(plan)
      upstreams.set(name, plan.upstream)
    }
  }
  const named = environment.sessions === undefined ? null : namesInUse(config, environment.sessions)
  const guarded = plans.map((plan) => ({
    ...plan,
    apply() {
      const { upstream } = plan
      giveStandIns(upstream, config.upstreams, upstreams)
      giveBreaker(upstream, config.upstreams[upstream.name]?.breaker ?? null, environment.circuit ?? null, deadlines.clock)
      giveAdaptiveLimit(upstream, config.upstreams[upstream.name]?.adaptive ?? null, environment.part, deadlines.clock)
      plan.apply()
      for (const names of named?.get(upstream.name) ?? []) names.prepare(upstream)
    },
  }))
  // They say the same; who stands in for them, and who knows them by name, may be others.
  const touched = settled.filter(({ name, failover }) => failover !== null || named?.has(name) === true)
  const given = touched.map((upstream) => ({
    upstream,
    prepare: () => null,
    apply() {
      giveStandIns(upstream, config.upstreams, upstreams)
      for (const names of named?.get(upstream.name) ?? []) names.prepare(upstream)
    },
  }))
  const { random, deadlines, counters, plugins = PLUGINS_UNREAD } = environment
  const keeper = new RouteKeeper(config, before, counters)
  const chains = new ChainCompiler({ random, deadlines, denials: denialsOf(counters), plugins }, keeper)
  giveBudgets(config, upstreams)
  const routes = routesByListener(config)
  const trusted = blockList(config.trustedProxies)
  const accessByRoute = accessByRouteOf(config, environment.access)
  const same = new Set(before?.config.listeners)
  const listeners = new Map(
    config.listeners.map((listener) => {
      const { name } = listener
      const taken = routes.get(name) ?? []
      const rules = taken.flatMap((route) =>
        keeper.rules(route, name, () => rulesOf(route, bind(route, name, config.upstreams, upstreams, chains, environment))),
      )
      const { caseSensitive } = listener.paths
      const table = keeper.table(name, rules, caseSensitive, (before) => buildRouteTable(rules, { caseSensitive }, before))
      const served = current?.listeners.get(name)
      const tls = served !== undefined && same.has(listener) ? served.tls : terminationOf(listener, served?.tls ?? null)
      return [name, serve(config, listener, table, trusted, tls, environment, accessByRoute)]
    }),
  )
  return { snapshot: { listeners, upstreams }, plans: [...guarded, ...given], kept: keeper.kept }
}

/** Lives as long as the filters. A closure of `compile` itself would keep `current` with them: every configuration that ever was. */
function denialsOf(counters: CompileEnvironment['counters']): FilterEnvironment['denials'] {
  return (route, filter, mode) => counters.denial(route, filter, mode)
}

/** Of the subsets that routes ask for, by upstream. */
function labelsOf({ routes }: GatewayConfig): ReadonlyMap<string, readonly Labels[]> {
  const found = new Map<string, Labels[]>()
  for (const { upstream, labels } of routes.flatMap(({ to }) => to)) {
    if (labels !== null) found.set(upstream, [...(found.get(upstream) ?? []), labels])
  }
  return found
}

/** Counting requests for a budget costs something: only where some route has one. */
function giveBudgets(config: GatewayConfig, upstreams: ReadonlyMap<string, Upstream>): void {
  for (const { retry, hedge, to } of config.routes) {
    if ((retry === null || retry.attempts === 0) && hedge === null) continue
    for (const name of to.flatMap(({ upstream }) => [upstream, ...standInNames(upstream, config.upstreams)])) {
      const upstream = upstreams.get(name)
      if (upstream !== undefined) upstream.budget ??= new WindowBudget()
    }
  }
}

/** In the order written. */
function routesByListener({ listeners, routes }: GatewayConfig): ReadonlyMap<string, readonly RouteConfig[]> {
  const found = new Map(listeners.map(({ name }): [string, RouteConfig[]] => [name, []]))
  const open = listeners.filter((listener) => takesRoute(listener, { listeners: [] }))
  for (const route of routes) {
    const names = route.listeners.length === 0 ? open.map(({ name }) => name) : new Set(route.listeners)
    for (const name of names) found.get(name)?.push(route)
  }
  return found
}

function serve(
  config: GatewayConfig,
  listener: ListenerConfig,
  table: RouteTable<RouteBinding>,
  trusted: BlockList | null,
  tls: TlsTermination | null,
  { counters, access, tracer = null, id, onlooker = NO_ONLOOKER }: CompileEnvironment,
  accessByRoute: ServedListener['accessByRoute'],
): ServedListener {
  const view = new RequestView()
  const asked = new AskedView()
  return {
    name: listener.name,
    protocol: listener.protocol,
    proxyProtocol: listener.proxyProtocol,
    tls,
    counters: counters.listener(listener.name),
    route: speaksHttp(listener)
      ? (x) => table.match(x.host, x.path, x.method, view.of(x))
      : (x) => table.match(x.host, '/', '', view.of(x)),
    consider: (x) => table.explain(x.host, x.path || '/', x.method, view.of(x)),
    why: (x, path) => table.reason(x.host, path, x.method, asked.of(x)),
    hosts: listener.hosts,
    servesHost: hostTest(listener.hosts),
    paths: listener.paths,
    clientClose: listener.clientClose,
    limits: listener.limits,
    timeouts: listener.timeouts,
    http2: listener.http2 ? listener.http2Limits : null,
    trusted,
    via: config.via === 'off' ? null : config.via === 'auto' ? `headgate-${id}` : config.via,
    detail: config.errors.detail === 'full',
    access,
    accessByRoute,
    tracer,
    onlooker,
    noRoute: counters.response(listener.name, '', ''),
  }
}

function retryOf({ retry, hedge }: RouteConfig): RetryPolicy {
  if (retry === null) return DEFAULT_RETRY
  // A body is kept for the sake of hedges where there are no retries.
  if (retry.attempts === 0 && hedge !== null) return { ...NO_RETRY, bodyBytes: retry.bodyBytes }
  return retryPolicy(retry)
}

/** One rule per route, or one per alternative where filters must know by which prefix a request was matched. */
function rulesOf(route: RouteConfig, binding: RouteBinding): RouteRule<RouteBinding>[] {
  const { hosts, match } = route
  if (!needsPrefix(route)) return [{ hosts, match, value: binding }]
  if (match.length === 0) return [{ hosts, match, value: { ...binding, prefix: '' } }]
  return match.map((alternative) => ({
    hosts,
    match: [alternative],
    value: { ...binding, prefix: (alternative.path?.value ?? '').replace(/\/+$/, '') },
  }))
}

function bind(
  route: RouteConfig,
  listener: string,
  configs: GatewayConfig['upstreams'],
  upstreams: ReadonlyMap<string, Upstream>,
  chains: ChainCompiler,
  { counters, random, sessions = new SessionKeys() }: CompileEnvironment,
): RouteBinding {
  const used = route.to.filter(({ weight }) => weight > 0)
  const reached = used.map(({ upstream }) => upstreams.get(upstream) as Upstream)
  const weights = used.map(({ weight }) => weight)
  const subsets = used.every(({ labels }) => labels === null)
    ? null
    : used.map(({ upstream, labels }) => (labels === null ? null : subsetOf(upstreams.get(upstream) as Upstream, labels)))
  const standIns = standInsOf(
    route,
    used.map(({ upstream }) => upstream),
    configs,
    upstreams,
    random,
    (upstream) => counters.response(listener, route.name, upstream),
  )
  return {
    name: route.name,
    upstreams: reached,
    weights,
    subsets,
    split: used.length < 2 ? null : splitOf(weights, random),
    hashes: hashesOf(
      route,
      used.map(({ upstream }) => configs[upstream] as UpstreamConfig),
      random,
    ),
    standIns,
    affinity: affinityOf(route, { upstreams: reached, weights, subsets, standIns }, sessions),
    chains: chains.chains(route),
    prefix: null,
    priority: PRIORITY[route.priority],
    requestTimeout: route.timeout.request ?? 0,
    attemptTimeout: route.timeout.attempt ?? 0,
    idleTimeout: route.timeout.idle ?? 0,
    tunnelTimeout: route.timeout.tunnel ?? 0,
    upgrades: upgradesOf(route, configs),
    retry: retryOf(route),
    hedge: route.hedge === null ? null : hedgePolicy(route.hedge, route.retry),
    mirrors: mirrorsOf(route, listener, configs, upstreams, random),
    duration: counters.duration(route.name),
    responses: (used.length === 0 ? [{ upstream: '' }] : used).map(({ upstream }) =>
      counters.response(listener, route.name, upstream),
    ),
  }
}

/** Outlives the compile: it keeps nothing of it. */
function splitOf(weights: readonly number[], random: Random): () => number {
  const choice = new WeightedChoice(
    weights.map((weight, value) => ({ value, weight })),
    random,
  )
  return () => choice.next() ?? 0
}

function blockList(cidrs: readonly string[]): BlockList | null {
  if (cidrs.length === 0) return null
  const list = new BlockList()
  for (const cidr of cidrs) {
    const [address = '', prefix] = cidr.split('/')
    const family = address.includes(':') ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}
