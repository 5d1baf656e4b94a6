// Zones, subsets by labels, and endpoints that are being taken away, on real sockets.

import t, { type Test } from 'tap'
import { configOf, startGateway } from '../support/gateway.ts'
import { type RawEndpoint, type Script, startEndpoint } from '../support/raw-endpoint.ts'
import { until } from '../support/until.ts'

const named =
  (name: string, status = '200 OK'): Script =>
  (_request, connection, phase) => {
    if (phase === 'end') connection.answer(name, [], status)
  }

type Three = readonly [RawEndpoint, RawEndpoint, RawEndpoint]

async function three(t: Test): Promise<Three> {
  const endpoints = await Promise.all([startEndpoint(t), startEndpoint(t), startEndpoint(t)])
  for (const [i, endpoint] of endpoints.entries()) endpoint.script = named(String(i))
  return endpoints as unknown as Three
}

async function serve(
  t: Test,
  list: readonly object[],
  { upstream = {}, route = {}, top = {}, upstreams = {} }: Record<string, object>,
) {
  const config = configOf([], { upstream: { discovery: { static: list }, ...upstream }, route, top })
  const gateway = await startGateway(t, { ...config, upstreams: { ...config.upstreams, ...upstreams } } as never)
  const client = await gateway.client()
  const ask = async (times: number): Promise<string> => {
    let bodies = ''
    for (let i = 0; i < times; i++) bodies += (await client.ask('GET /')).body
    return [...bodies].sort().join('')
  }
  const explain = async () => gateway.gateway.explain({ url: 'http://a/' })
  t.teardown(() => gateway.closeClients())
  return { gateway, client, ask, explain }
}

t.test('zone: the own one, until too little of it is well', async (t) => {
  const endpoints = await three(t)
  const list = endpoints.map(({ address }, i) => ({ address, zone: i === 0 ? 'a' : 'b' }))
  const { ask, explain, gateway } = await serve(t, list, {
    upstream: { zone: {}, ejection: { baseTime: '5m' } },
    top: { zone: 'a', admin: { bind: '127.0.0.1:0' } },
  })
  t.equal(await ask(6), '000000')
  const state = (await (await fetch(`${gateway.admin}/upstreams`)).json()) as object
  t.match(state, { upstreams: [{ endpoints: [{ zone: 'a' }, { zone: 'b' }, { zone: 'b' }] }] })
  t.match((await explain()).endpoints, [
    { eligible: true, why: 'can be picked' },
    { eligible: false, why: 'it is in zone b, and zone a has enough' },
    { eligible: false },
  ])
  endpoints[0].script = (_request, connection) => connection.socket.resetAndDestroy()
  t.equal(await ask(4), '1122')
  t.match((await explain()).endpoints, [{ eligible: false, why: /^ejected for reset/ }, { eligible: true }, { eligible: true }])
})

t.test('zone: with less than the minimum share there it is as if there were none', async (t) => {
  const endpoints = await three(t)
  const list = endpoints.map(({ address }, i) => ({ address, zone: i === 0 ? 'a' : 'b' }))
  const { ask } = await serve(t, list, { upstream: { zone: { minimumShare: '34%' } }, top: { zone: 'a' } })
  t.equal(await ask(6), '001122')
})

t.test('a retry goes to another zone rather than to the same endpoint again', async (t) => {
  const endpoints = await three(t)
  const list = endpoints.map(({ address }, i) => ({ address, zone: i === 0 ? 'a' : 'b', priority: i === 2 ? 1 : 0 }))
  endpoints[0].script = named('bad', '503 No')
  const { client } = await serve(t, list, {
    upstream: { zone: {} },
    top: { zone: 'a' },
    route: { retry: { attempts: 2, on: ['503'], backoff: { base: '1ms', max: '1ms' } } },
  })
  t.equal((await client.ask('GET /')).body, '1')
  endpoints[1].script = named('worse', '503 No')
  t.equal((await client.ask('GET /')).body, '2', 'and then to the next level')
  t.same(
    endpoints.map(({ requests }) => requests.length),
    [2, 2, 1],
    'each once',
  )
})

t.test('labels: a part of the upstream, with its weight', async (t) => {
  const endpoints = await three(t)
  const list = endpoints.map(({ address }, i) => ({ address, labels: { version: i === 0 ? 'v2' : 'v1', all: 'yes' } }))
  const { ask, explain } = await serve(t, list, {
    route: {
      to: [
        { upstream: 'all', weight: 1, labels: { version: 'v2' } },
        { upstream: 'all', weight: 2, labels: { all: 'yes', version: 'v1' } },
      ],
    },
  })
  const bodies = await ask(30)
  t.match(bodies, /^0{10}1{10}2{10}$/, bodies)
  const { endpoints: told, notes } = await explain()
  const v2 = notes.includes('only endpoints that are labelled version: v2')
  t.match(told, [{ eligible: v2 }, { eligible: !v2 }, { eligible: !v2 }])
  t.ok(told.some(({ why }) => why === `it is not labelled ${v2 ? 'version: v2' : 'all: yes, version: v1'}`))
  t.ok(notes.includes('one upstream of several, by weight: all (version: v2) 1, all (all: yes, version: v1) 2 of 3'))
})

t.test("labels: health, ejection and connections are the upstream's", async (t) => {
  const endpoints = await three(t)
  const list = endpoints.map(({ address }, i) => ({ address, labels: i < 2 ? { version: 'v2' } : {} }))
  const { ask, gateway } = await serve(t, list, {
    upstream: { ejection: { baseTime: '5m' } },
    route: { to: [{ upstream: 'all', labels: { version: 'v2' } }] },
  })
  t.equal(await ask(4), '0011')
  endpoints[0].script = (_request, connection) => connection.socket.resetAndDestroy()
  t.equal(await ask(4), '1111')
  t.equal(await gateway.metric('endpoint_up'), 2)
  t.equal(await gateway.metric('upstream_connections'), 1)
})

t.test('labels that nobody has: 503, or who stands in', async (t) => {
  const endpoints = await three(t)
  const list = endpoints.slice(0, 2).map(({ address }) => ({ address }))
  const to = [{ upstream: 'all', labels: { version: 'v3' } }]
  const { client, explain } = await serve(t, list, { route: { to } })
  const { status, head } = await client.ask('GET /')
  t.equal(status, 503)
  t.match(head, /x-headgate-reason: no-endpoint/)
  t.match(await explain(), { answer: { status: 503, reason: 'no-endpoint' }, endpoints: [{ eligible: false }, {}] })
  const second = await serve(t, list, {
    route: { to },
    upstream: { failover: ['other'] },
    upstreams: { other: { discovery: { static: [endpoints[2].address] } } },
  })
  t.equal(await second.ask(2), '22')
})

t.test('a subset follows discovery and reloads', async (t) => {
  const endpoints = await three(t)
  const labels = { version: 'v2' }
  const list = (which: readonly number[]) =>
    endpoints.map(({ address }, i) => ({ address, labels: which.includes(i) ? labels : {} }))
  const config = (which: readonly number[], more: object = {}) =>
    configOf([], {
      upstream: { discovery: { static: list(which) } },
      route: { to: [{ upstream: 'all', labels }], ...more },
    })
  const gateway = await startGateway(t, config([0]))
  const client = await gateway.client()
  const ask = async () => (await client.ask('GET /')).body
  t.equal(await ask(), '0')
  await gateway.apply(config([1]))
  t.equal(await ask(), '1')
  await gateway.apply(config([1], { timeout: { attempt: '9s' } }))
  t.equal(await ask(), '1')
  await gateway.apply(config([1], { to: 'all' }))
  t.equal([await ask(), await ask(), await ask()].sort().join(''), '012')
  await gateway.apply(config([2]))
  t.equal(await ask(), '2')
  gateway.closeClients()
})

t.test('panic of a subset is its own', async (t) => {
  const endpoints = await three(t)
  const list = endpoints.map(({ address }, i) => ({ address, labels: i === 0 ? { version: 'v2' } : {} }))
  endpoints[0].script = ({ target }, connection, phase) => {
    if (phase === 'end') connection.answer('0', [], target === '/h' ? '503 No' : '200 OK')
  }
  const { ask, gateway } = await serve(t, list, {
    upstream: { health: { path: '/h', interval: '50ms', unhealthy: 1 } },
    route: { to: [{ upstream: 'all', labels: { version: 'v2' } }] },
  })
  await until('it to be out', async () => (await gateway.metric('endpoint_up')) === 2)
  t.equal(await ask(3), '000', 'the only one of its kind is used all the same')
  t.equal(await gateway.metric('panic'), 0)
})
