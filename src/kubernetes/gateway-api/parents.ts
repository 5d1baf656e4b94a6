// What routes go by when they attach: Gateways and ListenerSets with their listeners, without anything that routes change.

import type { KeyPair } from './certificates.ts'
import type { Plan, PlannedListener } from './gateways.ts'
import type { NamespacesFrom } from './kinds.ts'
import type { Same } from './same.ts'

export interface Parent {
  /** `namespace/name` of the Gateway. */
  readonly gateway: string
  /** Of this object alone. */
  readonly listeners: readonly ParentListener[]
  readonly clientCertificate: KeyPair | null
}

export interface ParentListener {
  /** Of the listener in the configuration. */
  readonly name: string
  readonly section: string
  readonly port: number
  readonly protocol: 'http' | 'https' | 'tls' | 'tcp' | null
  /** '' = every host. */
  readonly host: string
  readonly kinds: readonly string[]
  /** Whether it ends TLS. */
  readonly terminates: boolean
  readonly namespaces: NamespacesFrom
  /** Where the object is that it is written in. */
  readonly namespace: string
  readonly serving: boolean
}

/** By `Kind/namespace/name`. */
export type Parents = ReadonlyMap<string, Parent>

/** What reads the same as in the round before is the same object. */
export function parentsOf(plans: readonly Plan[], same: Same<Parent>): Parents {
  const found = new Map<string, Parent>()
  for (const { object, listeners, sets, clientCertificate } of plans) {
    const gateway = `${object.meta.namespace}/${object.meta.name}`
    const add = (kind: string, namespace: string, name: string, planned: readonly PlannedListener[]): void => {
      const key = `${kind}/${namespace}/${name}`
      const own = planned.map((listener) => parentListener(listener, namespace))
      found.set(key, same.keep(key, { gateway, listeners: own, clientCertificate }))
    }
    add('Gateway', object.meta.namespace, object.meta.name, listeners)
    for (const set of sets) add('ListenerSet', set.object.meta.namespace, set.object.meta.name, set.listeners)
  }
  same.turn()
  return found
}

function parentListener({ name, spec, judged, bind }: PlannedListener, namespace: string): ParentListener {
  return {
    name,
    section: spec.name,
    port: spec.port,
    protocol: judged.protocol,
    host: judged.host,
    kinds: judged.kinds,
    terminates: judged.tls !== null,
    namespaces: { from: 'Same', ...spec.allowedRoutes?.namespaces },
    namespace,
    serving: bind.length > 0,
  }
}
