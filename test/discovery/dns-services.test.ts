// Endpoints by SRV records, against a real DNS server: ports, weights, priorities, and the addresses of targets.

import t from 'tap'
import { a, aaaa, type DnsServer, SERVFAIL, srv, withCode } from '../support/dns-server.ts'
import { until } from '../support/until.ts'
import { watchDns } from './watched-dns.ts'

const NAME = '_http._tcp.users.test'
const SRV = { name: NAME, type: 'srv', port: null } as const

const watchSrv = (t: Parameters<typeof watchDns>[0], prepare: (server: DnsServer) => void) => watchDns(t, prepare, SRV)

t.test('targets with their ports and weights, asked for with A and AAAA', async (t) => {
  const dns = await watchSrv(t, (server) => {
    server.records = [
      srv(NAME, 'b.test', 8002, 30),
      srv(NAME, 'A.test', 8001, 10),
      a('a.test', '10.0.0.1'),
      a('b.test', '10.0.0.2'),
      aaaa('b.test', 'fd00::2'),
    ]
  })
  t.strictSame((await dns.firstFound()).endpoints, [
    { address: '10.0.0.1:8001', weight: 2 },
    { address: '10.0.0.2:8002', weight: 3 },
    { address: '[fd00::2]:8002', weight: 3 },
  ])
})

t.test('addresses that come along are not asked for', async (t) => {
  const dns = await watchSrv(t, (server) => {
    server.records = [srv(NAME, 'a.test', 8001), srv(NAME, 'b.test', 8002), a('b.test', '10.0.0.9')]
    server.additionals = [a('a.test', '10.0.0.1', 2), aaaa('a.test', 'fd00::1'), a('bank.test', '10.6.6.6')]
  })
  await dns.firstFound()
  t.strictSame(dns.addresses, ['10.0.0.1:8001', '10.0.0.9:8002', '[fd00::1]:8001'])
  t.strictSame(dns.server.asked.map(({ name, type }) => `${type} ${name}`).sort(), ['A b.test', 'AAAA b.test', `SRV ${NAME}`])
  dns.server.additionals = [a('a.test', '10.0.0.2')]
  t.ok(
    (await dns.foundAfter(2.2)).endpoints.some(({ address }) => address === '10.0.0.2:8001'),
    'their TTL counts too',
  )
})

t.test('only the lowest priority that has an address is used', async (t) => {
  const dns = await watchSrv(t, (server) => {
    server.records = [
      srv(NAME, 'a.test', 1, 1, 10),
      srv(NAME, 'b.test', 2, 1, 20),
      a('a.test', '10.0.0.1', 5),
      a('b.test', '10.0.0.2', 5),
    ]
  })
  await dns.firstFound()
  t.strictSame(dns.addresses, ['10.0.0.1:1'])
  dns.server.records = dns.server.records.filter(({ name }) => name !== 'a.test')
  t.match(await dns.foundAfter(5.2), { endpoints: [{ address: '10.0.0.2:2' }], trouble: 'a.test does not exist (NXDOMAIN)' })
})

t.test('a target that cannot be asked for keeps its last addresses', async (t) => {
  const dns = await watchSrv(t, (server) => {
    server.records = [srv(NAME, 'a.test', 1), srv(NAME, 'b.test', 2, 1, 7), a('a.test', '10.0.0.1'), a('b.test', '10.0.0.2')]
  })
  await dns.firstFound()
  dns.server.trick = (usual, asked) => (asked.name === 'a.test' ? withCode(SERVFAIL)(usual, asked) : usual)
  t.match((await dns.foundAfter(10.2)).trouble, /^A a\.test: .* SERVFAIL; AAAA a\.test/)
  t.strictSame(dns.addresses, ['10.0.0.1:1'], 'the lower level is not left for that')
})

const BAD: readonly (readonly [what: string, make: (server: DnsServer) => void, reason: RegExp])[] = [
  ['no such name', (server) => (server.records = []), /^_http\._tcp\.users\.test does not exist \(NXDOMAIN\)$/],
  ['no SRV record', (server) => (server.records = [a(NAME, '10.0.0.1')]), /has no SRV record/],
  ['decidedly no service', (server) => (server.records = [srv(NAME, '.', 80)]), /has no SRV record/],
  ['port 0', (server) => (server.records = [srv(NAME, 'a.test', 0), a('a.test', '10.0.0.1')]), /has no SRV record/],
  ['a target that cannot be a name', (server) => (server.records = [srv(NAME, 'a b', 80)]), /has no SRV record/],
  ['targets without an address', (server) => (server.records = [srv(NAME, 'x.test', 80)]), /^x\.test does not exist/],
  ['SERVFAIL', (server) => (server.trick = withCode(SERVFAIL)), /^SRV .* SERVFAIL$/],
]

for (const [what, make, reason] of BAD) {
  t.test(`the last good answer stays: ${what}`, async (t) => {
    const dns = await watchSrv(t, (server) => (server.records = [srv(NAME, 'a.test', 80), a('a.test', '10.0.0.1')]))
    await dns.firstFound()
    make(dns.server)
    await dns.advance(10.2)
    await until('a failure', () => dns.failures.length > 0)
    t.match(dns.failures[0], reason)
    t.equal(dns.found.length, 1)
  })
}

t.test('hundreds of targets, each asked for', async (t) => {
  const hosts = Array.from({ length: 300 }, (_, i) => `h${i}.test`)
  const warnings: string[] = []
  const warned = ({ name }: Error) => warnings.push(name)
  process.on('warning', warned)
  t.teardown(() => process.off('warning', warned))
  const dns = await watchSrv(t, (server) => {
    server.records = hosts.flatMap((host, i) => [srv(NAME, host, 80), a(host, `10.0.${i >> 8}.${i & 255}`)])
    server.trick = (usual, { over, type }) =>
      type === 'SRV' && over === 'udp' ? { ...usual, flags: 0x200, answers: [] } : usual
  })
  t.equal((await dns.firstFound()).endpoints.length, 300)
  t.same(warnings, [])
})
