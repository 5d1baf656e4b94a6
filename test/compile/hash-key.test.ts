// What of a request is hashed, and what becomes of requests that do not have it.

import t from 'tap'
import { hashText } from '../../src/balancing/hash.ts'
import { hashesOf, hashOfKey } from '../../src/compile/hash-key.ts'
import type { HashKeyConfig, RouteConfig, UpstreamConfig } from '../../src/config/model.ts'
import { normalizeConfig } from '../../src/config/parse.ts'
import { seeded } from '../balancing/endpoints.ts'
import { fakeExchange } from '../support/fake-exchange.ts'

const REQUEST = {
  path: '/users/1',
  query: '?user=anna%20b&empty=',
  client: '192.0.2.9',
  fields: 'x-user: anna\r\nx-empty: \r\ncookie: a=1; session=s-1; none=\r\n',
}

const hash = (key: HashKeyConfig | null, request: object = REQUEST): number => hashOfKey(key, seeded(1))(fakeExchange(request))

const PRESENT: readonly (readonly [HashKeyConfig | null, string])[] = [
  [{ type: 'header', name: 'x-user' }, 'anna'],
  [{ type: 'header', name: 'host' }, 'a.test'],
  [{ type: 'cookie', name: 'session' }, 's-1'],
  [{ type: 'query', name: 'user' }, 'anna b'],
  [{ type: 'path' }, '/users/1'],
  [{ type: 'source-ip' }, '192.0.2.9'],
  [null, '192.0.2.9'],
]

for (const [key, value] of PRESENT) {
  t.test(`${JSON.stringify(key)} is ${value}`, async (t) => {
    t.equal(hash(key), hashText(value))
    t.equal(hashOfKey(key, seeded(2))(fakeExchange(REQUEST)), hashText(value), 'in every process')
  })
}

for (const key of [
  { type: 'header', name: 'x-nobody' },
  { type: 'header', name: 'x-empty' },
  { type: 'cookie', name: 'other' },
  { type: 'cookie', name: 'none' },
  { type: 'query', name: 'empty' },
  { type: 'query', name: 'other' },
] as const) {
  t.test(`${JSON.stringify(key)} is missing or empty: spread`, async (t) => {
    const of = hashOfKey(key, seeded(1))
    const x = fakeExchange(REQUEST)
    const eighths = new Array<number>(8).fill(0)
    for (let i = 0; i < 8000; i++) {
      const place = of(x) >>> 29
      eighths[place] = (eighths[place] as number) + 1
    }
    for (const count of eighths) t.ok(Math.abs(count - 1000) < 150, `${count} of 8000`)
  })
}

t.test('the key of the route goes first, and only balancers that hash have one', async (t) => {
  const upstream = (balancer: unknown) => ({ discovery: { static: ['127.0.0.1:1'] }, balancer })
  const parsed = normalizeConfig({
    listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
    routes: [
      { name: 'own', to: [{ upstream: 'a' }, { upstream: 'b' }, { upstream: 'c' }], hash: { path: true } },
      { name: 'theirs', to: [{ upstream: 'a' }, { upstream: 'b' }, { upstream: 'c' }] },
    ],
    upstreams: {
      a: upstream('random'),
      b: upstream({ type: 'maglev', key: { header: 'x-user' } }),
      c: upstream('ring-hash'),
    },
  })
  if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors))
  const { routes, upstreams } = parsed.config
  const all = ['a', 'b', 'c'].map((name) => upstreams[name] as UpstreamConfig)
  const values = (route: number, of = all) =>
    hashesOf(routes[route] as RouteConfig, of, seeded(1))?.map((each) => each?.(fakeExchange(REQUEST)) ?? null) ?? null
  t.strictSame(values(0), [null, hashText('/users/1'), hashText('/users/1')])
  t.strictSame(values(1), [null, hashText('anna'), hashText('192.0.2.9')])
  t.equal(values(0, all.slice(0, 1)), null)
})
