// A policy with everything that it leads to, so that upstreams can be made of it without looking anything up.

import type { Read } from '../memo.ts'
import { findPort, type KeptService, type ServicePort } from '../service.ts'
import { type NamedUpstream, upstreamOfService, type WrittenUpstream } from '../service-upstream.ts'
import { type AttachedPolicies, policyOf } from './policy-book.ts'

export interface FollowedPolicy {
  /** As in the file; null = nobody may be connected to. */
  readonly words: WrittenUpstream | null
  /** Why, in words. */
  readonly why: string
  /** In the same namespace. Never leads back. */
  readonly failover: readonly StandIn[]
}

export interface StandIn {
  readonly service: string
  readonly port: ServicePort
  readonly policy: FollowedPolicy | null
}

interface Known {
  readonly policies: AttachedPolicies
  readonly services: ReadonlyMap<string, KeptService>
  readonly read: Read
}

/** null = there is none. `seen`: what was found on the way, by Service and port. */
export function followedPolicy(
  namespace: string,
  service: string,
  port: ServicePort,
  known: Known,
  seen: Map<string, FollowedPolicy | null> = new Map(),
): FollowedPolicy | null {
  const { policies, services, read } = known
  const place = `${service}:${port.port}`
  const before = seen.get(place)
  if (before !== undefined) return before
  const attached = policyOf(read(policies, `${namespace}/${service}`), port.name)
  const found =
    attached === null
      ? null
      : {
          words: attached.words,
          why: attached.why === '' ? '' : `the UpstreamPolicy ${attached.policy} cannot be followed: ${attached.why}`,
          failover: attached.failover.flatMap(({ name, port: asked }): StandIn[] => {
            const there = read(services, `${namespace}/${name}`)
            const own = there === undefined ? null : findPort(there, asked)
            return own === null ? [] : [{ service: name, port: own, policy: followedPolicy(namespace, name, own, known, seen) }]
          }),
        }
  seen.set(place, found)
  return found
}

export interface FoundUpstream {
  readonly upstream: NamedUpstream
  /** Who stands in for it, and for those. */
  readonly standIns: readonly NamedUpstream[]
}

/** `written` goes before the policy, for the Service and for who stands in for it. What is wrong, in words, where it cannot be. */
export function upstreamWithPolicy(
  namespace: string,
  service: string,
  port: ServicePort,
  written: WrittenUpstream,
  policy: FollowedPolicy | null,
  seen: Map<string, FoundUpstream | null> = new Map(),
): FoundUpstream | string {
  if (policy?.words === null) return policy.why
  const standIns = Object.hasOwn(written, 'failover') ? [] : (policy?.failover ?? [])
  const found = standIns.flatMap((each) => {
    const place = `${each.service}:${each.port.port}`
    const before = seen.get(place)
    if (before !== undefined) return before ?? []
    const made = upstreamWithPolicy(namespace, each.service, each.port, written, each.policy, seen)
    const usable = typeof made === 'string' ? null : made
    seen.set(place, usable)
    return usable ?? []
  })
  const failover = found.length === 0 ? {} : { failover: found.map(({ upstream }) => upstream.name) }
  const upstream = upstreamOfService(namespace, service, port, written, { ...policy?.words, ...failover })
  if (typeof upstream === 'string') return upstream
  return { upstream, standIns: [...new Set(found.flatMap((each) => [each.upstream, ...each.standIns]))] }
}
