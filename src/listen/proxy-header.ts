// Reads the PROXY protocol's header, versions 1 and 2 (proxy-protocol.txt of HAProxy, sections 2.1 and 2.2): who the client of the
// hop in front of us is. Everything that the text does not allow is refused; what it allows to be ignored is skipped.

import { isIPv4, isIPv6, SocketAddress } from 'node:net'

/** The ends of the connection that the client made to the hop in front of us. */
export interface ProxiedEnds {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
}

export interface ProxyHeader {
  /** Bytes of the header. */
  readonly length: number
  /** null = the hop speaks for itself, or for a client whose address it does not know: the connection's own ends count. */
  readonly ends: ProxiedEnds | null
}

const V1 = Buffer.from('PROXY ', 'latin1')
const V2 = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a])
/** With its line end. */
const MAX_V1 = 107
/** Without the fixed part. Addresses take up to 216 bytes; the rest is for extensions, which hops fill with certificates' names. */
const MAX_V2 = 4096
const FIXED_V2 = 16

/** `more`: cannot be told yet; `none`: this is not a PROXY header; `bad`: it is one, and a wrong one. */
export function readProxyHeader(bytes: Buffer): ProxyHeader | 'more' | 'none' | 'bad' {
  if (begins(bytes, V2)) return bytes.length < FIXED_V2 ? 'more' : readV2(bytes)
  if (begins(bytes, V1)) return bytes.length < V1.length ? 'more' : readV1(bytes)
  return 'none'
}

/** As far as both go. */
function begins(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length)
  return bytes.compare(signature, 0, length, 0, length) === 0
}

function readV1(bytes: Buffer): ProxyHeader | 'more' | 'bad' {
  const end = bytes.subarray(0, MAX_V1).indexOf('\r\n', 0, 'latin1')
  if (end === -1) return bytes.length < MAX_V1 ? 'more' : 'bad'
  const line = bytes.toString('latin1', 0, end)
  const length = end + 2
  const [, family, source = '', destination = '', from = '', to = '', ...more] = line.split(' ')
  if (family === 'UNKNOWN') return { length, ends: null }
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : null
  if (isAddress === null || more.length > 0 || !isAddress(source) || !isAddress(destination)) return 'bad'
  if (source.includes('%') || destination.includes('%') || !isPort(from) || !isPort(to)) return 'bad'
  return {
    length,
    ends: {
      remoteAddress: canonical(source),
      remotePort: Number(from),
      localAddress: canonical(destination),
      localPort: Number(to),
    },
  }
}

const isPort = (text: string): boolean => /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65535

function readV2(bytes: Buffer): ProxyHeader | 'more' | 'bad' {
  const versionAndCommand = bytes[12] as number
  const familyAndTransport = bytes[13] as number
  const rest = bytes.readUInt16BE(14)
  const command = versionAndCommand & 0x0f
  if (versionAndCommand >> 4 !== 2 || command > 1 || rest > MAX_V2) return 'bad'
  const length = FIXED_V2 + rest
  if (bytes.length < length) return 'more'
  // LOCAL: whatever the rest is, it has no meaning.
  if (command === 0) return { length, ends: null }
  const body = bytes.subarray(FIXED_V2, length)
  switch (familyAndTransport) {
    case 0x00:
      return { length, ends: null }
    case 0x11:
      return withAddresses(body, length, 4)
    case 0x21:
      return withAddresses(body, length, 16)
    case 0x31:
      // The paths of a unix socket say nothing about a client.
      return body.length >= 216 && extensionsFit(body, 216) ? { length, ends: null } : 'bad'
    default:
      return 'bad'
  }
}

function withAddresses(body: Buffer, length: number, size: 4 | 16): ProxyHeader | 'bad' {
  const taken = 2 * size + 4
  if (body.length < taken || !extensionsFit(body, taken)) return 'bad'
  return {
    length,
    ends: {
      remoteAddress: addressOf(body.subarray(0, size)),
      localAddress: addressOf(body.subarray(size, 2 * size)),
      remotePort: body.readUInt16BE(2 * size),
      localPort: body.readUInt16BE(2 * size + 2),
    },
  }
}

function addressOf(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  return canonical(bytes.toString('hex').replace(/(.{4})(?!$)/g, '$1:'))
}

/** One spelling for each address. */
function canonical(address: string): string {
  return address.includes(':') ? new SocketAddress({ address, family: 'ipv6' }).address : address
}

/** Whether type, length and value follow one another up to the very end. */
function extensionsFit(body: Buffer, from: number): boolean {
  let at = from
  while (at < body.length) {
    if (at + 3 > body.length) return false
    at += 3 + body.readUInt16BE(at + 1)
  }
  return at === body.length
}
