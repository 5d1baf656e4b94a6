// Addresses of Gateways that have a Service each: which ports of the pods it leads to is kept in the Service itself, so that all
// replicas, and those that come later, listen on the same ones.

import { readAddress } from '../../config/addresses.ts'
import type { ListenerConfig } from '../../config/model.ts'
import { Refusal } from '../../config/written.ts'
import type { OwnedObject } from '../owned-object.ts'
import type { KeptService } from '../service.ts'
import { type Addresses, type AddressSource, notUsable, requestsOf, type Trouble } from './addresses.ts'
import { isBare, serviceKey, targetPorts } from './gateway-service.ts'
import type { GatewaySpec, Kept } from './kinds.ts'

type Gateway = Kept<GatewaySpec>

export interface ServiceSettings {
  readonly type: 'LoadBalancer' | 'NodePort' | 'ClusterIP'
  readonly ports: { readonly from: number; readonly to: number }
  readonly externalTrafficPolicy: 'Local' | 'Cluster'
  readonly bind: string
}

export interface Known {
  readonly services: ReadonlyMap<string, KeptService>
  /** Of the file: their ports are not given away. */
  readonly listeners: ReadonlyMap<string, ListenerConfig>
  /** Replicas that take connections. */
  readonly ready: number
  /** The Service that they are found by. */
  readonly replicas: string
}

/** What should be in the Service of a Gateway. */
export interface Allotment {
  readonly ports: ReadonlyMap<number, number>
  readonly loadBalancerIP: string | null
  /** What is there; null = nothing, and one may be made. */
  readonly service: OwnedObject | null
}

/** For one translation. */
export class ServiceBook implements AddressSource {
  readonly shared = false
  /** By uid of the Gateway; none where there can be no Service, or should be none. */
  readonly allotments = new Map<string, Allotment>()
  readonly #settings: ServiceSettings
  readonly #controller: string
  readonly #known: Known

  constructor(settings: ServiceSettings, controller: string, known: Known) {
    this.#settings = settings
    this.#controller = controller
    this.#known = known
  }

  assign(gateways: readonly Gateway[], portsOf: (gateway: Gateway) => readonly number[]): ReadonlyMap<string, Addresses> {
    const taken = this.#taken()
    return new Map(gateways.map((gateway) => [gateway.meta.uid, this.#assignOne(gateway, portsOf(gateway), taken)]))
  }

  /** `taken`: uids of Services by the ports that are theirs. */
  #assignOne(gateway: Gateway, ports: readonly number[], taken: Map<number, string>): Addresses {
    const { bind } = this.#settings
    const { loadBalancerIP, refused, trouble } = this.#asked(gateway)
    const key = serviceKey(gateway)
    const there = this.#known.services.get(key)
    const own = there?.own ?? null
    if (there !== undefined && (own === null || own.controller !== this.#controller || !own.owners.includes(gateway.meta.uid)))
      return { values: [], behind: { bind, ports: new Map() }, refused, trouble: occupied(key, own !== null) }
    const before = own === null ? new Map<number, number>() : targetPorts(own)
    const wanted = new Map<number, number>()
    const uid = own?.uid ?? gateway.meta.uid
    const missing: number[] = []
    for (const port of ports) {
      const kept = before.get(port)
      const target = kept !== undefined && taken.get(kept) === uid ? kept : this.#free(taken)
      if (target === null) missing.push(port)
      else {
        taken.set(target, uid)
        wanted.set(port, target)
      }
    }
    if (refused === null && trouble === null && wanted.size > 0)
      this.allotments.set(gateway.meta.uid, { ports: wanted, loadBalancerIP, service: own })
    // Only what every replica can read is served.
    const served = new Map([...wanted].filter(([port, target]) => before.get(port) === target))
    const values = own === null || isBare(own) ? [] : (there?.addresses ?? [])
    return {
      values,
      behind: { bind, ports: served },
      refused,
      trouble: trouble ?? this.#troubleOf({ key, missing, values, loadBalancerIP, asked: ports.length > 0 }),
    }
  }

  #troubleOf(found: {
    readonly key: string
    readonly missing: readonly number[]
    readonly values: readonly string[]
    readonly loadBalancerIP: string | null
    readonly asked: boolean
  }): Trouble | null {
    const { key, missing, values, loadBalancerIP, asked } = found
    const { ports, type } = this.#settings
    const { ready, replicas } = this.#known
    if (!asked) return null
    if (missing.length > 0)
      return {
        reason: 'NoResources',
        message: `every port of ${ports.from}-${ports.to} (kubernetes.gatewayApi.addresses.service.ports) is taken: there is none for ${missing.join(', ')}`,
      }
    if (values.length === 0) {
      const from = type === 'LoadBalancer' ? ' from its load balancer' : ''
      return { reason: 'AddressNotAssigned', message: `the Service ${key} has no address yet${from}`, passing: true }
    }
    if (loadBalancerIP !== null && !values.includes(loadBalancerIP))
      return notUsable(`the load balancer of the Service ${key} has ${values.join(', ')}, not ${loadBalancerIP}`)
    return ready > 0
      ? null
      : {
          reason: 'NoResources',
          message: `the Service ${replicas} (kubernetes.gatewayApi.addresses.service.replicas), by which replicas are found, has no ready endpoint`,
        }
  }

  /** What a Gateway asks for by itself. */
  #asked({ spec }: Gateway): {
    readonly loadBalancerIP: string | null
    readonly refused: Trouble | null
    readonly trouble: Trouble | null
  } {
    const { values, refused } = requestsOf(spec)
    const [loadBalancerIP = null, ...more] = values.filter((value) => value !== null)
    const { type } = this.#settings
    const trouble =
      loadBalancerIP === null
        ? null
        : type !== 'LoadBalancer'
          ? notUsable(`addresses of Services of type ${type} cannot be chosen`)
          : more.length > 0
            ? notUsable(`a load balancer has one address that can be chosen, not ${more.length + 1}`)
            : null
    return { loadBalancerIP, refused, trouble }
  }

  #free(taken: ReadonlyMap<number, string>): number | null {
    const { from, to } = this.#settings.ports
    for (let port = from; port <= to; port++) if (!taken.has(port)) return port
    return null
  }

  /** Of two that have the same port, the older Service keeps it. */
  #taken(): Map<number, string> {
    const { from, to } = this.#settings.ports
    const taken = new Map<number, string>()
    for (const { bind } of this.#known.listeners.values()) {
      for (const text of bind) {
        const address = readAddress(text)
        if (!(address instanceof Refusal) && address.type !== 'unix') taken.set(address.port, '')
      }
    }
    const services = [...this.#known.services.values()]
      .flatMap(({ own }) => (own?.controller === this.#controller ? [own] : []))
      .sort((a, b) => a.createdAt - b.createdAt || (a.uid < b.uid ? -1 : 1))
    for (const own of services) {
      for (const port of targetPorts(own).values()) if (port >= from && port <= to && !taken.has(port)) taken.set(port, own.uid)
    }
    return taken
  }
}

function occupied(key: string, ours: boolean): Trouble {
  const message = ours
    ? `the Service ${key} belongs to another Gateway, or to one of this name that is gone`
    : `there is a Service ${key} already, which this gateway did not make`
  return { reason: 'AddressNotAssigned', message }
}
