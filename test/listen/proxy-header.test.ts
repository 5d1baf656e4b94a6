// PROXY headers of both versions, whole, in pieces, and wrong.

import t from 'tap'
import { readProxyHeader } from '../../src/listen/proxy-header.ts'

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

function v2(command: number, family: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([SIGNATURE, Buffer.from([command, family, body.length >> 8, body.length & 255]), body])
}

const FOUR = Buffer.from([192, 0, 2, 7, 10, 0, 0, 1, 0x9c, 0x40, 1, 0xbb])
const SIX = Buffer.concat([
  Buffer.from('20010db8000000000000000000000001', 'hex'),
  Buffer.from('fd000000000000000000000000000002', 'hex'),
  Buffer.from([0x9c, 0x40, 1, 0xbb]),
])
const tlv = (type: number, text: string): Buffer => Buffer.concat([Buffer.from([type, 0, text.length]), Buffer.from(text)])

const v4Ends = { remoteAddress: '192.0.2.7', remotePort: 40000, localAddress: '10.0.0.1', localPort: 443 }
const v6Ends = { remoteAddress: '2001:db8::1', remotePort: 40000, localAddress: 'fd00::2', localPort: 443 }

const GOOD: readonly (readonly [what: string, header: Buffer, ends: object | null])[] = [
  ['v1, IPv4', Buffer.from('PROXY TCP4 192.0.2.7 10.0.0.1 40000 443\r\n'), v4Ends],
  ['v1, IPv6', Buffer.from('PROXY TCP6 2001:DB8:0::1 fd00::2 40000 443\r\n'), v6Ends],
  ['v1, unknown', Buffer.from('PROXY UNKNOWN\r\n'), null],
  ['v1, unknown with something', Buffer.from('PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n'), null],
  ['v2, IPv4', v2(0x21, 0x11, FOUR), v4Ends],
  ['v2, IPv6', v2(0x21, 0x21, SIX), v6Ends],
  ['v2, extensions', v2(0x21, 0x11, FOUR, tlv(1, 'h2'), tlv(0xe0, 'x'), tlv(4, '')), v4Ends],
  ['v2, LOCAL', v2(0x20, 0x00), null],
  ['v2, LOCAL with anything', v2(0x20, 0x11, Buffer.from('whatever')), null],
  ['v2, family not known to the hop', v2(0x21, 0x00, Buffer.from('abc')), null],
  ['v2, unix', v2(0x21, 0x31, Buffer.alloc(216, 1)), null],
]

for (const [what, header, ends] of GOOD) {
  t.test(what, async (t) => {
    const behind = Buffer.from('GET / HTTP/1.1\r\n')
    t.strictSame(readProxyHeader(Buffer.concat([header, behind])), { length: header.length, ends })
    for (let length = 0; length < header.length; length++)
      if (readProxyHeader(header.subarray(0, length)) !== 'more') t.fail(`not waited for the rest after ${length} bytes`)
  })
}

const BAD: readonly (readonly [what: string, header: Buffer | string])[] = [
  ['no family', 'PROXY \r\n'],
  ['another family', 'PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n'],
  ['an address of the other family', 'PROXY TCP4 ::1 ::1 1 2\r\n'],
  ['a zone', 'PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n'],
  ['no address', 'PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n'],
  ['leading zeros', 'PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n'],
  ['a port that is too large', 'PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n'],
  ['a negative port', 'PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n'],
  ['a port missing', 'PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n'],
  ['a word too many', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n'],
  ['two spaces', 'PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n'],
  ['a tab', 'PROXY TCP4\t1.2.3.4 1.2.3.4 1 2\r\n'],
  ['a line without end', `PROXY TCP4 ${'1'.repeat(200)}`],
  ['a line that ends too late', `PROXY UNKNOWN ${'x'.repeat(100)}\r\n`],
  ['a bare line feed', `PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n${'x'.repeat(100)}`],
  ['v2 of another version', v2(0x11, 0x11, FOUR)],
  ['v2, another command', v2(0x22, 0x11, FOUR)],
  ['v2, UDP', v2(0x21, 0x12, FOUR)],
  ['v2, a family that there is not', v2(0x21, 0x41, FOUR)],
  ['v2, addresses cut', v2(0x21, 0x11, FOUR.subarray(1))],
  ['v2, IPv6 cut', v2(0x21, 0x21, SIX.subarray(1))],
  ['v2, unix cut', v2(0x21, 0x31, Buffer.alloc(215))],
  ['v2, an extension longer than the header', v2(0x21, 0x11, FOUR, Buffer.from([1, 0xff, 0xff, 1]))],
  ['v2, half an extension', v2(0x21, 0x11, FOUR, Buffer.from([1, 0]))],
  ['v2, too long', v2(0x21, 0x11, FOUR, Buffer.alloc(60_000))],
]

for (const [what, header] of BAD) {
  t.test(what, async (t) => {
    t.equal(readProxyHeader(Buffer.from(header as string)), 'bad')
  })
}

t.test('what is none', async (t) => {
  for (const text of [
    'GET / HTTP/1.1\r\n',
    'PROXX',
    'proxy TCP4',
    '\r\n\r\nGET',
    '\x16\x03\x01',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  ])
    t.equal(readProxyHeader(Buffer.from(text, 'latin1')), 'none', JSON.stringify(text))
})
