// `tls` of an UpstreamPolicy in the words of the file: what it refers to is in its namespace.

import { CERTIFICATE } from '../../config/pem-files.ts'
import type { KeptConfigMap } from '../config-map.ts'
import type { Read } from '../memo.ts'
import type { KeptCa } from '../pem.ts'
import type { KeptSecret } from '../secret.ts'
import type { PolicyTls } from './kinds.ts'

export interface Trouble {
  readonly reason: string
  readonly message: string
  /** The same for clients, where the message quotes what is written. */
  readonly brief?: string
}

interface Known {
  readonly secrets: ReadonlyMap<string, KeptSecret>
  readonly configMaps: ReadonlyMap<string, KeptConfigMap>
}

/** `tls` null = it cannot be as it is asked for. */
export function tlsOf(
  namespace: string,
  { caCertificateRefs: refs = [], clientCertificateRef: client, ...words }: PolicyTls,
  known: Known,
  read: Read,
): { readonly tls: object | null; readonly unresolved: readonly Trouble[] } {
  const unresolved: Trouble[] = []
  const lose = (message: string): null => {
    unresolved.push({ reason: 'InvalidCertificateRef', message })
    return null
  }
  const cas = refs.map(({ kind = 'ConfigMap', name }) => {
    const object =
      kind === 'ConfigMap' ? read(known.configMaps, `${namespace}/${name}`) : read(known.secrets, `${namespace}/${name}`)
    const where = `the ${kind} ${namespace}/${name}`
    if (object === undefined) return lose(`there is no ${where.slice(4)}`)
    return pemOf(object.ca) ?? lose(`${where} cannot be used: ${object.ca?.trouble ?? 'it has no entry ca.crt'}`)
  })
  const own = client === undefined ? null : keyPair(namespace, client.name, known, read, lose)
  if (cas.includes(null) || (client !== undefined && own === null)) return { tls: null, unresolved }
  return { tls: { ...words, ...(cas.length === 0 ? {} : { ca: cas.join('') }), ...own }, unresolved }
}

function keyPair(
  namespace: string,
  name: string,
  { secrets }: Known,
  read: Read,
  lose: (message: string) => null,
): { readonly cert: string; readonly key: string } | null {
  const secret = read(secrets, `${namespace}/${name}`)
  const where = `the Secret ${namespace}/${name}`
  if (secret === undefined) return lose(`there is no ${where.slice(4)}`)
  const { certificate, trouble } = secret
  if (certificate === null) return lose(`${where} cannot be used: ${trouble || 'it holds no tls.crt and tls.key'}`)
  return {
    cert: certificatesIn(certificate.cert),
    key: certificate.key.slice(Math.max(0, certificate.key.indexOf('-----BEGIN '))),
  }
}

function pemOf(ca: KeptCa | null): string | null {
  return ca?.pem == null ? null : certificatesIn(ca.pem)
}

/** Nothing else of the text: what stands around them may look like the path of a file. */
function certificatesIn(pem: string): string {
  return `${(pem.match(CERTIFICATE) ?? []).join('\n')}\n`
}
