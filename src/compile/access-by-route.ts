// Routes that log otherwise than the rest of the gateway.

import type { GatewayConfig, RouteAccessConfig } from '../config/model.ts'
import type { AccessSink } from '../model/access-record.ts'
import type { ServedListener } from '../model/snapshot.ts'

/** An access log that can also be kept by other rules. */
export interface AccessSource extends AccessSink {
  /** Of all access logs of the process: how many lines were given up, which only grows. */
  readonly counters: { readonly dropped: number }
  /** The same log by these rules, where null means: as before. */
  by(rules: RouteAccessConfig): AccessSink
}

/** null = there are none. */
export function accessByRouteOf({ routes }: GatewayConfig, access: AccessSource | null): ServedListener['accessByRoute'] {
  if (access === null || routes.every(({ accessLog }) => accessLog === null)) return null
  const found = new Map<string, AccessSink | null>()
  for (const { name, accessLog } of routes) {
    if (accessLog !== null) found.set(name, accessLog === 'off' ? null : access.by(accessLog))
  }
  return found
}
