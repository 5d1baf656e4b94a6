// When a name is asked for: by TTL within bounds, as configured, with jitter, and ever more slowly while there is no answer.

import t from 'tap'
import { a, aaaa } from '../support/dns-server.ts'
import { until } from '../support/until.ts'
import { NAME, watchDns } from './watched-dns.ts'

const TTLS: readonly (readonly [what: string, ttls: readonly [number, number], refresh: number | null, seconds: number])[] = [
  ['the shortest TTL', [20, 7], null, 7],
  ['at least a second', [0, 60], null, 1],
  ['at most five minutes', [86_400, 86_400], null, 300],
  ['as configured', [5, 5], 60_000, 60],
]

for (const [what, [first, second], refresh, seconds] of TTLS) {
  t.test(`asked again: ${what}`, async (t) => {
    const fill = [a(NAME, '10.0.0.1', first), aaaa(NAME, 'fd00::1', second)]
    const dns = await watchDns(t, (server) => (server.records = fill), { refresh })
    await dns.firstFound()
    dns.server.records = [a(NAME, '10.0.0.7')]
    await dns.advance(seconds - 0.1)
    t.equal(dns.server.count('A'), 1)
    await dns.foundAfter(0.3)
    t.strictSame(dns.addresses, ['10.0.0.7:80'])
  })
}

t.test('jitter makes it later, never earlier', async (t) => {
  const dns = await watchDns(t, (server) => (server.records = [a(NAME, '10.0.0.1', 100)]), { random: () => 0.999 })
  await dns.firstFound()
  await dns.advance(109)
  t.equal(dns.server.count('A'), 1)
  await dns.foundAfter(1.2)
  t.equal(dns.server.count('A'), 2)
})

t.test('a server that dies and comes back', async (t) => {
  const dns = await watchDns(t, (server) => (server.records = [a(NAME, '10.0.0.1', 10)]))
  await dns.firstFound()
  const { port } = dns.server
  await dns.server.close()
  await dns.advance(10.2)
  await until('a failure', () => dns.failures.length === 1)
  t.match(dns.failures[0], /^A users\.test: 127\.0\.0\.1:\d+: ECONNREFUSED/)
  for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
    const failures = dns.failures.length
    await dns.advance(seconds - 0.2)
    t.equal(dns.failures.length, failures, `not before ${seconds} s`)
    await dns.advance(0.4)
    await until('the next failure', () => dns.failures.length > failures)
  }
  t.equal(dns.found.length, 1, 'nothing was published meanwhile')
  dns.server.records = [a(NAME, '10.0.0.2')]
  await dns.server.listen(port)
  await dns.foundAfter(30.2)
  t.strictSame(dns.addresses, ['10.0.0.2:80'])
})
