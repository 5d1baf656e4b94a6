// Addresses of a pool, hostnames that meet, durations.

import t from 'tap'
import { AddressPool, canonicalAddress } from '../../../src/kubernetes/gateway-api/address-pool.ts'
import { durationOf } from '../../../src/kubernetes/gateway-api/durations.ts'
import { hostsOn, intersect } from '../../../src/kubernetes/gateway-api/hostnames.ts'
import { selects } from '../../../src/kubernetes/gateway-api/namespaces.ts'

t.test('addresses in the order written, each once', async (t) => {
  const pool = new AddressPool(['10.0.0.80', '10.0.1.3/31', '2001:db8::fe/127', '0.0.0.255/32', '255.255.255.254/31'])
  const taken = new Set<string>()
  for (let next = pool.free(taken); next !== null; next = pool.free(taken)) taken.add(next)
  t.strictSame(
    [...taken],
    ['10.0.0.80', '10.0.1.2', '10.0.1.3', '2001:db8::fe', '2001:db8::ff', '0.0.0.255', '255.255.255.254', '255.255.255.255'],
  )
  for (const address of taken) t.ok(pool.has(address), address)
  for (const address of ['10.0.1.4', '10.0.1.1', '2001:db8::1:0', 'x', '']) t.notOk(pool.has(address), `not ${address}`)
  t.equal(canonicalAddress('2001:DB8:0:0::1'), '2001:db8::1')
  t.equal(canonicalAddress('fe80::1%eth0'), null)
  t.equal(new AddressPool(['::/0']).free(new Set()), '::')
})

t.test('hostnames', async (t) => {
  for (const [a, b, both] of [
    ['', 'a.example', 'a.example'],
    ['', '', ''],
    ['a.example', 'a.example', 'a.example'],
    ['*.example', 'a.example', 'a.example'],
    ['*.example', 'b.a.example', 'b.a.example'],
    ['*.example', 'example', null],
    ['*.example', '*.a.example', '*.a.example'],
    ['*.a.example', '*.b.example', null],
    ['a.example', 'b.example', null],
    ['*.ample', 'example', null],
  ] as const) {
    t.equal(intersect(a, b), both, `${a} and ${b}`)
    t.equal(intersect(b, a), both, `${b} and ${a}`)
  }
  t.strictSame(hostsOn('*.example', ['a.example', 'A.Example.', 'other']), ['a.example'])
  t.strictSame(hostsOn('', []), [])
  t.equal(hostsOn('a.example', ['other']), null)
})

t.test('durations', async (t) => {
  for (const [written, means] of [
    ['1h30m10s250ms', '5410250ms'],
    ['500ms', '500ms'],
    ['0s', 'off'],
    ['0h0m', 'off'],
    ['soon', null],
    ['', null],
    ['1.5s', null],
    ['-1s', null],
    ['1d', null],
  ] as const)
    t.equal(durationOf(written), means, written)
})

t.test('selectors', async (t) => {
  const labels = { team: 'web', tier: '' }
  const asks = (key: string, operator: string, values: string[] = []) =>
    selects({ matchExpressions: [{ key, operator, values }] }, labels)
  t.ok(selects({}, labels))
  t.ok(selects({ matchLabels: { team: 'web' } }, labels))
  t.notOk(selects({ matchLabels: { toString: 'x' } }, labels))
  t.ok(asks('team', 'In', ['web', 'x']))
  t.notOk(asks('team', 'In', ['x']))
  t.ok(asks('none', 'NotIn', ['x']))
  t.notOk(asks('team', 'NotIn', ['web']))
  t.ok(asks('tier', 'Exists'))
  t.ok(asks('none', 'DoesNotExist'))
  t.notOk(asks('team', 'Guess'))
})
