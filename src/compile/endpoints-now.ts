// The endpoints of all upstreams as they are now: each discovery is asked once, for commands that start nothing.

import type { GatewayConfig } from '../config/model.ts'
import type { Random } from '../model/clock.ts'
import { Alarm, type Deadlines } from '../model/deadlines.ts'
import type { EndpointSpec } from '../model/endpoint.ts'
import { discover } from './discover.ts'
import type { KubernetesLink } from './kubernetes-link.ts'

export interface FoundEndpoints {
  readonly endpoints: readonly EndpointSpec[]
  /** What is wrong, '' = nothing. */
  readonly trouble: string
}

export interface LookSettings {
  /** Somebody turns it. */
  readonly deadlines: Deadlines
  readonly random: Random
  readonly link: KubernetesLink
  /** The longest that is waited for all of them. */
  readonly patienceMs: number
}

/** Of upstreams whose endpoints do not stand in the configuration, by name. Never rejects. */
export async function endpointsNow(
  { upstreams, kubernetes, zone }: GatewayConfig,
  { deadlines, random, link, patienceMs }: LookSettings,
): Promise<ReadonlyMap<string, FoundEndpoints>> {
  const found = new Map<string, FoundEndpoints>()
  const stops: (() => void)[] = []
  const looks = Object.entries(upstreams).map(([name, { discovery }]) => {
    if ('static' in discovery) return null
    const { promise, resolve } = Promise.withResolvers<void>()
    const took = (endpoints: readonly EndpointSpec[], trouble: string): void => {
      if (!found.has(name)) found.set(name, { endpoints, trouble })
      resolve()
    }
    const environment = {
      deadlines,
      random,
      kubernetes: (...[spec, publish, failed]: Parameters<Parameters<typeof discover>[1]['kubernetes']>) => {
        if (kubernetes === null) throw new Error('an upstream is discovered by Kubernetes, of which nothing is said')
        return link.watch(kubernetes, zone, spec, publish, failed)
      },
    }
    stops.push(
      discover(
        discovery,
        environment,
        (endpoints, trouble = '') => took(endpoints, trouble),
        (reason) => took([], reason),
      ),
    )
    return promise
  })
  const patience = Promise.withResolvers<void>()
  const over = new Alarm(patience.resolve)
  deadlines.arm(over, patienceMs)
  await Promise.race([Promise.all(looks), patience.promise])
  deadlines.remove(over)
  for (const stop of stops) stop()
  for (const [name, { discovery }] of Object.entries(upstreams))
    if (!('static' in discovery) && !found.has(name))
      found.set(name, { endpoints: [], trouble: `no answer within ${patienceMs / 1000} s` })
  return found
}
