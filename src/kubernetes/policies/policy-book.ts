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
import { type KeptUpstreamPolicy, type PolicyTarget, type PortReference, UPSTREAM_POLICIES } from './kinds.ts'
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
  /** By target, what is wrong without looking at other policies. */
  readonly troubles: readonly (Trouble | null)[]
}

interface Known {
  readonly services: ReadonlyMap<string, KeptService>
  readonly secrets: ReadonlyMap<string, KeptSecret>
  readonly configMaps: ReadonlyMap<string, KeptConfigMap>
}

export const POLICY_RESOURCES = [UPSTREAM_POLICIES, SERVICES, SECRETS, CONFIG_MAPS] as const

export class PolicyBook {
  readonly #memo = new Memo<KeptUpstreamPolicy, Content>()
  readonly #judged = new WeakMap<KeptUpstreamPolicy, JudgedPolicy>()
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
      const { meta, wrong, tls } = object
      const policy = `${meta.namespace}/${meta.name}`
      const content = this.#memo.of(object, Object.values(known), (read) => contentOf(object, known, read))
      const { failover } = content
      const targets = object.targets.map(({ name, section }, i): JudgedTarget => {
        const service = `${meta.namespace}/${name}`
        const place = `${service}:${section}`
        const owner = owners.get(place)
        const trouble = content.troubles[i] ?? conflictOf(owner, service) ?? chains.join(service, meta.namespace, failover)
        // What asked for TLS and is wrong must not end in connections without.
        const refuses = wrong !== '' && tls !== null && owner === undefined
        if (trouble === null || refuses) {
          owners.set(place, policy)
          const [words, why] = wrong === '' ? [content.words, content.why] : [null, wrong]
          const list = attached.get(service) ?? []
          attached.set(service, list)
          list.push({ policy, section, words, why, failover })
        }
        return { name, section, trouble }
      })
      return this.#steadyJudged({ object, targets, unresolved: content.unresolved })
    })
    return { judged, attached: this.#steady(attached) }
  }

  #steady(attached: ReadonlyMap<string, readonly AttachedPolicy[]>): AttachedPolicies {
    const before = this.#last.attached
    return new Map([...attached].map(([service, list]) => [service, sameOr(before.get(service), list)]))
  }

  #steadyJudged(judged: JudgedPolicy): JudgedPolicy {
    const last = this.#judged.get(judged.object)
    const same =
      last?.unresolved === judged.unresolved &&
      last.targets.every(({ trouble }, i) => trouble?.message === judged.targets[i]?.trouble?.message)
    if (same) return last
    this.#judged.set(judged.object, judged)
    return judged
  }
}

function sameOr(last: readonly AttachedPolicy[] | undefined, list: readonly AttachedPolicy[]): readonly AttachedPolicy[] {
  const same = (a: AttachedPolicy, b: AttachedPolicy | undefined): boolean =>
    (a.words === b?.words &&
      a.why === b.why &&
      a.failover === b.failover &&
      a.policy === b.policy &&
      a.section === b.section) ||
    // Objects are read anew when only their statuses change.
    JSON.stringify(a) === JSON.stringify(b)
  return last?.length === list.length && last.every((each, i) => same(each, list[i])) ? last : list
}

function conflictOf(owner: string | undefined, service: string): Trouble | null {
  if (owner === undefined) return null
  return { reason: 'Conflicted', message: `the UpstreamPolicy ${owner} is older and for the same Service ${service}` }
}

function contentOf(object: KeptUpstreamPolicy, known: Known, read: Read): Content {
  const { meta, targets, words, wrong, tls } = object
  const find = (name: string) => read(known.services, `${meta.namespace}/${name}`)
  if (wrong !== '') {
    const invalid = { reason: 'Invalid', message: wrong }
    return { words, why: '', unresolved: [], failover: [], troubles: targets.map(() => invalid) }
  }
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
  const ending = tls === null ? null : tlsOf(meta.namespace, tls, known, read)
  if (ending !== null) unresolved.push(...ending.unresolved)
  const refused = ending?.tls === null
  const followed = ending === null ? words : { ...words, tls: ending.tls ?? {} }
  return {
    words: refused ? null : followed,
    why: refused ? (ending?.unresolved[0]?.message ?? '') : '',
    unresolved,
    failover,
    troubles: targets.map((target) => troubleOf(meta.namespace, target, find(target.name), followed)),
  }
}

function troubleOf(
  namespace: string,
  { name, section }: PolicyTarget,
  service: KeptService | undefined,
  words: WrittenUpstream,
): Trouble | null {
  const key = `${namespace}/${name}`
  if (service === undefined) return { reason: 'TargetNotFound', message: `there is no Service ${key}` }
  const ports = section === '' ? service.ports : service.ports.filter((port) => port.name === section)
  if (section !== '' && ports.length === 0)
    return { reason: 'TargetNotFound', message: `the Service ${key} has no port with the name ${section}` }
  for (const port of ports) {
    const made = upstreamOfService(namespace, name, port, {}, words)
    if (typeof made === 'string') return { reason: 'Invalid', message: made }
  }
  return null
}

/** In a row, one for the other. Whoever follows them goes as deep. */
const MOST_IN_A_ROW = 16

/** Who stands in for whom: whole Services, because that is simpler to understand, and ports of one hardly stand in for each other. */
class Chains {
  readonly #next = new Map<string, Set<string>>()
  readonly #before = new Map<string, Set<string>>()

  /** Why it cannot be; null = it is so from now on. */
  join(from: string, namespace: string, failover: readonly PortReference[]): Trouble | null {
    const to = failover.map(({ name }) => `${namespace}/${name}`)
    if (to.length === 0) return null
    const invalid = (message: string): Trouble => ({ reason: 'Invalid', message: `failover ${message}` })
    if (to.some((each) => each === from)) return invalid(`leads to ${from} itself`)
    const below = longest([...to], this.#next, from)
    if (below === null) return invalid(`goes round in a circle: ${from} stands in for what stands in for it`)
    if (below + (longest([from], this.#before, '') ?? 0) > MOST_IN_A_ROW)
      return invalid(`goes on and on: at most ${MOST_IN_A_ROW} Services stand in for each other in a row`)
    for (const each of to) {
      link(this.#next, from, each)
      link(this.#before, each, from)
    }
    return null
  }
}

function link(links: Map<string, Set<string>>, from: string, to: string): void {
  const known = links.get(from) ?? new Set<string>()
  links.set(from, known)
  known.add(to)
}

/** Steps of the longest way, the first one counted; null = it comes to `end`. Stops counting where it is too long. */
function longest(start: readonly string[], links: ReadonlyMap<string, ReadonlySet<string>>, end: string): number | null {
  let layer = new Set(start)
  for (let steps = 0; steps <= MOST_IN_A_ROW; steps++) {
    if (layer.has(end)) return null
    if (layer.size === 0) return steps
    layer = new Set([...layer].flatMap((each) => [...(links.get(each) ?? [])]))
  }
  return MOST_IN_A_ROW + 1
}
