// EndpointSlices beside those of endpoints: those that lead to the replicas of this gateway, and those that it makes.

import type { V1Endpoint, V1EndpointSlice } from '@kubernetes/client-node'
import { keepOwned, MANAGED_BY, MANAGER, type OwnedObject } from '../owned-object.ts'
import type { RawObject, Resource } from '../resource.ts'

type RawSlice = V1EndpointSlice & RawObject

const SLICES = {
  kind: 'EndpointSlice',
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  namespaced: true,
} as const

export interface Replicas {
  readonly family: 'IPv4' | 'IPv6'
  readonly endpoints: readonly Replica[]
}

/** As an EndpointSlice has it. */
export interface Replica {
  readonly addresses: readonly [string]
  readonly conditions: Readonly<Record<'ready' | 'serving' | 'terminating', boolean>>
  readonly nodeName?: string
  readonly zone?: string
}

/** Call once for a Service: informers know kinds by identity. */
export function replicasOf({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  const resource: Resource<RawSlice, Replicas> = {
    ...SLICES,
    namespace,
    labelSelector: `kubernetes.io/service-name=${name}`,
    prune: ({ addressType, endpoints }) => ({
      family: addressType as Replicas['family'],
      endpoints: (endpoints ?? []).flatMap(replica),
    }),
  }
  return resource
}

function replica({ addresses: [address], conditions = {}, nodeName, zone }: V1Endpoint): Replica[] {
  if (address === undefined) return []
  const { ready = true, serving = ready, terminating = false } = conditions
  return [
    {
      addresses: [address],
      conditions: { ready, serving, terminating },
      ...(nodeName == null ? {} : { nodeName }),
      ...(zone == null ? {} : { zone }),
    },
  ]
}

/** Those that a gateway like this one made. */
export const OWN_SLICES: Resource<RawSlice, OwnedObject> = {
  ...SLICES,
  labelSelector: `${MANAGED_BY}=${MANAGER}`,
  prune(raw) {
    const own = keepOwned(raw)
    if (own === null) throw new Error('it has no label of ours')
    return own
  },
}
