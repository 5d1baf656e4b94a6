// Filters that cannot do on their route what they are written for.

import type { FilterConfig, GatewayConfig, RouteConfig } from '../model.ts'
import { type Finding, finding, type Path } from '../problem.ts'
import { takesRoute } from '../takes-route.ts'

interface Written {
  readonly filter: FilterConfig
  readonly path: Path
}

/** Errors. */
export function checkFilters({ routes }: Pick<GatewayConfig, 'routes'>): Finding[] {
  return routes.flatMap((route, index) => {
    const other = route.match.findIndex(({ path }) => path !== null && path.type !== 'prefix')
    if (other === -1) return []
    const what = `match[${other}] of the route "${route.name}" is by ${route.match[other]?.path?.type}`
    return filtersOf(route, index)
      .filter(({ filter }) => replacesPrefix(filter))
      .map(({ filter, path }) =>
        finding(
          [...path, ...(filter.type === 'redirect' ? ['path', 'prefix'] : ['prefix'])],
          `a prefix can only be replaced where requests are matched by one: ${what}`,
          'key',
        ),
      )
  })
}

/** Warnings. */
export function doubtFilters(config: GatewayConfig): Finding[] {
  return [...doubtCors(config), ...doubtClientCerts(config)]
}

function doubtClientCerts({ routes, listeners }: GatewayConfig): Finding[] {
  const asking = listeners.filter(({ tls }) => tls !== null && tls.clientAuth.mode !== 'off' && tls.clientAuth.ca !== null)
  return routes.flatMap((route, index) => {
    if (asking.some((listener) => takesRoute(listener, route))) return []
    const message = `no listener of the route "${route.name}" asks clients for certificates of a CA (tls.clientAuth): nobody shows one`
    return filtersOf(route, index)
      .filter(({ filter }) => filter.type === 'clientCert')
      .map(({ path }) => finding(path, message, 'key'))
  })
}

function doubtCors({ routes }: GatewayConfig): Finding[] {
  return routes.flatMap((route, index) => {
    const methods = route.match.flatMap((match) => match.methods)
    const everyMethod = route.match.length === 0 || route.match.some((match) => match.methods.length === 0)
    if (everyMethod || methods.includes('OPTIONS')) return []
    return filtersOf(route, index)
      .filter(({ filter }) => filter.type === 'cors')
      .map(({ path }) => finding(path, `no preflight reaches cors: the route "${route.name}" does not take OPTIONS`, 'key'))
  })
}

function filtersOf({ filters, to }: RouteConfig, index: number): Written[] {
  const at = (of: readonly FilterConfig[], path: Path): Written[] =>
    of.map((filter, place) => ({ filter, path: [...path, 'filters', place, filter.type] }))
  const route: Path = ['routes', index]
  return [...at(filters, route), ...to.flatMap((upstream, place) => at(upstream.filters, [...route, 'to', place]))]
}

function replacesPrefix({ type, options }: FilterConfig): boolean {
  return (type === 'rewrite' || type === 'redirect') && options.path?.type === 'prefix'
}
