// Uploads that end before they are complete: half a body must never look whole to an endpoint.

import t, { type Test } from 'tap'
import { type Changes, configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { ERRORS, FLAG, FRAME, frame, hpack } from '../support/http2-frames.ts'
import { post, RawHttp2 } from '../support/http2-raw.ts'
import { type RawHttp2Connection, type RawHttp2Endpoint, startRawHttp2 } from '../support/http2-raw-endpoint.ts'
import { startEndpoint } from '../support/raw-endpoint.ts'
import { until } from '../support/until.ts'

async function scene(t: Test, changes: Changes = {}): Promise<[TestGateway, RawHttp2Endpoint]> {
  const endpoint = await startRawHttp2(t)
  const gateway = await startGateway(
    t,
    configOf([endpoint.address], { ...changes, upstream: { protocol: 'h2', ...changes.upstream } }),
  )
  return [gateway, endpoint]
}

/** What became of the first stream: everything in order. */
const fateOf = (endpoint: RawHttp2Endpoint): string[] =>
  (endpoint.connections[0]?.frames ?? [])
    .filter(({ stream }) => stream === 1)
    .map(({ type, flags, payload }) => {
      const end = type <= FRAME.HEADERS && (flags & FLAG.END_STREAM) !== 0 ? ' END' : ''
      if (type === FRAME.HEADERS) return `HEADERS${end}`
      if (type === FRAME.DATA) return `DATA ${payload.length}${end}`
      return type === FRAME.RST_STREAM ? `RST ${payload.readUInt32BE(0)}` : `frame ${type}`
    })

const LEAVES: readonly [what: string, changes: Changes, leave: (gateway: TestGateway) => Promise<() => void>][] = [
  [
    'an HTTP/1.1 client with content-length leaves',
    {},
    async (gateway) => {
      const client = await gateway.client()
      client.request('POST /', ['content-length: 1000000'], 'x'.repeat(100))
      return () => client.reset()
    },
  ],
  [
    'an HTTP/1.1 client with chunks leaves',
    {},
    async (gateway) => {
      const client = await gateway.client()
      client.request('POST /', ['transfer-encoding: chunked'], '64\r\n'.concat('x'.repeat(100), '\r\n'))
      return () => client.destroy()
    },
  ],
  [
    'an HTTP/2 client resets',
    {},
    async (gateway) => {
      const client = await RawHttp2.open(gateway.port)
      const id = client.headers(post(), 0)
      client.data(id, 'x'.repeat(100))
      return () => client.reset(id)
    },
  ],
  [
    'an HTTP/2 client resets without an error',
    {},
    async (gateway) => {
      const client = await RawHttp2.open(gateway.port)
      const id = client.headers(post(), 0)
      client.data(id, 'x'.repeat(100))
      return () => client.reset(id, ERRORS.NO_ERROR)
    },
  ],
  [
    'an HTTP/2 client sends less than content-length',
    {},
    async (gateway) => {
      const client = await RawHttp2.open(gateway.port)
      const id = client.headers(post(['content-length', '200']), 0)
      client.data(id, 'x'.repeat(100))
      return () => client.data(id, '', true)
    },
  ],
  [
    'an HTTP/2 client breaks off',
    {},
    async (gateway) => {
      const client = await RawHttp2.open(gateway.port)
      const id = client.headers(post(), 0)
      client.data(id, 'x'.repeat(100))
      return () => client.destroy()
    },
  ],
  [
    'the request timeout is over',
    { route: { timeout: { request: '5s' } } },
    async (gateway) => {
      const client = await gateway.client()
      client.request('POST /', ['content-length: 1000000'], 'x'.repeat(100))
      return () => gateway.advance(6000)
    },
  ],
  [
    'a body grows beyond limits.bodyBytes',
    { listener: { limits: { bodyBytes: 150 } } },
    async (gateway) => {
      const client = await gateway.client()
      client.request('POST /', ['transfer-encoding: chunked'], '64\r\n'.concat('x'.repeat(100), '\r\n'))
      return () => client.send('64\r\n'.concat('x'.repeat(100), '\r\n'))
    },
  ],
]

for (const [what, changes, begin] of LEAVES) {
  t.test(what, async (t) => {
    const [gateway, endpoint] = await scene(t, changes)
    const leave = await begin(gateway)
    await until('the first bytes', () => fateOf(endpoint).some((frame) => frame.startsWith('DATA')))
    leave()
    await until('the reset', () => fateOf(endpoint).some((frame) => frame.startsWith('RST') || frame.endsWith('END')))
    t.strictSame(fateOf(endpoint), ['HEADERS', 'DATA 100', 'RST 8'])
    await until('its place to be free', async () => (await gateway.metric('requests_in_flight')) === 0)
  })
}

for (const [what, changes, begin] of LEAVES) {
  t.test(`${what}: an HTTP/1.1 endpoint`, async (t) => {
    const endpoint = await startEndpoint(t)
    const gateway = await startGateway(t, configOf([endpoint.address], changes))
    const leave = await begin(gateway)
    await until('the first bytes', () => (endpoint.requests[0]?.body.length ?? 0) >= 100)
    leave()
    await until('the end', () => endpoint.connections[0]?.closed === true)
    t.equal(endpoint.requests[0]?.complete, false)
    await until('its place to be free', async () => (await gateway.metric('requests_in_flight')) === 0)
  })
}

t.test('an answer that does not wait: the rest is not sent, and the session is good for others', async (t) => {
  const [gateway, endpoint] = await scene(t)
  endpoint.script = ({ type, stream }, connection) => {
    if (type === FRAME.HEADERS)
      connection.send(
        frame(FRAME.HEADERS, FLAG.END_HEADERS, stream, hpack([[':status', '403']])),
        frame(FRAME.DATA, FLAG.END_STREAM, stream, 'no'),
      )
  }
  for (let i = 0; i < 150; i++) {
    const client = await gateway.client()
    client.request('POST /', ['content-length: 1000000'], 'x'.repeat(100))
    await until('the answer', () => client.responses[0]?.body === 'no')
    client.destroy()
  }
  const { frames } = endpoint.connections[0] as RawHttp2Connection
  await until('the resets', () => frames.filter(({ type }) => type === FRAME.RST_STREAM).length === 150)
  t.equal(frames.filter(({ type, flags }) => type <= FRAME.HEADERS && (flags & FLAG.END_STREAM) !== 0).length, 0)
  t.equal(endpoint.connections.length, 1)
})
