// Warnings about what can never be reached or takes no effect: routes without a listener, upstreams without a route or an endpoint.

import { HASHING_BALANCERS } from '../balancer-schema.ts'
import { bringsConfiguration } from '../kubernetes-schema.ts'
import type { GatewayConfig, ListenerConfig, RouteConfig } from '../model.ts'
import { type Finding, finding } from '../problem.ts'
import { takesRoute } from '../takes-route.ts'

export function checkReach({ listeners, routes, upstreams, trustedProxies, kubernetes }: GatewayConfig): Finding[] {
  const found: Finding[] = []
  for (const [index, { name, proxyProtocol }] of listeners.entries()) {
    if (proxyProtocol === 'off' || trustedProxies.length > 0) continue
    const so = proxyProtocol === 'require' ? 'every connection is closed' : 'no PROXY header is believed'
    found.push(
      finding(['listeners', index, 'proxyProtocol'], `trustedProxies is empty: ${so} on the listener "${name}"`, 'key'),
    )
  }
  if (listeners.length === 0 && !bringsConfiguration(kubernetes))
    found.push(finding(['listeners'], 'there is no listener: nothing is served', 'key'))
  if (listeners.length > 0) {
    for (const [index, route] of routes.entries()) {
      if (listeners.some((listener) => serves(listener, route))) continue
      if (route.listeners.length === 0 && !listeners.some((listener) => takesRoute(listener, route))) {
        const message = `the route "${route.name}" can never match: it names no listener, and none speaks HTTP`
        found.push(finding(['routes', index, 'name'], message))
        continue
      }
      found.push(
        finding(
          ['routes', index, 'hosts'],
          `the route "${route.name}" can never match: none of its listeners serves one of its hosts`,
        ),
      )
    }
  }
  for (const [index, { hash, to }] of routes.entries()) {
    if (hash === null) continue
    const reached = withStandIns(
      to.map(({ upstream }) => upstream),
      upstreams,
    )
    if ([...reached].some((name) => HASHING_BALANCERS.includes(upstreams[name]?.balancer.type ?? ''))) continue
    const message = 'hash has no effect: no upstream of this route has a balancer that hashes'
    found.push(finding(['routes', index, 'hash'], message, 'key'))
  }
  found.push(...sharedCookies(routes))
  const used = withStandIns(
    routes.flatMap(({ to, mirror }) => [...to, ...mirror].map(({ upstream }) => upstream)),
    upstreams,
  )
  for (const [name, { discovery }] of Object.entries(upstreams)) {
    if (!used.has(name)) found.push(finding(['upstreams', name], `the upstream "${name}" is used by no route`, 'key'))
    if ('static' in discovery && discovery.static.length === 0)
      found.push(finding(['upstreams', name, 'discovery', 'static'], `the upstream "${name}" has no endpoint`))
    if ('dns' in discovery && discovery.dns.type === 'srv' && discovery.dns.port !== null)
      found.push(finding(['upstreams', name, 'discovery', 'dns', 'port'], 'this port is not used: SRV records say the port'))
  }
  return found
}

/** A cookie holds one endpoint: routes to other upstreams would take it from each other. */
function sharedCookies(routes: readonly RouteConfig[]): Finding[] {
  const first = new Map<string, RouteConfig>()
  return routes.flatMap((route, index) => {
    const { affinity, to, hosts } = route
    if (affinity?.type !== 'cookie') return []
    const before = first.get(affinity.name)
    if (before === undefined) {
      first.set(affinity.name, route)
      return []
    }
    const known = before.to.map(({ upstream }) => upstream)
    const apart = before.hosts.length > 0 && hosts.length > 0 && !before.hosts.some((host) => hosts.includes(host))
    if (apart || to.every(({ upstream }) => known.includes(upstream))) return []
    const message = `the cookie "${affinity.name}" is also that of the route "${before.name}", which has other upstreams: clients of both lose their session with each change`
    return [finding(['routes', index, 'affinity', 'cookie'], message)]
  })
}

/** Upstreams with all that stand in for them, directly or not. */
function withStandIns(names: readonly string[], upstreams: GatewayConfig['upstreams']): ReadonlySet<string> {
  const all = new Set(names)
  // What is added while it runs is come to as well.
  for (const name of all) for (const standIn of upstreams[name]?.failover ?? []) all.add(standIn)
  return all
}

function serves(listener: ListenerConfig, route: RouteConfig): boolean {
  if (!takesRoute(listener, route)) return false
  if (listener.hosts.length === 0 || route.hosts.length === 0) return true
  return route.hosts.some((host) => listener.hosts.some((served) => covers(served, host) || covers(host, served)))
}

/** Whether every host that `narrow` names is one that `wide` names. */
function covers(wide: string, narrow: string): boolean {
  return wide === narrow || (wide.startsWith('*.') && narrow.endsWith(wide.slice(1)))
}
