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

/** Which certificates answer for which name. */
export class CertificateNames {
  /** Indexes by name; `.example.org` is the wildcard one label above. */
  readonly #byName = new Map<string, number[]>()
  readonly #types: readonly string[]
  readonly #names: readonly (readonly string[])[]
  /** The first certificate, with what else answers for its name. */
  readonly first: readonly number[]

  /** PEM texts, of chains the first counts. Throws when one cannot be read. */
  constructor(certificates: readonly string[]) {
    const read = certificates.map((pem) => new X509Certificate(pem))
    this.#types = read.map(({ publicKey }) => publicKey.asymmetricKeyType ?? '')
    this.#names = read.map(dnsNames)
    for (const [index, names] of this.#names.entries()) {
      for (const name of names) this.#add(name.startsWith('*.') ? name.slice(1) : name, index)
    }
    const [name = ''] = this.#names[0] ?? []
    const beside = this.#byName.get(name.startsWith('*.') ? name.slice(1) : name) ?? []
    this.first = beside.includes(0) ? beside : [0]
  }

  /** Of each type of key, the one that is written first. */
  #add(name: string, index: number): void {
    const there = this.#byName.get(name) ?? []
    if (there.some((other) => this.#types[other] === this.#types[index])) return
    this.#byName.set(name, [...there, index])
  }

  /** Exact, then wildcard, by types of key; null = none. `name` in lower case, '' = none was asked for. */
  find(name: string): readonly number[] | null {
    if (name === '' || name.startsWith('.')) return null
    const dot = name.indexOf('.')
    return this.#byName.get(name) ?? (dot > 0 ? this.#byName.get(name.slice(dot)) : undefined) ?? null
  }

  of(index: number): readonly string[] {
    return this.#names[index] ?? []
  }
}

/** Lower case; a wildcard is `*.example.org`. */
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
