// Upstreams whose Service lies where it is not looked for.

import type { GatewayConfig } from '../model.ts'
import { type Finding, finding } from '../problem.ts'

export function checkKubernetes({ kubernetes, upstreams }: GatewayConfig): Finding[] {
  const namespaces = kubernetes?.namespaces ?? []
  if (namespaces.length === 0) return []
  return Object.entries(upstreams).flatMap(([name, { discovery }]) => {
    if (!('kubernetes' in discovery) || namespaces.includes(discovery.kubernetes.namespace)) return []
    const { namespace } = discovery.kubernetes
    const message = `the namespace "${namespace}" is not one of kubernetes.namespaces (${namespaces.join(', ')})`
    return [finding(['upstreams', name, 'discovery', 'kubernetes', 'namespace'], message)]
  })
}
