// What is kept of a Secret: certificates with their keys and CAs, and of everything else only that it is there.

import type { V1Secret } from '@kubernetes/client-node'
import { type KeptCa, keepCa, troubleOfPair } from './pem.ts'
import type { RawObject, Resource } from './resource.ts'

export interface KeptSecret {
  /** `kubernetes.io/tls`, `Opaque`, … */
  readonly type: string
  readonly uid: string
  /** The last pair of `tls.crt` and `tls.key` that can be served, as PEM text; null = there was none since the Secret was made. */
  readonly certificate: { readonly cert: string; readonly key: string } | null
  /** What is wrong with the pair that is there now; '' = nothing, or there is none. With a certificate: an older one is used instead. */
  readonly trouble: string
  /** Of `ca.crt`; null = there is none. */
  readonly ca: KeptCa | null
  /** Names of everything in it, in ascending order. */
  readonly keys: readonly string[]
}

/** Large, many, and never a certificate of ours: not asked for, and so as if they were not there. */
const LEFT_OUT = ['helm.sh/release.v1', 'kubernetes.io/service-account-token', 'bootstrap.kubernetes.io/token']

export const SECRETS: Resource<V1Secret & RawObject, KeptSecret> = {
  kind: 'Secret',
  group: '',
  version: 'v1',
  plural: 'secrets',
  namespaced: true,
  fieldSelector: LEFT_OUT.map((type) => `type!=${type}`).join(','),
  prune({ metadata, type = 'Opaque', data = {} }, before) {
    const uid = metadata.uid ?? ''
    const last = before?.uid === uid ? before.certificate : null
    const cert = textOf(data['tls.crt'])
    const key = textOf(data['tls.key'])
    const has = cert !== '' || key !== '' || type === 'kubernetes.io/tls'
    const same = last !== null && last.cert === cert && last.key === key
    const trouble = !has || same ? '' : troubleOf(cert, key)
    const ca = textOf(data['ca.crt'])
    return {
      type,
      uid,
      certificate: same || trouble !== '' ? last : has ? { cert, key } : null,
      trouble,
      ca: ca === '' ? null : keepCa(ca),
      keys: Object.keys(data).sort(),
    }
  },
}

function troubleOf(cert: string, key: string): string {
  if (cert === '') return 'tls.crt is empty or missing'
  return key === '' ? 'tls.key is empty or missing' : troubleOfPair(cert, key)
}

const textOf = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString('utf8')
