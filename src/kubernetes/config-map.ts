// What is kept of a ConfigMap: the certificates of CAs in `ca.crt`.

import type { V1ConfigMap } from '@kubernetes/client-node'
import { type KeptCa, keepCa } from './pem.ts'
import type { RawObject, Resource } from './resource.ts'

export interface KeptConfigMap {
  /** null = there is no `ca.crt`. */
  readonly ca: KeptCa | null
  /** Names of everything in it, in ascending order. */
  readonly keys: readonly string[]
}

export const CONFIG_MAPS: Resource<V1ConfigMap & RawObject, KeptConfigMap> = {
  kind: 'ConfigMap',
  group: '',
  version: 'v1',
  plural: 'configmaps',
  namespaced: true,
  prune({ data = {}, binaryData = {} }) {
    const ca = data['ca.crt'] ?? Buffer.from(binaryData['ca.crt'] ?? '', 'base64').toString('utf8')
    return {
      ca: ca === '' ? null : keepCa(ca),
      keys: [...Object.keys(data), ...Object.keys(binaryData)].sort(),
    }
  },
}
