// For which hosts the certificate of a Secret is shown. A name in a certificate proves nothing about who put it into a Secret: hosts
// that belong to somebody else keep what he shows for them.

import type { KeptSecret } from '../secret.ts'
import type { Certificate, ObjectProblem } from '../translation.ts'
import { ownerOf } from './hosts.ts'
import type { IngressPart, NamedCertificate } from './parts.ts'
import { problem } from './problems.ts'
import { certificateNames } from './tls.ts'

export interface ShownCertificates {
  readonly certificates: readonly NamedCertificate[]
  readonly problems: ReadonlyMap<IngressPart, readonly ObjectProblem[]>
}

/** The last one that was made of a Secret's: the same object for the same hosts. */
const made = new WeakMap<KeptSecret, NamedCertificate>()

/**
 * `all` in the order of their age; `owners` by host the namespace of its oldest rules; `own` are certificates of the file, which goes
 * before all objects.
 */
export function showCertificates(
  all: readonly IngressPart[],
  owners: ReadonlyMap<string, string>,
  own: readonly Certificate[],
): ShownCertificates {
  const ofFile = new Set(own.flatMap((certificate) => certificate.hosts ?? certificateNames(certificate.cert)))
  const problems = new Map<IngressPart, ObjectProblem[]>()
  const secrets = new Map<KeptSecret, { readonly names: readonly string[]; readonly hosts: Set<string> }>()
  const first = new Map<string, string>()
  for (const owner of all) {
    const { namespace } = owner.ingress.meta
    for (const { secret, names, asked, at, name } of owner.certificates) {
      const shown = secrets.get(secret) ?? { names, hosts: new Set() }
      secrets.set(secret, shown)
      const lost: string[] = []
      for (const host of new Set([...asked, ...names])) {
        const whose = ofFile.has(host) ? '' : (ownerOf(owners, host) ?? first.get(host) ?? namespace)
        if (whose === namespace) {
          first.set(host, namespace)
          shown.hosts.add(host)
        } else if (asked.includes(host)) lost.push(whose === '' ? `${host} (the file has one)` : `${host} (of ${whose})`)
      }
      if (lost.length === 0) continue
      const message = `the certificate in the Secret ${name} is not shown for hosts of others: ${lost.join(', ')}`
      problems.set(owner, [...(problems.get(owner) ?? []), problem('Conflict', at, message, 'differs')])
    }
  }
  const certificates = [...secrets].flatMap(([secret, { names, hosts }]) =>
    hosts.size === 0 ? [] : [certificateFor(secret, names, hosts)],
  )
  return { certificates, problems }
}

function certificateFor(secret: KeptSecret, names: readonly string[], shown: ReadonlySet<string>): NamedCertificate {
  const { cert, key } = secret.certificate as { readonly cert: string; readonly key: string }
  const hosts = shown.size === names.length && names.every((name) => shown.has(name)) ? null : [...shown].sort()
  const before = made.get(secret)
  if (before !== undefined && (before.hosts ?? null)?.join() === hosts?.join()) return before
  const certificate = { cert: { file: '', pem: cert }, key: { file: '', pem: key }, ...(hosts === null ? {} : { hosts }) }
  made.set(secret, certificate)
  return certificate
}
