// Failover: who stands in for whom, from the names that upstreams list to the objects that are asked.

import type { GatewayConfig, RouteConfig } from '../config/model.ts'
import type { Random } from '../model/clock.ts'
import type { StandIn } from '../model/snapshot.ts'
import type { Upstream } from '../model/upstream.ts'
import { hashesOf } from './hash-key.ts'
import type { LiveCounters } from './live-counters.ts'

type Upstreams = ReadonlyMap<string, Upstream>
type Configs = GatewayConfig['upstreams']

const NOBODY: readonly string[] = []

/** All that stand in for an upstream: those that it lists, each followed by those that stand in for it. */
export function standInNames(name: string, configs: Configs): readonly string[] {
  if (configs[name]?.failover.length === 0) return NOBODY
  const found = new Set<string>()
  // The last written is the last put on, so that the first is followed to its end before the second.
  const ahead = [...(configs[name]?.failover ?? [])].reverse()
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if (found.has(next)) continue
    found.add(next)
    ahead.push(...[...(configs[next]?.failover ?? [])].reverse())
  }
  return [...found]
}

/** To be called when the configuration comes into force. */
export function giveStandIns(upstream: Upstream, configs: Configs, upstreams: Upstreams): void {
  const names = standInNames(upstream.name, configs)
  upstream.failover = names.length === 0 ? null : names.map((name) => upstreams.get(name) as Upstream)
}

/** Per upstream of `names`, as a binding of the route has them; null = nobody stands in for any. */
export function standInsOf(
  route: RouteConfig,
  names: readonly string[],
  configs: Configs,
  upstreams: Upstreams,
  random: Random,
  responses: (upstream: string) => ReturnType<LiveCounters['response']>,
): readonly (readonly StandIn[] | null)[] | null {
  const lists = names.map((name) => standInNames(name, configs))
  if (lists.every((list) => list.length === 0)) return null
  return lists.map((list) => {
    if (list.length === 0) return null
    const hashes = hashesOf(
      route,
      list.map((name) => configs[name] as Configs[string]),
      random,
    )
    return list.map((name, i) => ({
      upstream: upstreams.get(name) as Upstream,
      hash: hashes?.[i] ?? null,
      responses: responses(name),
    }))
  })
}
