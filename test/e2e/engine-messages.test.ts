// Requests and responses on their way through: what arrives is what was sent, in its canonical form.

import t from 'tap'
import { scene } from '../support/gateway.ts'
import type { Script } from '../support/raw-endpoint.ts'
import { until } from '../support/until.ts'

const answering =
  (bytes: string): Script =>
  (_request, connection, phase) => {
    if (phase === 'end') connection.send(bytes)
  }

scene('a kept connection and a pipeline are answered in order', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  t.equal((await client.ask('GET /1')).body, 'GET /1')
  t.equal((await client.ask('GET /2')).body, 'GET /2')
  for (let i = 3; i < 103; i++) client.request(`GET /${i}`)
  await client.response(101)
  t.strictSame(
    client.responses.map(({ body }) => body),
    Array.from({ length: 102 }, (_, i) => `GET /${i + 1}`),
  )
  t.equal(endpoint.connections.length, 1)
  t.equal(await gateway.metric('requests_total', { code: '200', route: 'all', upstream: 'all' }), 102)
  t.equal(await gateway.metric('attempts_total', { outcome: 'ok' }), 102)
  t.equal(await gateway.metric('connections_total'), 1)
})

scene('a pipeline is answered in order whatever the answers are', {}, async (t, { gateway, endpoint }) => {
  endpoint.script = (request, connection, phase) => {
    if (phase === 'head') return
    if (request.target === '/slow') setTimeout(() => connection.answer('slow'), 30)
    else connection.answer(`fast ${request.body}`)
  }
  const client = await gateway.client()
  client.request('GET /slow')
  client.request('OPTIONS *')
  client.request('POST /fast', ['content-length: 4'], 'body')
  client.request('POST /fast', ['transfer-encoding: chunked'], '3\r\nabc\r\n0\r\n\r\n')
  client.request('GET /fast')
  await client.response(4)
  t.strictSame(
    client.responses.map(({ body }) => body),
    ['slow', '', 'fast body', 'fast abc', 'fast '],
  )
})

scene('responses without a body', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  const cases = [
    ['HEAD /', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n', '5'],
    ['HEAD /', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', undefined],
    ['GET /', 'HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n', undefined],
    ['GET /', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n', '5'],
    ['GET /', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', '0'],
  ] as const
  for (const [request, answer, length] of cases) {
    endpoint.script = answering(answer)
    const response = await client.ask(request)
    t.equal(response.status, Number(answer.slice(9, 12)))
    t.equal(response.fields['content-length'], length, `${request}: ${answer}`)
    t.equal(response.fields['transfer-encoding'], undefined)
    t.equal(client.rest, '')
  }
  t.equal(endpoint.connections.length, 1, 'the connection to the endpoint is kept')
})

scene('a body behind a response that has none is dropped with its connection', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  endpoint.script = answering('HTTP/1.1 204 No Content\r\n\r\nEXTRA')
  t.equal((await client.ask('GET /')).status, 204)
  endpoint.script = answering('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nyesEXTRA')
  t.equal((await client.ask('GET /')).body, 'yes')
  await until('both connections to be closed', () => endpoint.open.length === 0)
  t.equal(client.rest, '')
})

scene('bodies with a length and in chunks, both ways', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  endpoint.script = (request, connection, phase) => {
    if (phase === 'end')
      connection.send(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n3;x=y\r\ncde\r\n0\r\n\r\n`)
    t.equal(request.fields['content-length'] === undefined, request.fields['transfer-encoding'] === 'chunked')
  }
  const first = await client.ask(
    'POST /',
    ['transfer-encoding: chunked'],
    '1\r\na\r\n2;ext="q"\r\nbc\r\n0\r\nx-trailer: dropped\r\n\r\n',
  )
  t.equal(first.body, 'abcde')
  t.equal(endpoint.requests[0]?.body, 'abc')
  t.equal(endpoint.requests[0]?.trailers, '')
  const second = await client.ask('PUT /', ['content-length: 3'], 'xyz')
  t.equal(second.body, 'abcde')
  t.equal(endpoint.requests[1]?.body, 'xyz')
})

scene('a body that comes in pieces goes on in pieces', {}, async (t, { gateway, endpoint }) => {
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'head') connection.send('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
  }
  const client = await gateway.client()
  client.request('POST /', ['transfer-encoding: chunked'])
  await until('the heads', () => endpoint.requests.length === 1 && client.responses.length === 1)
  const [request] = endpoint.requests
  const [response] = client.responses
  for (let i = 1; i <= 3; i++) {
    client.send('1\r\nx\r\n')
    await until('the piece at the endpoint', () => request?.body.length === i)
    endpoint.connections[0]?.send('1\r\ny\r\n')
    await until('the piece at the client', () => response?.body.length === i)
  }
  client.send('0\r\n\r\n')
  await endpoint.request()
  endpoint.connections[0]?.send('0\r\n\r\n')
  t.equal((await client.response()).body, 'yyy')
})

scene('a body that ends with its connection becomes chunks', {}, async (t, { gateway, endpoint }) => {
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'head') return
    connection.send('HTTP/1.1 200 OK\r\n\r\nfirst ')
    setTimeout(() => connection.socket.end('second'), 10)
  }
  const client = await gateway.client()
  for (let i = 0; i < 2; i++) {
    const response = await client.ask('GET /')
    t.equal(response.body, 'first second')
    t.equal(response.fields['transfer-encoding'], 'chunked')
  }
  t.equal(endpoint.connections.length, 2)
})

scene('trailers reach a client that asks for them, and no other', {}, async (t, { gateway, endpoint }) => {
  endpoint.script = answering(
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx-sum:  1\r\ncontent-length: 9\r\n\r\n',
  )
  const client = await gateway.client()
  const with_ = await client.ask('GET /', ['te: trailers', 'connection: te'])
  t.equal(with_.trailers, 'x-sum: 1')
  t.equal(endpoint.requests[0]?.fields.te, 'trailers')
  const without = await client.ask('GET /')
  t.equal(without.trailers, '')
  t.equal(endpoint.requests[1]?.fields.te, undefined)
  // In pieces of their own.
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'head') return
    connection.send('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n')
    setTimeout(() => connection.send('0\r\nx-t: 2\r\n\r\n'), 10)
  }
  t.equal((await client.ask('GET /', ['te: trailers'])).trailers, 'x-t: 2')
  t.equal((await client.ask('GET /')).trailers, '')
  t.equal(endpoint.connections.length, 1)
})

scene('clients of HTTP/1.0', {}, async (t, { gateway, endpoint }) => {
  const kept = await gateway.client()
  for (let i = 0; i < 2; i++) {
    const response = await kept.ask('GET /x HTTP/1.0', ['connection: keep-alive'])
    t.equal(response.body, 'GET /x')
    t.equal(response.fields.connection, 'keep-alive')
  }
  t.equal(endpoint.requests[0]?.line, 'GET /x HTTP/1.1')
  const closed = await gateway.client()
  const response = await closed.ask('GET /x HTTP/1.0')
  t.equal(response.fields.connection, 'close')
  await closed.end()

  endpoint.script = answering('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\nx: y\r\n\r\n')
  const never = await gateway.client()
  never.request('GET / HTTP/1.0', ['connection: keep-alive', 'te: trailers'])
  await never.end()
  t.equal(never.responses[0]?.body, 'abcdef')
  t.equal(never.responses[0]?.complete, true)
  t.equal(never.responses[0]?.fields['transfer-encoding'], undefined)
  t.equal(never.responses[0]?.fields.connection, 'close')
  t.equal(never.error, '')

  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') connection.send('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
  }
  const plain = await gateway.client()
  await plain.ask('POST / HTTP/1.0', ['content-length: 1', 'expect: 100-continue'], 'x')
  t.equal(plain.interim.length, 0, 'no interim response')
})

scene('Connection: close ends the connection after the answer', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  client.request('GET /1', ['connection: close'])
  client.request('GET /2')
  await client.end()
  t.strictSame(
    client.responses.map(({ body, fields }) => [body, fields.connection]),
    [['GET /1', 'close']],
  )
  t.equal(endpoint.requests.length, 1)
  // What the endpoint says about its connection is not for the client.
  endpoint.script = answering(
    'HTTP/1.1 200 OK\r\nconnection: close, x-hop\r\nx-hop: 1\r\nx-end: 1\r\ncontent-length: 0\r\n\r\n',
  )
  const other = await gateway.client()
  const response = await other.ask('GET /')
  t.equal(response.fields.connection, undefined)
  t.equal(response.fields['x-hop'], undefined)
  t.equal(response.fields['x-end'], '1')
  t.equal((await other.ask('GET /')).status, 200)
})

scene('Expect: 100-continue', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  client.request('POST /', ['content-length: 4', 'expect: 100-continue'])
  await until('100', () => client.interim.length === 1)
  t.equal(client.interim[0]?.head, 'HTTP/1.1 100 Continue')
  client.send('body')
  t.equal((await client.response()).body, 'POST /')
  t.equal(endpoint.requests[0]?.body, 'body')
  t.equal(endpoint.requests[0]?.fields.expect, undefined)
  // With the body behind it nobody waits; without a body there is nothing to wait for.
  await client.ask('POST /', ['content-length: 4', 'expect: 100-continue'], 'body')
  await client.ask('GET /', ['expect: 100-continue'])
  t.equal(client.interim.length, 1)
  t.equal((await client.ask('GET /', ['expect: something'])).status, 417)
  await client.end()
})

scene('an interim response is passed on, but not its 100', {}, async (t, { gateway, endpoint }) => {
  endpoint.script = answering(
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\nconnection: close\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
  )
  const client = await gateway.client()
  t.equal((await client.ask('GET /')).body, 'ok')
  t.strictSame(
    client.interim.map(({ head }) => head),
    ['HTTP/1.1 103 Early Hints\r\nlink: </a>'],
  )
  endpoint.script = answering('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(17))
  const response = await client.ask('GET /')
  t.strictSame([response.status, response.fields['x-headgate-reason']], [502, 'protocol'])
  t.equal(client.interim.length, 17, 'sixteen more')
  endpoint.script = answering('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n')
  t.equal((await client.ask('GET /')).status, 502)
})

scene('OPTIONS * asks the gateway', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  const response = await client.ask('OPTIONS *')
  t.equal(response.status, 200)
  t.match(response.fields.allow, /\bGET\b/)
  t.equal(response.fields['content-length'], '0')
  t.equal(endpoint.requests.length, 0)
  t.equal((await client.ask('OPTIONS /')).body, 'OPTIONS /')
})

scene('Date is added where it is missing', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  const { date } = (await client.ask('GET /')).fields
  t.ok(Math.abs(Date.parse(String(date)) - Date.now()) < 5000)
  t.equal(new Date(String(date)).toUTCString(), date)
  endpoint.script = answering('HTTP/1.1 200 OK\r\ndate: then\r\ncontent-length: 0\r\n\r\n')
  t.equal((await client.ask('GET /')).fields.date, 'then')
  t.ok((await client.ask('TRACE /')).fields.date, 'in our own answers too')
})

scene('a large head and a large body in one piece', {}, async (t, { gateway, endpoint }) => {
  const value = 'v'.repeat(20_000)
  const body = 'b'.repeat(100_000)
  endpoint.script = answering(`HTTP/1.1 200 OK\r\nx-large: ${value}\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  const client = await gateway.client()
  const response = await client.ask('POST /', [`x-large: ${value}`, `content-length: ${body.length}`], body)
  t.equal(response.fields['x-large'], value)
  t.ok(response.body === body)
  t.equal(endpoint.requests[0]?.fields['x-large'], value)
  t.ok(endpoint.requests[0]?.body === body)
})

t.end()
