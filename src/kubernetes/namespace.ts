// What is kept of a Namespace: its labels, by which others say whom they mean.

import type { V1Namespace } from '@kubernetes/client-node'
import type { RawObject, Resource } from './resource.ts'

export interface KeptNamespace {
  readonly labels: Readonly<Record<string, string>>
}

export const NAMESPACES: Resource<V1Namespace & RawObject, KeptNamespace> = {
  kind: 'Namespace',
  group: '',
  version: 'v1',
  plural: 'namespaces',
  namespaced: false,
  prune: ({ metadata }) => ({ labels: metadata.labels ?? {} }),
}
