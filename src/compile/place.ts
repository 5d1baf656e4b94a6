// From an endpoint's address as written to where its connections go.

import type { Place } from '../model/dial.ts'

/** `address` has passed validation: `1.2.3.4:80`, `[::1]:80`, `name:80`, `unix:/path`. */
export function placeOf(address: string): Place {
  if (address.startsWith('unix:')) return { path: address.slice(5) }
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  return { host, port: Number(address.slice(colon + 1)) }
}

/** The name or address that a certificate is to be for, '' = none. */
export function hostOf(place: Place): string {
  return 'host' in place ? place.host : ''
}

/** What stands in Host when nothing else does: a unix socket has no name of its own. */
export function authorityOf(address: string, secure = false): string {
  if (address.startsWith('unix:')) return 'localhost'
  const usual = secure ? ':443' : ':80'
  return address.endsWith(usual) ? address.slice(0, -usual.length) : address
}
