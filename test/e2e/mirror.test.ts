// Mirroring: copies reach the other upstream as the request went out, and whatever becomes of them, nobody notices.

import t, { type Test } from 'tap'
import type { GatewayConfigInput } from '../../src/index.ts'
import { buffers } from '../../src/model/buffers.ts'
import { configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { deadAddress, type RawEndpoint, type Script, startEndpoint } from '../support/raw-endpoint.ts'
import { until } from '../support/until.ts'

interface Stage {
  readonly gateway: TestGateway
  readonly main: RawEndpoint
  readonly shadow: RawEndpoint
}

function configured(main: string, shadow: string, route: object = {}, upstream: object = {}): GatewayConfigInput {
  const config = configOf([main], { route: { mirror: { upstream: 'shadow' }, ...route } })
  const mirrored = { discovery: { static: shadow === '' ? [] : [shadow] }, ejection: 'off', ...upstream }
  return { ...config, upstreams: { ...config.upstreams, shadow: mirrored } } as GatewayConfigInput
}

async function stage(t: Test, route: object = {}, upstream: object = {}): Promise<Stage> {
  const [main, shadow] = [await startEndpoint(t), await startEndpoint(t)]
  const gateway = await startGateway(t, configured(main.address, shadow.address, route, upstream))
  return { gateway, main, shadow }
}

async function calm(t: Test, gateway: TestGateway): Promise<void> {
  gateway.closeClients()
  await until('everything to end', async () => Object.values(await gateway.running()).every((value) => value === 0))
  t.pass('nothing is left running')
}

const silent: Script = () => {}

const dropped = (gateway: TestGateway, reason: string) => gateway.metric('mirror_dropped_total', { upstream: 'shadow', reason })

t.test('a copy is the request as the endpoint gets it, and its answer is thrown away', async (t) => {
  const filters = [{ requestHeaders: { set: { 'x-stage': 'one' } } }, { rewrite: { prefix: '/new' } }]
  const { gateway, main, shadow } = await stage(t, { filters, match: [{ path: { prefix: '/old' } }] })
  shadow.script = (_request, connection, phase) => {
    if (phase === 'end') connection.answer('shadow', ['x-from: shadow'], '500 Broken')
  }
  const client = await gateway.client()
  for (const [start, lines, body] of [
    ['GET /old/a?q=1', ['x-own: 1'], ''],
    ['POST /old/b', ['content-length: 4'], 'body'],
    ['PUT /old/c', ['transfer-encoding: chunked'], '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'],
    ['HEAD /old/d', [], ''],
  ] as const) {
    const response = await client.ask(start, lines, body)
    t.equal(response.status, 200)
    t.notOk(response.fields['x-from'])
    const index = main.requests.length - 1
    const copy = await shadow.request(index)
    const original = main.requests[index]
    t.strictSame(
      [copy.method, copy.target, copy.fields, copy.body],
      [original?.method, original?.target, original?.fields, original?.body],
    )
    t.equal(copy.fields['x-stage'], 'one')
  }
  await until('copies to be counted', async () => (await gateway.metric('attempts_total', { upstream: 'shadow' })) === 4)
  t.equal(await gateway.metric('attempts_total', { upstream: 'all', outcome: 'ok' }), 4)
  t.equal(await gateway.metric('requests_total'), 4)
  t.equal(await gateway.metric('requests_total', { upstream: 'shadow' }), 0)
  t.equal(await gateway.metric('request_duration_seconds_count'), 4)
  t.ok(shadow.connections.length <= 2, 'connections are used again')
  await calm(t, gateway)
})

t.test('the Host is what the upstream of the copies says', async (t) => {
  const { gateway, shadow } = await stage(t, {}, { host: 'shadow.internal' })
  const client = await gateway.client()
  await client.ask('GET /')
  t.equal((await shadow.request()).fields.host, 'shadow.internal')
  await calm(t, gateway)
})

t.test('several mirrors, each with its share', async (t) => {
  const [main, shadow, third] = [await startEndpoint(t), await startEndpoint(t), await startEndpoint(t)]
  const mirror = [
    { upstream: 'shadow', share: '100%' },
    { upstream: 'third' },
    { upstream: 'never', share: '0%' },
    { upstream: 'third', share: '50%' },
  ]
  const config = configured(main.address, shadow.address, { mirror })
  const gateway = await startGateway(t, {
    ...config,
    upstreams: {
      ...config.upstreams,
      third: { discovery: { static: [third.address] } },
      never: { discovery: { static: [await deadAddress()] } },
    },
  } as GatewayConfigInput)
  const client = await gateway.client()
  for (let i = 0; i < 200; i++) await client.ask('POST /', ['content-length: 1'], 'x')
  await until('the copies', () => shadow.requests.length === 200 && third.requests.length > 200)
  t.ok(third.requests.length > 250 && third.requests.length < 350, `half of them twice: ${third.requests.length}`)
  t.equal(await gateway.metric('attempts_total', { upstream: 'never' }), 0)
  t.equal(await gateway.metric('mirror_dropped_total'), 0)
  await calm(t, gateway)
})

for (const [what, script] of [
  ['is silent', silent],
  ['resets', (_request, connection) => connection.socket.resetAndDestroy()],
  ['answers no HTTP', (_request, connection) => connection.send('SSH-2.0\r\n\r\n')],
  ['answers before the body', (_request, connection, phase) => phase === 'head' && connection.answer('early')],
  ['cuts its answer', (_request, connection) => connection.socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab')],
] as const satisfies readonly (readonly [string, Script])[]) {
  t.test(`a mirror that ${what}`, async (t) => {
    const { gateway, shadow } = await stage(t, { timeout: { attempt: '5s' } })
    shadow.script = script
    const client = await gateway.client()
    for (let i = 0; i < 5; i++) {
      t.equal((await client.ask('GET /')).body, 'GET /')
      t.equal((await client.ask('POST /', ['content-length: 3'], 'abc')).body, 'POST /')
    }
    await until('the copies', () => shadow.requests.length >= 10)
    t.equal(await gateway.metric('requests_total', { code: '200' }), 10)
    gateway.advance(5200)
    await calm(t, gateway)
    if (what === 'is silent') t.equal(await gateway.metric('attempts_total', { upstream: 'shadow', outcome: 'timeout' }), 10)
    t.equal(await gateway.metric('rejected_total'), 0)
  })
}

t.test('a mirror that nobody can connect to, and one without endpoints', async (t) => {
  for (const address of [await deadAddress(), '']) {
    const main = await startEndpoint(t)
    const gateway = await startGateway(t, configured(main.address, address))
    const client = await gateway.client()
    for (let i = 0; i < 3; i++) t.equal((await client.ask('GET /')).status, 200)
    const [attempts, drops] = [gateway.metric('attempts_total', { upstream: 'shadow' }), dropped(gateway, 'no-endpoint')]
    t.strictSame([await attempts, await drops], address === '' ? [0, 3] : [3, 0])
    t.equal(await gateway.metric('rejected_total'), 0)
    await calm(t, gateway)
  }
})

t.test('no place at the mirror: dropped, never queued', async (t) => {
  const { gateway, shadow } = await stage(t, {}, { limits: { requests: 2, pending: 100 } })
  shadow.script = silent
  const client = await gateway.client()
  for (let i = 0; i < 5; i++) t.equal((await client.ask('GET /')).status, 200)
  t.equal(await gateway.metric('requests_pending', { upstream: 'shadow' }), 0)
  t.equal(await gateway.metric('requests_in_flight', { upstream: 'shadow' }), 2)
  t.equal(await dropped(gateway, 'limit'), 3)
  await until('the two', () => shadow.requests.length === 2)
  for (const connection of shadow.connections) connection.answer('at last')
  await calm(t, gateway)
  t.equal(shadow.requests.length, 2)
})

t.test('bodies that are kept for copies count as what else is kept', async (t) => {
  const { gateway, main, shadow } = await stage(t, {
    retry: { bodyBytes: 0 },
    mirror: { upstream: 'shadow', bodyBytes: '1MiB' },
  })
  shadow.script = silent
  const { limit, used } = buffers
  buffers.limit = used + 1_000_000
  t.teardown(() => {
    buffers.limit = limit
  })
  const body = 'x'.repeat(400_000)
  for (let i = 0; i < 5; i++) {
    const client = await gateway.client()
    client.request('POST /', [`content-length: ${body.length}`], body.slice(0, 200_000))
    await until('it to be under way', () => main.requests.length > i)
    client.send(body.slice(200_000))
    t.equal((await client.response()).status, 200)
  }
  t.equal(shadow.requests.length, 2)
  t.equal(await dropped(gateway, 'limit'), 3)
  t.ok(buffers.used >= used + 800_000)
  for (const { socket } of shadow.open) socket.destroy()
  await until('copies to be forgotten', () => buffers.used === used)
  await calm(t, gateway)
})

t.test('bodies up to the bound are copied', async (t) => {
  const { gateway, main, shadow } = await stage(t, { mirror: { upstream: 'shadow', bodyBytes: 1000 } })
  const client = await gateway.client()
  const [fits, large] = ['f'.repeat(1000), 'l'.repeat(1001)]
  t.equal((await client.ask('POST /', ['content-length: 1000'], fits)).status, 200)
  t.equal((await client.ask('POST /', ['content-length: 1001'], large)).status, 200)
  // Pieces of a body whose length nobody knows.
  const asked = client.ask('POST /', ['transfer-encoding: chunked'])
  for (const piece of ['1f4', '1f4', '1']) {
    const count = Number.parseInt(piece, 16)
    const before = main.connections[0]?.received ?? 0
    client.send(`${piece}\r\n${'c'.repeat(count)}\r\n`)
    await until('the piece', () => (main.connections[0]?.received ?? 0) > before)
  }
  client.send('0\r\n\r\n')
  t.equal((await asked).status, 200)
  t.equal(main.requests[2]?.body.length, 1001)
  t.equal(await dropped(gateway, 'body-bytes'), 2)
  t.equal((await shadow.request()).body, fits)
  t.equal(shadow.requests.length, 1)
  await calm(t, gateway)
})

t.test('a body that arrives in pieces is copied when it is complete', async (t) => {
  const { gateway, main, shadow } = await stage(t)
  const client = await gateway.client()
  const asked = client.ask('POST /', ['content-length: 6'], 'ab')
  await until('the head', () => main.requests.length === 1)
  client.send('cd')
  await until('the piece', () => main.requests[0]?.body === 'abcd')
  t.equal(shadow.connections.length, 0, 'nobody waits for a slow client twice')
  client.send('ef')
  t.equal((await asked).status, 200)
  t.equal((await shadow.request()).body, 'abcdef')
  await calm(t, gateway)
})

t.test('a request whose body never comes is not copied', async (t) => {
  const { gateway, main, shadow } = await stage(t)
  const client = await gateway.client()
  client.request('POST /', ['content-length: 6'], 'ab')
  await until('the head', () => main.requests.length === 1)
  client.destroy()
  await until('the drop', async () => (await dropped(gateway, 'incomplete')) === 1)
  t.equal(shadow.connections.length, 0)
  await calm(t, gateway)
})

t.test('a copy goes on when the client has left, and over a reload that knows its upstream no more', async (t) => {
  const { gateway, main, shadow } = await stage(t)
  main.script = silent
  shadow.script = silent
  const client = await gateway.client()
  client.request('GET /')
  await Promise.all([main.request(), shadow.request()])
  client.destroy()
  await until('the client to be gone', async () => (await gateway.metric('attempts_total', { outcome: 'cancelled' })) === 1)
  await gateway.apply(configOf([main.address]))
  t.equal(shadow.open.length, 1)
  shadow.connections[0]?.answer('done')
  await calm(t, gateway)
  t.equal(await gateway.metric('attempts_total', { upstream: 'shadow', outcome: 'ok' }), 1)
})

t.test('an answer without end is cut, by bytes and by time', async (t) => {
  const { gateway, shadow } = await stage(t, { timeout: { attempt: 'off', idle: 'off' } })
  const chunk = `ffff\r\n${'x'.repeat(0xffff)}\r\n`
  shadow.script = ({ target }, connection, phase) => {
    if (phase !== 'end') return
    if (target === '/length') return connection.send('HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n')
    connection.send('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n')
    if (target === '/bytes') for (let i = 0; i < 20; i++) connection.send(chunk)
  }
  const client = await gateway.client()
  await client.ask('GET /length')
  await until('the first to be cut', () => shadow.connections[0]?.closed === true)
  await client.ask('GET /bytes')
  await until('the second to be cut', () => shadow.connections[1]?.closed === true)
  await client.ask('GET /time')
  await until('the third', () => shadow.requests.length === 3)
  gateway.advance(69_000)
  t.equal(shadow.open.length, 1)
  gateway.advance(1500)
  await calm(t, gateway)
})

t.test('closing the gateway ends copies', async (t) => {
  const { gateway, shadow } = await stage(t)
  shadow.script = silent
  const client = await gateway.client()
  await client.ask('GET /')
  await shadow.request()
  await gateway.gateway.close()
  await until('the end', () => shadow.open.length === 0)
})

t.test('retries of the original are not copied again', async (t) => {
  const { gateway, main, shadow } = await stage(t, {
    retry: { attempts: 2, on: ['503'], backoff: { base: '1ms', max: '1ms' } },
  })
  main.script = (_request, connection, phase) => {
    if (phase === 'end') connection.answer('no', [], '503 No')
  }
  const client = await gateway.client()
  t.equal((await client.ask('GET /')).status, 503)
  t.equal(main.requests.length, 3)
  t.equal((await shadow.request()).target, '/')
  await calm(t, gateway)
  t.equal(shadow.requests.length, 1)
})
