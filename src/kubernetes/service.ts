// What is kept of a Service, and how its ports speak.

import type { V1LoadBalancerIngress, V1Service } from '@kubernetes/client-node'
import { keepOwned, type OwnedObject } from './owned-object.ts'
import type { RawObject, Resource } from './resource.ts'

export interface KeptService {
  /** `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`. */
  readonly type: string
  /** Of an ExternalName; '' = it is none. */
  readonly externalName: string
  /** The family that is used where an endpoint has both; null = not known. */
  readonly family: 'IPv4' | 'IPv6' | null
  /** TCP only. */
  readonly ports: readonly ServicePort[]
  /** Where it is reached from outside, addresses and names; of a Service that is for the inside its own address. */
  readonly addresses: readonly string[]
  /** What it is where the gateway made it; null = somebody else did. */
  readonly own: OwnedObject | null
}

export interface ServicePort {
  /** '' = it has none. */
  readonly name: string
  readonly port: number
  /** null = nothing is said. */
  readonly appProtocol: string | null
}

export const SERVICES: Resource<V1Service & RawObject, KeptService> = {
  kind: 'Service',
  group: '',
  version: 'v1',
  plural: 'services',
  namespaced: true,
  prune(raw) {
    const { spec = {}, status } = raw
    const { type = 'ClusterIP', externalName, ipFamilies, ports } = spec
    return {
      type,
      externalName: type === 'ExternalName' ? (externalName ?? '').toLowerCase().replace(/\.$/, '') : '',
      family: (ipFamilies?.[0] as KeptService['family'] | undefined) ?? null,
      ports: (ports ?? [])
        .filter(({ protocol = 'TCP' }) => protocol === 'TCP')
        .map(({ name = '', port, appProtocol }) => ({
          name,
          port,
          appProtocol: typeof appProtocol === 'string' ? appProtocol : null,
        })),
      addresses: addressesOf(spec, status?.loadBalancer?.ingress ?? []),
      own: keepOwned(raw),
    }
  },
}

function addressesOf(spec: NonNullable<V1Service['spec']>, balancers: readonly V1LoadBalancerIngress[]): string[] {
  const { type, externalName, externalIPs = [], clusterIP = '' } = spec
  if (type === 'ExternalName') return externalName === undefined ? [] : [externalName.toLowerCase().replace(/\.$/, '')]
  const outside = [...balancers.flatMap(({ ip, hostname }) => ip ?? hostname ?? []), ...externalIPs]
  return outside.length > 0 || type === 'LoadBalancer' || clusterIP === '' || clusterIP === 'None' ? outside : [clusterIP]
}

/** By name, or by the number that the Service has it under. */
export function findPort({ ports }: KeptService, port: string | number): ServicePort | null {
  return ports.find((each) => (typeof port === 'number' ? each.port === port : each.name === port)) ?? null
}

/** What `protocol` and `tls` of an upstream have to say for a port. */
export interface Speech {
  readonly protocol: 'http1' | 'h2' | 'auto'
  readonly tls: boolean
}

const SPEECHES: Readonly<Record<string, Speech>> = {
  http: { protocol: 'http1', tls: false },
  https: { protocol: 'auto', tls: true },
  h2c: { protocol: 'h2', tls: false },
  grpc: { protocol: 'h2', tls: false },
  ws: { protocol: 'http1', tls: false },
  wss: { protocol: 'http1', tls: true },
}

/** By `appProtocol` (KEP-3726: `kubernetes.io/h2c`, `/ws`, `/wss`; IANA names); null = it says nothing that is known here. */
export function speechOf({ appProtocol }: ServicePort): Speech | null {
  const name = (appProtocol ?? '').toLowerCase().replace(/^kubernetes\.io\//, '')
  return Object.hasOwn(SPEECHES, name) ? (SPEECHES[name] as Speech) : null
}
