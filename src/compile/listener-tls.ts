// TLS of a listener: what is configured → what shakes hands. What a reload does not change goes on, with its sessions.

import type { CertificateConfig, ListenerConfig } from '../config/model.ts'
import type { Certificate } from '../listen/known-certificates.ts'
import { TlsTerminator } from '../listen/tls-terminator.ts'
import type { TlsTermination } from '../model/tls-termination.ts'

/** The same object each time: what is known of a certificate goes by it. */
const certificates = new WeakMap<CertificateConfig, Certificate>()

function certificateOf(config: CertificateConfig): Certificate {
  let made = certificates.get(config)
  if (made === undefined) {
    const { cert, key, hosts } = config
    made = { cert: cert.pem, key: key.pem, ...(hosts === undefined ? {} : { hosts }) }
    certificates.set(config, made)
  }
  return made
}

/** `current` is what serves a listener of that name now. Throws when a certificate or key was not read. */
export function terminationOf(
  { name, protocol, tls, http2 }: ListenerConfig,
  current: TlsTermination | null,
): TlsTermination | null {
  if (tls === null) return null
  const { minVersion, ciphers, strictSni, clientAuth } = tls
  const settings = {
    listener: name,
    certificates: tls.certificates.map(certificateOf),
    minVersion,
    ciphers,
    alpn: protocol === 'tls' ? [] : tls.alpn.filter((spoken) => spoken !== 'h2' || http2),
    strictSni,
    clientAuth: { ...clientAuth, ca: clientAuth.ca?.pem ?? null },
  }
  const made = new TlsTerminator(settings, current)
  return made.identity === current?.identity ? current : made
}
