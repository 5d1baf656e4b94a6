// Certificates and keys: read from the files that a configuration names, looked at, and kept in it as text, because workers read no
// files. A changed file is a changed configuration.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { GatewayConfig, PemConfig } from './model.ts'
import { type Finding, finding, type Path } from './problem.ts'
import { readText } from './read-text.ts'

export interface PemReadings {
  readonly config: GatewayConfig
  readonly errors: readonly Finding[]
  readonly warnings: readonly Finding[]
  /** Those that are named, readable or not. */
  readonly files: readonly string[]
}

interface Reading {
  readonly errors: Finding[]
  readonly warnings: Finding[]
  /** By path. */
  readonly texts: Map<string, string | Error>
  /** Milliseconds since the epoch, for validity; null = not known. */
  readonly now: number | null
}

/** Fills in what stands in files. `now`: milliseconds since the epoch; null = validity is not looked at. */
export async function readPemFiles(config: GatewayConfig, now: number | null): Promise<PemReadings> {
  const reading: Reading = { errors: [], warnings: [], texts: new Map(), now }
  const blocks: [Path, unknown][] = [
    ...Object.entries(config.upstreams).map(([name, { tls }]): [Path, unknown] => [['upstreams', name, 'tls'], tls]),
    ...config.listeners.map(({ tls }, index): [Path, unknown] => [['listeners', index, 'tls'], tls]),
  ]
  await Promise.all(
    [...filesIn(blocks.map(([, block]) => block))].map(async (file) => reading.texts.set(file, await readText(file))),
  )
  const filled = blocks.map(([path, block]) => fill(reading, block, path))
  const upstreams = Object.fromEntries<unknown>(
    Object.entries(config.upstreams).map(([name, upstream], i) => [
      name,
      upstream.tls === null ? upstream : { ...upstream, tls: filled[i] },
    ]),
  ) as GatewayConfig['upstreams']
  const first = Object.keys(upstreams).length
  const listeners = config.listeners.map((listener, i) =>
    listener.tls === null ? listener : { ...listener, tls: filled[first + i] },
  ) as GatewayConfig['listeners']
  const { errors, warnings, texts } = reading
  return { config: texts.size === 0 ? config : { ...config, listeners, upstreams }, errors, warnings, files: [...texts.keys()] }
}

function isPem(value: object): value is PemConfig {
  return 'pem' in value && 'file' in value
}

function filesIn(value: unknown, found: Set<string> = new Set()): Set<string> {
  if (value === null || typeof value !== 'object') return found
  if (!isPem(value)) for (const inner of Object.values(value)) filesIn(inner, found)
  else if (value.file !== '') found.add(value.file)
  return found
}

/** A copy of a block with the texts of its files; pairs of `cert` and `key` in it must fit each other. */
function fill(reading: Reading, block: unknown, path: Path): unknown {
  if (block === null || typeof block !== 'object') return block
  if (Array.isArray(block)) return block.map((item, i) => fill(reading, item, [...path, i]))
  const filled: Record<string, unknown> = {}
  const material = new Map<string, X509Certificate[] | KeyObject>()
  for (const [key, value] of Object.entries(block)) {
    const at = [...path, key]
    if (value === null || typeof value !== 'object' || !isPem(value)) {
      filled[key] = fill(reading, value, at)
      continue
    }
    const text = value.file === '' ? value.pem : textOf(reading, value.file, at)
    filled[key] = { file: value.file, pem: text ?? '' }
    const read =
      text === null
        ? null
        : key === 'key'
          ? readKey(reading, text, value.file, at)
          : readCertificates(reading, text, value.file, at)
    if (read !== null) material.set(key, read)
  }
  const chain = (material.get('cert') ?? []) as X509Certificate[]
  const [leaf] = chain
  const key = material.get('key') as KeyObject | undefined
  if (leaf === undefined || key === undefined) return filled
  const { cert, key: own } = filled as Record<'cert' | 'key', PemConfig>
  const misplaced = chain.findIndex((issuer, i) => i > 0 && !(chain[i - 1] as X509Certificate).checkIssued(issuer))
  const wrong = (at: 'cert' | 'key', message: string) => reading.errors.push(finding([...path, at], message))
  if (!leaf.checkPrivateKey(key)) {
    const behind = chain.findIndex((each) => each.checkPrivateKey(key))
    if (behind === -1) wrong('key', `${nameOf(own)} is not the key of ${nameOf(cert)}`)
    else
      wrong('cert', `${nameOf(own)} is the key of certificate ${behind + 1} of ${nameOf(cert)}, which must be the first there`)
  } else if (misplaced !== -1)
    wrong(
      'cert',
      `certificate ${misplaced + 1} of ${nameOf(cert)} is not the issuer of the one before it: each must be followed by its issuer`,
    )
  else {
    try {
      createSecureContext({ cert: cert.pem, key: own.pem })
    } catch (error) {
      wrong('cert', `${nameOf(cert)} cannot be used for TLS: ${(error as Error).message}`)
    }
  }
  return filled
}

const nameOf = (pem: PemConfig | undefined): string => (pem === undefined || pem.file === '' ? 'the text here' : pem.file)

function textOf({ texts, errors }: Reading, file: string, at: Path): string | null {
  const text = texts.get(file) as string | Error
  if (!(text instanceof Error)) return text
  const hint = /UTF-8/.test(text.message) ? `, so no PEM text; openssl x509 -inform der -in ${file} makes one of DER` : ''
  errors.push(finding(at, `${file} cannot be read: ${text.message}${hint}`))
  return null
}

/** Each certificate of a PEM text. */
export const CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g

function readCertificates({ errors, warnings, now }: Reading, text: string, file: string, at: Path): X509Certificate[] | null {
  const name = nameOf({ file, pem: text })
  const found = text.match(CERTIFICATE) ?? []
  if (found.length === 0) {
    const other = text.includes('PRIVATE KEY-----')
      ? ', but a private key'
      : '; expected text that begins with -----BEGIN CERTIFICATE-----'
    errors.push(finding(at, `${name} holds no certificate${other}`))
    return null
  }
  const read: X509Certificate[] = []
  for (const [index, pem] of found.entries()) {
    try {
      read.push(new X509Certificate(pem))
    } catch {
      errors.push(finding(at, `certificate ${index + 1} of ${name} cannot be read`))
      return null
    }
  }
  if (now === null) return read
  for (const { subject, validFromDate, validToDate } of read) {
    const who = subject?.replaceAll('\n', ', ')
    if (validToDate.getTime() < now)
      warnings.push(finding(at, `${name}: the certificate of ${who} expired on ${day(validToDate)}`))
    if (validFromDate.getTime() > now)
      warnings.push(finding(at, `${name}: the certificate of ${who} is only valid from ${day(validFromDate)} on`))
  }
  return read
}

const day = (date: Date): string => date.toISOString().slice(0, 10)

function readKey({ errors }: Reading, text: string, file: string, at: Path): KeyObject | null {
  const name = nameOf({ file, pem: text })
  try {
    return createPrivateKey(text)
  } catch (error) {
    const locked = /ENCRYPTED/.test(text) || (error as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE'
    const why = locked
      ? 'is encrypted: a gateway that starts by itself needs a key without passphrase'
      : text.includes('PRIVATE KEY-----')
        ? 'holds a private key that cannot be read'
        : 'holds no private key'
    errors.push(finding(at, `${name} ${why}`))
    return null
  }
}
