// Streams to HTTP/2 endpoints that neither go on nor end: they are let go of, and their sessions are not kept by them.

import t, { type Test } from 'tap'
import { type Changes, configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { FLAG, FRAME, frame, hpack, SETTING, settings } from '../support/http2-frames.ts'
import { type RawHttp2Endpoint, startRawHttp2 } from '../support/http2-raw-endpoint.ts'
import { pause, until } from '../support/until.ts'

const answer = (stream: number) => frame(FRAME.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, stream, hpack([[':status', '200']]))

async function scene(t: Test, changes: Changes = {}, endpoints = 1): Promise<[TestGateway, RawHttp2Endpoint[]]> {
  const all: RawHttp2Endpoint[] = []
  for (let i = 0; i < endpoints; i++) all.push(await startRawHttp2(t))
  const gateway = await startGateway(
    t,
    configOf(
      all.map(({ address }) => address),
      { ...changes, upstream: { protocol: 'h2', balancer: 'first', ...changes.upstream } },
    ),
  )
  return [gateway, all]
}

const active = (gateway: TestGateway) => gateway.metric('upstream_connections', { state: 'active' })

t.test('an answer to a request that the endpoint does not take', async (t) => {
  const [gateway, [endpoint]] = await scene(t)
  const one = endpoint as RawHttp2Endpoint
  one.greeting = settings([[SETTING.INITIAL_WINDOW_SIZE, 0]])
  one.script = ({ type, stream }, connection) => {
    if (type === FRAME.HEADERS) connection.send(answer(stream))
  }
  const client = await gateway.client()
  t.equal((await client.ask('POST /', ['content-length: 5'], 'hello')).status, 200)
  await pause(60)
  gateway.advance(3000)
  const { frames } = one.connections[0] as RawHttp2Endpoint['connections'][0]
  await until('the stream to be reset', () => frames.some(({ type }) => type === FRAME.RST_STREAM))
  await until('the session to rest', async () => (await active(gateway)) === 0)
  t.equal(frames.filter(({ type, flags }) => type <= FRAME.HEADERS && (flags & FLAG.END_STREAM) !== 0).length, 0)
})

for (const last of [true, false]) {
  t.test(`an endpoint that takes no more streams just when one begins${last ? '' : ', and another that does'}`, async (t) => {
    const [gateway, endpoints] = await scene(
      t,
      { upstream: { limits: { connections: 1 } }, ...(last ? { route: { retry: { attempts: 0 } } } : {}) },
      last ? 1 : 2,
    )
    const [one, two] = endpoints as [RawHttp2Endpoint, RawHttp2Endpoint | undefined]
    one.greeting = settings([[SETTING.MAX_CONCURRENT_STREAMS, 1]])
    if (two !== undefined)
      two.script = ({ type, stream }, connection) => {
        if (type === FRAME.HEADERS) connection.send(answer(stream))
      }
    const [first, second] = [await gateway.client(), await gateway.client()]
    first.request('GET /one')
    await until('the first', () => one.connections[0]?.streams.length === 1)
    second.request('GET /two')
    await until('it to wait', async () => (await gateway.metric('requests_in_flight')) === 2)
    await pause(60)
    one.greeting = settings([[SETTING.MAX_CONCURRENT_STREAMS, 0]])
    one.connections[0]?.send(answer(1), settings([[SETTING.MAX_CONCURRENT_STREAMS, 0]]))
    t.equal((await first.response(0)).status, 200)
    await pause(60)
    gateway.advance(3000)
    t.equal((await second.response(0)).status, two === undefined ? 503 : 200)
    t.equal(one.connections.flatMap(({ streams }) => streams).length, 1)
    t.equal(one.connections.length, 1, 'another connection would not be any better')
    await until('the session to rest', async () => (await active(gateway)) === 0)
  })
}

t.test('a session on which nothing has come while a request timed out is not used again', async (t) => {
  const [gateway, [endpoint]] = await scene(t, { route: { timeout: { attempt: '5s' }, retry: { attempts: 0 } } })
  const one = endpoint as RawHttp2Endpoint
  const client = await gateway.client()
  client.request('GET /')
  await until('the stream', () => one.connections[0]?.streams.length === 1)
  await pause(60)
  gateway.advance(6000)
  t.equal((await client.response(0)).status, 504)
  one.script = ({ type, stream }, connection) => {
    if (type === FRAME.HEADERS) connection.send(answer(stream))
  }
  t.equal((await client.ask('GET /')).status, 200)
  t.equal(one.connections.length, 2, 'the first may be dead')
  await until('it to be closed', () => one.connections[0]?.closed === true)
})

t.test('one on which others are answered meanwhile is', async (t) => {
  const [gateway, [endpoint]] = await scene(t, { route: { timeout: { attempt: '5s' }, retry: { attempts: 0 } } })
  const one = endpoint as RawHttp2Endpoint
  one.script = ({ type, stream }, connection) => {
    if (type === FRAME.HEADERS && stream !== 1) connection.send(answer(stream))
  }
  const [client, other] = [await gateway.client(), await gateway.client()]
  client.request('GET /')
  await until('the stream', () => one.connections[0]?.streams.length === 1)
  await pause(60)
  gateway.advance(4500)
  await pause(120)
  t.equal((await other.ask('GET /')).status, 200)
  gateway.advance(600)
  t.equal((await client.response(0)).status, 504)
  t.equal((await other.ask('GET /')).status, 200)
  t.equal(one.connections.length, 1)
})
