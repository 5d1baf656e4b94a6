// Another configuration while requests run: what does not change stays, connections and counts included.

import t from 'tap'
import { configOf, scene } from '../support/gateway.ts'
import type { Script } from '../support/raw-endpoint.ts'
import { pause, until } from '../support/until.ts'

const named =
  (name: string): Script =>
  (_request, connection, phase) => {
    if (phase === 'end') connection.answer(name)
  }

const two = { listeners: ['web', 'other'].map((name) => ({ name, bind: name === 'web' ? '127.0.0.1:0' : 'localhost:0' })) }

scene('connections, counters and endpoints stay', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  await client.ask('GET /')
  const { port } = gateway
  await gateway.apply(
    configOf([endpoint.address], { route: { timeout: { attempt: '1s' } }, listener: { limits: { headerCount: 3 } } }),
  )
  t.equal(gateway.port, port)
  t.equal((await client.ask('GET /')).status, 200)
  t.equal((await client.ask('GET /', ['a: 1', 'b: 2', 'c: 3'])).status, 431, 'and the new settings hold on it')
  t.equal(endpoint.connections.length, 1)
  t.equal(await gateway.metric('connections_total'), 1)
  t.equal(await gateway.metric('requests_total', { code: '200' }), 2)
  t.equal(await gateway.metric('attempts_total', { endpoint: endpoint.address, outcome: 'ok' }), 2)
})

scene('a running exchange ends as it began', { endpoints: 2 }, async (t, { gateway, endpoints }) => {
  const [before, after] = endpoints as [(typeof endpoints)[0], (typeof endpoints)[0]]
  await gateway.apply(configOf([before.address]))
  before.script = (request, connection, phase) => {
    if (phase === 'end' && request.target === '/slow') connection.send('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nbef')
    else if (phase === 'end') connection.answer('before')
  }
  after.script = named('after')
  const [client, other] = [await gateway.client(), await gateway.client()]
  t.equal((await other.ask('GET /')).body, 'before')
  client.request('GET /slow')
  await until('the head', () => client.responses.length === 1)
  await gateway.apply(configOf([after.address]))
  t.equal((await other.ask('GET /')).body, 'after')
  await until('the idle connection to be closed', () => before.open.length === 1)
  before.open[0]?.send('ore')
  t.equal((await client.response()).body, 'before')
  t.equal((await client.ask('GET /')).body, 'after', 'on the same connection')
  await until('the last connection to be closed', () => before.open.length === 0)
  t.equal(
    await gateway.metric('attempts_total', { endpoint: before.address, outcome: 'ok' }),
    2,
    'nothing is lost of what was counted',
  )
})

scene('an upstream that goes is finished with', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  endpoint.script = () => {}
  client.request('GET /')
  await endpoint.request()
  await gateway.apply({ listeners: [{ name: 'web', bind: '127.0.0.1:0' }] })
  t.equal(await gateway.metric('requests_in_flight', { upstream: 'all' }), 1)
  endpoint.connections[0]?.answer('still')
  t.equal((await client.response()).body, 'still')
  t.equal((await client.ask('GET /')).status, 404)
  await until('the connection to be closed', () => endpoint.open.length === 0)
  t.equal(await gateway.metric('attempts_total', { outcome: 'ok' }), 1)
})

scene('a listener that goes drains', { top: two }, async (t, { gateway, endpoint }) => {
  const port = gateway.ports.other as number
  const [idle, late, begun, running, stays] = [
    await gateway.client(port),
    await gateway.client(port),
    await gateway.client(port),
    await gateway.client(port),
    await gateway.client(),
  ]
  for (const client of [idle, late, stays]) await client.ask('GET /')
  endpoint.script = () => {}
  running.request('GET /running')
  await endpoint.request(3)
  begun.send('GET /begun HTTP/1.1\r\n')
  await pause(20)
  await gateway.apply(configOf([endpoint.address]))
  await t.rejects(gateway.client(port), { code: 'ECONNREFUSED' })
  // It was under way when the listener went.
  t.strictSame((await late.ask('OPTIONS *')).fields.connection, 'close')
  gateway.advance(2000)
  await idle.end()
  t.equal(idle.responses.length, 1)
  endpoint.connections.find(({ requests }) => requests.at(-1)?.target === '/running')?.answer('done')
  const response = await running.response()
  t.strictSame([response.body, response.fields.connection], ['done', 'close'])
  await running.end()
  running.fin()
  endpoint.script = named('fine')
  begun.send('host: a\r\n\r\n')
  const last = await begun.response()
  t.strictSame([last.body, last.fields.connection], ['fine', 'close'])
  await begun.end()
  begun.fin()
  t.equal((await stays.ask('GET /')).body, 'fine')
  t.equal(await gateway.metric('requests_total', { listener: 'other', code: '200' }), 5)
})

scene(
  'who waits gets in when a limit is raised',
  { upstream: { limits: { requests: 1 } } },
  async (t, { gateway, endpoint }) => {
    endpoint.script = () => {}
    const clients = [await gateway.client(), await gateway.client(), await gateway.client()]
    for (const client of clients) client.request('GET /')
    await until('two to wait', async () => (await gateway.metric('requests_pending')) === 2)
    await gateway.apply(configOf([endpoint.address], { upstream: { limits: { requests: 3 } } }))
    await until('all three requests', () => endpoint.requests.length === 3)
    for (const connection of endpoint.connections) connection.answer('x')
    for (const client of clients) t.equal((await client.response()).status, 200)
  },
)

scene('turns go on where they were', { endpoints: 3 }, async (t, { gateway, endpoints }) => {
  for (const [index, endpoint] of endpoints.entries()) endpoint.script = named(String(index))
  const client = await gateway.client()
  const config = configOf(endpoints.map(({ address }) => address))
  const turns: string[] = []
  for (let i = 0; i < 6; i++) {
    turns.push((await client.ask('GET /')).body)
    await gateway.apply({ ...config, drain: { timeout: `${i + 1}s` } })
  }
  t.strictSame(turns.slice(0, 3), turns.slice(3))
  t.equal(new Set(turns).size, 3)
})

scene('a configuration that cannot be applied changes nothing', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  await client.ask('GET /')
  const taken = {
    ...configOf([]),
    listeners: [
      { name: 'web', bind: '127.0.0.1:0' },
      { name: 'more', bind: 'localhost:0' },
      { name: 'clash', bind: `127.0.0.1:${gateway.port}` },
    ],
  }
  await t.rejects(gateway.apply(taken), { code: 'EADDRINUSE' })
  t.equal((await client.ask('GET /')).status, 200)
  t.equal(endpoint.connections.length, 1)
  t.equal(await gateway.metric('requests_total', { code: '200' }), 2)
})

scene('drain finishes what runs and ends what waits', {}, async (t, { gateway, endpoint }) => {
  const [idle, running] = [await gateway.client(), await gateway.client()]
  await idle.ask('GET /')
  endpoint.script = () => {}
  running.request('GET /')
  running.request('GET /behind')
  await endpoint.request(1)
  const drained = gateway.gateway.drain()
  gateway.advance(2000)
  await idle.end()
  await t.rejects(gateway.client(), { code: 'ECONNREFUSED' })
  endpoint.connections.find(({ requests }) => requests.length === 1)?.answer('done')
  endpoint.connections.find(({ requests }) => requests.length === 2)?.answer('done')
  const response = await running.response()
  t.strictSame([response.body, response.fields.connection], ['done', 'close'])
  await running.end()
  running.fin()
  t.equal(running.responses.length, 1)
  await drained
})

t.end()
