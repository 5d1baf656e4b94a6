// Why an exchange that is over went as it did: the words of `explain`, made of what the exchange still holds. Nothing is kept for it
// on the way; health and limits are therefore those of the moment when it ended.

import type { DecidedAttempt, Decision } from '../model/decision.ts'
import type { EndpointSpec } from '../model/endpoint.ts'
import type { Exchange } from '../model/exchange.ts'
import type { ExplainedEndpoint, Explanation } from '../model/explanation.ts'
import { whyLeftOut } from '../model/left-out.ts'
import type { EndpointRoster } from '../model/roster.ts'
import type { RouteBinding } from '../model/snapshot.ts'
import { labelsInWords, type Subset } from '../model/subset.ts'
import type { Upstream } from '../model/upstream.ts'
import { hashInUse } from './stand-in.ts'

/** Endpoints that are told about, attempts, and endpoints that are looked at for it: a decision costs the same whatever the size. */
const MOST_ENDPOINTS = 8
const MOST_ATTEMPTS = 16
const MOST_LOOKED_AT = 64

export function decisionOf(x: Exchange): Decision {
  const { binding, upstream } = x
  const subset = upstream === null ? null : subsetIn(x, upstream)
  const asked = x.without === '' && x.path !== '' ? whyRoute(x, binding) : null
  return {
    listener: x.listener.name,
    route: binding?.name ?? null,
    upstream: upstream?.name ?? null,
    endpoint: x.attempts?.at(-1)?.endpoint ?? null,
    considered: binding === null || asked === null ? [] : [{ route: binding.name, why: asked.why }],
    filters: filtersOf(x),
    endpoints: upstream === null ? [] : endpointsOf(x, upstream, subset),
    answer: answerOf(x),
    notes: [
      ...(x.said === '' || x.said === x.attempts?.at(-1)?.detail ? [] : [x.said]),
      ...(asked === null ? [] : [routesInWords(asked.rules, binding)]),
      ...(binding === null || upstream === null ? [] : notesOf(x, binding, upstream, subset)),
    ],
    tried: (x.attempts ?? []).slice(-MOST_ATTEMPTS).map(
      ({ endpoint, outcome, status, reason }): DecidedAttempt => ({
        endpoint,
        outcome,
        status: status === 0 ? null : status,
        reason: reason === '' ? null : reason,
      }),
    ),
    noRetry: noRetryOf(x),
  }
}

/** For the path that was asked for, whatever filters have made of it since. */
function whyRoute(x: Exchange, binding: RouteBinding | null): { why: string; rules: number } | null {
  const mark = x.asked.indexOf('?')
  const path = x.asked === '' ? x.path : mark < 0 ? x.asked : x.asked.slice(0, mark)
  // What was refused before it came to routes has none either.
  if (binding === null && (x.reason !== 'no-route' || x.said !== '')) return null
  const found = x.listener.why(x, path)
  return found.value?.name === binding?.name ? found : null
}

function routesInWords(rules: number, binding: RouteBinding | null): string {
  if (binding !== null) return `${rules} routes are for this host or every host`
  return rules === 0 ? 'there is no route for this host' : `none of ${rules} routes for this host or every host takes it`
}

function filtersOf({ chain, passed, reason, attempts, status }: Exchange): Explanation['filters'] {
  if (chain === null) return []
  const answered = attempts === null && (reason !== null || status > 0)
  return chain.filters.map(({ name }, i) => ({
    name,
    effect: i < passed ? 'passed' : i === passed && answered ? `answered ${status}` : 'not reached',
  }))
}

/** An answer that the route does not try again after has not been a question on the way. */
function noRetryOf({ noRetry, attempts, binding, method }: Exchange): string | null {
  if (noRetry !== '') return noRetry
  const last = attempts?.at(-1)
  if (last === undefined || last.outcome !== 'ok' || last.status < 500 || binding === null) return null
  return binding.retry.onStatus?.(method, last.status) === true
    ? null
    : `the policy of the route: ${method} after ${last.status}`
}

/** A filter has answered, and nobody else was asked. */
const filterAnswered = ({ chain, passed, attempts }: Exchange): boolean =>
  chain !== null && passed < chain.filters.length && attempts === null

function answerOf({ reason, status, attempts }: Exchange): Explanation['answer'] {
  if (reason !== null) return { status, reason }
  return attempts === null && status > 0 && status !== 499 ? { status, reason: null } : null
}

/** Those that were tried, then those that are out, then those that others go before. */
function endpointsOf(x: Exchange, { roster, specs, endpoints }: Upstream, subset: Subset | null): ExplainedEndpoint[] {
  if (roster === null) return []
  const attempts = x.attempts ?? []
  const picked = roster.pickable(subset)
  const tried: ExplainedEndpoint[] = []
  const out: ExplainedEndpoint[] = []
  const behind: ExplainedEndpoint[] = []
  let asked = 0
  for (let i = 0; i < specs.length && i < MOST_LOOKED_AT; i++) {
    const spec = specs[i] as EndpointSpec
    const { address, weight } = spec
    const endpoint = endpoints.get(address)
    if (endpoint === undefined) continue
    const wasTried = attempts.some((attempt) => attempt.endpoint === address)
    const standing = roster.stateOf(endpoint)
    const into = wasTried ? tried : standing.up ? behind : out
    if (into.length === MOST_ENDPOINTS || (into === behind && (asked === MOST_ENDPOINTS || !mayStandBack(spec, roster))))
      continue
    if (into === behind) asked++
    const eligible = picked.some((candidate) => candidate.endpoint === endpoint)
    if (into === behind && eligible) continue
    const why = eligible ? 'can be picked' : whyLeftOut(spec, standing, subset, roster.zone)
    const failed = endpoint.unreachable === '' ? '' : `; the last connection failed: ${endpoint.unreachable}`
    into.push({ address, weight, eligible, why: why + failed })
  }
  return [...tried, ...out, ...behind].slice(0, MOST_ENDPOINTS)
}

/** One that is up and no worse than others is picked: whether it is need not be looked for. */
function mayStandBack({ weight, priority = 0, zone = null }: EndpointSpec, roster: EndpointRoster): boolean {
  return weight === 0 || priority > 0 || (roster.zone !== null && zone !== roster.zone)
}

function subsetIn({ subset }: Exchange, upstream: Upstream): Subset | null {
  return subset !== null && subset.upstream === upstream ? subset : null
}

function notesOf(x: Exchange, binding: RouteBinding, upstream: Upstream, subset: Subset | null): string[] {
  const { roster, specs, settings, breaker } = upstream
  const chosen = binding.upstreams[x.choice]
  const hash = x.attempts === null ? null : hashInUse(x)
  const can = roster?.pickable(subset).length ?? 0
  const ignored = subset === null ? roster?.panic === true : subset.panic
  return [
    ...(binding.upstreams.length > 1 ? [byWeight(x, binding)] : []),
    ...(subset === null ? [] : [`only endpoints that are labelled ${labelsInWords(subset.labels)}`]),
    ...(chosen === undefined || chosen === upstream ? [] : [standInInWords(upstream, chosen)]),
    ...(filterAnswered(x) ? [] : [`${settings.balancer ?? 'the balancer'} chooses among ${can} of ${specs.length} endpoints`]),
    ...(ignored ? ['too few of them are healthy (panic): health is ignored'] : []),
    ...(binding.affinity === null ? [] : [binding.affinity.says(x)]),
    ...(hash ? [hash.says(x)] : []),
    ...(breaker === null || breaker.state === 'closed' ? [] : [`the breaker is ${breaker.state}`]),
    ...(x.queuedAt === 0 ? [] : [`it waited ${Math.round(x.queuedMs)} ms for a place at the upstream`]),
    ...(x.hedges === 0 ? [] : [`${x.hedges} more asked because no answer came in time`]),
  ]
}

function standInInWords({ name }: Upstream, { name: chosen, roster, specs, endpoints }: Upstream): string {
  const looked = specs.slice(0, MOST_LOOKED_AT).map(({ address }) => endpoints.get(address))
  const up = looked.filter((endpoint) => endpoint !== undefined && roster?.stateOf(endpoint).up).length
  return `${name} stands in for ${chosen}, of which ${up} of ${looked.length} endpoints are up now`
}

function byWeight({ choice }: Exchange, { upstreams, weights }: RouteBinding): string {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return `one upstream of ${upstreams.length}: ${upstreams[choice]?.name} has ${weights[choice]} of ${total}`
}
