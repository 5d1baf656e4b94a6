// Why an exchange that is over went as it did: the words of `explain`, made of what the exchange still holds. Nothing is kept for it
// on the way; health and limits are therefore those of the moment when it ended.

import type { AttemptRecord } from '../model/access-record.ts'
import type { DecidedAttempt, Decision } from '../model/decision.ts'
import type { Endpoint, EndpointSpec } from '../model/endpoint.ts'
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
const CAN_BE_PICKED = 'can be picked'

/** Runs seldom and between other work, so that what it does counts, not how: without arrays and functions of its own on the way. */
export function decisionOf(x: Exchange): Decision {
  const { binding, upstream, attempts } = x
  const last = attempts?.at(-1) ?? null
  const subset = upstream === null ? null : subsetIn(x, upstream)
  const asked = x.without === '' && x.path !== '' ? whyRoute(x, binding) : null
  const notes: string[] = []
  if (x.said !== '' && x.said !== last?.detail) notes.push(x.said)
  if (asked !== null) notes.push(routesInWords(asked.rules, binding))
  if (binding !== null && upstream !== null) addNotes(notes, x, binding, upstream, subset)
  return {
    listener: x.listener.name,
    route: binding?.name ?? null,
    upstream: upstream?.name ?? null,
    endpoint: last?.endpoint ?? null,
    considered: binding === null || asked === null ? [] : [{ route: binding.name, why: asked.why }],
    filters: filtersOf(x),
    endpoints: upstream === null ? [] : endpointsOf(x, upstream, subset),
    answer: answerOf(x),
    notes,
    tried: attempts === null ? [] : triedOf(attempts),
    noRetry: noRetryOf(x, last),
  }
}

function triedOf(attempts: readonly AttemptRecord[]): DecidedAttempt[] {
  const tried: DecidedAttempt[] = []
  for (let i = Math.max(attempts.length - MOST_ATTEMPTS, 0); i < attempts.length; i++) {
    const { endpoint, outcome, status, reason } = attempts[i] as AttemptRecord
    tried.push({ endpoint, outcome, status: status === 0 ? null : status, reason: reason === '' ? null : reason })
  }
  return tried
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
function noRetryOf({ noRetry, binding, method }: Exchange, last: AttemptRecord | null): string | null {
  if (noRetry !== '') return noRetry
  if (last === null || last.outcome !== 'ok' || last.status < 500 || binding === null) return null
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
function endpointsOf(x: Exchange, upstream: Upstream, subset: Subset | null): ExplainedEndpoint[] {
  const { roster, specs, endpoints } = upstream
  if (roster === null) return []
  const attempts = x.attempts ?? []
  const picked = roster.pickable(subset)
  if (attempts.length <= 1 && subset === null && picked.length === specs.length && allAreUp(upstream, roster))
    return attempts.length === 0 ? [] : triedAmong(upstream, attempts[0] as AttemptRecord)
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
    const why = eligible ? CAN_BE_PICKED : whyLeftOut(spec, standing, subset, roster.zone)
    into.push({ address, weight, eligible, why: why + lastFailure(endpoint) })
  }
  return [...tried, ...out, ...behind].slice(0, MOST_ENDPOINTS)
}

/**
 * All of them can be picked: whether they are well, too. Where health is not ignored, only those that are being taken away are named
 * without being up, and only if all of them are.
 */
function allAreUp({ specs, endpoints }: Upstream, roster: EndpointRoster): boolean {
  const first = specs.length === 0 ? undefined : endpoints.get((specs[0] as EndpointSpec).address)
  return first !== undefined && roster.usable && !roster.panic && roster.stateOf(first).up
}

/** The one that was tried, of those that can all be picked. */
function triedAmong({ specs, endpoints }: Upstream, { endpoint: address }: AttemptRecord): ExplainedEndpoint[] {
  const endpoint = endpoints.get(address)
  for (let i = 0; endpoint !== undefined && i < specs.length && i < MOST_LOOKED_AT; i++) {
    const { address: own, weight } = specs[i] as EndpointSpec
    if (own === address) return [{ address, weight, eligible: true, why: CAN_BE_PICKED + lastFailure(endpoint) }]
  }
  return []
}

const lastFailure = ({ unreachable }: Endpoint): string =>
  unreachable === '' ? '' : `; the last connection failed: ${unreachable}`

/** One that is up and no worse than others is picked: whether it is need not be looked for. */
function mayStandBack({ weight, priority = 0, zone = null }: EndpointSpec, roster: EndpointRoster): boolean {
  return weight === 0 || priority > 0 || (roster.zone !== null && zone !== roster.zone)
}

function subsetIn({ subset }: Exchange, upstream: Upstream): Subset | null {
  return subset !== null && subset.upstream === upstream ? subset : null
}

function addNotes(notes: string[], x: Exchange, binding: RouteBinding, upstream: Upstream, subset: Subset | null): void {
  const { roster, specs, settings, breaker } = upstream
  const chosen = binding.upstreams[x.choice]
  if (binding.upstreams.length > 1) notes.push(byWeight(x, binding))
  if (subset !== null) notes.push(`only endpoints that are labelled ${labelsInWords(subset.labels)}`)
  if (chosen !== undefined && chosen !== upstream) notes.push(standInInWords(upstream, chosen))
  if (!filterAnswered(x)) {
    const can = roster?.pickable(subset).length ?? 0
    notes.push(`${settings.balancer ?? 'the balancer'} chooses among ${can} of ${specs.length} endpoints`)
  }
  const ignored = subset === null ? roster?.panic === true : subset.panic
  if (ignored) notes.push('too few of them are healthy (panic): health is ignored')
  if (binding.affinity !== null) notes.push(binding.affinity.says(x))
  const hash = x.attempts === null ? null : hashInUse(x)
  if (hash !== null) notes.push(hash.says(x))
  if (breaker !== null && breaker.state !== 'closed') notes.push(`the breaker is ${breaker.state}`)
  if (x.queuedAt !== 0) notes.push(`it waited ${Math.round(x.queuedMs)} ms for a place at the upstream`)
  if (x.hedges !== 0) notes.push(`${x.hedges} more asked because no answer came in time`)
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
