// TLS of a listener: what is configured → what shakes hands. What a reload does not change goes on, with its sessions.

import type { ListenerConfig } from '../config/model.ts'
import { TlsTerminator } from '../listen/tls-terminator.ts'
import type { TlsTermination } from '../model/tls-termination.ts'

/** `current` is what serves a listener of that name now. Throws when a certificate or key was not read. */
export function terminationOf(
  { name, protocol, tls, http2 }: ListenerConfig,
  current: TlsTermination | null,
): TlsTermination | null {
  if (tls === null) return null
  const { minVersion, ciphers, strictSni, clientAuth } = tls
  const made = new TlsTerminator({
    listener: name,
    certificates: tls.certificates.map(({ cert, key }) => ({ cert: cert.pem, key: key.pem })),
    minVersion,
    ciphers,
    alpn: protocol === 'tls' ? [] : tls.alpn.filter((spoken) => spoken !== 'h2' || http2),
    strictSni,
    clientAuth: { ...clientAuth, ca: clientAuth.ca?.pem ?? null },
  })
  return made.identity === current?.identity ? current : made
}
