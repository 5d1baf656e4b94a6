// For every endpoint: why it gets no requests and until when, as GET /upstreams and explain tell it, and what metrics say beside it.

import t, { type Test } from 'tap'
import type { UpstreamState } from '../../src/model/upstream-state.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { type Script, startEndpoint } from '../support/raw-endpoint.ts'
import { until } from '../support/until.ts'

const fine: Script = (_request, connection, phase) => {
  if (phase === 'end') connection.answer('fine')
}
const failing: Script = (_request, connection, phase) => {
  if (phase === 'end') connection.answer('no', [], '503 No')
}

async function stateOf(gateway: TestGateway): Promise<UpstreamState> {
  const response = await fetch(`${gateway.admin}/upstreams`)
  return ((await response.json()) as { upstreams: UpstreamState[] }).upstreams[0] as UpstreamState
}

async function gatewayOf(t: Test, upstream: (addresses: string[]) => object, count: number, more: object = {}) {
  const endpoints = await Promise.all(Array.from({ length: count }, () => startEndpoint(t)))
  for (const endpoint of endpoints) endpoint.script = fine
  const gateway = await startGateway(t, {
    admin: { bind: '127.0.0.1:0' },
    listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
    routes: [{ name: 'all', to: 'all' }],
    upstreams: { all: upstream(endpoints.map(({ address }) => address)) },
    ...more,
  } as never)
  t.teardown(() => gateway.closeClients())
  const explain = async () => (await gateway.gateway.explain({ url: 'http://a/' })).endpoints.map(({ why }) => why)
  const reasons = async () => (await stateOf(gateway)).endpoints.map(({ health, reason }) => [health, reason])
  return { endpoints, gateway, explain, reasons, client: await gateway.client() }
}

t.test('weight, zone and priority', async (t) => {
  const { gateway, explain, reasons } = await gatewayOf(
    t,
    ([a = '', b = '', c = '', d = '']) => ({
      discovery: {
        static: [
          { address: a, zone: 'here' },
          { address: b, zone: 'here', weight: 0 },
          { address: c, zone: 'there' },
          { address: d, zone: 'here', priority: 1 },
        ],
      },
      zone: { prefer: true },
    }),
    4,
    { zone: 'here' },
  )
  const words = [
    'its weight is 0',
    'it is in zone there, and zone here has enough',
    'its priority is 1, and those before it can take everything',
  ]
  t.strictSame(await reasons(), [['up', null], ...words.map((why) => ['up', why])])
  t.strictSame(await explain(), ['can be picked', ...words])
  t.equal(await gateway.metric('endpoint_up'), 4, 'nothing is wrong with any of them')
})

t.test('ejected, with the time; the last one stays', async (t) => {
  const { gateway, endpoints, explain, client } = await gatewayOf(
    t,
    (all) => ({ discovery: { static: all }, ejection: { consecutiveErrors: 2, baseTime: '1m' } }),
    2,
  )
  for (const endpoint of endpoints) endpoint.script = failing
  const before = Date.now()
  for (let i = 0; i < 8; i++) await client.ask('GET /')
  const { endpoints: states, panic } = await stateOf(gateway)
  const [out, ...others] = states.filter(({ health }) => health !== 'up')
  t.same(others, [])
  t.match(out, { health: 'ejected', reason: 'consecutive-errors' })
  t.ok((out?.until ?? 0) >= before + 60_000 && (out?.until ?? 0) <= Date.now() + 60_000)
  const told = (await explain()).sort()
  t.match(told, [/^can be picked$/, /^ejected for consecutive-errors until \S+Z$/])
  // Each time it is reckoned from the time that is left: a millisecond more or less.
  t.ok(Math.abs(Date.parse(told[1]?.split(' ').at(-1) ?? '') - (out?.until ?? 0)) < 10)
  t.equal(panic, false)
  t.equal(await gateway.metric('endpoint_up'), 1)
  t.equal(await gateway.metric('ejections_total', { reason: 'consecutive-errors' }), 1)
})

t.test('unhealthy; and all of them, so that health is ignored', async (t) => {
  const { gateway, endpoints, explain, reasons, client } = await gatewayOf(
    t,
    (all) => ({ discovery: { static: all }, ejection: 'off', health: { interval: '20ms', timeout: '1s', unhealthy: 1 } }),
    2,
  )
  const [one, two] = endpoints
  if (one === undefined || two === undefined) return
  one.script = failing
  await until('one to be out', async () => (await gateway.metric('endpoint_up')) === 1)
  t.strictSame(await reasons(), [
    ['unhealthy', 'status 503'],
    ['up', null],
  ])
  t.strictSame(await explain(), ['unhealthy: status 503', 'can be picked'])
  two.script = failing
  await until('panic', async () => (await gateway.metric('panic')) === 1)
  t.equal((await stateOf(gateway)).panic, true)
  const although = 'can be picked although it is unhealthy: status 503'
  t.strictSame(await explain(), [although, although])
  const { notes } = await gateway.gateway.explain({ url: 'http://a/' })
  t.ok(notes.includes('too few endpoints of upstream all are healthy (panic): health is ignored'), notes.join('; '))
  t.equal((await client.ask('GET /')).body, 'no')
})

t.test('an open breaker', async (t) => {
  const { gateway, endpoints, explain, client } = await gatewayOf(
    t,
    (all) => ({ discovery: { static: all }, ejection: { maxPercent: 0 }, breaker: { minimumRequests: 2, resetAfter: '1m' } }),
    1,
  )
  for (const endpoint of endpoints) endpoint.script = failing
  for (let i = 0; i < 3; i++) await client.ask('GET /')
  await until('it to open', async () => (await gateway.metric('breaker_state')) === 2)
  const { breaker, endpoints: states } = await stateOf(gateway)
  t.equal(breaker, 'open')
  t.match(states, [{ health: 'up', reason: 'the breaker of the upstream is open', until: Number }])
  t.match(await explain(), [/^the breaker of upstream all is open until \d{4}-\d\d-\d\dT/])
  t.equal(await gateway.metric('endpoint_up'), 1)
})

t.test('a limit', async (t) => {
  const { gateway, endpoints, client } = await gatewayOf(
    t,
    (all) => ({ discovery: { static: all }, adaptive: { maxLimit: 1, minLimit: 1 } }),
    1,
  )
  for (const endpoint of endpoints) endpoint.script = () => {}
  client.request('GET /')
  await endpoints[0]?.request()
  const { notes } = await gateway.gateway.explain({ url: 'http://a/' })
  t.ok(notes.includes('upstream all is full: 1 requests run and 0 wait, it would wait too'), notes.join('; '))
  t.match(await stateOf(gateway), { limit: 1, endpoints: [{ inFlight: 1 }] })
})
