// What is known of a cluster that has just these objects.

import { CONFIG_MAPS } from '../../src/kubernetes/config-map.ts'
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
import { keyOf, type RawObject, type Resource } from '../../src/kubernetes/resource.ts'
import { SECRETS } from '../../src/kubernetes/secret.ts'
import { SERVICES } from '../../src/kubernetes/service.ts'
import type { ClusterView } from '../../src/kubernetes/translation.ts'

export interface Manifest extends RawObject {
  readonly kind: string
}

const RESOURCES = [
  SERVICES,
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
  ...ROUTE_KINDS.map(({ resource }) => resource),
] as unknown as readonly Resource<RawObject, unknown>[]

/** In the order of `manifests`, as an informer has what came in this order. */
export function clusterView(manifests: readonly Manifest[], listeners: ClusterView['listeners'] = new Map()): ClusterView {
  const kinds = new Map(RESOURCES.map((resource) => [resource as unknown, new Map<string, unknown>()]))
  for (const manifest of manifests) {
    const resource = RESOURCES.find(({ kind }) => kind === manifest.kind)
    if (resource === undefined) throw new Error(`no test knows the kind ${manifest.kind}`)
    const { namespace = 'default', ...metadata } = manifest.metadata
    const complete = resource.namespaced ? { ...manifest, metadata: { namespace, uid: metadata.name, ...metadata } } : manifest
    kinds.get(resource)?.set(keyOf(complete), resource.prune(complete))
  }
  return {
    objects: <Kept>(resource: Resource<never, Kept>) =>
      (kinds.get(resource) ?? new Map()) as unknown as ReadonlyMap<string, Kept>,
    listeners,
    unusable: new Map(),
  }
}
