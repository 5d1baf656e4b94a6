// What a Host field, an absolute request target or a configured host means: a name to compare, and a port.

import { isIPv6 } from 'node:net'

export interface Authority {
  /** Lower case, without a trailing dot; IPv6 literals keep their brackets. */
  readonly host: string
  /** 0 to 65535; null when none was written. */
  readonly port: number | null
}

const COLON = 0x3a
const DOT = 0x2e
const OPEN_BRACKET = 0x5b

/** RFC 1035 section 2.3.4: no name in use is longer. */
const MAX_LENGTH = 255

/** The usual case in one pass: already lower case, without port and trailing dot. */
const PLAIN_NAME = /^[a-z0-9_~-]+(?:\.[a-z0-9_~-]+)*$/

/**
 * The host of an authority (`name`, `name:port`, `[::1]:port`) as routes compare it: lower case, without port and trailing dot.
 * Null when it is not one (400): empty, user information, an empty or too large port, an escape, an empty label, anything but
 * letters, digits, `-` `.` `_` `~` in a name, or brackets around something else than an IPv6 address. Sub-delimiters (RFC 3986
 * allows them in a reg-name) occur in no name in use and have been read as separators elsewhere. Allocates nothing for a
 * lower-case name without port.
 */
export function normalizeHost(raw: string): string | null {
  if (raw.length <= MAX_LENGTH && PLAIN_NAME.test(raw)) return raw
  const end = hostEnd(raw)
  if (end < 0 || portOf(raw, end) < -1) return null
  return hostText(raw, end)
}

/** Like `normalizeHost`, with the port. */
export function parseAuthority(raw: string): Authority | null {
  const end = hostEnd(raw)
  if (end < 0) return null
  const port = portOf(raw, end)
  if (port < -1) return null
  return { host: hostText(raw, end), port: port === -1 ? null : port }
}

/** Where the host ends and a `:port` may begin; -1 when there is no valid host. */
function hostEnd(raw: string): number {
  if (raw.charCodeAt(0) === OPEN_BRACKET) {
    const close = raw.indexOf(']')
    // A zone (`%eth0`) means nothing outside the machine that wrote it.
    return close > 0 && close <= 46 && !raw.includes('%') && isIPv6(raw.slice(1, close)) ? close + 1 : -1
  }
  let i = 0
  let previous = DOT
  for (; i < raw.length; i++) {
    const c = raw.charCodeAt(i)
    if (c === COLON) break
    if (c === DOT ? previous === DOT : !isNameCharacter(c)) return -1
    previous = c
  }
  return i === 0 || i > MAX_LENGTH ? -1 : i
}

/** The port behind the host, -1 when there is none, -2 when it is not one. */
function portOf(raw: string, end: number): number {
  if (end === raw.length) return -1
  const digits = raw.length - end - 1
  if (raw.charCodeAt(end) !== COLON || digits < 1 || digits > 5) return -2
  let port = 0
  for (let i = end + 1; i < raw.length; i++) {
    const c = raw.charCodeAt(i)
    if (c < 0x30 || c > 0x39) return -2
    port = port * 10 + c - 0x30
  }
  return port > 65535 ? -2 : port
}

function hostText(raw: string, end: number): string {
  const stop = raw.charCodeAt(end - 1) === DOT ? end - 1 : end
  const host = stop === raw.length ? raw : raw.slice(0, stop)
  for (let i = 0; i < stop; i++) {
    const c = raw.charCodeAt(i)
    if (c >= 0x41 && c <= 0x5a) return host.toLowerCase()
  }
  return host
}

function isNameCharacter(c: number): boolean {
  const lower = c | 0x20
  if (lower >= 0x61 && lower <= 0x7a && c < 0x80) return true
  return (c >= 0x30 && c <= 0x39) || c === 0x2d || c === 0x5f || c === 0x7e
}
