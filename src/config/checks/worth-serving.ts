// What a configuration must have before a process follows it.

import type { GatewayConfig } from '../model.ts'
import { type Finding, finding } from '../problem.ts'

/** An empty or cut-off file is one that is just being written, or lost: following it would close every listener or lose every route. */
export function checkWorthServing({ listeners, routes }: GatewayConfig): Finding[] {
  if (listeners.length === 0) {
    return [finding(['listeners'], 'there is no listener: nothing would be served; add one under listeners', 'key')]
  }
  if (routes.length > 0) return []
  return [finding(['routes'], 'there is no route: every request would be answered 404; add one under routes', 'key')]
}
