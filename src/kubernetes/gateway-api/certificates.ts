// What Gateways and policies name of Secrets and ConfigMaps: certificates with their keys, and CAs.

import { CERTIFICATE } from '../../config/pem-files.ts'
import type { KeptConfigMap } from '../config-map.ts'
import type { Read } from '../memo.ts'
import type { KeptSecret } from '../secret.ts'
import type { Trouble } from './addresses.ts'
import { type Asker, type Grants, permits } from './grants.ts'
import type { Ref } from './kinds.ts'

export interface Material {
  readonly secrets: ReadonlyMap<string, KeptSecret>
  readonly configMaps: ReadonlyMap<string, KeptConfigMap>
  readonly grants: Grants
}

export interface KeyPair {
  readonly cert: string
  readonly key: string
}

/** `invalid`: the reason for what cannot be used. */
export function findKeyPair(known: Material, read: Read, by: Asker, ref: Ref, invalid: string): KeyPair | Trouble {
  const { group = '', kind = 'Secret', namespace = by.namespace, name } = ref
  const wrong = (message: string): Trouble => ({ reason: invalid, message })
  if (group !== '' || kind !== 'Secret') return wrong(`${kind}${group === '' ? '' : `.${group}`} "${name}" is not a Secret`)
  const where = `the Secret ${namespace}/${name}`
  if (!permits(known.grants, read, by, { group, kind, namespace, name })) return notPermitted(by, namespace, where)
  const secret = read(known.secrets, `${namespace}/${name}`)
  if (secret === undefined) return wrong(`there is no ${where.slice(4)}`)
  if (secret.certificate === null)
    return wrong(`${where} cannot be used: ${secret.trouble || 'it holds no tls.crt and tls.key'}`)
  const { cert, key } = secret.certificate
  return { cert: certificatesIn(cert), key: key.slice(Math.max(0, key.indexOf('-----BEGIN '))) }
}

/** PEM text. `kindReason`: the reason for what is not a ConfigMap. */
export function findCa(
  known: Material,
  read: Read,
  by: Asker,
  ref: Ref,
  { invalid, kindReason }: { readonly invalid: string; readonly kindReason: string },
): string | Trouble {
  const { group = '', kind = 'ConfigMap', namespace = by.namespace, name } = ref
  if (group !== '' || kind !== 'ConfigMap')
    return { reason: kindReason, message: `${kind}${group === '' ? '' : `.${group}`} "${name}" is not a ConfigMap` }
  const where = `the ConfigMap ${namespace}/${name}`
  if (!permits(known.grants, read, by, { group, kind, namespace, name })) return notPermitted(by, namespace, where)
  const map = read(known.configMaps, `${namespace}/${name}`)
  if (map === undefined) return { reason: invalid, message: `there is no ${where.slice(4)}` }
  if (map.ca?.pem == null)
    return { reason: invalid, message: `${where} cannot be used: ${map.ca?.trouble ?? 'it has no key ca.crt'}` }
  return certificatesIn(map.ca.pem)
}

/** Nothing else of the text: what stands around them may look like the path of a file. */
function certificatesIn(pem: string): string {
  return `${(pem.match(CERTIFICATE) ?? []).join('\n')}\n`
}

function notPermitted(by: Asker, namespace: string, where: string): Trouble {
  return {
    reason: 'RefNotPermitted',
    message: `no ReferenceGrant in ${namespace} lets ${by.kind}s of ${by.namespace} name ${where}`,
  }
}
