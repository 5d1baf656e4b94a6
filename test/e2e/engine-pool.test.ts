// Connections to endpoints: which one is used again, how long one is kept, which one is not to be trusted any more.

import t from 'tap'
import { type Scene, scene } from '../support/gateway.ts'
import type { EndpointConnection, Script } from '../support/raw-endpoint.ts'
import { pause, until } from '../support/until.ts'

/** Answers with the number of the connection, and with `lines`. */
const numbered =
  (...lines: string[]): Script =>
  (_request, connection, phase) => {
    if (phase === 'end') connection.answer(String(connection.index), lines)
  }

const idle = ({ gateway }: Scene) => gateway.metric('upstream_connections', { state: 'idle' })

/** Opens `count` connections to the endpoint at the same time; they are idle then, the last one of them on top. */
async function open({ gateway, endpoint }: Scene, count: number): Promise<void> {
  const held: EndpointConnection[] = []
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') held.push(connection)
  }
  const clients = await Promise.all(Array.from({ length: count }, () => gateway.client()))
  for (const client of clients) client.request('GET /')
  await until('all requests', () => held.length === count)
  held.sort((a, b) => a.index - b.index)
  for (const [i, connection] of held.entries()) {
    connection.answer('')
    await until('its response', () => clients.filter(({ responses }) => responses.length > 0).length === i + 1)
  }
  endpoint.script = numbered()
}

scene('last in, first out', {}, async (t, scene) => {
  await open(scene, 3)
  t.equal(await idle(scene), 3)
  const client = await scene.gateway.client()
  for (let i = 0; i < 3; i++) t.equal((await client.ask('GET /')).body, '2')
  t.equal(scene.endpoint.connections.length, 3)
})

scene('an idle connection is closed after keepAlive', { upstream: { connection: { keepAlive: '60s' } } }, async (t, scene) => {
  const { gateway, endpoint } = scene
  await open(scene, 2)
  gateway.advance(59_000)
  await pause(110)
  t.equal(endpoint.open.length, 2)
  const client = await gateway.client()
  await client.ask('GET /')
  gateway.advance(2000)
  await until('the one that was not used to be closed', () => endpoint.open.length === 1)
  t.equal(endpoint.open[0]?.index, 1)
  t.equal(await idle(scene), 1)
})

scene(
  'keepAlive: off keeps it for as long as the endpoint does',
  { upstream: { connection: { keepAlive: 'off' } } },
  async (t, scene) => {
    await open(scene, 1)
    scene.gateway.advance(3_600_000)
    await pause(110)
    const client = await scene.gateway.client()
    t.equal((await client.ask('GET /')).body, '0')
  },
)

scene('maxIdlePerEndpoint', { upstream: { connection: { maxIdlePerEndpoint: 2 } } }, async (t, scene) => {
  const { gateway, endpoint } = scene
  await open(scene, 4)
  gateway.advance(800)
  await pause(110)
  t.equal(endpoint.open.length, 4, 'a burst may come back for them')
  const client = await gateway.client()
  t.equal((await client.ask('GET /')).body, '3')
  gateway.advance(600)
  await until('the one that was not used to be closed', () => endpoint.open.length === 3)
  gateway.advance(600)
  await until('two to be closed', () => endpoint.open.length === 2)
  gateway.advance(10_000)
  await pause(110)
  t.strictSame(
    endpoint.open.map(({ index }) => index),
    [0, 1],
  )
  t.equal(await idle(scene), 2)
})

scene('maxIdlePerEndpoint: 0 keeps none', { upstream: { connection: { maxIdlePerEndpoint: 0 } } }, async (t, scene) => {
  scene.endpoint.script = numbered()
  const client = await scene.gateway.client()
  t.equal((await client.ask('GET /')).body, '0')
  t.equal((await client.ask('GET /')).body, '1')
  t.equal(await idle(scene), 0)
})

scene('maxRequests', { upstream: { connection: { maxRequests: 2 } } }, async (t, scene) => {
  scene.endpoint.script = numbered()
  const client = await scene.gateway.client()
  const bodies: string[] = []
  for (let i = 0; i < 5; i++) bodies.push((await client.ask('GET /')).body)
  t.strictSame(bodies, ['0', '0', '1', '1', '2'])
})

scene('an endpoint that says how long it keeps the connection is believed', {}, async (t, scene) => {
  const { gateway, endpoint } = scene
  endpoint.script = numbered('keep-alive: timeout=5, max=100')
  const client = await gateway.client()
  const response = await client.ask('GET /')
  t.equal(response.fields['keep-alive'], undefined, 'it is not for the client')
  gateway.advance(3500)
  await pause(110)
  t.equal(endpoint.open.length, 1)
  gateway.advance(1000)
  await until('it to be closed a second before', () => endpoint.open.length === 0)
  t.equal(await idle(scene), 0)
})

for (const [what, ...lines] of [
  ['Connection: close', 'connection: close'],
  ['Connection: Close among others', 'connection: x, Close'],
] as const) {
  scene(`${what} of an endpoint`, {}, async (t, scene) => {
    scene.endpoint.script = numbered(...lines)
    const client = await scene.gateway.client()
    t.equal((await client.ask('GET /')).body, '0')
    t.equal((await client.ask('GET /')).body, '1')
    t.equal(await idle(scene), 0)
  })
}

scene('an endpoint that speaks HTTP/1.0', {}, async (t, { gateway, endpoint }) => {
  const say = (lines: string): Script => {
    return (_request, connection, phase) => {
      if (phase === 'end') connection.send(`HTTP/1.0 200 OK\r\n${lines}content-length: 1\r\n\r\n${connection.index}`)
    }
  }
  const client = await gateway.client()
  endpoint.script = say('')
  t.equal((await client.ask('GET /')).body, '0')
  endpoint.script = say('connection: keep-alive\r\n')
  t.equal((await client.ask('GET /')).body, '1')
  t.equal((await client.ask('GET /')).body, '1')
})

scene('bytes on an idle connection', {}, async (t, scene) => {
  const { gateway, endpoint } = scene
  endpoint.script = numbered()
  const client = await gateway.client()
  await client.ask('GET /')
  endpoint.connections[0]?.send('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong')
  await until('it to be closed', () => endpoint.open.length === 0)
  t.equal(await idle(scene), 0)
  t.equal((await client.ask('GET /')).body, '1')
})

scene('bytes before the request', {}, async (t, { gateway, endpoint }) => {
  endpoint.onConnection = (connection) => connection.send('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong')
  const client = await gateway.client()
  const response = await client.ask('GET /')
  t.not(response.body, 'wrong')
  t.ok(response.status >= 500)
})

for (const how of ['end', 'resetAndDestroy'] as const) {
  scene(`a connection that the endpoint has closed (${how}) is not used`, {}, async (t, scene) => {
    const { gateway, endpoint } = scene
    await open(scene, 2)
    endpoint.connections[1]?.socket[how]()
    await until('it to be noticed', async () => (await idle(scene)) === 1)
    const client = await gateway.client()
    t.equal((await client.ask('POST /', ['content-length: 1'], 'x')).body, '0')
    t.equal(await gateway.metric('retries_total'), 0)
  })
}

scene(
  'limits.connections: idle connections make room',
  { endpoints: 2, upstream: { limits: { connections: 2 }, balancer: 'first' } },
  async (t, scene) => {
    const { gateway, endpoints } = scene
    await open(scene, 2)
    t.equal(await idle(scene), 2)
    await gateway.apply({
      via: 'gate',
      listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
      routes: [{ name: 'all', to: 'all' }],
      upstreams: {
        all: {
          discovery: { static: endpoints.map(({ address }) => address).reverse() },
          limits: { connections: 2 },
          balancer: 'first',
        },
      },
    })
    const client = await gateway.client()
    t.equal((await client.ask('GET /other')).body, 'GET /other')
    t.equal(endpoints[1]?.requests.length, 1)
    await until('one of the others to be closed', () => scene.endpoint.open.length === 1)
    t.equal(scene.endpoint.open[0]?.index, 1, 'the one that was idle longest')
  },
)

t.end()
