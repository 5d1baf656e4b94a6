import t from 'tap'
import { normalizeHost, parseAuthority } from '../../src/model/request-host.ts'

const GOOD: readonly (readonly [string, string, number | null])[] = [
  ['a', 'a', null],
  ['api.example.com', 'api.example.com', null],
  ['A.EXAMPLE.', 'a.example', null],
  ['a.example.:8080', 'a.example', 8080],
  ['Api.Example.com:443', 'api.example.com', 443],
  ['a:0', 'a', 0],
  ['a:65535', 'a', 65535],
  ['a:00080', 'a', 80],
  ['my_host-1.~x', 'my_host-1.~x', null],
  ['169.254.169.254', '169.254.169.254', null],
  ['127.0.0.1:9001', '127.0.0.1', 9001],
  ['[::1]', '[::1]', null],
  ['[::1]:80', '[::1]', 80],
  ['[2001:DB8::A]', '[2001:db8::a]', null],
  ['[::ffff:127.0.0.1]:1', '[::ffff:127.0.0.1]', 1],
  [`${'a'.repeat(63)}.`.repeat(3) + 'b'.repeat(63), `${'a'.repeat(63)}.`.repeat(3) + 'b'.repeat(63), null],
]

const BAD = [
  ...['', 'u@a', 'a/x', 'a,b', 'a b', 'a:99999', 'a:65536', 'a:80:80', '[::1', 'a%00.b', 'a?x', 'a#', 'a\\b', 'http://a', 'a:'],
  ...[
    ':80',
    '.',
    '..',
    '.a',
    'a..b',
    'a..',
    '.:80',
    'a:8a',
    'a:-1',
    'a:+1',
    'a: 80',
    'a:000080',
    ' a',
    'a ',
    'a\t',
    'a\x00',
    'a\x7f',
  ],
  ...[
    '[',
    '[]',
    '[::1]a',
    '[::1]:',
    '[::1]80',
    '[::g]',
    '[127.0.0.1]',
    '[fe80::1%eth0]',
    '[v1.a]',
    '::1',
    '[[::1]]',
    ']',
    '[::1]]',
  ],
  ...[
    "a'b",
    'a(b',
    'a*',
    '*.example.org',
    'a+b',
    'a;b',
    'a=b',
    'a!b',
    'a$b',
    'a&b',
    'a"b',
    'a<b',
    'a`b',
    'a{b',
    'a^b',
    'a@',
    '@a',
  ],
  ...['caf\xe9', '\u0130', '\u212a.example', 'a'.repeat(256), `${'a.'.repeat(5000)}b`],
]

t.test('a valid authority gives its host in one spelling, and its port', async (t) => {
  for (const [raw, host, port] of GOOD) {
    t.equal(normalizeHost(raw), host, raw)
    t.strictSame(parseAuthority(raw), { host, port }, raw)
    t.equal(normalizeHost(host), host, 'again')
  }
})

t.test('everything else is refused', async (t) => {
  for (const raw of BAD) {
    t.equal(normalizeHost(raw), null, JSON.stringify(raw.slice(0, 40)))
    t.equal(parseAuthority(raw), null)
  }
})
