// A cluster that has just the objects of some files: what would become of them, without any API server.

import type { KubernetesServiceConfig } from '../../config/model.ts'
import type { Problem } from '../../config/problem.ts'
import { ENDPOINT_SLICES } from '../endpoint-slice.ts'
import type { ObjectReference } from '../object-reference.ts'
import type { Manifest as OwnManifest } from '../owned-object.ts'
import { isSelected, keyOf, type RawObject, type Resource } from '../resource.ts'
import { SERVICES } from '../service.ts'
import { endpointsOfService, type ServiceEndpoints } from '../service-endpoints.ts'
import type { ClusterView, ObjectIntent } from '../translation.ts'
import { isNamed, type Manifest } from './read-manifests.ts'

type AnyResource = Resource<never, unknown>

export interface ManifestClusterSettings {
  readonly manifests: readonly Manifest[]
  /** Kinds that are looked at; others are passed over. */
  readonly resources: readonly AnyResource[]
  readonly namespaces: readonly string[]
}

/** As kubectl has it where nothing is said. */
const NAMESPACE = 'default'

/** Of all its versions one is read; these are written alike. */
const ALIKE = ['gateway.networking.k8s.io']

export class ManifestCluster {
  /** By kind and group, then by `namespace/name`. */
  readonly #manifests = new Map<string, Map<string, Manifest>>()
  readonly #kept = new Map<AnyResource, ReadonlyMap<string, unknown>>()
  readonly problems: Problem[] = []

  constructor({ manifests, resources, namespaces }: ManifestClusterSettings) {
    const kinds = new Map([...resources, SERVICES, ENDPOINT_SLICES].map((resource) => [kindKey(resource), resource]))
    for (const manifest of manifests) {
      const resource = kinds.get(kindKey(manifest))
      if (resource === undefined) continue
      const wrong = this.#add(manifest, resource as AnyResource, namespaces)
      if (wrong !== '') this.problems.push({ file: manifest.file, line: manifest.line('metadata'), column: 1, message: wrong })
    }
  }

  objects<Kept>(resource: Resource<never, Kept>): ReadonlyMap<string, Kept> {
    const known = this.#kept.get(resource) ?? this.#prune(resource)
    this.#kept.set(resource, known)
    return known as ReadonlyMap<string, Kept>
  }

  view(surroundings: Omit<ClusterView, 'objects'>): ClusterView {
    return { objects: (resource) => this.objects(resource), ...surroundings }
  }

  /** As if a gateway had made what it wants there to be. Whether something has changed by that. */
  take(intents: readonly ObjectIntent[]): boolean {
    let changed = false
    for (const { object, wanted } of intents) {
      const ofKind = this.#manifests.get(kindKey(object)) ?? new Map<string, Manifest>()
      const key = keyOf({ metadata: object })
      if (wanted === null || ofKind.has(key)) continue
      this.#manifests.set(kindKey(object), ofKind.set(key, made(object, wanted)))
      for (const resource of this.#kept.keys()) if (kindKey(resource) === kindKey(object)) this.#kept.delete(resource)
      changed = true
    }
    return changed
  }

  /** Where a part of an object stands; null = in none of the files. */
  placeOf({ kind, group, namespace, name }: ObjectReference, path: string): { file: string; line: number } | null {
    const manifest = this.#manifests.get(kindKey({ kind, group }))?.get(namespace === '' ? name : `${namespace}/${name}`)
    return manifest === undefined ? null : { file: manifest.file, line: manifest.line(path) }
  }

  /** What slices in the files say; null = none is about this Service. */
  endpointsOf({ namespace, service, port }: KubernetesServiceConfig, zone: string | null): ServiceEndpoints | null {
    const key = `${namespace}/${service}`
    const known = this.objects(SERVICES as Resource<never, ReturnType<typeof SERVICES.prune>>).get(key)
    const all = this.objects(ENDPOINT_SLICES as Resource<never, ReturnType<typeof ENDPOINT_SLICES.prune>>)
    const slices = [...all.values()].filter((slice) => slice.service === key)
    return known === undefined || slices.length === 0 ? null : endpointsOfService(key, known, slices, port, zone)
  }

  /** What is wrong, '' = nothing. */
  #add(manifest: Manifest, resource: AnyResource, namespaces: readonly string[]): string {
    const { kind, group, version, raw } = manifest
    if (version !== resource.version && !ALIKE.includes(group))
      return `${kind} is read as ${group === '' ? '' : `${group}/`}${resource.version}, not ${version}`
    if (!isNamed(manifest)) return `this ${kind} has no metadata.name`
    const { namespace = NAMESPACE, ...metadata } = raw.metadata
    if (resource.namespaced && namespaces.length > 0 && !namespaces.includes(namespace)) return ''
    const placed = resource.namespaced ? { ...metadata, namespace } : metadata
    const complete = { ...withData(raw), metadata: { ...placed, uid: keyOf({ metadata: placed }) } }
    const ofKind = this.#manifests.get(kindKey(resource)) ?? new Map<string, Manifest>()
    this.#manifests.set(kindKey(resource), ofKind)
    const key = keyOf(complete)
    const other = ofKind.get(key)
    ofKind.set(key, { ...manifest, raw: complete })
    return other === undefined
      ? ''
      : `${kind} ${key} stands in ${other.file}:${other.line('metadata')} too: the last one counts`
  }

  #prune(resource: AnyResource): ReadonlyMap<string, unknown> {
    const kept = new Map<string, unknown>()
    for (const [key, { raw, file, line, kind }] of this.#manifests.get(kindKey(resource)) ?? []) {
      if (!isSelected(resource, raw)) continue
      try {
        kept.set(key, resource.prune(raw as never))
      } catch (error) {
        const message = `${kind} ${key} cannot be read: ${(error as Error).message}`
        this.problems.push({ file, line: line('metadata'), column: 1, message })
      }
    }
    return kept
  }
}

function made({ kind, group, version, ...metadata }: ObjectReference, wanted: OwnManifest): Manifest {
  const raw = { ...wanted, metadata: { ...wanted.metadata, ...metadata, uid: keyOf({ metadata }) } }
  return { kind, group, version, raw, file: '', line: () => 0 }
}

function kindKey({ kind, group }: { readonly kind: string; readonly group: string }): string {
  return `${kind}.${group}`
}

/** An API server puts what is written as text into `data` of a Secret. */
function withData(raw: RawObject): RawObject {
  const { stringData, data, ...rest } = raw as RawObject & { stringData?: Record<string, unknown>; data?: object }
  if (typeof stringData !== 'object' || stringData === null) return raw
  const encoded = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(String(text)).toString('base64')])
  return { ...rest, data: { ...data, ...Object.fromEntries(encoded) } } as unknown as RawObject
}
