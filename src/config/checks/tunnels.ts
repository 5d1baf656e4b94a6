// Routes of listeners without HTTP (tcp, tls): there are no requests in their connections, so all that speaks of requests is wrong.

import type { FilterConfig, GatewayConfig, ListenerConfig, RouteConfig } from '../model.ts'
import { type Finding, finding, type Path } from '../problem.ts'
import { speaksHttp, takesRoute } from '../takes-route.ts'

const ROUTE_KEYS = ['name', 'listeners', 'hosts', 'to', 'timeout', 'retry', 'hash', 'filters', 'accessLog']
const TIMEOUT_KEYS = ['idle', 'tunnel']

const block = (value: unknown): Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : {}

/** `written` tells what stands there from what is only a default. */
export function checkTunnels(config: GatewayConfig, written: unknown): Finding[] {
  const byName = new Map(config.listeners.map((listener) => [listener.name, listener]))
  const { listeners, routes } = block(written)
  return [
    ...config.listeners.flatMap((listener, index) =>
      listenerFindings(listener, Array.isArray(listeners) ? block(listeners[index]) : {}, ['listeners', index]),
    ),
    ...config.routes.flatMap((route, index) => {
      const named = route.listeners.flatMap((name) => byName.get(name) ?? [])
      const raw = named.find((listener) => !speaksHttp(listener))
      if (raw === undefined) return []
      const keys = Array.isArray(routes) ? block(routes[index]) : {}
      return routeFindings(config, route, ['routes', index], { named, raw, keys })
    }),
  ]
}

function listenerFindings(
  { name, protocol, hosts }: ListenerConfig,
  keys: Readonly<Record<string, unknown>>,
  at: Path,
): Finding[] {
  if (protocol === 'tls' && Object.hasOwn(block(keys.tls), 'alpn')) {
    const message = `alpn means nothing on the tls listener "${name}": what is spoken in it is not known here`
    return [finding([...at, 'tls', 'alpn'], message, 'key')]
  }
  if (protocol !== 'tcp' || hosts.length === 0) return []
  return [finding([...at, 'hosts'], `hosts means nothing on the tcp listener "${name}": no connection says a host`, 'key')]
}

interface Among {
  readonly named: readonly ListenerConfig[]
  readonly raw: ListenerConfig
  readonly keys: Readonly<Record<string, unknown>>
}

function routeFindings({ upstreams }: GatewayConfig, route: RouteConfig, at: Path, { named, raw, keys }: Among): Finding[] {
  const on = `on the ${raw.protocol} listener "${raw.name}"`
  const other = named.find((listener) => listener.protocol !== raw.protocol && (speaksHttp(listener) || route.hosts.length > 0))
  if (other !== undefined) {
    const both = `the listeners "${raw.name}" (${raw.protocol}) and "${other.name}" (${other.protocol})`
    return [finding([...at, 'listeners'], `${both} cannot share a route`, 'key')]
  }
  const found = Object.keys(keys)
    .filter((key) => !ROUTE_KEYS.includes(key))
    .map((key) => finding([...at, key], `${key} means nothing ${on}: there are no requests`, 'key'))
  for (const key of Object.keys(block(keys.timeout))) {
    if (!TIMEOUT_KEYS.includes(key))
      found.push(finding([...at, 'timeout', key], `timeout.${key} means nothing ${on}: there are no requests`, 'key'))
  }
  if (raw.protocol === 'tcp' && route.hosts.length > 0)
    found.push(finding([...at, 'hosts'], `hosts means nothing ${on}: no connection says a host`, 'key'))
  if (route.hash !== null && route.hash.type !== 'source-ip')
    found.push(finding([...at, 'hash'], `nothing ${on} has a ${route.hash.type} to hash: only source-ip is known`, 'key'))
  found.push(...filterFindings(route.filters, [...at, 'filters'], on))
  for (const [i, { upstream, filters }] of route.to.entries()) {
    found.push(...filterFindings(filters, [...at, 'to', i, 'filters'], on))
    const protocol = upstreams[upstream]?.protocol
    if (protocol === 'h2') {
      const where = typeof keys.to === 'string' ? [...at, 'to'] : [...at, 'to', i, 'upstream']
      found.push(
        finding(where, `the upstream "${upstream}" has protocol ${protocol}: its connections cannot carry plain bytes`),
      )
    }
  }
  return found
}

/** Connections can be refused, and nothing else. */
function filterFindings(filters: readonly FilterConfig[], at: Path, on: string): Finding[] {
  return filters.flatMap(({ type, options }, i) => {
    if (type === 'respond' && 'reason' in options) return []
    return [finding([...at, i, type], `${type} means nothing ${on}: there are no requests`, 'key')]
  })
}

/** What is allowed, and hardly meant. */
export function doubtTunnels({ listeners, routes, upstreams }: GatewayConfig): Finding[] {
  const found: Finding[] = []
  for (const [index, { upgrades, to }] of routes.entries()) {
    const other = to.find(({ upstream }) => upstreams[upstream]?.protocol === 'h2')
    if (upgrades.length === 0 || other === undefined) continue
    const message = `upgrades has no effect: the upstream "${other.upstream}" has protocol h2, which has none`
    found.push(finding(['routes', index, 'upgrades'], message, 'key'))
  }
  for (const [index, listener] of listeners.entries()) {
    if (speaksHttp(listener)) continue
    const taken = routes.filter((route) => takesRoute(listener, route))
    if (taken.length === 0) {
      const message = `no route names the ${listener.protocol} listener "${listener.name}": every connection is closed`
      found.push(finding(['listeners', index, 'name'], message))
    }
    const wrapped = taken.flatMap(({ to }) => to).find(({ upstream }) => upstreams[upstream]?.tls != null)
    if (listener.protocol === 'tls' && listener.tls === null && wrapped !== undefined) {
      const message = `the TLS of clients on the listener "${listener.name}" is wrapped in another one`
      found.push(finding(['upstreams', wrapped.upstream, 'tls'], message, 'key'))
    }
  }
  return found
}
