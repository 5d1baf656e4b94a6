// What is known of the certificates of listeners: read once each, for as long as somebody has them.

import { hash } from 'node:crypto'
import { type CertificateRead, readCertificate } from './certificate-names.ts'

/** PEM text, the certificate with its chain behind it. Never changed: what is known of one goes by the object. */
export interface Certificate {
  readonly cert: string
  readonly key: string
  /** It is shown for these, in the place of all names in it. */
  readonly hosts?: readonly string[]
}

interface Known {
  readonly id: number
  readonly content: string
  /** null = not read yet. */
  read: CertificateRead | null
}

/** Certificates that are read between two looks at what else there is to do: 2 ms or so. */
const READ_AT_ONCE = 32

const known = new WeakMap<Certificate, Known>()
let ids = 0

function knownOf(certificate: Certificate): Known {
  let found = known.get(certificate)
  if (found === undefined) {
    found = { id: ids++, content: contentHash(certificate), read: null }
    known.set(certificate, found)
  }
  return found
}

function contentHash({ cert, key, hosts }: Certificate): string {
  return hash('sha256', [cert, key, ...(hosts ?? [])].join('\n'), 'base64')
}

/** Of this process. */
export const idOf = (certificate: Certificate): number => knownOf(certificate).id

/** Equal text, equal content. */
export const contentOf = (certificate: Certificate): string => knownOf(certificate).content

export function read(certificate: Certificate): CertificateRead {
  const of = knownOf(certificate)
  of.read ??= { ...readCertificate(certificate.cert), ...(certificate.hosts === undefined ? {} : { names: certificate.hosts }) }
  return of.read
}

/** Reads what is not read yet without keeping anybody waiting; null = it is little, or nothing. */
export function readAhead(certificates: readonly Certificate[]): Promise<void> | null {
  const unread = certificates.filter((certificate) => knownOf(certificate).read === null)
  return unread.length < READ_AT_ONCE ? null : inSlices(unread)
}

async function inSlices(certificates: readonly Certificate[]): Promise<void> {
  for (let i = 0; i < certificates.length; i += READ_AT_ONCE) {
    await new Promise<void>((resolve) => setImmediate(resolve))
    for (const certificate of certificates.slice(i, i + READ_AT_ONCE)) read(certificate)
  }
}
