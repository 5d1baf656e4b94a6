// PROXY headers that endpoints get, byte for byte.

import t from 'tap'
import { Peer } from '../../src/model/peer.ts'
import { proxyHeader } from '../../src/model/proxy-header.ts'

const peer = (address: string, port: number, localAddress: string, localPort: number) =>
  new Peer(address, localPort, false, false, null, port, localAddress)

const SIGNATURE = '0d0a0d0a000d0a515549540a'

const V1: readonly [Peer | null, string][] = [
  [peer('192.0.2.1', 56324, '198.51.100.7', 443), 'PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n'],
  [peer('2001:db8::1', 56324, '2001:db8::2', 443), 'PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n'],
  [peer('fe80::1%eth0', 1, 'fe80::2', 2), 'PROXY TCP6 fe80::1 fe80::2 1 2\r\n'],
  [peer('192.0.2.1', 1, '2001:db8::2', 2), 'PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 1 2\r\n'],
  [peer('unix', 0, '', 0), 'PROXY UNKNOWN\r\n'],
  [null, 'PROXY UNKNOWN\r\n'],
]

for (const [client, expected] of V1)
  t.test(`v1 ${client?.address}`, async (t) => t.equal(proxyHeader('v1', client).toString('latin1'), expected))

const V2: readonly [Peer | null, string][] = [
  [peer('192.0.2.1', 56324, '198.51.100.7', 443), '2111000cc0000201c6336407dc0401bb'],
  [peer('2001:db8::1', 1, '::', 65535), `21210024${'20010db8'.padEnd(30, '0')}01${'0'.repeat(32)}0001ffff`],
  [
    peer('1:2:3:4:5:6:7:8', 1, '::ffff:192.0.2.1', 2),
    `2121002400010002000300040005000600070008${'0'.repeat(20)}ffffc000020100010002`,
  ],
  [peer('192.0.2.1', 1, '::1', 2), `21210024${'0'.repeat(20)}ffffc0000201${'0'.repeat(30)}0100010002`],
  [peer('unix', 0, '', 0), '20000000'],
  [null, '20000000'],
]

for (const [client, expected] of V2)
  t.test(`v2 ${client?.address}`, async (t) => t.equal(proxyHeader('v2', client).toString('hex'), SIGNATURE + expected))
