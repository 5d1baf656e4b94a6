// What a configuration must have before a process follows it.

import { bringsConfiguration } from '../kubernetes-schema.ts'
import type { GatewayConfig } from '../model.ts'
import { type Finding, finding } from '../problem.ts'

/** An empty file is one that is just being written, or lost: following it would close every listener. */
export function checkWorthServing({ listeners, kubernetes }: GatewayConfig): Finding[] {
  if (listeners.length > 0 || bringsConfiguration(kubernetes)) return []
  return [finding(['listeners'], 'there is no listener: nothing would be served; add one under listeners', 'key')]
}
