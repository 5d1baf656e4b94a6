// What endpoints are told about the client: X-Forwarded-For, -Proto, -Host, -Port and Forwarded (RFC 7239). From peers that are not
// trusted all of it is replaced; trusted peers are believed, and added to.

import { isIP } from 'node:net'
import type { Exchange } from '../model/exchange.ts'
import { editFields, fieldValue } from '../model/field-text.ts'
import { normalizeHost } from '../model/request-host.ts'

/** Hops of a chain that are read and passed on, the nearest ones. */
const MAX_HOPS = 64

/** Canonical lines for the endpoint; sets `x.client`, and takes out of `x.fields` what they replace. */
export function forwardedLines(x: Exchange): string {
  const { peer } = x.downstream
  // A trusted hop's word on its client's certificate does not stand beside that on its own.
  if (peer.trusted && clientCert(x) !== '') x.fields = editFields(x.fields, ['x-forwarded-client-cert'], '')
  if (!x.forwardedSeen || !peer.trusted) {
    if (peer.lines !== '' && peer.authority === x.authority && !x.forwardedSeen) return peer.lines
    const lines = untrusted(x)
    if (x.forwardedSeen)
      return fieldValue(x.head, 'forwarded') === null ? lines : `${lines}forwarded: ${element(x, peer.address)}\r\n`
    peer.authority = x.authority
    peer.lines = lines
    return lines
  }
  return trusted(x)
}

function untrusted(x: Exchange): string {
  const { peer } = x.downstream
  return lines(peer.address, peer.secure ? 'https' : 'http', x.authority, String(peer.localPort)) + clientCert(x)
}

function lines(chain: string, scheme: string, host: string, port: string): string {
  const hostLine = host === '' ? '' : `x-forwarded-host: ${host}\r\n`
  return `x-forwarded-for: ${chain}\r\nx-forwarded-proto: ${scheme}\r\n${hostLine}x-forwarded-port: ${port}\r\n`
}

/** What the client has shown in its handshake. */
function clientCert(x: Exchange): string {
  return x.downstream.peer.tls?.forward ?? ''
}

function element(x: Exchange, address: string): string {
  const { peer } = x.downstream
  const node = address.includes(':') ? `"[${address}]"` : address
  const host = x.authority === '' ? '' : `;host="${x.authority}"`
  return `for=${node}${host};proto=${peer.secure ? 'https' : 'http'}`
}

function trusted(x: Exchange): string {
  const { peer } = x.downstream
  const written = fieldValue(x.head, 'x-forwarded-for')
  const forwarded = fieldValue(x.head, 'forwarded')
  const chain = written === null ? addressesOf(forwarded) : written.split(',').slice(-MAX_HOPS)
  const hops: string[] = []
  for (const item of chain) {
    const address = addressOf(item)
    // What is before something unreadable cannot be told from what a client made up.
    if (address === null) hops.length = 0
    else hops.push(address)
  }
  x.client = clientOf(x, hops)
  hops.push(peer.address)
  const proto = fieldValue(x.head, 'x-forwarded-proto')?.toLowerCase()
  const host = fieldValue(x.head, 'x-forwarded-host')
  const port = fieldValue(x.head, 'x-forwarded-port')
  const scheme = proto === 'http' || proto === 'https' ? proto : peer.secure ? 'https' : 'http'
  const own = lines(
    hops.join(', '),
    scheme,
    host !== null && normalizeHost(host) !== null ? host : x.authority,
    port !== null && /^[1-9]\d{0,4}$/.test(port) ? port : String(peer.localPort),
  ).concat(clientCert(x))
  return forwarded === null ? own : `${own}forwarded: ${tail(forwarded)}${element(x, peer.address)}\r\n`
}

/** The right-most address that is not a trusted hop itself. */
function clientOf(x: Exchange, hops: readonly string[]): string {
  const { trusted: list } = x.listener
  for (let i = hops.length - 1; i >= 0; i--) {
    const hop = hops[i] as string
    if (list === null || !list.check(hop, hop.includes(':') ? 'ipv6' : 'ipv4')) return hop
  }
  return hops[0] ?? x.downstream.peer.address
}

/** `1.2.3.4`, `1.2.3.4:80`, `::1`, `[::1]:80`, quoted or not → the address; null when it is something else (`unknown`, `_hidden`). */
function addressOf(item: string): string | null {
  const text = item.trim().replace(/^"(.*)"$/, '$1')
  const bracket = /^\[([0-9a-fA-F:.]+)\](?::\d{1,5})?$/.exec(text)
  if (bracket !== null) return isIP(bracket[1] as string) === 6 ? (bracket[1] as string) : null
  if (isIP(text) !== 0) return text
  const port = /^([0-9.]+):\d{1,5}$/.exec(text)
  return port !== null && isIP(port[1] as string) === 4 ? (port[1] as string) : null
}

function addressesOf(forwarded: string | null): string[] {
  if (forwarded === null) return []
  const found: string[] = []
  for (const item of forwarded.split(',').slice(-MAX_HOPS)) {
    const match = /(?:^|;)\s*for=("[^"]*"|[^;\s]*)/i.exec(item.trim())
    found.push(match === null ? 'unknown' : (match[1] as string))
  }
  return found
}

function tail(forwarded: string): string {
  return `${forwarded.split(',').slice(-MAX_HOPS).join(',').trim()}, `
}

/** Whether a request has been here before: `Via` names us (RFC 9110 7.6.3). */
export function isLoop(head: string, name: string): boolean {
  const via = fieldValue(head, 'via') ?? ''
  return via.split(',').some((hop) => hop.trim().split(/\s+/)[1] === name)
}
