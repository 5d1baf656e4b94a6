// Certificates of the Secrets that an Ingress names, for the HTTPS listener.

import { X509Certificate } from 'node:crypto'
import type { Read } from '../memo.ts'
import type { KeptSecret } from '../secret.ts'
import type { ObjectProblem } from '../translation.ts'
import type { KeptIngress } from './kinds.ts'
import type { NamedCertificate } from './parts.ts'
import { problem } from './problems.ts'

/** By Secret, for as long as it is the same: equal content is one object. */
const made = new WeakMap<KeptSecret, { readonly certificate: NamedCertificate; readonly names: readonly string[] }>()

/** Hosts that have TLS, as `namespace/host`: whoever says so says it for his namespace. */
export function secureHosts(ingresses: Iterable<KeptIngress>): Map<string, true> {
  const hosts = new Map<string, true>()
  for (const { meta, spec } of ingresses)
    for (const { hosts: named } of spec.tls ?? [])
      for (const host of named ?? []) hosts.set(`${meta.namespace}/${host.toLowerCase()}`, true)
  return hosts
}

/** Whether a host is one of them, covered by a wildcard of them, or named by a certificate of its Ingress that is for no host in particular. */
export function isSecure(
  { meta: { namespace }, spec }: KeptIngress,
  host: string,
  { read, secrets, secure }: { read: Read; secrets: ReadonlyMap<string, KeptSecret>; secure: ReadonlyMap<string, true> },
): boolean {
  if (host === '') return false
  if (read(secure, `${namespace}/${host}`) === true) return true
  if (read(secure, `${namespace}/*${host.slice(host.indexOf('.'))}`) === true) return true
  return (spec.tls ?? []).some(({ hosts = [], secretName = '' }) => {
    const secret = hosts.length > 0 || secretName === '' ? undefined : read(secrets, `${namespace}/${secretName}`)
    if (secret === undefined || secret.certificate === null) return false
    return certificateOf(secret, secret.certificate).names.some((name) => covers(name, host))
  })
}

/** Where there is no certificate the listener's default one is shown: the host is served with TLS all the same. */
export function certificatesOf(
  { meta, spec }: KeptIngress,
  secrets: ReadonlyMap<string, KeptSecret>,
  read: Read,
  problems: ObjectProblem[],
): NamedCertificate[] {
  const found = new Set<NamedCertificate>()
  for (const [index, { hosts = [], secretName = '' }] of (spec.tls ?? []).entries()) {
    if (secretName === '') continue
    const name = `${meta.namespace}/${secretName}`
    const at = `spec.tls[${index}].secretName`
    const secret = read(secrets, name)
    const differs = (reason: 'InvalidReference' | 'InvalidCertificate', message: string) =>
      problems.push(problem(reason, at, message, 'differs'))
    if (secret === undefined) {
      differs('InvalidReference', `the Secret ${name} does not exist: the default certificate is shown instead`)
      continue
    }
    if (secret.certificate === null) {
      const why = secret.trouble === '' ? 'it has no tls.crt and tls.key' : secret.trouble
      differs('InvalidCertificate', `the Secret ${name} cannot be used: ${why}; the default certificate is shown instead`)
      continue
    }
    if (secret.trouble !== '')
      differs(
        'InvalidCertificate',
        `the Secret ${name} cannot be used: ${secret.trouble}; the certificate before it is still shown`,
      )
    const { certificate, names } = certificateOf(secret, secret.certificate)
    found.add(certificate)
    const uncovered = hosts.filter((host) => !names.some((each) => covers(each, host.toLowerCase())))
    if (uncovered.length > 0)
      differs(
        'InvalidCertificate',
        `the certificate in the Secret ${name} is not for ${uncovered.join(', ')}: the default certificate is shown there instead`,
      )
  }
  return [...found]
}

function certificateOf(secret: KeptSecret, { cert, key }: { readonly cert: string; readonly key: string }) {
  const known = made.get(secret)
  if (known !== undefined) return known
  const certificate = { cert: { file: '', pem: cert }, key: { file: '', pem: key } }
  const entry = { certificate, names: namesOf(cert) }
  made.set(secret, entry)
  return entry
}

/** DNS names of the first certificate; a subject's CN counts for nothing, as in browsers. */
function namesOf(pem: string): string[] {
  const { subjectAltName = '' } = new X509Certificate(pem)
  return subjectAltName.split(', ').flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4).toLowerCase()] : []))
}

const covers = (name: string, host: string): boolean =>
  name === host || (name.startsWith('*.') && !host.startsWith('*') && host.slice(host.indexOf('.')) === name.slice(1))
