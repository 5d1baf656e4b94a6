// Certificates of the Secrets that an Ingress names, for the HTTPS listener.

import { X509Certificate } from 'node:crypto'
import type { Read } from '../memo.ts'
import type { KeptSecret } from '../secret.ts'
import type { ObjectProblem } from '../translation.ts'
import { hostsOf } from './hosts.ts'
import type { KeptIngress } from './kinds.ts'
import type { NamedSecret } from './parts.ts'
import { problem } from './problems.ts'

/** By the object that has it: reading costs. */
const known = new WeakMap<object, readonly string[]>()

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
    return namesOf(secret, secret.certificate.cert).some((name) => covers(name, host))
  })
}

/** `instead`: what clients see where there is no certificate, in words. */
export function certificatesOf(
  ingress: KeptIngress,
  secrets: ReadonlyMap<string, KeptSecret>,
  read: Read,
  instead: string,
  problems: ObjectProblem[],
): NamedSecret[] {
  const found: NamedSecret[] = []
  const own = hostsOf(ingress).filter((host) => host !== '')
  const { meta, spec } = ingress
  for (const [index, { hosts = [], secretName = '' }] of (spec.tls ?? []).entries()) {
    if (secretName === '') continue
    const name = `${meta.namespace}/${secretName}`
    const at = `spec.tls[${index}].secretName`
    const secret = read(secrets, name)
    const differs = (reason: 'InvalidReference' | 'InvalidCertificate', message: string) =>
      problems.push(problem(reason, at, message, 'differs'))
    if (secret === undefined) {
      differs('InvalidReference', `the Secret ${name} does not exist: ${instead}`)
      continue
    }
    if (secret.certificate === null) {
      const why = secret.trouble === '' ? 'it has no tls.crt and tls.key' : secret.trouble
      differs('InvalidCertificate', `the Secret ${name} cannot be used: ${why}; ${instead}`)
      continue
    }
    if (secret.trouble !== '')
      differs(
        'InvalidCertificate',
        `the Secret ${name} cannot be used: ${secret.trouble}; the certificate before it is still shown`,
      )
    const names = namesOf(secret, secret.certificate.cert)
    const isFor = (host: string) => names.some((each) => covers(each, host))
    const wanted = (hosts.length > 0 ? hosts : own).map((host) => host.toLowerCase())
    found.push({ name, at, secret, names, asked: wanted.filter(isFor) })
    const uncovered = hosts.filter((host) => !isFor(host.toLowerCase()))
    if (uncovered.length > 0)
      differs('InvalidCertificate', `the certificate in the Secret ${name} is not for ${uncovered.join(', ')}: ${instead}`)
  }
  return found
}

/** Of a certificate of the file; empty where it cannot be read. */
export const certificateNames = (cert: { readonly pem: string }): readonly string[] => namesOf(cert, cert.pem)

/** DNS names of the first certificate; a subject's CN counts for nothing, as in browsers. */
function namesOf(whose: object, pem: string): readonly string[] {
  const before = known.get(whose)
  if (before !== undefined) return before
  const names = readNames(pem)
  known.set(whose, names)
  return names
}

function readNames(pem: string): string[] {
  try {
    const { subjectAltName = '' } = new X509Certificate(pem)
    return subjectAltName.split(', ').flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4).toLowerCase()] : []))
  } catch {
    return []
  }
}

const covers = (name: string, host: string): boolean =>
  name === host || (name.startsWith('*.') && !host.startsWith('*') && host.slice(host.indexOf('.')) === name.slice(1))
