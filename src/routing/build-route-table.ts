// Rules as written → compiled table. Everything that can be decided before a request comes is decided here.

import type { Considered, RequestFields, RequestMatch, RouteReason, RouteRule, RouteTable } from '../model/route-table.ts'
import { type CompiledMatch, compileMatch } from './compile-match.ts'
import { consider, reasonOf } from './consider.ts'
import { HostIndex } from './host-index.ts'
import { HostRoutes } from './host-routes.ts'
import type { HostScope } from './host-scope.ts'

export interface RouteTableOptions {
  /** Of paths; hosts and header names never are, everything else always is. */
  readonly caseSensitive: boolean
}

const EVERYTHING: RequestMatch = { path: null, methods: [], headers: [], query: [], cookies: [] }
const EVERY_HOST = ['']

/**
 * Compiles `rules` (in the order written) into a table. Throws on a regex that is not RE2 syntax: check the configuration first.
 * A path in a rule is in the form that requests have once they are normalised; non-ASCII characters may be written plainly.
 * Hosts whose rules are the very same, in the same order, as in `before` are taken over from it.
 */
export function buildRouteTable<R>(
  rules: readonly RouteRule<R>[],
  { caseSensitive }: RouteTableOptions,
  before: RouteTable<R> | null = null,
): RouteTable<R> {
  const known = before instanceof CompiledRouteTable && before.caseSensitive === caseSensitive ? before.routesByHost : null
  const routes = new Map<string, HostRoutes<R>>()
  for (const [host, ofHost] of rulesByHost(rules)) {
    const there = known?.get(host) as HostRoutes<R> | undefined
    const same = there?.rules.length === ofHost.length && ofHost.every((rule, i) => rule === there.rules[i])
    routes.set(host, same ? there : routesOf(ofHost, caseSensitive))
  }
  return new CompiledRouteTable(rules, routes, caseSensitive)
}

/** Every host is always among them; `*` is the same. */
function rulesByHost<R>(rules: readonly RouteRule<R>[]): Map<string, RouteRule<R>[]> {
  const found = new Map<string, RouteRule<R>[]>([['', []]])
  for (const rule of rules) {
    for (const written of rule.hosts.length === 0 ? EVERY_HOST : rule.hosts) {
      const host = written === '*' ? '' : written
      const there = found.get(host)
      if (there === undefined) found.set(host, [rule])
      else there.push(rule)
    }
  }
  return found
}

function routesOf<R>(rules: readonly RouteRule<R>[], caseSensitive: boolean): HostRoutes<R> {
  const routes = new HostRoutes(rules)
  for (const [order, rule] of rules.entries()) {
    for (const match of rule.match.length === 0 ? [EVERYTHING] : rule.match)
      place(routes, compileMatch(match, caseSensitive), rule, order)
  }
  routes.seal()
  return routes
}

class CompiledRouteTable<R> implements RouteTable<R> {
  readonly caseSensitive: boolean
  readonly routesByHost: ReadonlyMap<string, HostRoutes<R>>
  readonly #hosts: HostIndex<R>
  readonly #rules: readonly RouteRule<R>[]

  constructor(rules: readonly RouteRule<R>[], routes: ReadonlyMap<string, HostRoutes<R>>, caseSensitive: boolean) {
    this.caseSensitive = caseSensitive
    this.routesByHost = routes
    this.#hosts = new HostIndex(routes)
    this.#rules = rules
  }

  match(host: string, path: string, method: string, fields: RequestFields): R | null {
    const key = this.caseSensitive ? path : path.toLowerCase()
    // All routes of a more specific host come before those of a less specific one.
    for (let scope: HostScope<R> | null = this.#hosts.find(host); scope !== null; scope = scope.wider) {
      const found = scope.routes.find(key, method, fields)
      if (found !== null) return found.rule.value
    }
    return null
  }

  explain(host: string, path: string, method: string, fields: RequestFields): Considered<R>[] {
    const key = this.caseSensitive ? path : path.toLowerCase()
    const places = new Map<object, number>(this.#rules.map((rule, i) => [rule, i]))
    const orderOf = (rule: object): number => places.get(rule) ?? 0
    return consider(this.#hosts, { host, path: key, method, fields, orderOf })
  }

  reason(host: string, path: string, method: string, fields: RequestFields): RouteReason<R> {
    return reasonOf(this.#hosts, host, this.caseSensitive ? path : path.toLowerCase(), method, fields)
  }
}

function place<R>(routes: HostRoutes<R>, match: CompiledMatch, rule: RouteRule<R>, order: number): void {
  const { kind, path, regex, conditions } = match
  const candidate = { rule, order, conditions, match, why: '' }
  if (regex !== null) {
    routes.regexes ??= []
    routes.regexes.push({ ...candidate, regex })
  } else if (kind === 'exact') {
    const node = routes.nodeOf(path)
    node.exact ??= []
    node.exact.push(candidate)
  } else {
    const node = path === '' ? routes.root : routes.nodeOf(path)
    node.prefix ??= []
    node.prefix.push(candidate)
  }
}
