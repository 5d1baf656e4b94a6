// Which parts of the topology belong together: what is asked for, all above it and all below it.

import type { LiveEndpoint, Topology, TopologyRoute } from '../live/messages.ts'
import {
  endpointStanding,
  listenerStanding,
  routeStanding,
  type Standing,
  type UpstreamView,
  upstreamStanding,
} from './health.ts'
import type { Recent } from './recent.ts'

export interface EndpointRow {
  readonly key: string
  readonly upstream: string
  readonly endpoint: LiveEndpoint
  readonly standing: Standing
}

export interface Parts {
  readonly listeners: readonly { readonly listener: Topology['listeners'][number]; readonly standing: Standing }[]
  readonly routes: readonly { readonly route: TopologyRoute; readonly standing: Standing }[]
  readonly upstreams: readonly { readonly upstream: UpstreamView; readonly standing: Standing }[]
  readonly endpoints: readonly EndpointRow[]
}

/** One of them, as `kind name`. */
export type Chosen = string | null

export interface Wish {
  readonly text: string
  readonly trouble: boolean
  readonly chosen: Chosen
}

/** What was seen in the last seconds. */
export interface Seen {
  /** Tries, by keys of endpoints. */
  readonly tried: Pick<Recent, 'failing'>
  /** Requests, by routes. */
  readonly served: Pick<Recent, 'failing' | 'worked'>
}

export function allParts(topology: Topology, upstreams: ReadonlyMap<string, UpstreamView>, seen: Seen): Parts {
  const rows = new Map([...upstreams].map(([name, upstream]) => [name, rowsOf(upstream, seen)]))
  const upstreamStandings = new Map(
    [...upstreams].map(([name, upstream]) => [
      name,
      upstreamStanding(
        upstream,
        (rows.get(name) ?? []).map(({ standing }) => standing),
      ),
    ]),
  )
  const routeStandings = new Map(
    topology.routes.map((route) => [route.name, routeStanding(route, upstreamStandings, seen.served)]),
  )
  return {
    listeners: topology.listeners.map((listener) => ({
      listener,
      standing: listenerStanding(listener.name, topology, routeStandings),
    })),
    routes: topology.routes.map((route) => ({ route, standing: routeStandings.get(route.name) as Standing })),
    upstreams: [...upstreams.values()].map((upstream) => ({
      upstream,
      standing: upstreamStandings.get(upstream.name) as Standing,
    })),
    endpoints: [...rows.values()].flat(),
  }
}

function rowsOf({ name, endpoints }: UpstreamView, { tried }: Seen): EndpointRow[] {
  return [...endpoints.values()].map((endpoint) => {
    const key = `${name} ${endpoint.address}`
    return { key, upstream: name, endpoint, standing: endpointStanding(endpoint, tried.failing(key)) }
  })
}

/** What is left of them. */
export function related(parts: Parts, { text, trouble, chosen }: Wish): Parts {
  const words = text.toLowerCase().trim()
  let left = parts
  if (words !== '') left = keep(left, (_kind, name) => name.toLowerCase().includes(words))
  if (trouble) left = keep(left, (_kind, _name, { kind }) => kind === 'bad' || kind === 'warn', false)
  if (chosen !== null) left = keep(left, (kind, name) => `${kind} ${name}` === chosen)
  return left
}

type Seed = (kind: string, name: string, standing: Standing) => boolean

function keep({ listeners, routes, upstreams, endpoints }: Parts, seed: Seed, withBelow = true): Parts {
  const seeds = {
    listeners: new Set(
      listeners
        .filter(({ listener: { name }, standing }) => seed('listener', name, standing))
        .map(({ listener }) => listener.name),
    ),
    routes: new Set(
      routes
        .filter(
          ({ route, standing }) =>
            seed('route', `${route.name}`, standing) || route.hosts.some((host) => seed('host', host, standing)),
        )
        .map(({ route }) => route.name),
    ),
    upstreams: new Set(
      upstreams
        .filter(({ upstream, standing }) => seed('upstream', upstream.name, standing))
        .map(({ upstream }) => upstream.name),
    ),
    endpoints: new Set(
      endpoints
        .filter(
          ({ endpoint, upstream, standing }) =>
            seed('endpoint', endpoint.address, standing) || seed('endpoint', `${upstream} ${endpoint.address}`, standing),
        )
        .map(({ key }) => key),
    ),
  }
  const up = {
    upstreams: new Set([
      ...seeds.upstreams,
      ...endpoints.filter(({ key }) => seeds.endpoints.has(key)).map(({ upstream }) => upstream),
    ]),
    routes: new Set(seeds.routes),
    listeners: new Set(seeds.listeners),
  }
  for (const { route } of routes) if (route.to.some(({ upstream }) => up.upstreams.has(upstream))) up.routes.add(route.name)
  for (const { route } of routes) if (up.routes.has(route.name)) for (const name of route.listeners) up.listeners.add(name)
  const down = { routes: new Set(seeds.routes), upstreams: new Set(seeds.upstreams) }
  if (withBelow) {
    for (const { route } of routes) if (route.listeners.some((name) => seeds.listeners.has(name))) down.routes.add(route.name)
    for (const { route } of routes)
      if (down.routes.has(route.name)) for (const { upstream } of route.to) down.upstreams.add(upstream)
  }
  const kept = {
    routes: new Set([...up.routes, ...down.routes]),
    upstreams: new Set([...up.upstreams, ...down.upstreams]),
  }
  return {
    listeners: listeners.filter(({ listener }) => up.listeners.has(listener.name)),
    routes: routes.filter(({ route }) => kept.routes.has(route.name)),
    upstreams: upstreams.filter(({ upstream }) => kept.upstreams.has(upstream.name)),
    endpoints: endpoints.filter(({ key, upstream }) => seeds.endpoints.has(key) || (withBelow && down.upstreams.has(upstream))),
  }
}
