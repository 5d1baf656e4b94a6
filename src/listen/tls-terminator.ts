// TLS of one listener: which certificates answer for which name, and the settings that all of them share.

import { constants, createHash } from 'node:crypto'
import type { SecureVersion, TlsOptions } from 'node:tls'
import type { ClientHello } from '../model/client-hello.ts'
import type { TlsTermination } from '../model/tls-termination.ts'
import { NodeCertificateGroup } from './certificate-group.ts'
import { CertificateNames } from './certificate-names.ts'
import { type Certificate, contentOf, idOf, read, readAhead } from './known-certificates.ts'

/** Plain data; CAs are PEM text. */
export interface TerminatorSettings {
  /** Sessions are never resumed at another one. */
  readonly listener: string
  /** The first is the default; without any no handshake is made. From one reload to the next the same objects where they stay. */
  readonly certificates: readonly Certificate[]
  readonly minVersion: '1.2' | '1.3'
  /** As OpenSSL writes them; null = SAFE_CIPHERS. */
  readonly ciphers: string | null
  /** In our order; empty = whatever the client wants to speak is its own business. */
  readonly alpn: readonly string[]
  /** A name without a certificate, or none, is refused instead of being shown the default. */
  readonly strictSni: boolean
  /** `request`: whatever is shown passes; without `ca` none of it counts as verified. */
  readonly clientAuth: {
    readonly mode: 'off' | 'optional' | 'require' | 'request'
    readonly ca: string | null
    readonly forward: boolean
  }
}

/** TLS 1.3, then ECDHE with AEAD; ECDSA before RSA. No CBC, no static RSA, no finite-field DHE. */
const SAFE_CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/** How long a session may be resumed; shorter where a client's certificate is not looked at again meanwhile. */
const SESSION_SECONDS = 7200
const CLIENT_SESSION_SECONDS = 300

/** Groups that are kept: each costs 25 KB, and a quarter of a millisecond to make it again. */
const MAX_GROUPS = 1024

interface KeptGroup {
  readonly group: NodeCertificateGroup
  readonly certificates: readonly Certificate[]
}

export class TlsTerminator implements TlsTermination {
  readonly identity: string
  readonly #settings: TerminatorSettings
  readonly #mostGroups: number
  /** Of all but the certificates. */
  readonly #rest: string
  /** By the ids of their certificates; the one that was asked for last stands at the end. */
  readonly #groups = new Map<string, KeptGroup>()
  /** null until the first client comes. */
  #names: CertificateNames | null = null
  #ticketKeys: Buffer | null = null

  /** Takes over the groups of `before` whose certificates stay. `mostGroups`: kept at a time. */
  constructor(settings: TerminatorSettings, before: TlsTermination | null = null, mostGroups = MAX_GROUPS) {
    this.#settings = settings
    this.#mostGroups = mostGroups
    const { certificates, ...rest } = settings
    this.#rest = hash(JSON.stringify(rest))
    this.identity = hash([this.#rest, ...certificates.map(contentOf)].join('\n'))
    if (!(before instanceof TlsTerminator) || before.#rest !== this.#rest) return
    this.#ticketKeys = before.#ticketKeys
    const here = new Set(certificates)
    for (const [key, kept] of before.#groups) if (kept.certificates.every((each) => here.has(each))) this.#groups.set(key, kept)
  }

  prepare(): Promise<void> | null {
    return readAhead(this.#settings.certificates)
  }

  groupFor({ sni }: ClientHello): NodeCertificateGroup | null {
    const { certificates, strictSni } = this.#settings
    if (certificates.length === 0) return null
    this.#names ??= new CertificateNames(certificates.map(read))
    const found = this.#names.find(sni)
    if (found === null && strictSni) return null
    return this.#group(found ?? this.#names.first)
  }

  setTicketKeys(keys: Buffer): void {
    if (keys === this.#ticketKeys) return
    this.#ticketKeys = keys
    for (const { group } of this.#groups.values()) group.setTicketKeys(keys)
  }

  #group(indexes: readonly number[]): NodeCertificateGroup {
    const certificates = indexes.map((index) => this.#settings.certificates[index] as Certificate)
    const key = certificates.map(idOf).join(' ')
    const there = this.#groups.get(key)
    if (there !== undefined) {
      this.#groups.delete(key)
      this.#groups.set(key, there)
      return there.group
    }
    const { mode, ca, forward } = this.#settings.clientAuth
    const settings = { options: this.#options(indexes), clientAuth: mode, verifies: ca !== null, forward }
    const group = new NodeCertificateGroup(settings, this.#ticketKeys)
    if (this.#groups.size >= this.#mostGroups) this.#groups.delete(this.#groups.keys().next().value as string)
    this.#groups.set(key, { group, certificates })
    return group
  }

  #options(indexes: readonly number[]): TlsOptions {
    const { certificates, minVersion, ciphers, alpn, listener, clientAuth } = this.#settings
    const used = indexes.map((index) => certificates[index] as Certificate)
    // What a session was begun with and must be resumed with: not the certificate itself, so that a renewed one goes on.
    const names = indexes.map((index) => this.#names?.of(index))
    return {
      cert: used.map(({ cert }) => cert),
      key: used.map(({ key }) => key),
      minVersion: `TLSv${minVersion}` as SecureVersion,
      ciphers: ciphers ?? SAFE_CIPHERS,
      honorCipherOrder: true,
      ecdhCurve: 'auto',
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_PRIORITIZE_CHACHA,
      ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
      sessionIdContext: hash(JSON.stringify([listener, clientAuth, names])).slice(0, 32),
      sessionTimeout: clientAuth.mode === 'off' ? SESSION_SECONDS : CLIENT_SESSION_SECONDS,
      requestCert: clientAuth.mode !== 'off',
      rejectUnauthorized: clientAuth.mode === 'require',
      ...(clientAuth.mode === 'off' || clientAuth.ca === null ? {} : { ca: clientAuth.ca }),
    }
  }
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
