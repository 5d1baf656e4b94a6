// Routes that can never match because an earlier one takes all that they ask for.
//
// Precedence is by how much a route asks for, so that only an alternative that asks for as much and is written earlier hides
// another: the same host and path, the same kind and names of predicates, and values that are not narrower.

import type { GatewayConfig, MatchConfig, NamedMatchConfig, RouteConfig } from '../model.ts'
import { type Finding, finding } from '../problem.ts'
import { speaksHttp } from '../takes-route.ts'

const EVERYTHING: MatchConfig = { path: null, methods: [], headers: [], query: [], cookies: [] }

/** One host, match and method of a route. */
interface Alternative {
  readonly route: RouteConfig
  readonly match: MatchConfig
  /** Equal where one can hide the other: all but the values of predicates. */
  readonly kind: string
  /** Equal where both ask for the same. */
  readonly exact: string
}

export function checkShadow({ routes, listeners }: GatewayConfig): Finding[] {
  const everyListener = listeners.filter(speaksHttp).map(({ name }) => name)
  const listenersOf = (route: RouteConfig) => (route.listeners.length > 0 ? route.listeners : everyListener)
  const equal = new Map<string, Alternative[]>()
  /** Those that take more than one value of a predicate; apart, so that thousands of routes by header stay cheap. */
  const wider = new Map<string, Alternative[]>()
  const found: Finding[] = []
  for (const [index, route] of routes.entries()) {
    const asked = alternatives(route)
    const hiding = asked.map((alternative) =>
      [...(equal.get(alternative.exact) ?? []), ...(wider.get(alternative.kind) ?? [])].find(
        (before) =>
          hides(before.match, alternative.match) &&
          listenersOf(route).every((name) => listenersOf(before.route).includes(name)),
      ),
    )
    if (listenersOf(route).length > 0 && hiding.every((before) => before !== undefined)) {
      const others = [...new Set(hiding.map((before) => `"${before?.route.name}"`))].join(', ')
      found.push(finding(['routes', index], `the route "${route.name}" can never match: ${others} takes all that it asks for`))
    }
    for (const alternative of asked) {
      add(equal, alternative.exact, alternative)
      if (predicates(alternative.match).some(isPresence)) add(wider, alternative.kind, alternative)
    }
  }
  return found
}

function add(to: Map<string, Alternative[]>, key: string, alternative: Alternative): void {
  const bucket = to.get(key)
  if (bucket) bucket.push(alternative)
  else to.set(key, [alternative])
}

function alternatives(route: RouteConfig): Alternative[] {
  const hosts = route.hosts.length > 0 ? route.hosts : ['']
  const matches = route.match.length > 0 ? route.match : [EVERYTHING]
  return hosts.flatMap((host) =>
    matches.flatMap((match) =>
      (match.methods.length > 0 ? match.methods : ['']).map((method): Alternative => {
        const start = JSON.stringify([host, pathKey(match.path), method])
        const lists = KINDS.map((kind) => [...match[kind]].sort((a, b) => (a.name < b.name ? -1 : 1)))
        const names = lists.map((list) => list.map(({ name }) => name))
        return { route, match, kind: start + JSON.stringify(names), exact: start + JSON.stringify(lists) }
      }),
    ),
  )
}

/** `/a` and `/a/` are one prefix, and no path at all is the prefix of everything. */
function pathKey(path: MatchConfig['path']): string {
  if (path === null) return 'prefix /'
  const value = path.type === 'prefix' && path.value.length > 1 ? path.value.replace(/\/$/, '') : path.value
  return `${path.type} ${value}`
}

const KINDS = ['headers', 'query', 'cookies'] as const

const predicates = (match: MatchConfig): NamedMatchConfig[] => KINDS.flatMap((kind) => match[kind])

const isPresence = ({ match }: NamedMatchConfig): boolean => match.type === 'present' && match.value

const hides = (before: MatchConfig, match: MatchConfig): boolean =>
  KINDS.every((kind) => match[kind].every((asked) => before[kind].some((had) => takes(had, asked))))

/** Whether a predicate holds wherever another of the same name holds. */
function takes(had: NamedMatchConfig, asked: NamedMatchConfig): boolean {
  if (had.name !== asked.name) return false
  if (had.match.type === asked.match.type && had.match.value === asked.match.value) return true
  return isPresence(had) && asked.match.type !== 'present'
}
