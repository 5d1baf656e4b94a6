// Warnings about health checks that cannot do what they say.

import type { GatewayConfig } from '../model.ts'
import { type Finding, finding, type Path } from '../problem.ts'

export function doubtHealth({ upstreams }: GatewayConfig): Finding[] {
  return Object.entries(upstreams).flatMap(([name, { health, tls, discovery }]) => {
    if (health === null) return []
    const at = (key: string): Path => ['upstreams', name, 'health', key]
    const found: Finding[] = []
    if (health.timeout > health.interval) {
      const message = 'the timeout is longer than the interval: while probes get no answer there are fewer of them'
      found.push(finding(at('timeout'), message))
    }
    if (health.port !== null && 'static' in discovery && discovery.static.some(({ address }) => address.startsWith('unix:')))
      found.push(finding(at('port'), 'a unix socket has no port: it is probed itself'))
    if (!health.tls && tls === null) found.push(finding(at('tls'), 'tls has no effect: the upstream has none', 'key'))
    return found
  })
}
