// What this gateway makes in the cluster for its Gateways: Services, and EndpointSlices that lead to its replicas. What is made with an
// object goes with it: only what its owner does not want any more is removed.

import { type ObjectReference, referenceTo } from '../object-reference.ts'
import type { Manifest, OwnedObject } from '../owned-object.ts'
import { type KeptService, SERVICES } from '../service.ts'
import type { ObjectIntent } from '../translation.ts'
import { hasMetadata, isBare, type Leading, serviceKey, wantedService, wantedSlice } from './gateway-service.ts'
import type { GatewayClassSpec, GatewaySpec, Kept } from './kinds.ts'
import { Same } from './same.ts'
import type { ServiceBook, ServiceSettings } from './service-addresses.ts'
import { OWN_SLICES, type Replica, type Replicas } from './service-kinds.ts'

type Gateway = Kept<GatewaySpec>

export interface Around {
  /** All there are. */
  readonly gateways: ReadonlyMap<string, Gateway>
  readonly classes: ReadonlyMap<string, Kept<GatewayClassSpec>>
  readonly services: ReadonlyMap<string, KeptService>
  readonly slices: ReadonlyMap<string, OwnedObject>
  readonly replicas: ReadonlyMap<string, Replicas>
}

export interface Leader {
  readonly book: ServiceBook
  readonly settings: ServiceSettings
}

export class GatewayObjects {
  readonly #controller: string
  readonly #same = new Same<ObjectIntent>()

  constructor(controller: string) {
    this.#controller = controller
  }

  /** `served`: those that are ours. `leader` = they have Services; null = only where something has to be carried. */
  of(served: readonly Gateway[], leader: Leader | null, around: Around): ObjectIntent[] {
    const wanted = new Map<string, ObjectIntent>()
    const add = (
      kind: Kinds,
      current: OwnedObject | null,
      manifest: Manifest | null,
      name: string,
      namespace: string,
    ): void => {
      const object = reference(kind, namespace, name, current)
      const key = `${kind.plural}/${namespace}/${name}`
      wanted.set(key, this.#same.keep(key, { object, current, wanted: manifest }))
    }
    const families = byFamily(around.replicas)
    /** uids of Services whose slices are all known. */
    const led = new Set<string>()
    for (const gateway of served) {
      const key = serviceKey(gateway)
      const { namespace } = gateway.meta
      const name = key.slice(namespace.length + 1)
      const there = around.services.get(key)
      const own = there?.own ?? null
      if (there !== undefined && !this.#isOf(own, gateway)) continue
      const allotment = leader?.book.allotments.get(gateway.meta.uid) ?? null
      if (leader !== null && allotment === null) continue
      const leading: Leading | null =
        leader === null || allotment === null
          ? null
          : { ...leader.settings, loadBalancerIP: allotment.loadBalancerIP, ports: allotment.ports }
      const service = leading === null && !hasMetadata(gateway) ? null : wantedService(gateway, this.#controller, leading)
      // What leads nowhere cannot be made into what does, or back.
      const turned = own !== null && isBare(own) !== (leading === null)
      if (own !== null || service !== null) add(SERVICES, own, turned ? null : service, name, namespace)
      if (leading === null || own === null || turned) continue
      // Nobody there is more likely not known than so: what leads to somebody stays.
      if (families.size > 0) led.add(own.uid)
      for (const [family, endpoints] of families) {
        const slice = wantedSlice(gateway, this.#controller, own, family, leading.ports, endpoints)
        const sliceName = `${name}-${family.toLowerCase()}`
        add(OWN_SLICES, around.slices.get(`${namespace}/${sliceName}`) ?? null, slice, sliceName, namespace)
      }
    }
    this.#addUnwanted(wanted, led, around, add)
    this.#same.turn()
    return [...wanted.values()]
  }

  #addUnwanted(
    wanted: ReadonlyMap<string, ObjectIntent>,
    led: ReadonlySet<string>,
    around: Around,
    add: (kind: Kinds, current: OwnedObject, manifest: null, name: string, namespace: string) => void,
  ): void {
    const left = new Set([...around.gateways.values()].filter((each) => this.#isLeft(each, around)).map(({ meta }) => meta.uid))
    for (const [key, { own }] of around.services) {
      if (own?.controller !== this.#controller || wanted.has(`services/${key}`)) continue
      if (!own.owners.some((uid) => left.has(uid))) continue
      const [namespace = '', name = ''] = key.split('/')
      add(SERVICES, own, null, name, namespace)
    }
    for (const [key, slice] of around.slices) {
      if (slice.controller !== this.#controller || wanted.has(`endpointslices/${key}`)) continue
      if (!slice.owners.some((uid) => led.has(uid))) continue
      const [namespace = '', name = ''] = key.split('/')
      add(OWN_SLICES, slice, null, name, namespace)
    }
  }

  /** Whether it has been given to another controller: not being known is no reason to take anything away. */
  #isLeft({ spec }: Gateway, { classes }: Around): boolean {
    const known = classes.get(spec.gatewayClassName ?? '')
    return known !== undefined && known.spec.controllerName !== this.#controller
  }

  #isOf(own: OwnedObject | null, { meta }: Gateway): own is OwnedObject {
    return own?.controller === this.#controller && own.owners.includes(meta.uid)
  }
}

type Kinds = Pick<ObjectReference, 'kind' | 'group' | 'version' | 'plural'>

function reference(kind: Kinds, namespace: string, name: string, current: OwnedObject | null): ObjectReference {
  return referenceTo(kind, { namespace, name, uid: current?.uid ?? '' })
}

/** Each address once, in ascending order; families that there are none of are left out. */
function byFamily(replicas: ReadonlyMap<string, Replicas>): Map<'IPv4' | 'IPv6', readonly Replica[]> {
  const found = new Map<'IPv4' | 'IPv6', Map<string, Replica>>()
  for (const { family, endpoints } of replicas.values()) {
    if (family !== 'IPv4' && family !== 'IPv6') continue
    const known = found.get(family) ?? new Map<string, Replica>()
    found.set(family, known)
    for (const endpoint of endpoints) {
      const before = known.get(endpoint.addresses[0])
      if (before === undefined || (!before.conditions.ready && endpoint.conditions.ready))
        known.set(endpoint.addresses[0], endpoint)
    }
  }
  return new Map(
    [...found]
      .filter(([, known]) => known.size > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([family, known]) => [family, [...known.values()].sort((a, b) => (a.addresses[0] < b.addresses[0] ? -1 : 1))]),
  )
}

/** How many take connections. */
export function readyIn(replicas: ReadonlyMap<string, Replicas>): number {
  return [...replicas.values()].flatMap(({ endpoints }) => endpoints.filter(({ conditions }) => conditions.ready)).length
}
