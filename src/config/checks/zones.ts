// Warnings about zones that nobody knows, and labels that nobody has.

import type { GatewayConfig } from '../model.ts'
import { type Finding, finding } from '../problem.ts'

export function doubtZones({ zone: own, upstreams }: GatewayConfig): Finding[] {
  return Object.entries(upstreams).flatMap(([name, { zone, discovery }]) => {
    if (zone === null) return []
    const at = ['upstreams', name, 'zone']
    if (own === null)
      return [finding(at, 'zone has no effect: where this gateway is says the key zone at the top, or HEADGATE_ZONE', 'key')]
    if ('static' in discovery && !discovery.static.some((endpoint) => endpoint.zone === own))
      return [finding(at, `zone has no effect: no endpoint is in the zone "${own}" of this gateway`, 'key')]
    return 'dns' in discovery ? [finding(at, 'zone has no effect: of endpoints that DNS finds no zone is known', 'key')] : []
  })
}

export function doubtLabels({ routes, upstreams }: GatewayConfig): Finding[] {
  return routes.flatMap(({ to }, route) =>
    to.flatMap(({ upstream, labels }, index) => {
      const discovery = Object.hasOwn(upstreams, upstream) ? upstreams[upstream]?.discovery : undefined
      if (labels === null || discovery === undefined) return []
      const at = ['routes', route, 'to', index, 'labels']
      if (!('static' in discovery)) {
        const finder = 'dns' in discovery ? 'DNS' : 'Kubernetes'
        return [finding(at, `endpoints that ${finder} finds have no labels: these requests are answered 503`)]
      }
      const wanted = Object.entries(labels)
      if (discovery.static.some((endpoint) => wanted.every(([key, value]) => endpoint.labels[key] === value))) return []
      return [finding(at, `no endpoint of "${upstream}" has these labels: these requests are answered 503`)]
    }),
  )
}
