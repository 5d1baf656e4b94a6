// Which protocols the requests of a route may change to.

import type { RouteConfig, UpstreamConfig } from '../config/model.ts'
import { standInNames } from './stand-ins.ts'

const WEBSOCKET: ReadonlySet<string> = new Set(['websocket'])

/** Lower case; null = none. Connections that carry several requests at a time cannot become a tunnel for one of them. */
export function upgradesOf(
  { websocket, upgrades, to }: RouteConfig,
  configs: Readonly<Record<string, UpstreamConfig>>,
): ReadonlySet<string> | null {
  const asked = to.flatMap(({ upstream }) => [upstream, ...standInNames(upstream, configs)])
  if (asked.some((name) => configs[name]?.protocol === 'h2')) return null
  if (upgrades.length === 0) return websocket ? WEBSOCKET : null
  return new Set(websocket ? ['websocket', ...upgrades] : upgrades)
}
