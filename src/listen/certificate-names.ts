// What a certificate says about its names, as Node's text of it tells them, and in a form that may go into header fields and logs.

import { X509Certificate } from 'node:crypto'

/** One subject alternative name: `DNS`, `URI`, `IP Address`, `email` or another type of OpenSSL's. */
export interface AltName {
  readonly type: string
  readonly value: string
}

const ITEM = /([A-Za-z][^:,"]*):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y

/** Empty when there are none, or when the text is not what it should be: then no name may count. */
export function altNames(text: string | undefined): AltName[] {
  const names: AltName[] = []
  if (text === undefined) return names
  ITEM.lastIndex = 0
  while (ITEM.lastIndex < text.length) {
    const item = ITEM.exec(text)
    if (item === null) return []
    const [, type = '', written = ''] = item
    names.push({ type, value: written.startsWith('"') ? unquoted(written) : written })
  }
  return names
}

/** Node writes what could be misread as a JSON string. */
function unquoted(written: string): string {
  try {
    return JSON.parse(written) as string
  } catch {
    return ''
  }
}

/** What a certificate says that it is for. */
export interface CertificateRead {
  /** `ec`, `rsa`, …; '' = it cannot be read. */
  readonly type: string
  /** Lower case; a wildcard is `*.example.org`. */
  readonly names: readonly string[]
}

/** Of a chain the first counts. One that cannot be read answers for nobody. */
export function readCertificate(pem: string): CertificateRead {
  try {
    const certificate = new X509Certificate(pem)
    return { type: certificate.publicKey.asymmetricKeyType ?? '', names: dnsNames(certificate) }
  } catch {
    return { type: '', names: [] }
  }
}

/** Which certificates answer for which name. */
export class CertificateNames {
  /** Indexes by name; `.example.org` is the wildcard one label above. */
  readonly #byName = new Map<string, number[]>()
  readonly #certificates: readonly CertificateRead[]
  /** The first certificate, with what else answers for its name. */
  readonly first: readonly number[]

  constructor(certificates: readonly CertificateRead[]) {
    this.#certificates = certificates
    for (const [index, { names }] of certificates.entries()) {
      for (const name of names) this.#add(name.startsWith('*.') ? name.slice(1) : name, index)
    }
    const [name = ''] = certificates[0]?.names ?? []
    const beside = this.#byName.get(name.startsWith('*.') ? name.slice(1) : name) ?? []
    this.first = beside.includes(0) ? beside : [0]
  }

  /** Of each type of key, the one that is written first. */
  #add(name: string, index: number): void {
    const there = this.#byName.get(name) ?? []
    if (there.some((other) => this.#certificates[other]?.type === this.#certificates[index]?.type)) return
    this.#byName.set(name, [...there, index])
  }

  /** Exact, then wildcard, by types of key; null = none. `name` in lower case, '' = none was asked for. */
  find(name: string): readonly number[] | null {
    if (name === '' || name.startsWith('.')) return null
    const dot = name.indexOf('.')
    return this.#byName.get(name) ?? (dot > 0 ? this.#byName.get(name.slice(dot)) : undefined) ?? null
  }

  of(index: number): readonly string[] {
    return this.#certificates[index]?.names ?? []
  }
}

function dnsNames({ subjectAltName }: X509Certificate): string[] {
  return altNames(subjectAltName).flatMap(({ type, value }) =>
    type === 'DNS' && /^(?:\*\.)?[a-zA-Z0-9_.-]+$/.test(value) ? [value.toLowerCase().replace(/\.$/, '')] : [],
  )
}

/** Lines of `CN=a`, first the widest, as RFC 4514 text: `CN=a,O=b`; ASCII, without control characters. */
export function distinguishedName(lines: string): string {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .reverse()
    .map((line) =>
      line.replace(/[^\x20-\x7e]/gu, (char) => Buffer.from(char).toString('hex').toUpperCase().replace(/../g, '\\$&')),
    )
    .join(',')
}
