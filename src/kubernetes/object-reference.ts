// Which object something is about: enough to find it, to write its status and to tell an Event of it.

import type { RawObject } from './resource.ts'

export interface ObjectReference {
  readonly kind: string
  /** '' = the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
  /** '' = it has none. */
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** What is kept of the metadata of an object that is translated. */
export interface KeptMetadata {
  /** '' = it has none. */
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  /** Counts changes of the spec. */
  readonly generation: number
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

interface RawMetadata {
  readonly uid?: string
  readonly generation?: number
  readonly creationTimestamp?: string | Date
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** What `kubectl apply` keeps for itself: a copy of the whole object. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

export function keepMetadata({ metadata }: RawObject): KeptMetadata {
  const raw = metadata as RawObject['metadata'] & RawMetadata
  const { [LAST_APPLIED]: _, ...annotations } = raw.annotations ?? {}
  const createdAt = Date.parse(String(raw.creationTimestamp ?? ''))
  return {
    namespace: raw.namespace ?? '',
    name: raw.name,
    uid: raw.uid ?? '',
    resourceVersion: raw.resourceVersion ?? '',
    generation: raw.generation ?? 0,
    createdAt: Number.isNaN(createdAt) ? 0 : createdAt,
    labels: raw.labels ?? {},
    annotations,
  }
}

export function referenceTo(
  { kind, group, version, plural }: Pick<ObjectReference, 'kind' | 'group' | 'version' | 'plural'>,
  { namespace, name, uid }: Pick<KeptMetadata, 'namespace' | 'name' | 'uid'>,
): ObjectReference {
  return { kind, group, version, plural, namespace, name, uid }
}

/** Conflicts go to the oldest, then by `namespace/name`. */
export function byAge(a: KeptMetadata, b: KeptMetadata): number {
  return a.createdAt - b.createdAt || compareText(a.namespace, b.namespace) || compareText(a.name, b.name)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
