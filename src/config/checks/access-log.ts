// Routes that want to be logged otherwise than a gateway that does not log, or not so.

import type { GatewayConfig } from '../model.ts'
import { type Finding, finding } from '../problem.ts'

export function checkAccessLog({ accessLog, routes }: GatewayConfig): Finding[] {
  return routes.flatMap((route, index) => {
    if (route.accessLog === null || route.accessLog === 'off') return []
    const at = ['routes', index, 'accessLog']
    if (accessLog === null) return [finding(at, 'nothing is logged without accessLog at the top, which says where to', 'key')]
    if (route.accessLog.fields !== null && accessLog.format !== 'json')
      return [finding([...at, 'fields'], `fields are those of format json, and accessLog.format is ${accessLog.format}`, 'key')]
    return []
  })
}
