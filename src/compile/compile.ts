// GatewayConfig → snapshot: the only crossing point between what was written and what runs.

import { BlockList } from 'node:net'
import { WeightedChoice } from '../balancing/weighted-choice.ts'
import type { GatewayConfig, ListenerConfig, RouteConfig, UpstreamConfig } from '../config/model.ts'
import { speaksHttp, takesRoute } from '../config/takes-route.ts'
import type { AccessSink } from '../model/access-record.ts'
import { PRIORITY } from '../model/overload.ts'
import type { RetryPolicy } from '../model/retry.ts'
import type { RouteRule } from '../model/route-table.ts'
import type { RouteBinding, ServedListener, Snapshot } from '../model/snapshot.ts'
import type { Labels } from '../model/subset.ts'
import type { Upstream } from '../model/upstream.ts'
import type { Circuit } from '../resilience/breaker.ts'
import { WindowBudget } from '../resilience/retry-budget.ts'
import { DEFAULT_RETRY, hedgePolicy, NO_RETRY, retryPolicy } from '../resilience/retry-policy.ts'
import { buildRouteTable } from '../routing/build-route-table.ts'
import { RequestView } from '../routing/request-view.ts'
import { giveAdaptiveLimit } from './adaptive-limits.ts'
import { affinityOf, namesInUse, SessionKeys } from './affinities.ts'
import { giveBreaker } from './breakers.ts'
import { ChainCompiler, type FilterEnvironment, needsPrefix, PLUGINS_UNREAD, type PluginFilters } from './compile-filters.ts'
import { mirrorsOf } from './compile-mirrors.ts'
import { hashesOf } from './hash-key.ts'
import { hostTest } from './host-test.ts'
import { terminationOf } from './listener-tls.ts'
import type { LiveCounters } from './live-counters.ts'
import { planUpstream, subsetOf, type UpstreamEnvironment, type UpstreamPlan } from './plan-upstreams.ts'
import { giveStandIns, standInNames, standInsOf } from './stand-ins.ts'
import { upgradesOf } from './upgrades.ts'

export interface CompileEnvironment extends UpstreamEnvironment {
  /** Names this process in Via. */
  readonly id: string
  readonly counters: LiveCounters
  readonly access: AccessSink | null
  /** Without them no cookie of a session is understood. */
  readonly sessions?: SessionKeys
  /** Without it there are no circuit breakers. */
  readonly circuit?: Circuit | null
  /** Without it the code of plugins is not run. */
  readonly plugins?: PluginFilters
}

/** A snapshot and what must happen to live upstreams when it comes into force. */
export interface Compiled {
  readonly snapshot: Snapshot
  readonly plans: readonly UpstreamPlan[]
}

export function compile(config: GatewayConfig, current: Snapshot | null, environment: CompileEnvironment): Compiled {
  const planning = { ...environment, zone: config.zone, subsets: labelsOf(config) }
  const plans = Object.entries(config.upstreams).map(([name, upstream]) =>
    planUpstream(name, upstream, current?.upstreams.get(name), planning),
  )
  const upstreams = new Map(plans.map(({ upstream }) => [upstream.name, upstream]))
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
  const { random, deadlines, counters, plugins = PLUGINS_UNREAD } = environment
  const chains = new ChainCompiler({ random, deadlines, denials: denialsOf(counters), plugins })
  giveBudgets(config, upstreams)
  const listeners = new Map(
    config.listeners.map((listener) => [
      listener.name,
      serve(config, listener, upstreams, chains, environment, current?.listeners.get(listener.name)),
    ]),
  )
  return { snapshot: { listeners, upstreams }, plans: guarded }
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

function serve(
  config: GatewayConfig,
  listener: ListenerConfig,
  upstreams: ReadonlyMap<string, Upstream>,
  chains: ChainCompiler,
  environment: CompileEnvironment,
  current: ServedListener | undefined,
): ServedListener {
  const { counters, access, id } = environment
  const rules = config.routes
    .filter((route) => takesRoute(listener, route))
    .flatMap((route) => rulesOf(route, bind(route, listener.name, config.upstreams, upstreams, chains, environment)))
  const table = buildRouteTable(rules, { caseSensitive: listener.paths.caseSensitive })
  const view = new RequestView()
  return {
    name: listener.name,
    protocol: listener.protocol,
    proxyProtocol: listener.proxyProtocol,
    tls: terminationOf(listener, current?.tls ?? null),
    counters: counters.listener(listener.name),
    route: speaksHttp(listener)
      ? (x) => table.match(x.host, x.path, x.method, view.of(x))
      : (x) => table.match(x.host, '/', '', view.of(x)),
    consider: (x) => table.explain(x.host, x.path || '/', x.method, view.of(x)),
    hosts: listener.hosts,
    servesHost: hostTest(listener.hosts),
    paths: listener.paths,
    clientClose: listener.clientClose,
    limits: listener.limits,
    timeouts: listener.timeouts,
    http2: listener.http2 ? listener.http2Limits : null,
    trusted: blockList(config.trustedProxies),
    via: config.via === 'off' ? null : config.via === 'auto' ? `headgate-${id}` : config.via,
    detail: config.errors.detail === 'full',
    access,
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
  const choice =
    used.length < 2
      ? null
      : new WeightedChoice(
          used.map(({ weight }, value) => ({ value, weight })),
          random,
        )
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
    split: choice === null ? null : () => choice.next() ?? 0,
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
