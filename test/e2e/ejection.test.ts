// Passive ejection, priorities and panic on real sockets, with the reasons that people get to see.

import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { configOf, startGateway } from '../support/gateway.ts'
import { type Script, startEndpoint } from '../support/raw-endpoint.ts'
import { pause, until } from '../support/until.ts'

const named =
  (name: string, status = '200 OK'): Script =>
  (_request, connection, phase) => {
    if (phase === 'end') connection.answer(name, [], status)
  }

const resetting: Script = (_request, connection, phase) => {
  if (phase === 'end') connection.socket.resetAndDestroy()
}

async function three(t: Parameters<typeof startEndpoint>[0], upstream: object, changes: object = {}) {
  const endpoints = await Promise.all([startEndpoint(t), startEndpoint(t), startEndpoint(t)])
  endpoints.forEach((endpoint, i) => {
    endpoint.script = named(`${i}`)
  })
  const addresses = endpoints.map(({ address }) => address)
  const gateway = await startGateway(t, configOf(addresses, { upstream: { ejection: {}, ...upstream }, ...changes }))
  const client = await gateway.client()
  const ask = async (times: number): Promise<string[]> => {
    const bodies: string[] = []
    for (let i = 0; i < times; i++) bodies.push((await client.ask('GET /')).body)
    return bodies
  }
  return { endpoints, addresses, gateway, client, ask }
}

t.test('one reset moves traffic away, for a while', async (t) => {
  const { endpoints, addresses, gateway, ask } = await three(t, {})
  const [bad] = endpoints
  if (bad === undefined) return
  bad.script = resetting
  const bodies = await ask(30)
  t.notOk(bodies.includes('0'))
  t.equal(bodies.filter((body) => body === '').length, 0, 'no client has noticed')
  t.equal(bad.requests.length, 1)
  t.equal(await gateway.metric('ejections_total', { reason: 'reset' }), 1)
  t.equal(await gateway.metric('endpoint_up', { endpoint: `${addresses[0]}` }), 0)
  t.equal(await gateway.metric('endpoint_up'), 2)
  const explained = await gateway.gateway.explain({ method: 'GET', url: 'http://a/' })
  t.match(explained, {
    endpoints: [{ eligible: false, why: /^ejected for reset until \d{4}-/ }, { eligible: true }, { eligible: true }],
  })

  bad.script = named('0')
  gateway.advance(10_100)
  await until('it to be back', async () => (await gateway.metric('endpoint_up')) === 3)
  t.ok((await ask(12)).includes('0'))
  gateway.closeClients()
})

t.test('errors in a row; never more than half of them', async (t) => {
  const { endpoints, gateway, ask } = await three(t, { ejection: { consecutiveErrors: 3 } })
  for (const endpoint of endpoints) endpoint.script = named('no', '503 No')
  await ask(40)
  t.equal(await gateway.metric('ejections_total', { reason: 'consecutive-errors' }), 1)
  t.equal(await gateway.metric('endpoint_up'), 2)
  gateway.closeClients()
})

t.test('latency: how long an endpoint takes to answer, not how long a client takes', async (t) => {
  const ejection = { latencyFactor: 4, minimumRequests: 3, window: '10m' }
  const { endpoints, gateway, ask } = await three(t, { ejection }, { listener: { timeouts: { body: 'off', write: 'off' } } })
  const [one] = endpoints
  if (one === undefined) return
  const after =
    (ms: number, script: Script): Script =>
    (request, connection, phase) => {
      if (phase === 'end') gateway.advance(ms)
      script(request, connection, phase)
    }
  for (const endpoint of endpoints) endpoint.script = after(100, named('fine'))
  await ask(12)
  one.script = after(100, (_request, connection, phase) => {
    if (phase === 'end') connection.send('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n')
  })
  const downloads = [await gateway.client(), await gateway.client(), await gateway.client()]
  for (const slow of downloads) slow.request('GET /')
  await until('all to be answered, one in part', () => downloads.every(({ received }) => received > 0))
  gateway.advance(20_000)
  for (const { socket } of one.open) socket.write('.')
  for (const slow of downloads) await slow.response()
  one.script = after(100, named('0'))
  for (const slow of downloads) {
    slow.request('PUT /', ['content-length: 4'], 'ab')
    await until('a request', () => endpoints.some(({ requests }) => requests.at(-1)?.complete === false))
    gateway.advance(5000)
    slow.send('cd')
    await slow.response(1)
  }
  await ask(9)
  t.equal(await gateway.metric('ejections_total'), 0)

  one.script = after(3000, named('0'))
  await ask(30)
  t.equal(await gateway.metric('ejections_total', { reason: 'latency' }), 1)
  t.equal(await gateway.metric('ejections_total'), 1)
  gateway.closeClients()
})

/** Of requests to `upstream` whose client stops after a part of the body. */
async function stalled(t: Test, address: string, upstream: object, times: number) {
  const gateway = await startGateway(
    t,
    configOf([address, '127.0.0.1:1'], {
      upstream: { balancer: 'first', ejection: { consecutiveErrors: 2 }, ...upstream },
      route: { timeout: { idle: '5s' }, retry: { attempts: 1, on: ['timeout'] } },
      listener: { timeouts: { body: 'off', minRate: 'off' } },
    }),
  )
  const seen: unknown[] = []
  for (let i = 0; i < times; i++) {
    const client = await gateway.client()
    client.request('PUT /', ['content-length: 10'], 'abc')
    await until('it to be sent', async () => (await gateway.metric('upstream_connections', { state: 'active' })) > 0)
    await pause(30)
    gateway.advance(5200)
    const { status, fields, body } = await client.response()
    seen.push([status, fields['x-headgate-reason'], JSON.parse(body).detail])
  }
  gateway.closeClients()
  return { gateway, seen }
}

t.test('a client that stops sending is no fault of the endpoint', async (t) => {
  const endpoint = await startEndpoint(t)
  const { gateway, seen } = await stalled(t, endpoint.address, {}, 3)
  t.strictSame(seen, new Array(3).fill([504, 'idle-timeout', 'the client sends no more of its request']))
  t.equal(await gateway.metric('attempts_total', { outcome: 'cancelled' }), 3)
  t.equal(await gateway.metric('attempts_total'), 3, 'nor is it one that another endpoint could mend')
  t.equal(await gateway.metric('ejections_total'), 0)
})

async function startHttp2(t: Test): Promise<string> {
  const server = createServer()
  server.on('session', (session) => t.teardown(() => session.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('nor is it over HTTP/2', async (t) => {
  const { gateway, seen } = await stalled(t, await startHttp2(t), { protocol: 'h2' }, 3)
  t.strictSame(seen, new Array(3).fill([504, 'idle-timeout', 'the client sends no more of its request']))
  t.equal(await gateway.metric('attempts_total', { outcome: 'cancelled' }), 3)
  t.equal(await gateway.metric('ejections_total'), 0)
})

t.test('an answer that waits for the rest of a request is none either', async (t) => {
  const endpoint = await startEndpoint(t)
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'head') connection.send('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n')
  }
  const gateway = await startGateway(
    t,
    configOf([endpoint.address], {
      route: { timeout: { idle: '5s' } },
      listener: { timeouts: { body: 'off', minRate: 'off' } },
    }),
  )
  const client = await gateway.client()
  client.request('PUT /', ['content-length: 10'], 'abc')
  await until('the answer to begin', () => client.received > 0)
  gateway.advance(5200)
  await client.end()
  t.equal(await gateway.metric('attempts_total', { outcome: 'cancelled' }), 1)
  gateway.closeClients()
})

/** Sends more than the endpoint takes. */
async function overfilled(t: Test, address: string, upstream: object = {}) {
  const changes = { route: { timeout: { idle: '5s' } }, listener: { timeouts: { body: 'off', minRate: 'off' } }, upstream }
  const gateway = await startGateway(t, configOf([address], changes))
  const client = await gateway.client()
  const size = 64 * 1024 * 1024
  client.request('PUT /', [`content-length: ${size}`], 'x'.repeat(size))
  let before = -1
  await until('nothing to flow any more', async () => {
    const same = client.socket.writableLength === before
    before = client.socket.writableLength
    await pause(100)
    return same
  })
  gateway.advance(5200)
  t.equal(JSON.parse((await client.response()).body).detail, 'takes no more of the request')
  t.equal(await gateway.metric('attempts_total', { outcome: 'timeout' }), 1)
  gateway.closeClients()
}

t.test('an endpoint that takes no more of a request is at fault', async (t) => {
  const endpoint = await startEndpoint(t)
  endpoint.onConnection = ({ socket }) => void socket.pause()
  await overfilled(t, endpoint.address)
})

t.test('so is one over HTTP/2', async (t) => overfilled(t, await startHttp2(t), { protocol: 'h2' }))

t.test('off', async (t) => {
  const { endpoints, gateway, ask } = await three(t, { ejection: 'off' })
  const [bad] = endpoints
  if (bad !== undefined) bad.script = resetting
  t.notOk((await ask(30)).includes('0'))
  t.ok((bad?.requests.length ?? 0) >= 8, 'asked in its turn, and the retry hides it')
  t.equal(await gateway.metric('endpoint_up'), 3)
  gateway.closeClients()
})

t.test('priorities: the second level when the first is out', async (t) => {
  const first = await startEndpoint(t)
  const second = await startEndpoint(t)
  first.script = named('first')
  second.script = named('second')
  const gateway = await startGateway(
    t,
    configOf([], {
      upstream: {
        discovery: { static: [first.address, { address: second.address, priority: 1 }] },
        ejection: { maxPercent: 100 },
        panic: '0%',
      },
    }),
  )
  const client = await gateway.client()
  for (let i = 0; i < 5; i++) t.equal((await client.ask('GET /')).body, 'first')
  first.script = resetting
  for (let i = 0; i < 5; i++) t.equal((await client.ask('GET /')).body, 'second')
  gateway.closeClients()
})

t.test("an endpoint of weight 0 is nobody to take another one's place", async (t) => {
  const only = await startEndpoint(t)
  const idle = await startEndpoint(t)
  only.script = resetting
  const gateway = await startGateway(
    t,
    configOf([], {
      upstream: { discovery: { static: [only.address, { address: idle.address, weight: 0 }] }, ejection: {}, panic: '0%' },
    }),
  )
  const client = await gateway.client()
  for (let i = 0; i < 3; i++) t.equal((await client.ask('GET /')).status, 502)
  only.script = named('only')
  t.equal((await client.ask('GET /')).body, 'only')
  t.equal(await gateway.metric('ejections_total'), 0)
  gateway.closeClients()
})

t.test('a reload keeps who is out', async (t) => {
  const { endpoints, addresses, gateway, ask } = await three(t, {})
  const [bad] = endpoints
  if (bad === undefined) return
  bad.script = resetting
  await ask(6)
  bad.script = named('0')
  await gateway.apply(configOf(addresses, { upstream: { ejection: {} }, route: { timeout: { attempt: '9s' } } }))
  t.notOk((await ask(12)).includes('0'))
  gateway.closeClients()
})
