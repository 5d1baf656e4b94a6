// Who gets which host and path where several Ingresses ask for the same: the oldest, in every replica alike.

import type { ObjectProblem } from '../translation.ts'
import type { KeptIngress } from './kinds.ts'
import { type IngressPart, type Part, RANKS } from './parts.ts'
import { problem } from './problems.ts'

/** A part of a canary, and what it stands beside. */
export interface CanaryPart {
  readonly owner: IngressPart
  readonly part: Part
}

export interface Claims {
  /** Hosts that a part got; empty or not there = none. */
  readonly hosts: ReadonlyMap<Part, readonly string[]>
  /** By the part of the main Ingress. */
  readonly canaries: ReadonlyMap<Part, CanaryPart>
  readonly problems: ReadonlyMap<IngressPart, readonly ObjectProblem[]>
}

interface Holder {
  readonly owner: IngressPart
  readonly part: Part
}

/** `all` in the order of their age; `owners` = whose each host is, null = its rules may be in several namespaces. */
export function settleClaims(all: readonly IngressPart[], owners: ReadonlyMap<string, string> | null): Claims {
  const settling = new Settling(owners)
  const mains = all.filter(({ effects }) => effects.canary === null)
  for (const rank of RANKS) {
    for (const owner of mains) for (const part of owner.parts) if (part.rank === rank) settling.claim(owner, part)
    if (rank === 'rule') for (const owner of mains) settling.claimAliases(owner)
  }
  for (const owner of all) if (owner.effects.canary !== null) for (const part of owner.parts) settling.stand(owner, part)
  return settling
}

class Settling implements Claims {
  readonly hosts = new Map<Part, string[]>()
  readonly canaries = new Map<Part, CanaryPart>()
  readonly problems = new Map<IngressPart, ObjectProblem[]>()
  readonly #holders = new Map<string, Holder>()
  /** By host and the path as it is written. */
  readonly #asked = new Map<string, Holder>()
  /** Of rules and defaults. */
  readonly #served = new Set<string>()
  readonly #owners: ReadonlyMap<string, string> | null

  constructor(owners: ReadonlyMap<string, string> | null) {
    this.#owners = owners
  }

  claim(owner: IngressPart, part: Part): void {
    for (const host of part.hosts) {
      if (part.rank === 'spare' && this.#served.has(host)) continue
      const trouble = this.#owners === null ? null : foreignHost(this.#owners, host, owner, part)
      if (trouble !== null) {
        this.#tell(owner, problem('Conflict', part.at, trouble, 'refused'))
        continue
      }
      const holder = this.#take(host, owner, part)
      if (holder !== null) this.#lost(holder, owner, part, host)
      if (part.rank !== 'spare') this.#served.add(host)
    }
  }

  /** A host that has rules is nobody's alias, whatever their paths. */
  claimAliases(owner: IngressPart): void {
    const { namespace } = owner.ingress.meta
    const isForeign = (alias: string) => this.#owners !== null && (eldest(this.#owners, alias) ?? namespace) !== namespace
    const refused = new Set(owner.effects.aliases.filter((alias) => this.#served.has(alias) || isForeign(alias)))
    for (const alias of refused)
      this.#tell(owner, problem('Conflict', 'server-alias', `${alias} is the host of rules already: it is no alias`, 'differs'))
    for (const part of owner.parts) {
      for (const alias of part.aliases) {
        const holder = refused.has(alias) ? null : this.#take(alias, owner, part)
        // Rules for several hosts have the same aliases: the first of them gets them.
        if (holder !== null && holder.owner !== owner) this.#lost(holder, owner, part, alias)
      }
    }
  }

  /** `owner` is a canary. */
  stand(owner: IngressPart, part: Part): void {
    const [host = ''] = part.hosts
    const { namespace } = owner.ingress.meta
    const main = this.#asked.get(askedKey(host, part))
    const where = host === '' ? 'for every host' : `for ${host}`
    if (main === undefined || main.owner.ingress.meta.namespace !== namespace) {
      const message = `no Ingress of the namespace ${namespace} that is no canary has this path ${where}: nothing comes here`
      this.#tell(owner, problem('CanaryWithoutMain', part.at, message, 'refused'))
      return
    }
    const first = this.canaries.get(main.part)
    if (first === undefined) this.canaries.set(main.part, { owner, part })
    else {
      const message = `${nameOf(first.owner.ingress)} is an older canary of the same path: there is only one`
      this.#tell(owner, problem('Conflict', part.at, message, 'refused'))
    }
  }

  /** Returns who has it already. */
  #take(host: string, owner: IngressPart, part: Part): Holder | null {
    const key = `${host} ${part.path.type} ${part.path.value}`
    const holder = this.#holders.get(key)
    if (holder !== undefined) return holder
    this.#holders.set(key, { owner, part })
    const asked = askedKey(host, part)
    if (!this.#asked.has(asked)) this.#asked.set(asked, { owner, part })
    const had = this.hosts.get(part)
    if (had === undefined) this.hosts.set(part, [host])
    else had.push(host)
    return null
  }

  #lost(holder: Holder, owner: IngressPart, part: Part, host: string): void {
    // A default backend is for what rules leave over, and an Ingress with app-root has meant it.
    if (holder.part.rank !== part.rank || (holder.owner === owner && holder.part.at === 'app-root')) return
    const what = part.rank === 'default' ? 'the default backend' : 'this path'
    const where = host === '' ? 'of every host' : `of ${host}`
    const who = holder.owner === owner ? holder.part.at : `${nameOf(holder.owner.ingress)} (${holder.part.at})`
    const why = holder.owner === owner ? 'stands before it' : 'is older'
    this.#tell(owner, problem('Conflict', part.at, `${what} ${where} belongs to ${who}, which ${why}`, 'refused'))
  }

  #tell(owner: IngressPart, told: ObjectProblem): void {
    const known = this.problems.get(owner)
    if (known === undefined) this.problems.set(owner, [told])
    else if (!known.some(({ message }) => message === told.message)) known.push(told)
  }
}

/** Why the host is not its; null = it is. */
function foreignHost(
  owners: ReadonlyMap<string, string>,
  host: string,
  { ingress: { meta } }: IngressPart,
  { rank }: Part,
): string | null {
  if (host === '') {
    const what = rank === 'default' ? 'the default backend of every host' : 'a rule without a host'
    return `${what} would get what is left over of the hosts of others, which sharedHosts: false forbids`
  }
  const whose = eldest(owners, host)
  return whose === undefined || whose === meta.namespace
    ? null
    : `the host ${host} belongs to the namespace ${whose}, whose rule is older`
}

/** Of a host and the wildcard above it, whoever was first: owners stand in the order of their age. */
function eldest(owners: ReadonlyMap<string, string>, host: string): string | undefined {
  const above = `*${host.slice(host.indexOf('.'))}`
  if (host.startsWith('*') || !owners.has(above) || owners.get(above) === owners.get(host)) return owners.get(host)
  for (const [each, whose] of owners) if (each === host || each === above) return whose
  return undefined
}

const askedKey = (host: string, { asked }: Part): string => `${host} ${asked}`

const nameOf = ({ meta }: KeptIngress): string => `${meta.namespace}/${meta.name}`
