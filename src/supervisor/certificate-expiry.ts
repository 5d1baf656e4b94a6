// When the certificates of a configuration expire, for who watches.

import { X509Certificate } from 'node:crypto'
import type { GatewayConfig, PemConfig } from '../config/model.ts'

/** There may be thousands, and it is asked each time that something changes. */
const known = new WeakMap<PemConfig, number>()

function expiryOf({ pem }: PemConfig): number {
  try {
    return new X509Certificate(pem).validToDate.getTime() / 1000
  } catch {
    // Not read: the configuration's own check says so.
    return Number.NaN
  }
}

/** Seconds since the epoch by certificate: its file or, where it stands in the configuration itself, whose it is. */
export function certificateExpiry({ listeners, upstreams }: GatewayConfig): Map<string, number> {
  const found = new Map<string, number>()
  const add = (cert: PemConfig | null | undefined, owner: string): void => {
    if (!cert) return
    const expiry = known.get(cert) ?? expiryOf(cert)
    known.set(cert, expiry)
    if (!Number.isNaN(expiry)) found.set(cert.file === '' ? owner : cert.file, expiry)
  }
  for (const { name, tls } of listeners)
    for (const [index, { cert }] of (tls?.certificates ?? []).entries()) add(cert, `listener ${name} ${index + 1}`)
  for (const [name, { tls }] of Object.entries(upstreams)) add(tls?.cert, `upstream ${name}`)
  return found
}
