// What is kept of an EndpointSlice (discovery.k8s.io/v1).

import type { V1Endpoint, V1EndpointSlice } from '@kubernetes/client-node'
import type { Resource } from './resource.ts'

export interface KeptSlice {
  /** `namespace/name` of the Service; '' = of none. */
  readonly service: string
  readonly family: 'IPv4' | 'IPv6' | 'FQDN'
  /** By the name of the port ('' = it has none); null = every port, to the same number. */
  readonly ports: ReadonlyMap<string, number | null>
  readonly endpoints: readonly KeptEndpoint[]
}

export interface KeptEndpoint {
  readonly address: string
  /** Takes new requests. */
  readonly ready: boolean
  /** Is being taken away, and still answers. */
  readonly leaving: boolean
  /** null = not known. */
  readonly zone: string | null
  /** Zones whose clients it is meant for; empty = nothing is said. */
  readonly forZones: readonly string[]
  /** What is behind it, the same for each of its addresses; '' = not known. */
  readonly owner: string
}

type RawSlice = V1EndpointSlice & { readonly metadata: { readonly name: string } }

export const ENDPOINT_SLICES: Resource<RawSlice, KeptSlice> = {
  kind: 'EndpointSlice',
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  namespaced: true,
  prune({ metadata: { namespace = '', labels = {} }, addressType, ports, endpoints }) {
    const name = labels['kubernetes.io/service-name']
    return {
      service: name === undefined ? '' : `${namespace}/${name}`,
      family: addressType as KeptSlice['family'],
      ports: new Map(
        (ports ?? []).filter(({ protocol = 'TCP' }) => protocol === 'TCP').map(({ name, port }) => [name ?? '', port ?? null]),
      ),
      endpoints: (endpoints ?? []).flatMap(keptEndpoint),
    }
  },
}

function keptEndpoint({ addresses, conditions, zone, hints, targetRef }: V1Endpoint): KeptEndpoint[] {
  // Only the first has a meaning (the field's own documentation).
  const [address] = addresses
  // What is not said is good: the API's own rule.
  const ready = conditions?.ready ?? true
  const serving = conditions?.serving ?? ready
  if (address === undefined || (!ready && !serving)) return []
  return [
    {
      address,
      ready: ready && conditions?.terminating !== true,
      leaving: !ready || conditions?.terminating === true,
      zone: zone ?? null,
      forZones: hints?.forZones?.map(({ name }) => name) ?? [],
      owner: targetRef?.uid ?? '',
    },
  ]
}
