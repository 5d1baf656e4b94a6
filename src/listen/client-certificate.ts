// The certificate that a client has shown: as facts, and as Envoy's X-Forwarded-Client-Cert for endpoints.

import type { TLSSocket } from 'node:tls'
import { systemClock } from '../model/clock.ts'
import type { ClientCertificate } from '../model/tls-facts.ts'
import { altNames, distinguishedName } from './certificate-names.ts'

const SAN_TYPES: Readonly<Record<string, string>> = { DNS: 'DNS', URI: 'URI', 'IP Address': 'IP', email: 'EMAIL' }

/** null = the client has shown none. `verified`: what TLS says about its chain. */
export function clientCertificate(socket: TLSSocket, verified: boolean): ClientCertificate | null {
  const shown = socket.getPeerX509Certificate()
  if (shown === undefined) return null
  return {
    // A session goes on with what was verified at its beginning, which may be a while ago.
    verified: verified && systemClock.wall() < shown.validToDate.getTime(),
    subject: distinguishedName(shown.subject ?? ''),
    issuer: distinguishedName(shown.issuer ?? ''),
    // What is not plain text is no name: it could be read as another one further on.
    sans: altNames(shown.subjectAltName).flatMap(({ type, value }) => {
      const known = SAN_TYPES[type]
      return known === undefined || !/^[\x21-\x7e]+$/.test(value) ? [] : [`${known}:${value}`]
    }),
    fingerprint: shown.fingerprint256.replaceAll(':', '').toLowerCase(),
    serial: shown.serialNumber.toLowerCase(),
    raw: shown.raw,
  }
}

/**
 * `x-forwarded-client-cert: …` with its line end (Envoy's HTTP header manipulation, x-forwarded-client-cert). `doubtful`: it may not be
 * verified, and the line says whether it is (a key of ours).
 */
export function forwardedClientCert({ fingerprint, subject, sans, verified }: ClientCertificate, doubtful = false): string {
  const parts = [
    ...(doubtful ? [`Verified=${verified}`] : []),
    `Hash=${fingerprint}`,
    `Subject="${subject.replace(/["\\]/g, '\\$&')}"`,
  ]
  for (const san of sans) {
    const colon = san.indexOf(':')
    const type = san.slice(0, colon)
    if (type === 'URI' || type === 'DNS') parts.push(`${type}=${quoted(san.slice(colon + 1))}`)
  }
  return `x-forwarded-client-cert: ${parts.join(';')}\r\n`
}

const quoted = (value: string): string => (/[,;="\\]/.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : value)
