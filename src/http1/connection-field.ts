// The Connection field (RFC 9110 7.6.1): what it asks of this connection, and which fields it nominates for removal.

import { HTAB, SP } from '../model/chars.ts'

export interface ConnectionOptions {
  close: boolean
  keepAlive: boolean
  connectionUpgrade: boolean
  /** Lower-case names beyond the usual ones; null when there are none. */
  nominated: string[] | null
}

/** Fields that an endpoint must get whatever a client's Connection field says. */
const NOT_NOMINATED =
  /^(?:host|content-length|transfer-encoding|connection|authorization|cookie|content-type|close|keep-alive|upgrade|te|trailer|http2-settings)$/

/** Adds what one Connection line says to `scan`. */
export function readConnection(scan: ConnectionOptions, value: string): void {
  if (value === 'keep-alive') {
    scan.keepAlive = true
    return
  }
  if (value === 'close') {
    scan.close = true
    return
  }
  for (const item of value.split(',')) {
    const option = trim(item).toLowerCase()
    if (option === 'close') scan.close = true
    else if (option === 'keep-alive') scan.keepAlive = true
    else if (option === 'upgrade') scan.connectionUpgrade = true
    if (option !== '' && !NOT_NOMINATED.test(option)) {
      scan.nominated ??= []
      scan.nominated.push(option)
    }
  }
}

function trim(item: string): string {
  let start = 0
  let end = item.length
  while (start < end && (item.charCodeAt(start) === SP || item.charCodeAt(start) === HTAB)) start++
  while (end > start && (item.charCodeAt(end - 1) === SP || item.charCodeAt(end - 1) === HTAB)) end--
  return item.slice(start, end)
}
