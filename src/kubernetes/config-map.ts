// What is kept of a ConfigMap: the certificates of CAs in `ca.crt`, and what can be a header field.

import type { V1ConfigMap } from '@kubernetes/client-node'
import { type KeptCa, keepCa } from './pem.ts'
import type { RawObject, Resource } from './resource.ts'

export interface KeptConfigMap {
  /** null = there is no `ca.crt`. */
  readonly ca: KeptCa | null
  /** Names of everything in it, in ascending order. */
  readonly keys: readonly string[]
  /** Entries that can be header fields. */
  readonly fields: Readonly<Record<string, string>>
}

/** Entries that are kept at most. */
const MAX_FIELDS = 64

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
      fields: Object.fromEntries(Object.entries(data).filter(isField).slice(0, MAX_FIELDS)),
    }
  },
}

const isField = ([name, value]: readonly [string, string]): boolean =>
  /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(name) && /^[ -~]{0,1024}$/.test(value)
