// The Service of a Gateway: its name, what it should be, and the EndpointSlices that lead from it to the replicas of this gateway.

import { type Manifest, type OwnedObject, ownedManifest } from '../owned-object.ts'
import { keyOf } from '../resource.ts'
import { hash8 } from '../service-upstream.ts'
import { type GatewaySpec, GROUP, type Kept } from './kinds.ts'
import type { Replica } from './service-kinds.ts'

type Gateway = Kept<GatewaySpec>

/** GEP-1762: by it everything that belongs to a Gateway is found. */
const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name'
const SERVICE_NAME = 'kubernetes.io/service-name'
const SLICE_MANAGER = 'endpointslice.kubernetes.io/managed-by'

/** Of a label, and of the name of a Service. */
const LONGEST = 63
/** An EndpointSlice takes no more. */
export const MOST_ENDPOINTS = 1000

/** A label of DNS, the same for the same Gateway, another one for another. */
export function serviceName({ name }: { readonly name: string }): string {
  const plain = `headgate-${name}`
  if (plain.length <= LONGEST && !plain.includes('.')) return plain
  return `${plain.replaceAll('.', '-').slice(0, LONGEST - 9)}-${hash8(name)}`
}

/** What the Service is for beside carrying labels and annotations; null = nothing. */
export interface Leading {
  readonly type: string
  readonly externalTrafficPolicy: string
  readonly loadBalancerIP: string | null
  /** In the pods, by port of the Gateway. */
  readonly ports: ReadonlyMap<number, number>
}

export function wantedService(gateway: Gateway, controller: string, leading: Leading | null): Manifest {
  return ownedManifest(
    { apiVersion: 'v1', kind: 'Service', namespace: gateway.meta.namespace, name: serviceName(gateway.meta) },
    { controller, owner: ownedBy(gateway), ...metadataOf(gateway) },
    { spec: leading === null ? { type: 'ClusterIP', clusterIP: 'None' } : specOf(leading) },
  )
}

function specOf({ type, externalTrafficPolicy, loadBalancerIP, ports }: Leading): object {
  return {
    type,
    ...(type === 'ClusterIP' ? {} : { externalTrafficPolicy }),
    ...(loadBalancerIP === null ? {} : { loadBalancerIP }),
    ports: [...ports]
      .sort(([a], [b]) => a - b)
      .map(([port, targetPort]) => ({ name: portName(port), port, protocol: 'TCP', targetPort })),
  }
}

const portName = (port: number): string => `p${port}`

/** `service` as it is there. `endpoints` of one family. */
export function wantedSlice(
  gateway: Gateway,
  controller: string,
  service: OwnedObject,
  family: 'IPv4' | 'IPv6',
  ports: ReadonlyMap<number, number>,
  endpoints: readonly Replica[],
): Manifest {
  const { namespace } = gateway.meta
  const name = serviceName(gateway.meta)
  const { labels, annotations } = metadataOf(gateway)
  return ownedManifest(
    { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', namespace, name: `${name}-${family.toLowerCase()}` },
    {
      controller,
      // It goes with the Service, not after it.
      owner: { apiVersion: 'v1', kind: 'Service', name, uid: service.uid },
      labels: { ...labels, [SERVICE_NAME]: name, [SLICE_MANAGER]: 'headgate.dev' },
      annotations,
    },
    {
      addressType: family,
      ports: [...ports].sort(([a], [b]) => a - b).map(([port, own]) => ({ name: portName(port), port: own, protocol: 'TCP' })),
      endpoints: endpoints.slice(0, MOST_ENDPOINTS),
    },
  )
}

/** In the pods by port of the Gateway, as a Service has it now. */
export function targetPorts({ content }: OwnedObject): ReadonlyMap<number, number> {
  const { ports = [] } = Object(content.spec) as { ports?: { port: number; targetPort?: unknown }[] }
  return new Map(ports.flatMap(({ port, targetPort }) => (typeof targetPort === 'number' ? [[port, targetPort] as const] : [])))
}

/** Whether it is there for labels and annotations alone. */
export function isBare({ content }: OwnedObject): boolean {
  return (Object(content.spec) as { clusterIP?: string }).clusterIP === 'None'
}

export function hasMetadata({ spec: { infrastructure = {} } }: Gateway): boolean {
  const { labels = {}, annotations = {} } = infrastructure
  return Object.keys(labels).length + Object.keys(annotations).length > 0
}

/** Of the Gateway's `infrastructure`, and its name. */
function metadataOf({ meta, spec }: Gateway): Record<'labels' | 'annotations', Readonly<Record<string, string>>> {
  const { labels = {}, annotations = {} } = spec.infrastructure ?? {}
  const name = meta.name.length <= LONGEST ? meta.name : `${meta.name.slice(0, LONGEST - 9)}-${hash8(meta.name)}`
  return { labels: { ...labels, [GATEWAY_NAME]: name }, annotations }
}

function ownedBy({ meta }: Gateway) {
  return { apiVersion: `${GROUP}/v1`, kind: 'Gateway', name: meta.name, uid: meta.uid }
}

/** As objects are known by. */
export function serviceKey({ meta }: Gateway): string {
  return keyOf({ metadata: { namespace: meta.namespace, name: serviceName(meta) } })
}
