// What is known of a cluster that has just these objects.

import { keyOf, type RawObject, type Resource } from '../../src/kubernetes/resource.ts'
import type { ClusterView } from '../../src/kubernetes/translation.ts'

export interface Manifest extends RawObject {
  readonly kind: string
}

/** In the order of `manifests`, as an informer has what came in this order. */
export function clusterView(manifests: readonly Manifest[], listeners: ClusterView['listeners'] = new Map()): ClusterView {
  const kinds = new Map<unknown, Map<string, unknown>>()
  return {
    objects<Kept>(resource: Resource<never, Kept>) {
      const known = kinds.get(resource) ?? seen(manifests, resource as unknown as Resource<RawObject, unknown>)
      kinds.set(resource, known)
      return known as ReadonlyMap<string, Kept>
    },
    listeners,
    unusable: new Map(),
  }
}

function seen(manifests: readonly Manifest[], resource: Resource<RawObject, unknown>): Map<string, unknown> {
  const { kind, namespaced, labelSelector = '', namespace: only } = resource
  const [label = '', value] = labelSelector.split('=')
  const found = new Map<string, unknown>()
  for (const manifest of manifests) {
    if (manifest.kind !== kind) continue
    const { namespace = 'default', ...metadata } = manifest.metadata
    const { labels = {} } = metadata as { labels?: Readonly<Record<string, string>> }
    if ((only !== undefined && namespace !== only) || (label !== '' && labels[label] !== value)) continue
    const complete = namespaced ? { ...manifest, metadata: { namespace, uid: metadata.name, ...metadata } } : manifest
    found.set(keyOf(complete), resource.prune(complete))
  }
  return found
}
