// HTTP/2 endpoints that close their sessions in good order: no request is lost that they have not looked at.

import t, { type Test } from 'tap'
import { type Changes, configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { ERRORS, FLAG, FRAME, type Frame, frame, hpack, uint32 } from '../support/http2-frames.ts'
import { type RawHttp2Connection, type RawHttp2Endpoint, startRawHttp2 } from '../support/http2-raw-endpoint.ts'
import { until } from '../support/until.ts'

const goAway = (last: number, code: number = ERRORS.NO_ERROR) =>
  frame(FRAME.GOAWAY, 0, 0, Buffer.concat([uint32(last), uint32(code)]))

async function scene(t: Test, changes: Changes = {}): Promise<[TestGateway, RawHttp2Endpoint]> {
  const endpoint = await startRawHttp2(t)
  const gateway = await startGateway(t, configOf([endpoint.address], { ...changes, upstream: { protocol: 'h2' } }))
  return [gateway, endpoint]
}

/** Answers with the request's body. */
function echo({ type, flags, stream }: Frame, connection: RawHttp2Connection): void {
  if (type > FRAME.HEADERS || (flags & FLAG.END_STREAM) === 0) return
  const body = connection.frames
    .filter((frame) => frame.type === FRAME.DATA && frame.stream === stream)
    .map(({ payload }) => payload)
  connection.send(
    frame(FRAME.HEADERS, FLAG.END_HEADERS, stream, hpack([[':status', '200']])),
    ...body.map((bytes) => frame(FRAME.DATA, 0, stream, bytes)),
    frame(FRAME.DATA, FLAG.END_STREAM, stream),
  )
}

t.test('whatever the method, on a session that follows', async (t) => {
  const [gateway, endpoint] = await scene(t)
  endpoint.script = (frame, connection) => {
    if (connection === endpoint.connections[2]) echo(frame, connection)
    else if (frame.type === FRAME.HEADERS) connection.send(goAway(0))
  }
  const client = await gateway.client()
  t.equal((await client.ask('POST /', ['content-length: 5'], 'hello')).body, 'hello')
  t.equal(endpoint.connections.length, 3)
  t.equal(await gateway.metric('attempts_total'), 1, 'it is one attempt')
})

t.test('with a body that is still coming', async (t) => {
  const [gateway, endpoint] = await scene(t)
  const client = await gateway.client()
  client.request('POST /', ['transfer-encoding: chunked'], '5\r\nhello\r\n')
  await until('the first piece', () => endpoint.connections[0]?.frames.some(({ type }) => type === FRAME.DATA) === true)
  endpoint.script = echo
  endpoint.connections[0]?.send(goAway(0))
  client.send('6\r\n world\r\n')
  await until('another session', () => endpoint.connections[1]?.streams.length === 1)
  client.send('1\r\n!\r\n0\r\n\r\n')
  t.equal((await client.response(0)).body, 'hello world!')
})

t.test('a body that is not kept any more cannot follow', async (t) => {
  const [gateway, endpoint] = await scene(t)
  const client = await gateway.client()
  client.request('POST /', ['content-length: 200000'], 'x'.repeat(70_000))
  const received = () =>
    endpoint.connections[0]?.frames.reduce((sum, { type, payload }) => sum + (type === 0 ? payload.length : 0), 0)
  await until('all that its window takes', () => received() === 65_535)
  endpoint.script = echo
  endpoint.connections[0]?.send(goAway(0))
  t.equal((await client.response(0)).status, 503)
  t.equal(endpoint.connections.length, 1)
})

t.test('not for ever', async (t) => {
  const [gateway, endpoint] = await scene(t)
  endpoint.script = ({ type }, connection) => {
    if (type === FRAME.HEADERS) connection.send(goAway(0))
  }
  const client = await gateway.client()
  const answer = await client.ask('GET /')
  t.equal(answer.status, 503)
  t.match(answer.body, 'refused-stream')
  t.equal(endpoint.connections.length, 12, 'two attempts')
})

t.test('not where retries are off', async (t) => {
  const [gateway, endpoint] = await scene(t, { route: { retry: { attempts: 0 } } })
  endpoint.script = ({ type }, connection) => {
    if (type === FRAME.HEADERS) connection.send(goAway(0))
  }
  t.equal((await (await gateway.client()).ask('GET /')).status, 503)
  t.equal(endpoint.connections.length, 1)
})

t.test('what it has looked at is not sent twice', async (t) => {
  const [gateway, endpoint] = await scene(t)
  endpoint.script = ({ type, stream }, connection) => {
    if (type === FRAME.HEADERS) {
      connection.send(goAway(stream))
      connection.socket.end()
    }
  }
  t.equal((await (await gateway.client()).ask('POST /', ['content-length: 0'])).status, 502)
  t.equal(endpoint.connections.length, 1)
})
