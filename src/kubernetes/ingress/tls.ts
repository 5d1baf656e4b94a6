// Certificates of the Secrets that an Ingress names, for the HTTPS listener.

import { X509Certificate } from 'node:crypto'
import type { Read } from '../memo.ts'
import type { KeptSecret } from '../secret.ts'
import type { ObjectProblem } from '../translation.ts'
import { hostsOf } from './hosts.ts'
import type { KeptIngress } from './kinds.ts'
import type { NamedSecret } from './parts.ts'
import { problem } from './problems.ts'

interface Facts {
  /** DNS names; a subject's CN counts for nothing, as in browsers. */
  readonly names: readonly string[]
  /** When it is valid, in milliseconds since the epoch. */
  readonly from: number
  readonly to: number
}

/** By the object that has it: reading costs. */
const known = new WeakMap<object, Facts>()

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
    return factsOf(secret, secret.certificate.cert).names.some((name) => covers(name, host))
  })
}

/** `instead`: what clients see where there is no certificate, in words. */
export function certificatesOf(
  ingress: KeptIngress,
  { secrets, read, wall }: { secrets: ReadonlyMap<string, KeptSecret>; read: Read; wall: () => number },
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
    const { names, from, to } = factsOf(secret, secret.certificate.cert)
    const now = wall()
    if (now > to)
      differs('InvalidCertificate', `the certificate in the Secret ${name} expired on ${day(to)}: clients refuse it`)
    if (now < from)
      differs(
        'InvalidCertificate',
        `the certificate in the Secret ${name} is only valid from ${day(from)} on: clients refuse it`,
      )
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
export const certificateNames = (cert: { readonly pem: string }): readonly string[] => factsOf(cert, cert.pem).names

/** Of the first certificate of a chain. */
function factsOf(whose: object, pem: string): Facts {
  const before = known.get(whose)
  if (before !== undefined) return before
  const facts = readFacts(pem)
  known.set(whose, facts)
  return facts
}

function readFacts(pem: string): Facts {
  try {
    const { subjectAltName = '', validFromDate, validToDate } = new X509Certificate(pem)
    const names = subjectAltName.split(', ').flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4).toLowerCase()] : []))
    return { names, from: validFromDate.getTime(), to: validToDate.getTime() }
  } catch {
    return { names: [], from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
  }
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10)

const covers = (name: string, host: string): boolean =>
  name === host || (name.startsWith('*.') && !host.startsWith('*') && host.slice(host.indexOf('.')) === name.slice(1))
