// The circuit breaker on real sockets. Its own timers are real ones: what must stay open is given a minute, what must not wait, little.

import t, { type Test } from 'tap'
import { configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { type RawEndpoint, type Script, startEndpoint } from '../support/raw-endpoint.ts'
import { until } from '../support/until.ts'

const failing: Script = (_request, connection, phase) => {
  if (phase === 'end') connection.answer('no', [], '503 No')
}
const named =
  (name: string): Script =>
  (_request, connection, phase) => {
    if (phase === 'end') connection.answer(name)
  }
const silent: Script = () => {}

const LONG = { errorPercent: 50, minimumRequests: 4, resetAfter: '60s' }
const SHORT = { ...LONG, resetAfter: '150ms' }

async function opened(
  t: Test,
  breaker: object,
  changes: object = {},
): Promise<{ gateway: TestGateway; endpoint: RawEndpoint }> {
  const endpoint = await startEndpoint(t)
  endpoint.script = failing
  const gateway = await startGateway(t, configOf([endpoint.address], { upstream: { breaker, ...changes } }))
  const client = await gateway.client()
  for (let i = 0; i < 4; i++) t.equal((await client.ask('GET /')).body, 'no')
  await until('it to leave closed', async () => (await gateway.metric('breaker_state')) > 0)
  return { gateway, endpoint }
}

const state = (gateway: TestGateway, value: number) =>
  until(`state ${value}`, async () => (await gateway.metric('breaker_state', { upstream: 'all' })) === value)

t.test('open: refused at once, with a reason and a time', async (t) => {
  const { gateway, endpoint } = await opened(t, LONG, {})
  await state(gateway, 2)
  endpoint.script = named('fine')
  const client = await gateway.client()
  const answer = await client.ask('GET /')
  t.equal(answer.status, 503)
  t.equal(answer.fields['x-headgate-reason'], 'breaker-open')
  t.match(answer.fields['retry-after'], /^(59|60)$/)
  t.match(JSON.parse(answer.body), { code: 'breaker-open', detail: 'upstream all' })
  t.equal(endpoint.requests.length, 4)
  t.equal(await gateway.metric('rejected_total', { reason: 'breaker-open' }), 1)
  t.match(await gateway.gateway.explain({ method: 'GET', url: 'http://a/' }), {
    answer: { status: 503, reason: 'breaker-open' },
    notes: [/^listener/, /^breaker-open: the breaker of upstream all is open until \d{4}-\S+Z$/],
  })
  gateway.closeClients()
})

t.test('half open: one request goes, the others wait for what it finds', async (t) => {
  const { gateway, endpoint } = await opened(t, SHORT)
  await state(gateway, 1)
  endpoint.script = silent
  const [probe, other] = [await gateway.client(), await gateway.client()]
  probe.request('GET /probe')
  await endpoint.request(4)
  const refused = await other.ask('GET /other')
  t.equal(refused.fields['x-headgate-reason'], 'breaker-open')
  t.equal(refused.fields['retry-after'], '1')
  t.match(await gateway.gateway.explain({ method: 'GET', url: 'http://a/' }), {
    answer: { reason: 'breaker-open' },
    notes: [/^listener/, 'breaker-open: the breaker of upstream all is half open'],
  })
  endpoint.open[0]?.answer('fine')
  t.equal((await probe.response()).body, 'fine')
  await state(gateway, 0)
  endpoint.script = named('all')
  t.equal((await other.ask('GET /other')).body, 'all')
  t.match(await gateway.gateway.explain({ method: 'GET', url: 'http://a/' }), {
    notes: [/^listener/, 'the breaker of upstream all is closed'],
  })
  gateway.closeClients()
})

t.test('a bad probe opens it again; one that leaves makes way for the next', async (t) => {
  const { gateway, endpoint } = await opened(t, SHORT)
  await state(gateway, 1)
  const client = await gateway.client()
  t.equal((await client.ask('GET /')).body, 'no')
  await state(gateway, 2)
  await state(gateway, 1)
  endpoint.script = silent
  const leaving = await gateway.client()
  const before = endpoint.requests.length
  leaving.request('GET /leaving')
  await endpoint.request(before)
  leaving.destroy()
  await until('the probe to be gone', async () => (await gateway.metric('requests_in_flight')) === 0)
  endpoint.script = named('fine')
  t.equal((await client.ask('GET /')).body, 'fine')
  await state(gateway, 0)
  gateway.closeClients()
})

t.test('a probe is judged by its head, and a stream does not hold it up', async (t) => {
  const { gateway, endpoint } = await opened(t, SHORT)
  await state(gateway, 1)
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') connection.send('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegin')
  }
  const client = await gateway.client()
  client.request('GET /')
  await state(gateway, 0)
  gateway.closeClients()
})

t.test('who waits is told when it opens', async (t) => {
  const endpoint = await startEndpoint(t)
  endpoint.script = silent
  const gateway = await startGateway(
    t,
    configOf([endpoint.address], {
      upstream: { breaker: { ...LONG, minimumRequests: 2 }, limits: { requests: 3, pendingTimeout: '60s' } },
    }),
  )
  const clients = await Promise.all(Array.from({ length: 6 }, () => gateway.client()))
  for (const client of clients) client.request('GET /')
  await until('three to wait', async () => (await gateway.metric('requests_pending')) === 3)
  // Two fail, so that one of the three that run is left; two of those that wait get in and find it closed still, or open.
  for (const connection of endpoint.open.slice(0, 2)) connection.answer('no', [], '503 No')
  await until('nobody to wait', async () => (await gateway.metric('requests_pending')) === 0)
  await until('who waits to be told', () => clients.filter(({ responses }) => responses.length > 0).length >= 3)
  t.ok((await gateway.metric('rejected_total', { reason: 'breaker-open' })) >= 1)
  gateway.closeClients()
})

t.test('a reload keeps its state unless it changes its settings', async (t) => {
  const { gateway, endpoint } = await opened(t, LONG)
  await state(gateway, 2)
  endpoint.script = named('fine')
  const client = await gateway.client()
  const config = (breaker: object | string) =>
    configOf([endpoint.address], { upstream: { breaker }, route: { timeout: { attempt: '9s' } } })
  await gateway.apply(config(LONG))
  t.equal((await client.ask('GET /')).status, 503)
  await gateway.apply(config({ ...LONG, resetAfter: '59s' }))
  t.equal((await client.ask('GET /')).body, 'fine')
  await gateway.apply(config('off'))
  t.equal(await gateway.metric('breaker_state'), 0)
  t.notMatch(await gateway.gateway.metrics(), /headgate_breaker_state\{/)
  t.equal((await client.ask('GET /')).body, 'fine')
  gateway.closeClients()
})

t.test('open counts as having no endpoint, for failover', async (t) => {
  const [main, spare] = [await startEndpoint(t), await startEndpoint(t)]
  main.script = failing
  spare.script = named('spare')
  const gateway = await startGateway(
    t,
    configOf([main.address], {
      upstream: { breaker: LONG, failover: ['spare'] },
      top: {
        upstreams: {
          all: { discovery: { static: [main.address] }, breaker: LONG, failover: ['spare'] },
          spare: { discovery: { static: [spare.address] } },
        },
      },
    }),
  )
  const client = await gateway.client()
  for (let i = 0; i < 4; i++) t.equal((await client.ask('GET /')).body, 'no')
  await state(gateway, 2)
  t.equal((await client.ask('GET /')).body, 'spare')
  t.match(await gateway.gateway.explain({ method: 'GET', url: 'http://a/' }), {
    upstream: 'spare',
    notes: [/^listener/, /^the breaker of upstream all is open until \S+: spare stands in$/],
  })
  gateway.closeClients()
})

t.test('retries end when it opens', async (t) => {
  const endpoint = await startEndpoint(t)
  endpoint.script = failing
  const gateway = await startGateway(
    t,
    configOf([endpoint.address], {
      upstream: { breaker: LONG },
      route: { retry: { attempts: 9, on: ['503'], budget: '100%', backoff: { base: '1ms', max: '1ms' } } },
    }),
  )
  const client = await gateway.client()
  const answers = [(await client.ask('GET /')).body, (await client.ask('GET /')).body]
  await state(gateway, 2)
  t.equal(answers[0], 'no', 'the last answer of an endpoint is better than none')
  t.ok(endpoint.requests.length <= 6, `${endpoint.requests.length} requests`)
  gateway.closeClients()
})
