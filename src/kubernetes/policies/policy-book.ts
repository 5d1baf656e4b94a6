// What UpstreamPolicies come to: for each port of a Service the one that counts, and for each policy what it does where. One book for all
// translators, so that they agree.

import { CONFIG_MAPS, type KeptConfigMap } from '../config-map.ts'
import { Memo, type Read } from '../memo.ts'
import { byAge } from '../object-reference.ts'
import type { KeptSecret } from '../secret.ts'
import { SECRETS } from '../secret.ts'
import { findPort, type KeptService, SERVICES } from '../service.ts'
import { upstreamOfService, type WrittenUpstream } from '../service-upstream.ts'
import type { ClusterView } from '../translation.ts'
import { type KeptUpstreamPolicy, type PortReference, UPSTREAM_POLICIES } from './kinds.ts'
import { type Trouble, tlsOf } from './policy-tls.ts'

/** What counts for a Service. */
export interface AttachedPolicy {
  /** `namespace/name`. */
  readonly policy: string
  /** Name of a port; '' = all others. */
  readonly section: string
  /** As in the file; null = nobody may be connected to, because TLS cannot be as it was asked for. */
  readonly words: WrittenUpstream | null
  readonly why: string
  /** Those that are there, each once; following them comes to an end. */
  readonly failover: readonly PortReference[]
}

/** By `namespace/name` of the Service. */
export type AttachedPolicies = ReadonlyMap<string, readonly AttachedPolicy[]>

export interface JudgedTarget {
  readonly name: string
  readonly section: string
  /** Why it is not followed there; null = it is. */
  readonly trouble: Trouble | null
}

export interface JudgedPolicy {
  readonly object: KeptUpstreamPolicy
  readonly targets: readonly JudgedTarget[]
  /** References that lead nowhere. */
  readonly unresolved: readonly Trouble[]
}

export interface Policies {
  readonly attached: AttachedPolicies
  /** Oldest first. */
  readonly judged: readonly JudgedPolicy[]
}

/** One that names the port goes before one for the whole Service; null = none. */
export function policyOf(policies: readonly AttachedPolicy[] | undefined, port: string): AttachedPolicy | null {
  const named = port === '' ? undefined : policies?.find(({ section }) => section === port)
  return named ?? policies?.find(({ section }) => section === '') ?? null
}

/** What a policy says by itself and by what it refers to. */
interface Content {
  readonly words: WrittenUpstream | null
  readonly why: string
  readonly unresolved: readonly Trouble[]
  readonly failover: readonly PortReference[]
  readonly services: readonly (KeptService | undefined)[]
}

interface Known {
  readonly services: ReadonlyMap<string, KeptService>
  readonly secrets: ReadonlyMap<string, KeptSecret>
  readonly configMaps: ReadonlyMap<string, KeptConfigMap>
}

export const POLICY_RESOURCES = [UPSTREAM_POLICIES, SERVICES, SECRETS, CONFIG_MAPS] as const

export class PolicyBook {
  readonly #memo = new Memo<KeptUpstreamPolicy, Content>()
  #from: readonly unknown[] = []
  #last: Policies = { attached: new Map(), judged: [] }

  /** The same for the same view; lists of Services of which nothing changed are the same, too. */
  of(view: ClusterView): Policies {
    const objects = view.objects(UPSTREAM_POLICIES)
    const known = {
      services: view.objects(SERVICES),
      secrets: view.objects(SECRETS),
      configMaps: view.objects(CONFIG_MAPS),
    }
    const from = [objects, ...Object.values(known)]
    if (from.every((each, i) => each === this.#from[i])) return this.#last
    this.#from = from
    this.#last = this.#judge(
      [...objects.values()].sort((a, b) => byAge(a.meta, b.meta)),
      known,
    )
    return this.#last
  }

  #judge(objects: readonly KeptUpstreamPolicy[], known: Known): Policies {
    const owners = new Map<string, string>()
    const chains = new Chains()
    const attached = new Map<string, AttachedPolicy[]>()
    const judged = objects.map((object): JudgedPolicy => {
      const { meta } = object
      const content = this.#memo.of(object, Object.values(known), (read) => contentOf(object, known, read))
      const targets = object.targets.map(({ name, section }, i): JudgedTarget => {
        const service = `${meta.namespace}/${name}`
        const trouble = troubleOf({ object, content, service: content.services[i], place: { name, section }, owners, chains })
        // What asked for TLS and is wrong must not end in connections without.
        const refuses = object.wrong !== '' && object.tls !== null && !owners.has(`${service}:${section}`)
        if (trouble === null || refuses) {
          owners.set(`${service}:${section}`, `${meta.namespace}/${meta.name}`)
          const words = object.wrong === '' ? content.words : null
          const why = object.wrong === '' ? content.why : object.wrong
          const policy = `${meta.namespace}/${meta.name}`
          const { failover } = content
          attached.set(service, [...(attached.get(service) ?? []), { policy, section, words, why, failover }])
        }
        return { name, section, trouble }
      })
      return { object, targets, unresolved: content.unresolved }
    })
    return { judged, attached: this.#steady(attached) }
  }

  #steady(attached: ReadonlyMap<string, readonly AttachedPolicy[]>): AttachedPolicies {
    const before = this.#last.attached
    return new Map(
      [...attached].map(([service, list]) => {
        const last = before.get(service)
        return [service, last !== undefined && JSON.stringify(last) === JSON.stringify(list) ? last : list]
      }),
    )
  }
}

function contentOf(object: KeptUpstreamPolicy, known: Known, read: Read): Content {
  const { meta, targets, words, wrong, tls } = object
  const find = (name: string) => read(known.services, `${meta.namespace}/${name}`)
  const services = targets.map(({ name }) => find(name))
  const nothing = { words, why: '', unresolved: [], failover: [], services }
  if (wrong !== '') return nothing
  const unresolved: Trouble[] = []
  const seen = new Set<string>()
  const failover = object.failover.filter(({ name, port }) => {
    const service = find(name)
    const found = service === undefined ? null : findPort(service, port)
    if (found === null) {
      const what = service === undefined ? 'there is no Service' : `there is no port ${port} of the Service`
      unresolved.push({ reason: 'BackendNotFound', message: `failover: ${what} ${meta.namespace}/${name}` })
      return false
    }
    const key = `${name}:${found.port}`
    const isNew = !seen.has(key)
    seen.add(key)
    return isNew
  })
  if (tls === null) return { ...nothing, unresolved, failover }
  const found = tlsOf(meta.namespace, tls, known, read)
  unresolved.push(...found.unresolved)
  const refused = found.tls === null
  return {
    words: refused ? null : { ...words, tls: found.tls },
    why: refused ? (found.unresolved[0]?.message ?? '') : '',
    unresolved,
    failover,
    services,
  }
}

interface Judging {
  readonly object: KeptUpstreamPolicy
  readonly content: Content
  /** undefined = there is none. */
  readonly service: KeptService | undefined
  readonly place: { readonly name: string; readonly section: string }
  readonly owners: ReadonlyMap<string, string>
  readonly chains: Chains
}

function troubleOf({ object, content, service, place: { name, section }, owners, chains }: Judging): Trouble | null {
  const { namespace } = object.meta
  const key = `${namespace}/${name}`
  const invalid = (message: string): Trouble => ({ reason: 'Invalid', message })
  if (object.wrong !== '') return invalid(object.wrong)
  if (service === undefined) return { reason: 'TargetNotFound', message: `there is no Service ${key}` }
  const ports = section === '' ? service.ports : service.ports.filter((port) => port.name === section)
  if (section !== '' && ports.length === 0)
    return { reason: 'TargetNotFound', message: `the Service ${key} has no port with the name ${section}` }
  const owner = owners.get(`${key}:${section}`)
  if (owner !== undefined)
    return { reason: 'Conflicted', message: `the UpstreamPolicy ${owner} is older and for the same Service ${key}` }
  for (const port of ports) {
    const made = upstreamOfService(namespace, name, port, {}, content.words ?? {})
    if (typeof made === 'string') return invalid(made)
  }
  const to = content.failover.map((each) => `${namespace}/${each.name}`)
  // Whole Services: simpler to understand, and ports of one hardly stand in for each other.
  return chains.join(key, to) ? null : invalid(`failover goes round in a circle: ${key} stands in for what stands in for it`)
}

/** Who stands in for whom. */
class Chains {
  readonly #next = new Map<string, Set<string>>()

  /** False: that would be a circle. */
  join(from: string, to: readonly string[]): boolean {
    if (to.some((each) => this.#leads(each, from))) return false
    const next = this.#next.get(from) ?? new Set<string>()
    this.#next.set(from, next)
    for (const each of to) next.add(each)
    return true
  }

  #leads(from: string, to: string): boolean {
    const seen = new Set([from])
    for (const each of seen) {
      if (each === to) return true
      for (const next of this.#next.get(each) ?? []) seen.add(next)
    }
    return false
  }
}
