// What is kept of Ingresses and IngressClasses.

import type { V1Ingress, V1IngressClass, V1IngressSpec } from '@kubernetes/client-node'
import { type KeptMetadata, keepMetadata } from '../object-reference.ts'
import type { RawObject, Resource } from '../resource.ts'

export interface KeptIngress {
  readonly meta: KeptMetadata
  readonly spec: V1IngressSpec
  /** As the API server has it. */
  readonly status: unknown
}

export interface KeptIngressClass {
  readonly meta: KeptMetadata
  readonly controller: string
  /** It refers to parameters, of which there are none here. */
  readonly parameters: boolean
}

export const INGRESSES: Resource<V1Ingress & RawObject, KeptIngress> = {
  kind: 'Ingress',
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'ingresses',
  namespaced: true,
  prune: (raw) => ({ meta: keepMetadata(raw), spec: raw.spec ?? {}, status: raw.status ?? {} }),
}

export const INGRESS_CLASSES: Resource<V1IngressClass & RawObject, KeptIngressClass> = {
  kind: 'IngressClass',
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'ingressclasses',
  namespaced: false,
  prune: (raw) => ({
    meta: keepMetadata(raw),
    controller: raw.spec?.controller ?? '',
    parameters: raw.spec?.parameters != null,
  }),
}
