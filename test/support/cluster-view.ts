// What is known of a cluster that has just these objects.

import { CONFIG_MAPS } from '../../src/kubernetes/config-map.ts'
import { ENDPOINT_SLICES } from '../../src/kubernetes/endpoint-slice.ts'
import {
  BACKEND_TLS_POLICIES,
  GATEWAY_CLASSES,
  GATEWAYS,
  LISTENER_SETS,
  REFERENCE_GRANTS,
} from '../../src/kubernetes/gateway-api/kinds.ts'
import { ROUTE_KINDS } from '../../src/kubernetes/gateway-api/route-kinds.ts'
import { INGRESS_CLASSES, INGRESSES } from '../../src/kubernetes/ingress/kinds.ts'
import { NAMESPACES } from '../../src/kubernetes/namespace.ts'
import { ROUTE_FILTERS, UPSTREAM_POLICIES } from '../../src/kubernetes/policies/kinds.ts'
import { isSelected, keyOf, type RawObject, type Resource } from '../../src/kubernetes/resource.ts'
import { SECRETS } from '../../src/kubernetes/secret.ts'
import { SERVICES } from '../../src/kubernetes/service.ts'
import type { ClusterView } from '../../src/kubernetes/translation.ts'

export interface Manifest extends RawObject {
  readonly kind: string
}

const RESOURCES = [
  SERVICES,
  ENDPOINT_SLICES,
  SECRETS,
  CONFIG_MAPS,
  NAMESPACES,
  INGRESSES,
  INGRESS_CLASSES,
  GATEWAY_CLASSES,
  GATEWAYS,
  LISTENER_SETS,
  REFERENCE_GRANTS,
  BACKEND_TLS_POLICIES,
  UPSTREAM_POLICIES,
  ROUTE_FILTERS,
  ...ROUTE_KINDS.map(({ resource }) => resource),
] as unknown as readonly Resource<RawObject, unknown>[]

/** In the order of `manifests`, as an informer has what came in this order. Throws for what it would leave out. */
export function clusterView(manifests: readonly Manifest[], listeners: ClusterView['listeners'] = new Map()): ClusterView {
  for (const manifest of manifests) {
    const resource = RESOURCES.find(({ kind }) => kind === manifest.kind)
    if (resource === undefined) throw new Error(`no test knows the kind ${manifest.kind}`)
    resource.prune(manifest)
  }
  const kinds = new Map<unknown, Map<string, unknown>>()
  return {
    objects<Kept>(resource: Resource<never, Kept>) {
      const known = kinds.get(resource) ?? seen(manifests, resource as unknown as Resource<RawObject, unknown>)
      kinds.set(resource, known)
      return known as ReadonlyMap<string, Kept>
    },
    listeners,
    unusable: new Map(),
    plugins: new Map(),
  }
}

function seen(manifests: readonly Manifest[], resource: Resource<RawObject, unknown>): Map<string, unknown> {
  const found = new Map<string, unknown>()
  for (const manifest of manifests) {
    if (manifest.kind !== resource.kind) continue
    const { namespace = 'default', ...metadata } = manifest.metadata
    const placed = { ...manifest, metadata: { namespace, uid: metadata.name, ...metadata } }
    const complete = resource.namespaced ? placed : manifest
    if (isSelected(resource, complete)) found.set(keyOf(complete), resource.prune(complete))
  }
  return found
}
