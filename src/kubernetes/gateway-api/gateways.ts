// What becomes of each Gateway and its ListenerSets: addresses, listeners, who conflicts with whom.

import { readAddress } from '../../config/addresses.ts'
import type { ListenerConfig } from '../../config/model.ts'
import { Refusal } from '../../config/written.ts'
import type { KeptNamespace } from '../namespace.ts'
import { type Addresses, type AddressSource, placesOf, type Trouble } from './addresses.ts'
import { findKeyPair, type KeyPair, type Material } from './certificates.ts'
import { type Claim, findConflicts, findOverlaps } from './conflicts.ts'
import { intersect } from './hostnames.ts'
import { type GatewaySpec, GROUP, type Kept, type ListenerSetSpec, type ListenerSpec } from './kinds.ts'
import { isListenedOn, type Judged, judgeListener } from './listeners.ts'
import { admits } from './namespaces.ts'
import { plainRead } from './plain-read.ts'

export interface PlannedListener {
  /** Of the listener in the configuration. */
  readonly name: string
  readonly spec: ListenerSpec
  readonly judged: Judged
  readonly conflict: Trouble | null
  /** Its port cannot be had. */
  readonly unavailable: Trouble | null
  readonly overlapping: boolean
  /** Empty = it is not served. */
  readonly bind: readonly string[]
}

export interface PlannedSet {
  readonly object: Kept<ListenerSetSpec>
  /** Why it is no part of the Gateway; null = it is. */
  readonly refused: Trouble | null
  /** Empty where it is refused. */
  readonly listeners: readonly PlannedListener[]
}

export interface Plan {
  readonly object: Kept<GatewaySpec>
  readonly addresses: Addresses
  readonly listeners: readonly PlannedListener[]
  /** Oldest first. */
  readonly sets: readonly PlannedSet[]
  /** Shown to endpoints that ask for one; null = there is none. */
  readonly clientCertificate: KeyPair | null
  readonly clientTrouble: Trouble | null
  /** Why nothing of it is served; null = it is. */
  readonly refused: Trouble | null
}

export interface Surroundings extends Material {
  readonly namespaces: ReadonlyMap<string, KeptNamespace>
  /** Of the file. */
  readonly listeners: ReadonlyMap<string, ListenerConfig>
  readonly unusable: ReadonlyMap<string, string>
}

interface Entry {
  readonly gateway: Kept<GatewaySpec>
  readonly addresses: Addresses
  readonly owner: { readonly kind: 'Gateway' | 'ListenerSet'; readonly namespace: string; readonly name: string }
  readonly spec: ListenerSpec
  readonly judged: Judged
}

/** `gateways` and `sets` oldest first; `sets` of these gateways only, by `namespace/name` of the Gateway. */
export function planGateways(
  gateways: readonly Kept<GatewaySpec>[],
  sets: ReadonlyMap<string, readonly Kept<ListenerSetSpec>[]>,
  book: AddressSource,
  around: Surroundings,
): Plan[] {
  const setsOf = ({ meta }: Kept<GatewaySpec>) => sets.get(`${meta.namespace}/${meta.name}`) ?? []
  const assigned = book.assign(gateways, (object) => portsOf(object, setsOf(object), around))
  const drafts = gateways.map((object) => {
    const addresses = assigned.get(object.meta.uid) ?? { values: [], behind: null, refused: null, trouble: null }
    const refused = refusalOf(object.spec) ?? addresses.refused
    const own = setsOf(object)
    const judgedSets = own.map((set) => ({ set, refused: refused === null ? setRefusal(object, set, around) : PARENT_REFUSED }))
    const entries = (kind: Entry['owner']['kind'], { meta }: Kept<unknown>, specs: readonly ListenerSpec[] = []): Entry[] =>
      specs.map((spec) => {
        const owner = { kind, namespace: meta.namespace, name: meta.name }
        const judged = judgeListener(spec, owner, { namespace: object.meta.namespace, tls: object.spec.tls }, around)
        return { gateway: object, addresses, owner, spec, judged }
      })
    return {
      object,
      addresses,
      refused,
      listeners: entries('Gateway', object, object.spec.listeners),
      sets: judgedSets.map(({ set, refused: why }) => ({
        object: set,
        refused: why,
        listeners: why === null ? entries('ListenerSet', set, set.spec.listeners) : [],
      })),
    }
  })
  // Listeners meet where they share addresses.
  const groups = book.shared ? [drafts] : drafts.map((draft) => [draft])
  const planned = new Map<Entry, PlannedListener>()
  for (const group of groups) {
    const served = group.filter(({ refused }) => refused === null)
    const entries = served.flatMap(({ listeners, sets: own }) => [...listeners, ...own.flatMap((set) => set.listeners)])
    for (const [entry, listener] of settle(entries, around)) planned.set(entry, listener)
  }
  const plannedOf = (entry: Entry): PlannedListener => planned.get(entry) ?? plannedListener(entry, null, false, [], null)
  return drafts.map((draft) => ({
    ...draft,
    ...clientCertificateOf(draft.object, around),
    listeners: draft.listeners.map(plannedOf),
    sets: draft.sets.map((set) => ({ ...set, listeners: set.listeners.map(plannedOf) })),
  }))
}

const PARENT_REFUSED: Trouble = { reason: 'ParentNotAccepted', message: 'the Gateway is not accepted' }

function refusalOf({ infrastructure }: GatewaySpec): Trouble | null {
  const ref = infrastructure?.parametersRef
  if (ref === undefined) return null
  return {
    reason: 'InvalidParameters',
    message: `Gateways have no parameters here: the ${ref.kind} "${ref.name}" of infrastructure.parametersRef cannot be followed, leave it out`,
  }
}

function setRefusal(
  { meta, spec }: Kept<GatewaySpec>,
  set: Kept<ListenerSetSpec>,
  { namespaces }: Surroundings,
): Trouble | null {
  const { from = 'None', selector } = spec.allowedListeners?.namespaces ?? {}
  const allowed = admits(
    { from, ...(selector === undefined ? {} : { selector }) },
    set.meta.namespace,
    meta.namespace,
    (name) => namespaces.get(name)?.labels ?? null,
  )
  if (allowed) return null
  return {
    reason: 'NotAllowed',
    message: `the Gateway ${meta.namespace}/${meta.name} takes no ListenerSets of the namespace ${set.meta.namespace}: it has allowedListeners.namespaces.from: ${from}`,
  }
}

/** In ascending order: of the listeners of a Gateway and of its ListenerSets, whether they are served or not. */
function portsOf(gateway: Kept<GatewaySpec>, sets: readonly Kept<ListenerSetSpec>[], around: Surroundings): readonly number[] {
  if (refusalOf(gateway.spec) !== null) return []
  const welcome = sets.filter((set) => setRefusal(gateway, set, around) === null)
  const specs = [gateway.spec, ...welcome.map(({ spec }) => spec)].flatMap(({ listeners = [] }) => listeners)
  return [...new Set(specs.filter(isListenedOn).map(({ port }) => port))].sort((a, b) => a - b)
}

function clientCertificateOf(
  { meta, spec }: Kept<GatewaySpec>,
  known: Material,
): Pick<Plan, 'clientCertificate' | 'clientTrouble'> {
  const ref = spec.tls?.backend?.clientCertificateRef
  if (ref === undefined) return { clientCertificate: null, clientTrouble: null }
  const by = { kind: 'Gateway', namespace: meta.namespace }
  const found = findKeyPair(known, plainRead, by, ref, 'InvalidClientCertificateRef')
  return 'reason' in found
    ? { clientCertificate: null, clientTrouble: found }
    : { clientCertificate: found, clientTrouble: null }
}

/** Listeners that share addresses; earlier ones first. */
function settle(entries: readonly Entry[], around: Surroundings): Map<Entry, PlannedListener> {
  const claiming = entries.filter(({ judged }) => judged.protocol !== null)
  const claims = claiming.map(
    ({ gateway, addresses, spec, judged, owner }): Claim => ({
      port: spec.port,
      protocol: judged.protocol ?? 'tcp',
      host: judged.host,
      owner: `${owner.kind}/${owner.namespace}/${owner.name}`,
      gateway: gateway.meta.uid,
      addresses: addresses.values,
      inWords: `the listener ${spec.name} of the ${owner.kind} ${owner.namespace}/${owner.name}`,
    }),
  )
  const conflicts = findConflicts(claims)
  const overlaps = findOverlaps(claims, (a, b) => intersect(a, b) !== null)
  const busy = busyPorts(around.listeners)
  return new Map(
    claiming.map((entry, i) => {
      const conflict = conflicts[i] ?? null
      const able = conflict === null && entry.judged.refused === null && entry.judged.idle === null
      const wanted = placesOf(entry.addresses, entry.spec.port)
      const usable = wanted.filter(({ address, port, bind }) => !around.unusable.has(bind) && !clashes(busy, address, port))
      const lost = wanted.find((each) => !usable.includes(each))
      const unavailable = lost === undefined || usable.length > 0 ? null : portTrouble(lost.bind, around)
      return [
        entry,
        plannedListener(entry, conflict, overlaps[i] === true, able ? usable.map(({ bind }) => bind) : [], unavailable),
      ]
    }),
  )
}

function plannedListener(
  { owner, spec, judged }: Entry,
  conflict: Trouble | null,
  overlapping: boolean,
  bind: readonly string[],
  unavailable: Trouble | null,
): PlannedListener {
  const name = `${owner.kind.toLowerCase()}/${owner.namespace}/${owner.name}/${spec.name}`
  return { name, spec, judged, conflict, unavailable, overlapping, bind }
}

function portTrouble(bind: string, { unusable }: Surroundings): Trouble {
  const why = unusable.get(bind)
  return {
    reason: 'PortUnavailable',
    message: why === undefined ? `${bind} belongs to a listener of the file` : `${bind}: ${why}`,
  }
}

/** Hosts that listeners of the file are bound to, by port. */
function busyPorts(listeners: ReadonlyMap<string, ListenerConfig>): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, string[]>()
  for (const { bind } of listeners.values()) {
    for (const text of bind) {
      const address = readAddress(text)
      if (address instanceof Refusal || address.type === 'unix') continue
      found.set(address.port, [...(found.get(address.port) ?? []), address.host])
    }
  }
  return found
}

function clashes(busy: ReadonlyMap<number, readonly string[]>, address: string, port: number): boolean {
  const six = address.includes(':')
  const every = address === '::' || address === '0.0.0.0'
  return (busy.get(port) ?? []).some(
    (host) =>
      host === address || host === '::' || (host === '0.0.0.0' && !six) || (every && (address === '::' || !host.includes(':'))),
  )
}

/** Whether a ListenerSet names a Gateway, and which: `namespace/name`. */
export function gatewayOf({ meta, spec }: Kept<ListenerSetSpec>): string | null {
  const { group = GROUP, kind = 'Gateway', namespace = meta.namespace, name = '' } = spec.parentRef ?? {}
  return group === GROUP && kind === 'Gateway' ? `${namespace}/${name}` : null
}
