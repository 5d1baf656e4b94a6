// Endpoints by A and AAAA records, against a real DNS server: never worse than the last good answer.

import t from 'tap'
import { MAX_ENDPOINTS } from '../../src/discovery/dns.ts'
import {
  a,
  aaaa,
  cname,
  type DnsServer,
  REFUSED,
  SERVFAIL,
  silent,
  startDns,
  type Trick,
  truncated,
  withCode,
} from '../support/dns-server.ts'
import { until } from '../support/until.ts'
import { NAME, watchDns } from './watched-dns.ts'

t.test('A and AAAA together, in the order of the addresses, each once', async (t) => {
  const records = [
    a(NAME, '10.0.0.2'),
    a(NAME, '10.0.0.1'),
    a(NAME, '10.0.0.2'),
    aaaa(NAME, 'fd00::1'),
    a('other.test', '10.9.9.9'),
  ]
  const dns = await watchDns(t, (server) => (server.records = records))
  t.strictSame(await dns.firstFound(), {
    endpoints: ['10.0.0.1:80', '10.0.0.2:80', '[fd00::1]:80'].map((address) => ({ address, weight: 1 })),
    trouble: '',
  })
  t.strictSame(dns.server.asked.map(({ type, over, extended }) => `${type} ${over} ${extended}`).sort(), [
    'A udp true',
    'AAAA udp true',
  ])
})

t.test('with `local: false` nobody leads to this machine or its links', async (t) => {
  const own = ['127.0.0.1', '127.9.9.9', '169.254.169.254', '0.1.2.3']
  const dns = await watchDns(
    t,
    (server) => {
      server.records = [
        ...[...own, '10.0.0.1'].map((address) => a(NAME, address, 10)),
        ...['::1', 'fe80::1', '::ffff:127.0.0.1', '::ffff:a9fe:a9fe'].map((address) => aaaa(NAME, address)),
      ]
    },
    { local: false },
  )
  const { endpoints, trouble } = await dns.firstFound()
  t.strictSame(endpoints, [{ address: '10.0.0.1:80', weight: 1 }])
  t.match(trouble, /^\S+ means this machine or its links, and is not used$/)
  dns.server.records = [a(NAME, '127.0.0.1', 10)]
  t.strictSame((await dns.foundAfter(10.2)).endpoints, [], 'no last good answer either')
})

const BAD: readonly (readonly [what: string, make: (server: DnsServer) => void, reason: RegExp])[] = [
  ['the name does not exist any more', (server) => (server.records = []), /^users\.test does not exist \(NXDOMAIN\)$/],
  [
    'no address any more',
    (server) => (server.records = [{ type: 'TXT', name: NAME, data: 'x' }]),
    /^users\.test has no address$/,
  ],
  ['addresses that are none', (server) => (server.records = [a(NAME, '0.0.0.0'), aaaa(NAME, '::')]), /has no address/],
  ['SERVFAIL', (server) => (server.trick = withCode(SERVFAIL)), /SERVFAIL/],
  ['REFUSED', (server) => (server.trick = withCode(REFUSED)), /REFUSED/],
  ['aliases in a circle', (server) => (server.records = [cname(NAME, 'x.test'), cname('x.test', NAME)]), /too many aliases/],
  ['an alias that cannot be a name', (server) => (server.records = [cname(NAME, 'a b.test')]), /an alias that is not a name/],
  [
    'addresses of somebody else',
    (server) => (server.trick = (usual) => ({ ...usual, flags: 0, answers: [a('bank.test', '10.6.6.6')] })),
    /has no address/,
  ],
]

for (const [what, make, reason] of BAD) {
  t.test(`the last good answer stays: ${what}`, async (t) => {
    const dns = await watchDns(t, (server) => (server.records = [a(NAME, '10.0.0.1', 10)]))
    await dns.firstFound()
    make(dns.server)
    await dns.advance(10.2)
    await until('a failure', () => dns.failures.length > 0)
    t.match(dns.failures[0], reason)
    t.equal(dns.found.length, 1)
    dns.server.trick = (usual) => usual
    dns.server.records = [a(NAME, '10.0.0.3')]
    t.strictSame((await dns.foundAfter(1.2)).endpoints, [{ address: '10.0.0.3:80', weight: 1 }], 'asked again soon')
  })
}

t.test('garbage, and answers to other questions, are dropped; the right one is taken', async (t) => {
  const dns = await watchDns(t, (server) => {
    server.records = [a(NAME, '10.0.0.1')]
    server.trick = (usual) => {
      const evil = { ...usual, flags: 0, answers: [a(NAME, '10.6.6.6')] }
      return [
        Buffer.from('garbage'),
        Buffer.alloc(0),
        Buffer.alloc(600, 0xff),
        { ...evil, id: ((usual.id ?? 0) + 1) % 65536 },
        { ...evil, questions: [{ name: 'other.test', type: 'A' }] },
        { ...evil, questions: [{ name: NAME, type: 'MX' }] },
        { ...evil, questions: [] },
        { ...evil, type: 'query' },
        { ...evil, flags: 0x2800 },
        usual,
      ]
    }
  })
  await dns.firstFound()
  t.strictSame(dns.addresses, ['10.0.0.1:80'])
})

t.test('nothing but garbage is no answer', async (t) => {
  const dns = await watchDns(t, (server) => (server.trick = () => Buffer.from('garbage')))
  t.match(await dns.firstFailure(), /A users\.test: 127.*: no valid answer \(1 dropped\); AAAA/)
  t.equal(dns.server.count('A'), 2, 'asked twice')
})

t.test('a server that says nothing', async (t) => {
  const dns = await watchDns(t, (server) => (server.trick = silent))
  t.match(await dns.firstFailure(), /no answer/)
})

t.test('what was cut comes over TCP', async (t) => {
  const dns = await watchDns(t, (server) => {
    server.records = Array.from({ length: 200 }, (_, i) => a(NAME, `10.0.1.${i}`))
    server.trick = truncated
  })
  t.equal((await dns.firstFound()).endpoints.length, 200)
  t.ok(dns.server.asked.some(({ over, type }) => over === 'tcp' && type === 'A'))
})

const CUT: readonly (readonly [what: string, trick: Trick, reason: RegExp])[] = [
  ['is not answered over TCP', (usual, asked) => (asked.over === 'tcp' ? null : truncated(usual, asked)), /no answer over TCP/],
  [
    'is garbage over TCP',
    (usual, asked) => (asked.over === 'tcp' ? Buffer.alloc(9, 1) : truncated(usual, asked)),
    /no valid answer over TCP/,
  ],
  ['is cut over TCP as well', (usual) => ({ ...usual, flags: 0x200, answers: [] }), /no valid answer over TCP/],
]

for (const [what, trick, reason] of CUT) {
  t.test(`what was cut ${what}`, async (t) => {
    const dns = await watchDns(t, (server) => {
      server.records = [a(NAME, '10.0.0.1')]
      server.trick = trick
    })
    t.match(await dns.firstFailure(), reason)
  })
}

t.test('a server that does not know EDNS', async (t) => {
  const dns = await watchDns(t, (server) => {
    server.records = [a(NAME, '10.0.0.1')]
    server.trick = (usual, { extended }) => (extended ? { ...usual, flags: 1, questions: [], answers: [] } : usual)
  })
  await dns.firstFound()
  t.strictSame(dns.addresses, ['10.0.0.1:80'])
})

t.test('aliases: in one answer, and asked for one by one', async (t) => {
  const dns = await watchDns(t, (server) => {
    server.records = [cname(NAME, 'X.test', 3), cname('x.test', 'y.test'), a('y.test', '10.0.0.1'), a('y.test', '10.0.0.2')]
    server.trick = (usual, { type }) => (type === 'A' ? { ...usual, answers: [...server.records] } : { ...usual, answers: [] })
  })
  await dns.firstFound()
  t.strictSame(dns.addresses, ['10.0.0.1:80', '10.0.0.2:80'])
  t.equal(dns.server.count('A'), 1)
  dns.server.trick = (usual) => usual
  await dns.foundAfter(3.2)
  t.strictSame(dns.addresses, ['10.0.0.1:80', '10.0.0.2:80'])
  t.equal(dns.server.count('A'), 1 + 3)
})

t.test('a family that is not answered keeps its last good answer', async (t) => {
  const dns = await watchDns(t, (server) => (server.records = [a(NAME, '10.0.0.1', 10), aaaa(NAME, 'fd00::1', 10)]))
  await dns.firstFound()
  dns.server.records = [a(NAME, '10.0.0.2', 60)]
  dns.server.trick = (usual, asked) => (asked.type === 'AAAA' ? withCode(SERVFAIL)(usual, asked) : usual)
  t.match((await dns.foundAfter(10.2)).trouble, /^AAAA users\.test: .* SERVFAIL$/)
  t.strictSame(dns.addresses, ['10.0.0.2:80', '[fd00::1]:80'])
  dns.server.trick = (usual) => usual
  t.equal((await dns.foundAfter(30.2)).trouble, '', 'what is missing is asked for before the TTL is over')
  t.strictSame(dns.addresses, ['10.0.0.2:80'], 'an answer without addresses takes them away')
})

t.test('the next resolver is asked when one does not answer', async (t) => {
  const [dead, good] = [await startDns(t), await startDns(t)]
  await dead.close()
  good.records = [a(NAME, '10.0.0.1')]
  const dns = await watchDns(t, () => {}, { resolver: [dead.address, good.address] })
  await dns.firstFound()
  t.strictSame(dns.addresses, ['10.0.0.1:80'])
})

t.test('the number of endpoints is bounded', async (t) => {
  const dns = await watchDns(t, (server) => {
    server.records = Array.from({ length: MAX_ENDPOINTS + 1 }, (_, i) => a(NAME, `10.0.${i >> 8}.${i & 255}`))
    server.trick = truncated
  })
  const { endpoints, trouble } = await dns.firstFound()
  t.equal(endpoints.length, MAX_ENDPOINTS)
  t.equal(trouble, '1001 endpoints, of which the first 1000 by address are used')
})

t.test('stopped while it waits for an answer: nothing is told, nothing stays open', async (t) => {
  const dns = await watchDns(t, (server) => (server.trick = silent))
  await until('the questions', () => dns.server.asked.length === 2)
  dns.stop()
  dns.stop()
  await dns.advance(60)
  t.strictSame([dns.found, dns.failures], [[], []])
  t.equal(dns.server.asked.length, 2)
})
