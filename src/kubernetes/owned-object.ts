// Objects that the gateway makes: how they are recognised, what is kept of them, and whether one is as it should be.

import { isDeepStrictEqual } from 'node:util'
import type { RawObject } from './resource.ts'
import { hash8 } from './service-upstream.ts'

export const MANAGED_BY = 'app.kubernetes.io/managed-by'
export const MANAGER = 'headgate'
/** Annotation: which of several installations an object belongs to, by the name of the controller. */
export const CONTROLLER = 'headgate.dev/controller'
/** Annotation: a digest of what was asked for, so that what is not asked for any more is noticed too. */
const APPLIED = 'headgate.dev/applied'

/** Of an object with our label. */
export interface OwnedObject {
  readonly uid: string
  readonly resourceVersion: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** '' = nobody's. */
  readonly controller: string
  /** uids of what it goes away with. */
  readonly owners: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  /** All of it but what the API server keeps for itself. */
  readonly content: Manifest
}

/** As it is sent to the API server. */
export type Manifest = Readonly<Record<string, unknown>> & { readonly metadata: OwnedMetadata }

interface OwnedMetadata {
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
}

/** null = it is not one of ours. */
export function keepOwned(raw: RawObject): OwnedObject | null {
  const { metadata, status: _status, ...rest } = raw as RawObject & Readonly<Record<string, unknown>>
  const { labels, annotations, ownerReferences, uid, resourceVersion, creationTimestamp } = metadata as OwnedMetadata & {
    readonly uid?: string
    readonly resourceVersion?: string
    readonly creationTimestamp?: string
  }
  if (labels?.[MANAGED_BY] !== MANAGER) return null
  return {
    uid: uid ?? '',
    resourceVersion: resourceVersion ?? '',
    createdAt: Date.parse(creationTimestamp ?? '') || 0,
    controller: annotations?.[CONTROLLER] ?? '',
    owners: (ownerReferences ?? []).map((owner) => owner.uid),
    labels,
    content: {
      ...rest,
      metadata: {
        labels,
        ...(annotations === undefined ? {} : { annotations }),
        ...(ownerReferences === undefined ? {} : { ownerReferences }),
      },
    },
  }
}

/** With what we recognise it by; `labels` and `annotations` of others go beside. */
export function ownedManifest(
  { apiVersion, kind, namespace, name }: Readonly<Record<'apiVersion' | 'kind' | 'namespace' | 'name', string>>,
  meta: {
    readonly controller: string
    readonly owner: OwnerReference
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
  },
  content: Readonly<Record<string, unknown>>,
): Manifest {
  const labels = { ...meta.labels, [MANAGED_BY]: MANAGER }
  const annotations = { ...meta.annotations, [CONTROLLER]: meta.controller }
  const applied = hash8([labels, annotations, content])
  return {
    apiVersion,
    kind,
    metadata: {
      namespace,
      name,
      labels,
      annotations: { ...annotations, [APPLIED]: applied },
      ownerReferences: [meta.owner],
    } as OwnedMetadata,
    ...content,
  }
}

/** Whether everything that is wanted is there; what else is there is somebody else's. */
function isAsWanted(current: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted))
    return Array.isArray(current) && current.length === wanted.length && wanted.every((each, i) => isAsWanted(current[i], each))
  if (!isObject(wanted)) return isDeepStrictEqual(current, wanted)
  return isObject(current) && Object.entries(wanted).every(([key, each]) => isAsWanted(current[key], each))
}

/** The same for an object as a whole, whose name is known to be right and whose kind the API server leaves out of lists. */
export function isObjectAsWanted(current: Manifest, wanted: Manifest): boolean {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = wanted
  const { labels, annotations, ownerReferences = [] } = metadata
  const owners = current.metadata.ownerReferences ?? []
  return (
    isAsWanted(current, rest) &&
    isAsWanted(current.metadata.labels, labels) &&
    isAsWanted(current.metadata.annotations, annotations) &&
    ownerReferences.every((owner) => owners.some((each) => isAsWanted(each, owner)))
  )
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
