// Upgrade (RFC 9110 7.8) on HTTP/1.1: what of it counts as a wish, what as consent, and the lines that say either.

import type { Exchange } from '../model/exchange.ts'
import type { RequestScan } from './parse-request.ts'
import type { ResponseScan } from './parse-response.ts'

/** One protocol, with its version or without. */
const PROTOCOL = /^[!#$%&'*+\-.^_`|~0-9a-z]{1,64}(?:\/[!#$%&'*+\-.^_`|~0-9a-z]{1,64})?$/

/**
 * The protocol that a request asks to change to, lower case; '' = none. Whoever names several, or says it twice, in a version
 * that has no Upgrade or without nominating it, is served as if there were none.
 */
export function askedProtocol(scan: RequestScan): string {
  if (scan.upgrade < 0 || !scan.connectionUpgrade || scan.minor === 0) return ''
  const protocol = scan.fields.value(scan.upgrade).toLowerCase()
  if (!PROTOCOL.test(protocol)) return ''
  // RFC 6455 4.1: an opening handshake is a GET.
  return protocol === 'websocket' && scan.method !== 'GET' ? '' : protocol
}

/** Whether a 101 is the answer to what `x` asked for. */
export function switchesAsAsked(scan: ResponseScan, x: Exchange): boolean {
  if (x.upgrade === '' || scan.minor === 0 || !scan.connectionUpgrade || scan.upgrade < 0 || scan.framed) return false
  return scan.fields.value(scan.upgrade).toLowerCase() === x.upgrade
}

export function upgradeLines(protocol: string): string {
  return `connection: Upgrade\r\nupgrade: ${protocol}\r\n`
}
