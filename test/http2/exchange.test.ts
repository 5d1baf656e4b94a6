// Requests and answers over HTTP/2, towards an endpoint that speaks HTTP/1.1.

import t from 'tap'
import { ERRORS, FLAG, FRAME, frame } from '../support/http2-frames.ts'
import { post, request } from '../support/http2-raw.ts'
import { http2Scene } from '../support/http2-scene.ts'

http2Scene('what an endpoint is told', { listener: { hosts: [] } }, async (t, { client, endpoint }) => {
  const h2 = await client()
  const id = h2.headers(
    request(
      { ':path': '/a/./b?x=1', ':authority': 'A.example' },
      ['cookie', 'a=1'],
      ['x-one', '1'],
      ['cookie', 'b=2'],
      ['te', 'trailers'],
      ['x-forwarded-for', '9.9.9.9'],
      ['x_forwarded_for', '9.9.9.9'],
      ['via', '1.1 somebody'],
    ),
  )
  t.equal(await h2.outcome(id), '200')
  t.equal(h2.body(id), 'GET /a/b?x=1')
  const { line, fields } = await endpoint.request()
  t.equal(line, 'GET /a/b?x=1 HTTP/1.1')
  t.match(fields, {
    host: 'A.example',
    cookie: 'a=1; b=2',
    te: 'trailers',
    'x-one': '1',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    via: '1.1 somebody, 2.0 gate',
  })
  t.notHas(fields, { x_forwarded_for: '9.9.9.9' })
  t.notHas(fields, { 'content-length': '0' })
})

http2Scene('many streams at once, answered out of order', {}, async (t, { client, endpoint }) => {
  const waiting: (() => void)[] = []
  endpoint.script = (request, connection, phase) => {
    if (phase === 'end') waiting.push(() => connection.answer(request.target))
  }
  const h2 = await client()
  const ids = Array.from({ length: 20 }, (_, i) => h2.headers(request({ ':path': `/${i}` })))
  await h2.until('all at the endpoint', () => waiting.length === 20)
  for (const answer of waiting.reverse()) answer()
  for (const [i, id] of ids.entries()) {
    t.equal(await h2.outcome(id), '200')
    t.equal(h2.body(id), `/${i}`)
  }
})

http2Scene('bodies of requests', {}, async (t, { client, endpoint }) => {
  const h2 = await client()
  const known = h2.headers(post(['content-length', '6']), 0)
  h2.data(known, 'abc')
  h2.data(known, 'def', true)
  t.equal(await h2.outcome(known), '200')
  t.match(await endpoint.request(0), { body: 'abcdef', fields: { 'content-length': '6' } })

  const open = h2.headers(post(), 0)
  h2.data(open, 'abc')
  h2.data(open, 'def')
  h2.data(open, '', true)
  t.equal(await h2.outcome(open), '200')
  t.match(await endpoint.request(1), { body: 'abcdef', fields: { 'transfer-encoding': 'chunked' } })

  const none = h2.headers(post())
  t.equal(await h2.outcome(none), '200')
  t.match(await endpoint.request(2), { body: '', fields: { 'content-length': '0' } })

  const trailers = h2.headers(post(), 0)
  h2.data(trailers, 'x')
  h2.headers([['x-trailer', '1']], FLAG.END_STREAM, trailers)
  t.equal(await h2.outcome(trailers), '200')
  const seen = await endpoint.request(3)
  t.match(seen, { body: 'x', trailers: '' }, 'trailers of requests end here')

  const empty = h2.headers(post(['content-length', '0']), 0)
  h2.data(empty, '', true)
  t.equal(await h2.outcome(empty), '200')
  t.match(await endpoint.request(4), { body: '', fields: { 'content-length': '0' } })
})

http2Scene('answers without a body, and HEAD', {}, async (t, { client, endpoint }) => {
  const h2 = await client()
  endpoint.script = (request, connection, phase) => {
    if (phase !== 'end') return
    if (request.method === 'HEAD') connection.send('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
    else connection.send(`HTTP/1.1 ${request.target.slice(1)} X\r\n\r\n`)
  }
  for (const status of ['204', '304']) {
    const id = h2.headers(request({ ':path': `/${status}` }))
    t.equal(await h2.outcome(id), status)
    t.equal(h2.of(id, FRAME.DATA).length, 0)
  }
  const head = h2.headers(request({ ':method': 'HEAD' }))
  t.equal(await h2.outcome(head), '200')
  t.equal(h2.body(head), '')
})

http2Scene('statuses that HTTP/2 has not, and 205', {}, async (t, { client, endpoint }) => {
  endpoint.script = (request, connection, phase) => {
    if (phase === 'end') connection.answer('body', [], `${request.target.slice(1)} X`)
  }
  const h2 = await client()
  for (const [status, body] of [
    ['299', 'body'],
    ['599', 'body'],
    ['205', ''],
  ] as const) {
    const id = h2.headers(request({ ':path': `/${status}` }))
    t.equal(await h2.outcome(id), status)
    t.equal(h2.body(id), body)
  }
  for (const status of ['600', '999']) {
    const id = h2.headers(request({ ':path': `/${status}` }))
    t.equal(await h2.outcome(id), '502')
    t.equal(h2.body(id), 'body')
  }
})

http2Scene('chunks, trailers and interim answers', {}, async (t, { client, endpoint }) => {
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end')
      connection.send(
        'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-t: 1\r\nx-t: 2\r\n\r\n',
      )
  }
  const h2 = await client()
  const wants = h2.headers(request({}, ['te', 'trailers']))
  t.equal(await h2.outcome(wants), '200')
  t.same(h2.interim(wants), [103])
  t.equal(h2.body(wants), 'abc')
  t.equal(h2.of(wants, FRAME.HEADERS).length, 3, 'the last HEADERS are the trailers')
  t.match(h2.of(wants, FRAME.HEADERS)[2]?.flags, FLAG.END_STREAM | FLAG.END_HEADERS)
  const doesNot = h2.headers(request())
  t.equal(await h2.outcome(doesNot), '200')
  t.equal(h2.of(doesNot, FRAME.HEADERS).length, 2)
  // The answer is complete before the request is: the trailers still come.
  const early = h2.headers(post(['te', 'trailers']), 0)
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'head') connection.send('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx-t: 1\r\n\r\n')
  }
  h2.data(early, 'more')
  t.equal(await h2.outcome(early), '200')
  t.equal(h2.of(early, FRAME.HEADERS).length, 2)
  await h2.until('the reset', () => h2.resetCode(early) !== null)
  t.equal(h2.resetCode(early), ERRORS.NO_ERROR)
})

http2Scene('100-continue', {}, async (t, { client, endpoint }) => {
  const h2 = await client()
  const id = h2.headers(post(['expect', '100-continue'], ['content-length', '2']), 0)
  await h2.until('100', () => h2.interim(id).length > 0)
  t.same(h2.interim(id), [100])
  h2.data(id, 'ok', true)
  t.equal(await h2.outcome(id), '200')
  t.notHas((await endpoint.request()).fields, { expect: '100-continue' })
  t.equal(await h2.outcome(h2.headers(post(['expect', 'more']), 0)), '417')
})

http2Scene('answers of our own', { route: { match: [{ path: { prefix: '/a' } }] } }, async (t, { client }) => {
  const h2 = await client()
  const id = h2.headers(request({ ':path': '/b' }))
  t.equal(await h2.outcome(id), '404')
  t.match(h2.body(id), /"code":"no-route"/)
  const head = h2.headers(request({ ':path': '/b', ':method': 'HEAD' }))
  t.equal(await h2.outcome(head), '404')
  t.equal(h2.body(head), '')
  const withBody = h2.headers(request({ ':path': '/b', ':method': 'POST' }), 0)
  h2.data(withBody, 'x'.repeat(1000))
  t.equal(await h2.outcome(withBody), '404')
  await h2.until('the reset', () => h2.resetCode(withBody) !== null)
  t.equal(h2.resetCode(withBody), ERRORS.NO_ERROR)
})

http2Scene('an endpoint that breaks off', {}, async (t, { client, endpoint }) => {
  endpoint.script = (_request, connection, phase) => {
    if (phase !== 'end') return
    connection.send('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc')
    setImmediate(() => connection.socket.destroy())
  }
  const h2 = await client()
  const id = h2.headers(request())
  t.equal(await h2.outcome(id), 'reset INTERNAL_ERROR')
  t.equal(h2.closed, false, 'the connection goes on')
})

http2Scene('a client that cancels', {}, async (t, { client, endpoint, gateway }) => {
  endpoint.script = () => {}
  const h2 = await client()
  const id = h2.headers(request())
  await endpoint.request()
  h2.reset(id)
  await h2.until('the endpoint to be let go', () => endpoint.open.length === 0)
  t.equal(await gateway.metric('attempts_total', { outcome: 'cancelled' }), 1)
  const ids = [1, 2, 3].map(() => h2.headers(request()))
  await h2.until('three more', () => endpoint.open.length === ids.length)
  h2.destroy()
  await h2.until('all to be let go', () => endpoint.open.length === 0)
  t.equal(await gateway.metric('requests_total', { code: '499' }), 4)
})

http2Scene('HTTP/2 switched off', { listener: { http2: false } }, async (t, { client, gateway }) => {
  const h2 = await client()
  await h2.until('the end', () => h2.closed)
  t.equal(h2.frames.length, 0)
  const http1 = await gateway.client()
  http1.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  t.equal((await http1.response()).status, 200)
})

http2Scene('bytes and connections are counted', {}, async (t, { client, gateway }) => {
  const h2 = await client()
  const id = h2.headers(post(), 0)
  h2.data(id, Buffer.alloc(1000), true)
  t.equal(await h2.outcome(id), '200')
  t.equal(await gateway.metric('connections'), 1)
  h2.destroy()
  await h2.until('it to be forgotten', async () => (await gateway.metric('connections')) === 0)
  t.equal(await gateway.metric('connections_total'), 1)
  t.ok((await gateway.metric('bytes_total', { direction: 'in' })) > 1000)
  t.ok((await gateway.metric('bytes_total', { direction: 'out' })) > 0)
})

http2Scene('a preface in pieces, and a false one', {}, async (t, { client }) => {
  const slow = await client({ silent: true, polite: false })
  for (const byte of 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n') {
    slow.send(byte)
    await new Promise((resolve) => setImmediate(resolve))
  }
  slow.send(frame(FRAME.SETTINGS, 0, 0))
  t.equal(await slow.outcome(slow.headers(request())), '200')
  const wrong = await client({ silent: true })
  wrong.send('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n')
  await wrong.until('the end', () => wrong.closed)
  t.pass()
})

t.end()
