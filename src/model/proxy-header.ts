// The PROXY protocol header that tells an endpoint who its client is. Format: "The PROXY protocol, versions 1 & 2" (HAProxy).

import { isIPv6 } from 'node:net'
import type { Peer } from './peer.ts'

export type ProxyVersion = 'v1' | 'v2'

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const LOCAL = Buffer.concat([SIGNATURE, Buffer.from([0x20, 0x00, 0, 0])])
const UNKNOWN = Buffer.from('PROXY UNKNOWN\r\n')

/** For a connection that is made for `client`; null = for nobody in particular, as a health probe is. */
export function proxyHeader(version: ProxyVersion, client: Peer | null): Buffer {
  // Unix sockets have no addresses that mean anything to others, and a port that is not known is not made up.
  if (client === null || client.port === 0 || client.localAddress === '') return version === 'v1' ? UNKNOWN : LOCAL
  const { address, port, localAddress, localPort } = client
  const six = isIPv6(address) || isIPv6(localAddress)
  const ends = six ? [sixOf(address), sixOf(localAddress)] : [address, localAddress]
  if (version === 'v1')
    return Buffer.from(`PROXY ${six ? 'TCP6' : 'TCP4'} ${ends[0]} ${ends[1]} ${port} ${localPort}\r\n`, 'latin1')
  const bytes = six ? 16 : 4
  const header = Buffer.alloc(SIGNATURE.length + 4 + 2 * bytes + 4)
  SIGNATURE.copy(header)
  header.set([0x21, six ? 0x21 : 0x11], 12)
  header.writeUInt16BE(2 * bytes + 4, 14)
  for (const [i, end] of ends.entries()) header.set(six ? sixBytes(end) : end.split('.').map(Number), 16 + i * bytes)
  header.writeUInt16BE(port, 16 + 2 * bytes)
  header.writeUInt16BE(localPort, 18 + 2 * bytes)
  return header
}

/** Both ends are of one family: an IPv4 address in IPv6. */
const sixOf = (address: string): string => (isIPv6(address) ? (address.split('%')[0] as string) : `::ffff:${address}`)

function sixBytes(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const hex = (a: string | undefined, b: string | undefined) => (Number(a) * 256 + Number(b)).toString(16)
  const plain = dotted === null ? address : `${dotted[1]}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}`
  const [before = '', after] = plain.split('::')
  const front = before === '' ? [] : before.split(':')
  const back = after === undefined || after === '' ? [] : after.split(':')
  const middle = after === undefined ? [] : new Array(8 - front.length - back.length).fill('0')
  return [...front, ...middle, ...back].flatMap((group) => {
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}
