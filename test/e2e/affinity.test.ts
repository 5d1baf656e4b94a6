// Sessions on real sockets: a cookie that survives what happens to the endpoints, and a header.

import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { GatewayConfigInput } from '../../src/index.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { type RawEndpoint, type Script, startEndpoint } from '../support/raw-endpoint.ts'
import { until } from '../support/until.ts'

const named =
  (name: string): Script =>
  (_request, connection, phase) => {
    if (phase === 'end') connection.answer(name)
  }
const resetting: Script = (_request, connection, phase) => {
  if (phase === 'end') connection.socket.resetAndDestroy()
}

async function start(t: Test, ...names: string[]): Promise<RawEndpoint[]> {
  const endpoints = await Promise.all(names.map(() => startEndpoint(t)))
  endpoints.forEach((endpoint, i) => {
    endpoint.script = named(names[i] as string)
  })
  return endpoints
}

type Listed = RawEndpoint | { readonly endpoint: RawEndpoint; readonly weight?: number; readonly priority?: number }

const at = (endpoints: readonly Listed[], rest: object = {}): object => ({
  discovery: {
    static: endpoints.map((each) => {
      if (!('endpoint' in each)) return each.address
      const { endpoint, ...spec } = each
      return { address: endpoint.address, ...spec }
    }),
  },
  ...rest,
})

const config = (upstreams: object, route: object = {}): GatewayConfigInput =>
  ({
    via: 'gate',
    listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
    routes: [{ name: 'all', to: 'all', affinity: { cookie: 'hg' }, ...route }],
    upstreams,
  }) as GatewayConfigInput

/** A client that keeps its cookie. */
async function browser(gateway: TestGateway) {
  const client = await gateway.client()
  const jar = { value: '', sets: 0, last: '' }
  const ask = async (lines: readonly string[] = []): Promise<string> => {
    const cookie = jar.value === '' ? [] : [`cookie: ${jar.value}`]
    const { status, body, fields } = await client.ask('GET /', [...cookie, ...lines])
    if (fields['set-cookie'] !== undefined) {
      jar.last = fields['set-cookie']
      jar.value = jar.last.split(';')[0] as string
      jar.sets++
    }
    return status === 200 ? body : `${status}`
  }
  const times = async (count: number): Promise<string[]> => {
    const bodies: string[] = []
    for (let i = 0; i < count; i++) bodies.push(await ask())
    return bodies
  }
  return { jar, ask, times, client }
}

t.test('a cookie, set once, for as long as its endpoint can be used', async (t) => {
  const endpoints = await start(t, '0', '1', '2')
  const gateway = await startGateway(t, config({ all: at(endpoints) }))
  const [one, other] = [await browser(gateway), await browser(gateway)]
  const mine = await one.ask()
  t.match(one.jar.last, /^hg=[\w-]{32}; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/)
  t.strictSame(await one.times(6), Array(6).fill(mine))
  t.not(await other.ask(), mine, 'others are spread')
  t.equal(one.jar.sets, 1)

  const request = endpoints[Number(mine)]?.requests.at(-1)
  t.notOk(request?.fields.cookie, 'it is not for the endpoint')
  await one.client.ask('GET /', [`cookie: a=1; ${one.jar.value}; b=2`])
  t.equal(endpoints[Number(mine)]?.requests.at(-1)?.fields.cookie, 'a=1; b=2')

  t.match(await gateway.gateway.explain({ method: 'GET', url: 'http://a/', headers: { cookie: one.jar.value } }), {
    endpoint: endpoints[Number(mine)]?.address,
    notes: [/^listener/, `affinity: the cookie hg names ${endpoints[Number(mine)]?.address}`],
  })
  t.match(await gateway.gateway.explain({ method: 'GET', url: 'http://a/' }), {
    notes: [/^listener/, 'affinity: no cookie hg names an endpoint: the balancer decides, and the answer sets it'],
  })

  const [extra] = await start(t, 'extra')
  const changed = [...endpoints].reverse()
  await gateway.apply(config({ all: at([extra as RawEndpoint, ...changed]) }))
  t.strictSame(await one.times(4), Array(4).fill(mine), 'the set of endpoints has changed')
  await gateway.apply(config({ all: at(endpoints.filter((_, i) => `${i}` !== mine)) }))
  const next = await one.ask()
  t.not(next, mine)
  t.equal(one.jar.sets, 2, 'renewed, since its endpoint is gone')
  t.strictSame(await one.times(4), Array(4).fill(next))
  gateway.closeClients()
})

t.test('what nobody signed names nobody', async (t) => {
  const endpoints = await start(t, '0', '1')
  const gateway = await startGateway(t, config({ all: at(endpoints) }))
  const { jar, ask, client } = await browser(gateway)
  await ask()
  const forged = [
    'hg=',
    'hg=0',
    `${jar.value.slice(0, -1)}${jar.value.endsWith('A') ? 'B' : 'A'}`,
    `hg=${Buffer.from(endpoints[0]?.address ?? '').toString('base64url')}`,
    `hg=${'A'.repeat(20_000)}`,
    'hg=__proto__',
    'hg=\u00ff\u00fe',
    'hg="x',
  ]
  for (const cookie of forged) {
    const { status, fields } = await client.ask('GET /', [`cookie: ${cookie}`])
    t.equal(status, 200)
    t.match(fields['set-cookie'], /^hg=[\w-]{32};/, cookie.slice(0, 40))
  }
  for (const endpoint of endpoints) for (const { fields } of endpoint.requests) t.notOk(fields.cookie)
  gateway.closeClients()
})

t.test('health first: who is ejected loses its sessions, and none of them sees an error', async (t) => {
  const endpoints = await start(t, '0', '1', '2')
  const gateway = await startGateway(t, config({ all: at(endpoints) }))
  const { jar, ask, times } = await browser(gateway)
  const mine = await ask()
  const bad = endpoints[Number(mine)] as RawEndpoint
  bad.script = resetting
  const next = await ask()
  t.match(next, /^[012]$/)
  t.not(next, mine)
  t.equal(jar.sets, 2)
  bad.script = named(mine)
  gateway.advance(10_100)
  await until('it to be back', async () => (await gateway.metric('endpoint_up')) === 3)
  t.strictSame(await times(5), Array(5).fill(next), 'it stays where it has gone')
  gateway.closeClients()
})

t.test('level and weight do not matter to a session: weight 0 only keeps those that there are', async (t) => {
  const [a, b] = (await start(t, 'a', 'b')) as [RawEndpoint, RawEndpoint]
  const gateway = await startGateway(t, config({ all: at([a]) }))
  const session = await browser(gateway)
  t.equal(await session.ask(), 'a')
  await gateway.apply(config({ all: at([{ endpoint: a, weight: 0 }, b]) }))
  t.strictSame(await session.times(3), ['a', 'a', 'a'])
  t.strictSame(await (await browser(gateway)).times(3), ['b', 'b', 'b'])
  await gateway.apply(config({ all: at([{ endpoint: a, priority: 1 }, b]) }))
  t.strictSame(await session.times(3), ['a', 'a', 'a'])
  a.script = resetting
  t.equal(await session.ask(), 'b')
  t.strictSame(await session.times(3), ['b', 'b', 'b'])
  gateway.closeClients()
})

t.test('a session stays in its part of a weighted list', async (t) => {
  const [s1, s2, c1, c2] = (await start(t, 's1', 's2', 'c1', 'c2')) as [RawEndpoint, RawEndpoint, RawEndpoint, RawEndpoint]
  const to = (weight: number) => ({
    to: [
      { upstream: 'stable', weight: 100 - weight },
      { upstream: 'next', weight, filters: [{ responseHeaders: { set: { 'x-next': '1' } } }] },
    ],
  })
  const upstreams = { stable: at([s1, s2]), next: at([c1, c2]) }
  const gateway = await startGateway(t, config(upstreams, to(50)))
  const sessions = await Promise.all(Array.from({ length: 24 }, () => browser(gateway)))
  const first = await Promise.all(sessions.map(({ ask }) => ask()))
  const groups = new Set(first.map((name) => name[0]))
  t.strictSame([...groups].sort(), ['c', 's'], 'both')
  await gateway.apply(config(upstreams, to(1)))
  t.strictSame(await Promise.all(sessions.map(({ ask }) => ask())), first, 'a changed weight moves nobody')
  // One of each upstream goes: its sessions go to the other one of the same upstream.
  await gateway.apply(config({ stable: at([s1]), next: at([c1]) }, to(1)))
  t.strictSame(
    (await Promise.all(sessions.map(({ ask }) => ask()))).map((name) => name[0]),
    first.map((name) => name[0]),
  )
  const canary = sessions[first.findIndex((name) => name.startsWith('c'))]
  const { fields } = (await canary?.client.ask('GET /', [`cookie: ${canary.jar.value}`])) ?? {
    fields: {} as Record<string, string>,
  }
  t.equal(fields['x-next'], '1', 'with the filters of its upstream')
  t.match(await gateway.gateway.explain({ method: 'GET', url: 'http://a/', headers: { cookie: canary?.jar.value ?? '' } }), {
    upstream: 'next',
    endpoint: c1.address,
  })
  await gateway.apply(config(upstreams, to(0)))
  t.strictSame(
    new Set((await Promise.all(sessions.map(({ ask }) => ask()))).map((name) => name[0])),
    new Set(['s']),
    'weight 0',
  )
  gateway.closeClients()
})

t.test('failover, and back', async (t) => {
  const [main, spare] = (await start(t, 'main', 'spare')) as [RawEndpoint, RawEndpoint]
  const upstreams = (list: readonly RawEndpoint[]) => ({ all: at(list, { failover: ['spare'] }), spare: at([spare]) })
  const gateway = await startGateway(t, config(upstreams([main])))
  const { jar, ask, times } = await browser(gateway)
  t.equal(await ask(), 'main')
  await gateway.apply(config(upstreams([])))
  t.strictSame(await times(3), ['spare', 'spare', 'spare'])
  t.equal(jar.sets, 2)
  await gateway.apply(config(upstreams([main])))
  t.strictSame(await times(3), ['main', 'main', 'main'])
  t.equal(jar.sets, 3)
  gateway.closeClients()
})

t.test('a secret of the configuration holds over gateways, and is not shown', async (t) => {
  const endpoints = await start(t, '0', '1', '2', '3', '4', '5')
  const folder = t.testdir({ one: 'topsecret\n', two: 'another' })
  const using = (secret: object | string) => config({ all: at(endpoints) }, { affinity: { cookie: 'hg', ttl: 'off', secret } })
  const first = await startGateway(t, using({ file: `${folder}/one` }))
  const { jar, ask } = await browser(first)
  const mine = await ask()
  t.notMatch(jar.last, /Max-Age/)
  const explained = async (gateway: TestGateway) =>
    (await gateway.gateway.explain({ method: 'GET', url: 'http://a/', headers: { cookie: jar.value } })).notes.some((note) =>
      /^affinity: the cookie hg names \S+$/.test(note),
    )
  t.ok(await explained(first))
  t.ok(await explained(await startGateway(t, using('topsecret'))))
  process.env.HG_TEST_SECRET = 'topsecret'
  t.teardown(() => {
    delete process.env.HG_TEST_SECRET
  })
  t.ok(await explained(await startGateway(t, using({ env: 'HG_TEST_SECRET' }))))
  t.notOk(await explained(await startGateway(t, using({ file: `${folder}/two` }))))
  t.notOk(await explained(await startGateway(t, config({ all: at(endpoints) }))), 'a generated one is its own')
  await t.rejects(first.apply(using({ file: `${folder}/none` })), /routes\[0\]\.affinity\.secret: .* cannot be read/)
  writeFileSync(`${folder}/none`, ' \n')
  await t.rejects(first.apply(using({ file: `${folder}/none` })), /is empty/)
  t.match(mine, /^\d$/)
  first.closeClients()
})

t.test('a header', async (t) => {
  const endpoints = await start(t, '0', '1', '2', '3')
  const gateway = await startGateway(t, config({ all: at(endpoints) }, { affinity: { header: 'X-Session' } }))
  const { jar, ask } = await browser(gateway)
  const seen = new Map<string, string>()
  for (let i = 0; i < 20; i++) seen.set(`s${i}`, await ask([`x-session: s${i}`]))
  t.ok(new Set(seen.values()).size > 1)
  for (const [value, name] of seen) t.equal(await ask([`x-session: ${value}`]), name)
  t.ok(new Set([await ask(), await ask(), await ask(), await ask()]).size === 4, 'without it the balancer decides')
  t.equal(jar.sets, 0)
  const bad = seen.get('s0') as string
  ;(endpoints[Number(bad)] as RawEndpoint).script = resetting
  for (const [value, name] of seen) {
    const now = await ask([`x-session: ${value}`])
    if (name === bad) t.match(now, /^\d$/)
    if (name === bad) t.not(now, bad)
    else t.equal(now, name, 'those of others stay')
  }
  t.match(await gateway.gateway.explain({ method: 'GET', url: 'http://a/', headers: { 'x-session': 's1' } }), {
    notes: [/^listener/, 'affinity: the endpoint follows from x-session: the same for the same value while it can be used'],
  })
  gateway.closeClients()
})

t.test('parts of one upstream by labels: the cookie says which', async (t) => {
  const [one, other, next] = (await start(t, 'v1a', 'v1b', 'v2')) as [RawEndpoint, RawEndpoint, RawEndpoint]
  const of = (list: readonly (readonly [RawEndpoint, string])[]) => ({
    all: { discovery: { static: list.map(([{ address }, version]) => ({ address, labels: { version } })) } },
  })
  const route = (weight: number) => ({
    to: [
      { upstream: 'all', labels: { version: 'v1' }, weight: 100 - weight },
      { upstream: 'all', labels: { version: 'v2' }, weight },
    ],
  })
  const all = [
    [one, 'v1'],
    [other, 'v1'],
    [next, 'v2'],
  ] as const
  const gateway = await startGateway(t, config(of(all), route(50)))
  const sessions = await Promise.all(Array.from({ length: 16 }, () => browser(gateway)))
  const ask = async () => Promise.all(sessions.map((session) => session.ask()))
  const first = await ask()
  t.ok(first.includes('v2') && first.some((name) => name.startsWith('v1')))
  await gateway.apply(config(of(all), route(1)))
  t.strictSame(await ask(), first)
  await gateway.apply(config(of(all.slice(1)), route(1)))
  const moved = await ask()
  t.strictSame(
    moved,
    first.map((name) => (name === 'v1a' ? 'v1b' : name)),
    'within its part',
  )
  // An endpoint that becomes another version is another part's.
  await gateway.apply(
    config(
      of([
        [other, 'v2'],
        [one, 'v1'],
        [next, 'v2'],
      ]),
      route(1),
    ),
  )
  t.strictSame(
    await ask(),
    moved.map((name) => (name === 'v1b' ? 'v1a' : name)),
  )
  gateway.closeClients()
})

t.test('health before the place in a weighted list', async (t) => {
  const [stable, canary] = (await start(t, 'stable', 'canary')) as [RawEndpoint, RawEndpoint]
  const route = (affinity: object) => ({
    to: [
      { upstream: 'stable', weight: 9 },
      { upstream: 'next', weight: 1 },
    ],
    affinity,
  })
  for (const affinity of [{ cookie: 'hg' }, { header: 'x-session' }]) {
    const both = { stable: at([stable]), next: at([canary]) }
    const gateway = await startGateway(t, config({ ...both, stable: at([]) }, route(affinity)))
    const session = await browser(gateway)
    const lines = ['x-session: some']
    await until('the canary', async () => (await session.ask(lines)) === 'canary')
    await gateway.apply(config({ ...both, next: at([]) }, route(affinity)))
    await until('the stable one', async () => (await session.ask(lines)) === 'stable')
    gateway.closeClients()
  }
})
