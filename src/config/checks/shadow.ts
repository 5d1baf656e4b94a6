// Routes that can never match because an earlier one takes all that they ask for.
//
// Precedence is by how much a route asks for, so that only an alternative that asks for as much and is written earlier hides
// another: the same host and path, the same kind and names of predicates, and values that are not narrower.

import type { GatewayConfig, MatchConfig, NamedMatchConfig, RouteConfig } from '../model.ts'
import { type Finding, finding } from '../problem.ts'

const EVERYTHING: MatchConfig = { path: null, methods: [], headers: [], query: [], cookies: [] }

interface Alternative {
  readonly route: RouteConfig
  readonly match: MatchConfig
}

export function checkShadow({ routes, listeners }: GatewayConfig): Finding[] {
  const everyListener = listeners.map(({ name }) => name)
  const listenersOf = (route: RouteConfig) => (route.listeners.length > 0 ? route.listeners : everyListener)
  const earlier = new Map<string, Alternative[]>()
  const found: Finding[] = []
  for (const [index, route] of routes.entries()) {
    const asked = alternatives(route)
    const hiding = asked.map(({ key, match }) =>
      (earlier.get(key) ?? []).find(
        (before) => hides(before.match, match) && listenersOf(route).every((name) => listenersOf(before.route).includes(name)),
      ),
    )
    if (hiding.every((before) => before !== undefined)) {
      const names = [...new Set(hiding.map((before) => `"${before?.route.name}"`))].join(', ')
      found.push(finding(['routes', index], `the route "${route.name}" can never match: ${names} takes all that it asks for`))
    }
    for (const { key, match } of asked) {
      const bucket = earlier.get(key)
      if (bucket) bucket.push({ route, match })
      else earlier.set(key, [{ route, match }])
    }
  }
  return found
}

/** Each host, alternative and method of a route, with a key that is equal where one can hide the other. */
function alternatives(route: RouteConfig): { key: string; match: MatchConfig }[] {
  const hosts = route.hosts.length > 0 ? route.hosts : ['']
  const matches = route.match.length > 0 ? route.match : [EVERYTHING]
  return hosts.flatMap((host) =>
    matches.flatMap((match) =>
      (match.methods.length > 0 ? match.methods : ['']).map((method) => ({
        key: JSON.stringify([
          host,
          pathKey(match.path),
          method,
          names(match.headers),
          names(match.query),
          names(match.cookies),
        ]),
        match,
      })),
    ),
  )
}

/** `/a` and `/a/` are one prefix, and no path at all is the prefix of everything. */
function pathKey(path: MatchConfig['path']): string {
  if (path === null) return 'prefix /'
  const value = path.type === 'prefix' && path.value.length > 1 ? path.value.replace(/\/$/, '') : path.value
  return `${path.type} ${value}`
}

const names = (matches: readonly NamedMatchConfig[]): string[] => matches.map(({ name }) => name).sort()

const hides = (before: MatchConfig, match: MatchConfig): boolean =>
  (['headers', 'query', 'cookies'] as const).every((kind) =>
    match[kind].every((asked) => before[kind].some((had) => takes(had, asked))),
  )

/** Whether a predicate holds wherever another of the same name holds. */
function takes(had: NamedMatchConfig, asked: NamedMatchConfig): boolean {
  if (had.name !== asked.name) return false
  if (had.match.type === asked.match.type && had.match.value === asked.match.value) return true
  return had.match.type === 'present' && had.match.value && asked.match.type !== 'present'
}
