// Every route that comes near a request, and why it is taken or not: reads the compiled table as a look-up does, only all of it.

import type { Considered, RequestFields, RouteReason } from '../model/route-table.ts'
import type { HostIndex } from './host-index.ts'
import type { Candidate, RegexCandidate } from './host-routes.ts'
import type { HostScope } from './host-scope.ts'
import { askedFor, missedCondition } from './misses.ts'
import { compareConditions } from './predicates.ts'

interface Asked {
  readonly host: string
  /** As paths are compared. */
  readonly path: string
  readonly method: string
  readonly fields: RequestFields
}

interface Looked extends Asked {
  /** Where a rule was written. */
  readonly orderOf: (rule: object) => number
}

/** One alternative of a route at one host and path of the table. */
interface Spot<R> {
  readonly candidate: Candidate<R>
  readonly scope: HostScope<R>
  readonly kind: 'exact' | 'prefix' | 'regex'
  readonly path: string
  /** Place of its host among those that cover the request's, most specific first; -1 = it does not. */
  readonly hostRank: number
  readonly pathFits: boolean
  /** What it asks for and does not get; null = nothing. */
  readonly miss: string | null
  /** 0 = it fits; the more, the further away. */
  readonly distance: number
}

export function consider<R>(hosts: HostIndex<R>, looked: Looked): Considered<R>[] {
  const chain: HostScope<R>[] = []
  for (let scope: HostScope<R> | null = hosts.find(looked.host); scope !== null; scope = scope.wider) chain.push(scope)
  let winner: Candidate<R> | null = null
  for (const scope of chain) winner ??= scope.routes.find(looked.path, looked.method, looked.fields)

  const nearest = new Map<R, Spot<R>>()
  for (const scope of hosts.scopes) {
    for (const spot of spotsOf(scope, chain.indexOf(scope), looked)) {
      const known = nearest.get(spot.candidate.rule.value)
      if (known === undefined || compare(spot, known, looked) < 0) nearest.set(spot.candidate.rule.value, spot)
    }
  }
  const best = winner === null ? undefined : nearest.get(winner.rule.value)
  const others = [...nearest.values()].filter((spot) => spot !== best).sort((a, b) => compare(a, b, looked))
  const all = best === undefined ? others : [best, ...others]
  return all.map((spot) => ({
    value: spot.candidate.rule.value,
    wins: spot === best,
    why: () => (spot === best ? `best match: ${words(spot)}` : whyNot(spot, best, looked)),
  }))
}

/** Looks only where a look-up does. */
export function reasonOf<R>(
  hosts: HostIndex<R>,
  host: string,
  path: string,
  method: string,
  fields: RequestFields,
): RouteReason<R> {
  let of: HostScope<R> | null = null
  let found: Candidate<R> | null = null
  let rules = 0
  for (let scope: HostScope<R> | null = hosts.find(host); scope !== null; scope = scope.wider) {
    rules += scope.routes.rules.length
    if (found !== null) continue
    found = scope.routes.find(path, method, fields)
    of = scope
  }
  if (found === null || of === null) return { value: null, why: '', rules }
  if (found.why === '') found.why = whyBest(of, found)
  return { value: found.rule.value, why: found.why, rules }
}

function whyBest<R>(scope: HostScope<R>, candidate: Candidate<R>): string {
  const { kind, path, regex } = candidate.match
  return `best match: ${words({ scope, candidate, kind, path: regex?.source ?? (path || '/') })}`
}

function spotsOf<R>(scope: HostScope<R>, hostRank: number, looked: Looked): Spot<R>[] {
  const spots: Spot<R>[] = []
  const add = (candidate: Candidate<R>, kind: Spot<R>['kind'], path: string, pathFits: boolean): void => {
    // Every path is below `/`, and every host is one of all: neither brings a route near.
    const nearByPath = pathFits && !(kind === 'prefix' && path === '/')
    const nearByHost = hostRank !== -1 && scope.host !== ''
    if (hostRank === -1 && !nearByPath) return
    const fits = hostRank !== -1 && pathFits
    const conditions = candidate.conditions
    const miss = fits && conditions !== null ? missedCondition(conditions, looked.method, looked.fields) : null
    const distance = fits ? (miss === null ? 0 : 1) : nearByHost ? 2 : nearByPath ? 3 : 4
    spots.push({ candidate, scope, kind, path, hostRank, pathFits, miss, distance })
  }
  for (const node of [scope.routes.root, ...scope.routes.nodes]) {
    const { path } = node
    for (const candidate of node.exact ?? []) add(candidate, 'exact', path, looked.path === path)
    const below = path === '/' || looked.path === path || looked.path.startsWith(`${path}/`)
    for (const candidate of node.prefix ?? []) add(candidate, 'prefix', path, below)
  }
  for (const candidate of scope.routes.regexes ?? [])
    add(candidate, 'regex', candidate.regex.source, fitsRegex(candidate, looked.path))
  return spots
}

function fitsRegex<R>({ regex }: RegexCandidate<R>, path: string): boolean {
  return regex.matches(path)
}

/** Nearest first, then in the order of precedence. */
function compare<R>(a: Spot<R>, b: Spot<R>, { orderOf }: Looked): number {
  return (
    a.distance - b.distance ||
    a.hostRank - b.hostRank ||
    rank(b) - rank(a) ||
    Number(a.kind === 'regex') - Number(b.kind === 'regex') ||
    compareConditions(a.candidate.conditions, b.candidate.conditions) ||
    orderOf(a.candidate.rule) - orderOf(b.candidate.rule)
  )
}

/** Of its path: exact before any length. */
function rank<R>({ kind, path }: Spot<R>): number {
  return kind === 'exact' ? Number.MAX_SAFE_INTEGER : path.length
}

function words<R>({ scope, kind, path, candidate }: Pick<Spot<R>, 'scope' | 'kind' | 'path' | 'candidate'>): string {
  const host = scope.host === '' ? 'every host' : `host ${scope.host}`
  const place = kind === 'prefix' && path === '/' ? 'every path' : `${kind === 'exact' ? 'exact path' : kind} ${path}`
  const asked = candidate.conditions === null ? '' : askedFor(candidate.conditions)
  return [host, place, asked].filter((part) => part !== '').join(', ')
}

function whyNot<R>(spot: Spot<R>, best: Spot<R> | undefined, { host, path }: Looked): string {
  if (spot.hostRank === -1) return `host ${host === '' ? '(none)' : host} is not ${spot.scope.host}`
  if (!spot.pathFits) {
    if (spot.kind === 'regex') return `path ${path} does not match regex ${spot.path}`
    return spot.kind === 'exact' ? `path ${path} is not ${spot.path}` : `path ${path} is not below ${spot.path}`
  }
  if (spot.miss !== null) return spot.miss
  return best === undefined ? 'it fits' : whyLater(spot, best)
}

/** It fits as well, but the other goes first. */
function whyLater<R>(spot: Spot<R>, best: Spot<R>): string {
  if (spot.hostRank !== best.hostRank) {
    const wider = spot.scope.host === '' ? 'it is for every host' : `host ${spot.scope.host} is wider`
    return `${wider}, and ${best.scope.host} is a closer match`
  }
  if (rank(spot) !== rank(best)) {
    const place = spot.kind === 'regex' ? `regex ${spot.path}` : `path prefix ${spot.path}`
    return best.kind === 'exact' ? `${place} comes after the exact path` : `${place} is shorter than ${best.path}`
  }
  if (spot.kind !== best.kind) return `regex ${spot.path} comes after a prefix of the same length`
  const [mine, theirs] = [spot.candidate.conditions, best.candidate.conditions]
  if (compareConditions(mine, theirs) === 0) return 'written later'
  if ((mine?.methods ?? null) === null && (theirs?.methods ?? null) !== null) return 'it does not ask for a method'
  const fields = (conditions: typeof mine): number => (conditions?.headers?.length ?? 0) + (conditions?.cookies?.length ?? 0)
  return fields(mine) === fields(theirs) ? 'it asks for fewer query parameters' : 'it asks for fewer headers and cookies'
}
