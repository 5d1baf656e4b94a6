// HTTP/2 endpoints that break the rules, frame by frame: the client gets an error, never a wrong or a clean end, and nothing stays.

import t, { type Test } from 'tap'
import { type Changes, configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import {
  ERRORS,
  type Field,
  FLAG,
  FRAME,
  type Frame,
  frame,
  hpack,
  SETTING,
  settings,
  uint32,
} from '../support/http2-frames.ts'
import { type RawHttp2Connection, type RawHttp2Endpoint, startRawHttp2 } from '../support/http2-raw-endpoint.ts'
import { pause, until } from '../support/until.ts'

const { END_STREAM, END_HEADERS } = FLAG

const head = (stream: number, flags: number, ...fields: Field[]) =>
  frame(FRAME.HEADERS, END_HEADERS | flags, stream, hpack([[':status', '200'], ...fields]))
const bare = (stream: number, flags: number, ...fields: Field[]) =>
  frame(FRAME.HEADERS, END_HEADERS | flags, stream, hpack(fields))
const data = (stream: number, flags: number, text: string) => frame(FRAME.DATA, flags, stream, text)
const reset = (stream: number, code: number) => frame(FRAME.RST_STREAM, 0, stream, uint32(code))
const goAway = (last: number, code: number) => frame(FRAME.GOAWAY, 0, 0, Buffer.concat([uint32(last), uint32(code)]))
const ping = () => frame(FRAME.PING, 0, 0, Buffer.alloc(8))

async function scene(t: Test, changes: Changes = {}): Promise<[TestGateway, RawHttp2Endpoint]> {
  const endpoint = await startRawHttp2(t)
  const gateway = await startGateway(
    t,
    configOf([endpoint.address], {
      ...changes,
      upstream: { protocol: 'h2', ...changes.upstream },
      route: { retry: { attempts: 0 }, ...changes.route },
    }),
  )
  return [gateway, endpoint]
}

/** What each stream is answered with. */
const answering =
  (...answer: readonly ((stream: number) => Buffer)[]) =>
  ({ type, stream }: Frame, connection: RawHttp2Connection) => {
    if (type === FRAME.HEADERS) connection.send(...answer.map((make) => make(stream)))
  }

const WRONG: readonly [what: string, answer: readonly ((stream: number) => Buffer)[]][] = [
  ['no :status', [(s) => bare(s, END_STREAM, ['x-a', '1'])]],
  ['two :status', [(s) => bare(s, END_STREAM, [':status', '200'], [':status', '200'])]],
  ['a request pseudo-header field', [(s) => head(s, END_STREAM, [':path', '/'])]],
  ['a pseudo-header field behind a field', [(s) => bare(s, END_STREAM, ['x-a', '1'], [':status', '200'])]],
  ['status 99', [(s) => bare(s, END_STREAM, [':status', '99'])]],
  ['status 2000', [(s) => bare(s, END_STREAM, [':status', '2000'])]],
  ['status 101', [(s) => bare(s, END_STREAM, [':status', '101'])]],
  ['an upper case name', [(s) => head(s, END_STREAM, ['X-A', '1'])]],
  ['connection', [(s) => head(s, END_STREAM, ['connection', 'close'])]],
  ['transfer-encoding', [(s) => head(s, END_STREAM, ['transfer-encoding', 'chunked'])]],
  [
    'two content-length',
    [(s) => head(s, 0, ['content-length', '1'], ['content-length', '2']), (s) => data(s, END_STREAM, 'a')],
  ],
  ['content-length +1', [(s) => head(s, 0, ['content-length', '+1']), (s) => data(s, END_STREAM, 'a')]],
  [
    '17 interim answers',
    [...Array.from({ length: 17 }, () => (s: number) => bare(s, 0, [':status', '103'])), (s) => head(s, END_STREAM)],
  ],
  ['an interim answer that ends', [(s) => bare(s, END_STREAM, [':status', '103'])]],
  ['data before the head', [(s) => data(s, END_STREAM, 'a')]],
  ['300 fields', [(s) => head(s, END_STREAM, ...Array.from({ length: 300 }, (_, i): Field => [`x-${i}`, 'a']))]],
  [
    '100 KiB of fields',
    [
      (s) => frame(FRAME.HEADERS, END_STREAM, s, hpack([[':status', '200']])),
      ...Array.from(
        { length: 8 },
        (_, i) => (s: number) =>
          frame(FRAME.CONTINUATION, i === 7 ? END_HEADERS : 0, s, hpack([[`x-${i}`, 'a'.repeat(12_800)]])),
      ),
    ],
  ],
  ['REFUSED_STREAM', [(s) => reset(s, ERRORS.REFUSED_STREAM)]],
  ['RST_STREAM with NO_ERROR', [(s) => reset(s, ERRORS.NO_ERROR)]],
  ['an error for all', [() => goAway(0, ERRORS.ENHANCE_YOUR_CALM)]],
  ['a frame that is too large', [(s) => frame(FRAME.DATA, 0, s, Buffer.alloc(20_000))]],
  [
    'a pushed stream',
    [
      (s) =>
        frame(
          FRAME.PUSH_PROMISE,
          END_HEADERS,
          s,
          Buffer.concat([
            uint32(2),
            hpack([
              [':method', 'GET'],
              [':path', '/'],
              [':scheme', 'http'],
              [':authority', 'a'],
            ]),
          ]),
        ),
    ],
  ],
]

for (const [what, answer] of WRONG) {
  t.test(`an answer with ${what}`, async (t) => {
    const [gateway, endpoint] = await scene(t)
    endpoint.script = answering(...answer)
    const client = await gateway.client()
    const { status, body } = await client.ask('GET /')
    t.ok([502, 503].includes(status), `${status} ${body}`)
    await until('its place to be free', async () => (await gateway.metric('requests_in_flight')) === 0)
    endpoint.script = answering(
      (s) => head(s, 0),
      (s) => data(s, END_STREAM, 'fine'),
    )
    t.equal((await client.ask('GET /')).body, 'fine', 'the next one is not affected')
  })
}

t.test('fields that are malformed do not travel on', async (t) => {
  const [gateway, endpoint] = await scene(t)
  endpoint.script = answering(
    (s) => head(s, 0, ['x-a', 'b\r\nset-cookie: c=1'], ['x-b', 'b\0'], ['x c', 'd'], ['x-good', 'yes'], ['x_d:', 'e']),
    (s) => data(s, END_STREAM, 'fine'),
  )
  const client = await gateway.client()
  const answer = await client.ask('GET /')
  if (answer.status === 200) t.strictSame(Object.keys(answer.fields).sort(), ['date', 'transfer-encoding', 'x-good'])
  else t.equal(answer.status, 502)
})

const CUT: readonly [what: string, answer: readonly ((stream: number) => Buffer)[]][] = [
  ['is reset', [(s) => head(s, 0), (s) => data(s, 0, 'part'), (s) => reset(s, ERRORS.INTERNAL_ERROR)]],
  ['is reset with NO_ERROR', [(s) => head(s, 0), (s) => data(s, 0, 'part'), (s) => reset(s, ERRORS.NO_ERROR)]],
  ['is shorter than content-length', [(s) => head(s, 0, ['content-length', '9']), (s) => data(s, END_STREAM, 'part')]],
  ['ends with the session', [(s) => head(s, 0), (s) => data(s, 0, 'part'), () => goAway(0, ERRORS.INTERNAL_ERROR)]],
  [
    'has trailers with a pseudo-header field',
    [(s) => head(s, 0), (s) => data(s, 0, 'part'), (s) => bare(s, END_STREAM, [':status', '200'])],
  ],
  ['has trailers that do not end it', [(s) => head(s, 0), (s) => data(s, 0, 'part'), (s) => bare(s, 0, ['x-a', '1'])]],
]

for (const [what, answer] of CUT) {
  t.test(`a body that ${what}`, async (t) => {
    const [gateway, endpoint] = await scene(t)
    endpoint.script = answering(...answer)
    const client = await gateway.client()
    client.request('GET /')
    await until('the cut', () => client.closed || client.ended)
    t.equal(client.responses.filter(({ complete }) => complete).length, 0)
    await until('its place to be free', async () => (await gateway.metric('requests_in_flight')) === 0)
  })
}

t.test('a body longer than content-length ends where that says, or not at all', async (t) => {
  const [gateway, endpoint] = await scene(t)
  endpoint.script = answering(
    (s) => head(s, 0, ['content-length', '2']),
    (s) => data(s, END_STREAM, 'four'),
  )
  const client = await gateway.client()
  client.request('GET /')
  await until('an end', () => client.responses.some(({ complete }) => complete) || client.closed || client.ended)
  t.ok(client.responses.every(({ body, complete }) => !complete || body === 'fo' || /problem|protocol/.test(body)))
})

t.test('streams behind the last one of a GOAWAY go elsewhere, the others are not sent twice', async (t) => {
  const one = await startRawHttp2(t)
  const two = await startRawHttp2(t)
  two.script = answering(
    (s) => head(s, 0),
    (s) => data(s, END_STREAM, 'two'),
  )
  const gateway = await startGateway(
    t,
    configOf([one.address, two.address], { upstream: { protocol: 'h2', balancer: 'first' } }),
  )
  const [first, second] = [await gateway.client(), await gateway.client()]
  first.request('POST /', ['content-length: 0'])
  await until('the first', () => one.connections[0]?.streams.length === 1)
  second.request('POST /', ['content-length: 0'])
  await until('the second', () => one.connections[0]?.streams.length === 2)
  one.connections[0]?.send(goAway(1, ERRORS.INTERNAL_ERROR))
  t.equal((await second.response(0)).body, 'two')
  t.equal((await first.response(0)).status, 502, 'somebody may have worked on it')
  t.equal(two.connections.flatMap(({ streams }) => streams).length, 1)
})

t.test('a window that never opens', async (t) => {
  // As far as the gateway can keep it the request is sent: then the attempt's time runs. What it cannot keep waits for idle.
  const [gateway, endpoint] = await scene(t, { route: { timeout: { idle: '5s', attempt: '5s' }, retry: { attempts: 0 } } })
  endpoint.greeting = settings([[SETTING.INITIAL_WINDOW_SIZE, 0]])
  const client = await gateway.client()
  const large = await gateway.client()
  client.request('POST /', ['content-length: 100000'], 'x'.repeat(100_000))
  large.request('POST /', ['content-length: 1000000'], 'x'.repeat(1_000_000))
  await until('the streams', () => endpoint.connections[0]?.streams.length === 2)
  t.equal(endpoint.connections[0]?.frames.filter(({ type }) => type === FRAME.DATA).length, 0)
  await pause(60)
  gateway.advance(6000)
  t.equal((await client.response(0)).status, 504)
  t.equal((await large.response(0)).status, 504)
  await until(
    'the streams to be reset',
    () => endpoint.connections[0]?.frames.filter(({ type }) => type === FRAME.RST_STREAM).length === 2,
  )
})

t.test('no room for anybody', async (t) => {
  const [gateway, endpoint] = await scene(t)
  endpoint.greeting = settings([[SETTING.MAX_CONCURRENT_STREAMS, 0]])
  endpoint.script = answering(
    (s) => head(s, 0),
    (s) => data(s, END_STREAM, 'fine'),
  )
  const clients = await Promise.all(Array.from({ length: 10 }, () => gateway.client()))
  for (const client of clients) client.request('GET /')
  await until('a session', () => endpoint.connections.length === 1)
  await pause(60)
  t.equal(endpoint.connections.length, 1, 'others would not be any better')
  endpoint.connections[0]?.send(settings([[SETTING.MAX_CONCURRENT_STREAMS, 2]]))
  await until('all answers', () => clients.every(({ responses }) => responses[0]?.body === 'fine'))
  endpoint.connections[0]?.send(settings([[SETTING.MAX_CONCURRENT_STREAMS, 0]]))
  await pause(30)
  const late = await gateway.client()
  late.request('GET /')
  await pause(60)
  gateway.advance(3000)
  t.equal((await late.response(0)).status, 503)
})

for (const [what, flood] of [
  ['SETTINGS', settings()],
  ['PING', ping()],
] as const) {
  t.test(`a flood of ${what}`, async (t) => {
    const [gateway, endpoint] = await scene(t)
    endpoint.script = ({ type }, connection) => {
      if (type === FRAME.HEADERS) for (let i = 0; i < 30; i++) connection.send(...Array.from({ length: 100 }, () => flood))
    }
    const client = await gateway.client()
    client.request('GET /')
    await until('the end of the session', () => endpoint.connections[0]?.closed === true)
    t.equal((await client.response(0)).status, 502)
  })
}

t.test('an endpoint that stops its head in the middle', async (t) => {
  const [gateway, endpoint] = await scene(t, { route: { timeout: { attempt: '2s' }, retry: { attempts: 0 } } })
  endpoint.script = ({ type, stream }, connection) => {
    if (type === FRAME.HEADERS) connection.send(frame(FRAME.HEADERS, 0, stream, hpack([[':status', '200']])))
  }
  const client = await gateway.client()
  client.request('GET /')
  await until('the stream', () => endpoint.connections[0]?.streams.length === 1)
  gateway.advance(3000)
  t.equal((await client.response(0)).status, 504)
})

t.test('GOAWAY as a greeting, and a connection that ends at once', async (t) => {
  const [gateway, endpoint] = await scene(t)
  endpoint.greeting = Buffer.concat([settings(), goAway(0, ERRORS.NO_ERROR)])
  t.ok([502, 503].includes((await (await gateway.client()).ask('GET /')).status))
  endpoint.greeting = Buffer.alloc(0)
  endpoint.script = (_frame, connection) => connection.socket.destroy()
  t.ok([502, 503].includes((await (await gateway.client()).ask('GET /')).status))
})

t.test('an answer before the request is complete', async (t) => {
  const [gateway, endpoint] = await scene(t)
  endpoint.script = answering(
    (s) => head(s, 0, ['content-length', '5']),
    (s) => data(s, END_STREAM, 'early'),
    (s) => reset(s, ERRORS.NO_ERROR),
  )
  const client = await gateway.client()
  client.request('POST /', ['content-length: 1000000'], 'x'.repeat(1000))
  await until('the answer', () => client.responses[0]?.body === 'early')
  t.equal(client.responses[0]?.status, 200)
})

t.test('a HEAD that is answered with a body', async (t) => {
  const [gateway, endpoint] = await scene(t)
  endpoint.script = answering(
    (s) => head(s, 0, ['content-length', '5']),
    (s) => data(s, END_STREAM, 'hello'),
  )
  const client = await gateway.client()
  const answer = await client.ask('HEAD /')
  t.equal(answer.status, 200)
  t.equal(answer.body, '')
  t.equal((await client.ask('GET /')).body, 'hello')
})
