// Rules as written → compiled table. Everything that can be decided before a request comes is decided here.

import { normalizePath } from '../model/request-path.ts'
import type { Considered, RequestFields, RequestMatch, RouteRule, RouteTable } from '../model/route-table.ts'
import { consider } from './consider.ts'
import { FullRegex } from './full-regex.ts'
import { HostIndex } from './host-index.ts'
import type { Candidate, HostScope } from './host-scope.ts'
import { compileConditions } from './predicates.ts'

export interface RouteTableOptions {
  /** Of paths; hosts and header names never are, everything else always is. */
  readonly caseSensitive: boolean
}

const EVERYTHING: RequestMatch = { path: null, methods: [], headers: [], query: [], cookies: [] }

/**
 * Compiles `rules` (in the order written) into a table. Throws on a regex that is not RE2 syntax: check the configuration first.
 * A path in a rule is in the form that requests have once they are normalised; non-ASCII characters may be written plainly.
 */
export function buildRouteTable<R>(rules: readonly RouteRule<R>[], options: RouteTableOptions): RouteTable<R> {
  const hosts = new HostIndex<R>()
  const regexes = new Map<string, FullRegex>()
  for (const [order, rule] of rules.entries()) {
    const scopes = rule.hosts.length === 0 ? [hosts.everyHost] : rule.hosts.map((host) => hosts.scopeFor(host))
    for (const match of rule.match.length === 0 ? [EVERYTHING] : rule.match) {
      const candidate = { value: rule.value, order, conditions: compileConditions(match) }
      for (const scope of scopes) place(scope, match, candidate, options, regexes)
    }
  }
  hosts.seal()
  return new CompiledRouteTable(hosts, options.caseSensitive)
}

class CompiledRouteTable<R> implements RouteTable<R> {
  readonly #hosts: HostIndex<R>
  readonly #caseSensitive: boolean

  constructor(hosts: HostIndex<R>, caseSensitive: boolean) {
    this.#hosts = hosts
    this.#caseSensitive = caseSensitive
  }

  match(host: string, path: string, method: string, fields: RequestFields): R | null {
    const key = this.#caseSensitive ? path : path.toLowerCase()
    // All routes of a more specific host come before those of a less specific one.
    for (let scope: HostScope<R> | null = this.#hosts.find(host); scope !== null; scope = scope.wider) {
      const found = scope.find(key, method, fields)
      if (found !== null) return found.value
    }
    return null
  }

  explain(host: string, path: string, method: string, fields: RequestFields): Considered<R>[] {
    const key = this.#caseSensitive ? path : path.toLowerCase()
    return consider(this.#hosts, { host, path: key, method, fields })
  }
}

function place<R>(
  scope: HostScope<R>,
  match: RequestMatch,
  candidate: Candidate<R>,
  options: RouteTableOptions,
  regexes: Map<string, FullRegex>,
): void {
  if (match.path?.type === 'regex') {
    const source = match.path.value
    const regex = regexes.get(source) ?? new FullRegex(source, !options.caseSensitive)
    regexes.set(source, regex)
    scope.regexes ??= []
    scope.regexes.push({ ...candidate, regex })
    return
  }
  const path = match.path === null ? '/' : spellPath(match.path.value, options.caseSensitive)
  if (match.path?.type === 'exact') {
    const node = scope.nodeOf(path)
    node.exact ??= []
    node.exact.push(candidate)
    return
  }
  const prefix = path.replace(/\/+$/, '')
  const node = prefix === '' ? scope.root : scope.nodeOf(prefix)
  node.prefix ??= []
  node.prefix.push(candidate)
}

/** A path of a rule in the form that it has in requests; as written when it has none there. */
function spellPath(written: string, caseSensitive: boolean): string {
  const ascii = written.replace(/[^\x21-\x7e]+/gu, (text) => encodeURIComponent(text.toWellFormed()))
  const path = normalizePath(ascii, { mergeSlashes: false, encodedSlash: 'keep' }) ?? ascii
  return caseSensitive ? path : path.toLowerCase()
}
