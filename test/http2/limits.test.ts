// What one HTTP/2 client may ask for, and how long it may take.

import t from 'tap'
import { ERRORS, type Field, FLAG, FRAME, frame, hpack, SETTING } from '../support/http2-frames.ts'
import { post, request } from '../support/http2-raw.ts'
import { http2Scene } from '../support/http2-scene.ts'
import type { Script } from '../support/raw-endpoint.ts'

const many = (count: number): Field[] => Array.from({ length: count }, (_, i): Field => [`x-${i}`, 'v'])

http2Scene('header fields: count', { listener: { limits: { headerCount: 20 } } }, async (t, { client, endpoint }) => {
  const h2 = await client()
  t.equal(await h2.outcome(h2.headers(request({}, ...many(20)))), '200')
  t.equal(await h2.outcome(h2.headers(request({}, ...many(21)))), '431')
  const crumbs = Array.from({ length: 21 }, (_, i): Field => ['cookie', `c${i}=1`])
  t.equal(await h2.outcome(h2.headers(request({}, ...crumbs.slice(1)))), '200', 'crumbs are counted each')
  t.equal(await h2.outcome(h2.headers(request({}, ...crumbs))), '431')
  t.equal(await h2.outcome(h2.headers(request({}, ...many(200)))), 'reset ENHANCE_YOUR_CALM')
  t.equal(await h2.outcome(h2.headers(request())), '200', 'the connection goes on')
  t.equal(endpoint.requests.length, 3)
})

http2Scene('header fields: bytes', { listener: { limits: { headerBytes: 1024 } } }, async (t, { client, endpoint }) => {
  const h2 = await client()
  const line = (bytes: number): Field => ['x', 'v'.repeat(bytes - 5)]
  t.equal(await h2.outcome(h2.headers(request({}, line(1024)))), '200')
  t.equal(await h2.outcome(h2.headers(request({}, line(1025)))), '431')
  t.equal(endpoint.requests.length, 1)
})

http2Scene('bodies', { listener: { limits: { bodyBytes: 10 } } }, async (t, { client, endpoint }) => {
  const h2 = await client()
  const fits = h2.headers(post(), 0)
  h2.data(fits, '0123456789', true)
  t.equal(await h2.outcome(fits), '200')
  t.equal(await h2.outcome(h2.headers(post(['content-length', '11']), 0)), '413')
  const grows = h2.headers(post(), 0)
  h2.data(grows, '0123456789')
  h2.data(grows, 'x')
  t.equal(await h2.outcome(grows), '413')
  t.equal(endpoint.requests.filter(({ complete }) => complete).length, 1)
})

http2Scene('streams at once', { listener: { http2Limits: { concurrentStreams: 3 } } }, async (t, { client, endpoint }) => {
  const answers: (() => void)[] = []
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') answers.push(() => connection.answer('ok'))
  }
  // One that has seen our settings, and one that has not: neither gets more.
  for (const polite of [false, true]) {
    answers.length = 0
    const h2 = await client({ polite })
    const ids = [1, 2, 3].map(() => h2.headers(request()))
    await h2.until('three', () => answers.length === 3)
    await h2.roundTrip()
    const more = h2.headers(request())
    await h2.until('the fourth to be refused', () => h2.resetCode(more) !== null || h2.goaways.length > 0)
    if (h2.goaways.length === 0) {
      t.equal(h2.resetCode(more), ERRORS.REFUSED_STREAM)
      for (const answer of answers) answer()
      for (const id of ids) t.equal(await h2.outcome(id), '200')
    } else t.equal(h2.goaways[0]?.code, ERRORS.PROTOCOL_ERROR)
    t.equal(answers.length, 3)
  }
})

http2Scene(
  'requests of a connection',
  { listener: { limits: { requestsPerConnection: 3 } } },
  async (t, { client, endpoint }) => {
    const h2 = await client()
    for (let i = 0; i < 3; i++) t.equal(await h2.outcome(h2.headers(request())), '200')
    await h2.until('the end', () => h2.closed)
    t.same(h2.goaways, [{ code: 0, last: 5 }])
    t.equal(endpoint.requests.length, 3)
  },
)

http2Scene('half a preface', { listener: { timeouts: { header: '2s' } } }, async (t, { client, gateway }) => {
  const h2 = await client({ silent: true })
  h2.send('PRI * HTTP/2.0\r\n\r\nSM')
  await h2.until('our settings', () => h2.frames.length > 0)
  gateway.advance(2100)
  await h2.until('the end', () => h2.closed)
  t.pass()
})

http2Scene('idleness', { listener: { timeouts: { keepAlive: '20s' } } }, async (t, { client, gateway }) => {
  const h2 = await client()
  t.equal(await h2.outcome(h2.headers(request())), '200')
  await h2.roundTrip()
  gateway.advance(19_000)
  t.equal(await h2.outcome(h2.headers(request())), '200')
  gateway.advance(15_000)
  await h2.roundTrip()
  t.equal(h2.closed, false)
  gateway.advance(6000)
  await h2.until('the end', () => h2.closed)
  t.same(h2.goaways, [{ code: 0, last: 3 }])
})

http2Scene('half a head', { listener: { timeouts: { header: '5s' } } }, async (t, { client, gateway, endpoint }) => {
  endpoint.script = () => {}
  const [first, second] = [await client(), await client()]
  const running = second.headers(request())
  await endpoint.request()
  for (const h2 of [first, second]) {
    await h2.roundTrip()
    h2.send(frame(FRAME.HEADERS, FLAG.END_STREAM, 3, hpack(request())))
  }
  const pass = async (ms: number) => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    gateway.advance(ms)
    await new Promise((resolve) => setTimeout(resolve, 120))
  }
  await pass(3000)
  await pass(4000)
  // It goes on to drip.
  for (const h2 of [first, second]) h2.send(frame(FRAME.CONTINUATION, 0, 3, hpack([['x', 'y']])))
  t.same([first.goaways.length, second.goaways.length], [0, 0])
  await pass(1500)
  await first.until('both to be told', () => first.goaways.length + second.goaways.length === 2)
  await first.until('the end', () => first.closed)
  t.equal(second.closed, false, 'what runs is finished')
  endpoint.connections[0]?.answer('ok')
  t.equal(await second.outcome(running), '200')
  await second.until('the end', () => second.closed)
})

http2Scene('a body that stands still', { listener: { timeouts: { body: '5s' } } }, async (t, { client, gateway }) => {
  const h2 = await client()
  const id = h2.headers(post(['content-length', '10']), 0)
  h2.data(id, 'abc')
  await h2.roundTrip()
  gateway.advance(4000)
  h2.data(id, 'd')
  await h2.roundTrip()
  gateway.advance(4000)
  await h2.roundTrip()
  t.equal(h2.resetCode(id), null)
  gateway.advance(2500)
  t.equal(await h2.outcome(id), '408')
  t.match(h2.body(id), /body-timeout/)
  t.equal(h2.closed, false)
})

http2Scene('a body that drips', { listener: { timeouts: { body: 'off', minRate: 100 } } }, async (t, { client, gateway }) => {
  const h2 = await client()
  const id = h2.headers(post(), 0)
  const grpc = h2.headers(post(['content-type', 'application/grpc']), 0)
  for (let i = 0; i < 6; i++) {
    h2.data(id, 'x')
    await h2.roundTrip()
    gateway.advance(2000)
    await new Promise((resolve) => setTimeout(resolve, 60))
  }
  t.equal(await h2.outcome(id), '408')
  t.match(h2.body(id), /min-rate/)
  t.equal(h2.resetCode(grpc), null, 'a call of gRPC may be silent')
})

http2Scene(
  'a client that does not read',
  { listener: { timeouts: { write: '5s' } } },
  async (t, { client, gateway, endpoint }) => {
    const size = 4 * 1024 * 1024
    let sent = 0
    endpoint.script = (_request, connection, phase) => {
      if (phase !== 'end') return
      connection.send(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`)
      connection.socket.write(Buffer.alloc(size))
      sent++
    }
    const h2 = await client({ polite: false, settings: [[SETTING.INITIAL_WINDOW_SIZE, 0]] })
    const ids = Array.from({ length: 10 }, () => h2.headers(request()))
    await h2.until('all to be asked for', () => sent === 10)
    await h2.until('heads', () => ids.every((id) => h2.status(id) === 200))
    // Another client is served meanwhile.
    endpoint.script = (_request, connection, phase) => {
      if (phase === 'end') connection.answer('ok')
    }
    const other = await client()
    t.equal(await other.outcome(other.headers(request())), '200')
    gateway.advance(1500)
    await other.roundTrip()
    await new Promise((resolve) => setTimeout(resolve, 150))
    gateway.advance(6000)
    for (const id of ids) t.equal(await h2.outcome(id), 'reset CANCEL')
    t.equal(h2.closed, false)
    await h2.until('the endpoint to be let go', () => endpoint.open.length <= 1)
  },
)

const upgrade = [
  [':method', 'CONNECT'],
  [':protocol', 'websocket'],
  [':scheme', 'http'],
  [':path', '/none'],
  [':authority', 'a'],
  ['sec-websocket-version', '13'],
] as const

http2Scene(
  'small answers that are never read',
  { listener: { timeouts: { write: '5s' } }, route: { match: [{ path: { exact: '/' } }] } },
  async (t, { client, gateway }) => {
    const h2 = await client({ polite: false, settings: [[SETTING.INITIAL_WINDOW_SIZE, 0]] })
    // Two of them before their requests have ended.
    const ids = [h2.headers(request()), h2.headers(request({ ':method': 'POST', ':path': '/none' }), 0), h2.headers(upgrade, 0)]
    for (const id of ids.slice(1)) h2.data(id, 'more')
    await h2.until('the heads', () => ids.every((id) => h2.status(id) !== 0))
    for (let i = 0; i < 4; i++) {
      gateway.advance(2500)
      await new Promise((resolve) => setTimeout(resolve, 120))
    }
    await h2.until('the resets', () => ids.every((id) => h2.resetCode(id) !== null))
    for (const id of ids) t.equal(h2.resetCode(id), ERRORS.CANCEL)
  },
)

/** An answer of which there is always more. */
const endless: Script = (_request, connection, phase) => {
  if (phase !== 'end') return
  connection.send(`HTTP/1.1 200 OK\r\ncontent-length: ${40 * 1024 * 1024}\r\n\r\n`)
  connection.socket.write(Buffer.alloc(40 * 1024 * 1024))
}

http2Scene(
  'clients that take a few bytes now and then, and clients that are slow',
  { listener: { timeouts: { write: '10s', minRate: 240 } } },
  async (t, { client, gateway, endpoint }) => {
    endpoint.script = endless
    const clients = await Promise.all(
      [150, 2000].map(async (perSecond) => {
        const h2 = await client({ polite: false, settings: [[SETTING.INITIAL_WINDOW_SIZE, 0]] })
        const id = h2.headers(request())
        await h2.until('the head', () => h2.status(id) === 200)
        return { h2, id, perSecond }
      }),
    )
    for (let second = 0; second < 24; second++) {
      for (const { h2, id, perSecond } of clients) h2.window(id, perSecond)
      await Promise.all(clients.map(({ h2 }) => h2.roundTrip()))
      gateway.advance(1000)
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
    t.same(
      clients.map(({ h2, id }) => h2.resetCode(id)),
      [ERRORS.CANCEL, null],
    )
    t.ok((clients[1]?.h2.body(1).length ?? 0) >= 40_000, 'the slow one has all that it could take')
  },
)

http2Scene(
  'a stream that is held, beside one that is read',
  { listener: { timeouts: { write: '5s' } } },
  async (t, { client, gateway, endpoint }) => {
    endpoint.script = endless
    const h2 = await client({ polite: false, settings: [[SETTING.INITIAL_WINDOW_SIZE, 1000]] })
    h2.window(0, 2 ** 30)
    const [read, held] = [h2.headers(request()), h2.headers(request())] as [number, number]
    for (let second = 0; second < 8; second++) {
      h2.window(read, 50_000)
      await h2.roundTrip()
      gateway.advance(1000)
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
    t.equal(h2.resetCode(held), ERRORS.CANCEL)
    t.equal(h2.resetCode(read), null)
  },
)

t.end()
