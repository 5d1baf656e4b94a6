// Exchanges that end before their time: early answers, clients that leave, endpoints that break off.

import t from 'tap'
import { scene } from '../support/gateway.ts'
import type { Script } from '../support/raw-endpoint.ts'
import { pause, until } from '../support/until.ts'

/** Answers as soon as the head of the request is there. */
const early: Script = (_request, connection, phase) => {
  if (phase === 'head') connection.answer('early', [], '403 Forbidden')
}

for (const [what, framing, rest] of [
  ['with a length', `content-length: ${64 * 1024}`, 'x'.repeat(64 * 1024)],
  ['in chunks', 'transfer-encoding: chunked', `${(60_000).toString(16)}\r\n${'x'.repeat(60_000)}\r\n0\r\n\r\n`],
] as const) {
  scene(`an early answer: a short rest of a body ${what} is dropped`, {}, async (t, { gateway, endpoint }) => {
    endpoint.script = early
    const client = await gateway.client()
    const response = await client.ask('POST /', [framing])
    t.equal(response.status, 403)
    t.equal(response.fields.connection, undefined)
    await until('the connection to the endpoint to be closed', () => endpoint.open.length === 0)
    client.send(rest)
    endpoint.script = (_request, connection, phase) => {
      if (phase === 'end') connection.answer('next')
    }
    t.equal((await client.ask('GET /next')).body, 'next')
    t.equal(endpoint.connections.length, 2, 'a connection that was owed a body is not used again')
    t.notMatch(endpoint.connections[1]?.requests[0]?.head, 'xxx')
  })
}

for (const [what, framing, rest] of [
  ['with a length', `content-length: ${64 * 1024 + 1}`, ''],
  ['in chunks', 'transfer-encoding: chunked', `${(200_000).toString(16)}\r\n${'x'.repeat(200_000)}\r\n`],
] as const) {
  scene(`an early answer: a long rest of a body ${what} ends the connection`, {}, async (t, { gateway, endpoint }) => {
    endpoint.script = early
    const client = await gateway.client()
    client.request('POST /', [framing])
    t.equal((await client.response()).status, 403)
    client.send(rest)
    await client.end()
    t.equal(client.responses.length, 1)
    await until('the connection to the endpoint to be closed', () => endpoint.open.length === 0)
  })
}

scene(
  'an answer that the gateway makes early',
  { route: { match: [{ path: { prefix: '/there' } }] } },
  async (t, { gateway }) => {
    const client = await gateway.client()
    const body = 'GET /there HTTP/1.1\r\nhost: evil\r\n\r\n'
    client.request('POST /none', [`content-length: ${body.length}`])
    t.equal((await client.response()).status, 404)
    client.send(body)
    t.equal((await client.ask('GET /there')).body, 'GET /there')
    t.equal(client.responses.length, 2, 'the body was not taken for a request')
  },
)

scene('a client that waits for 100 gets the early answer', {}, async (t, { gateway, endpoint }) => {
  endpoint.script = early
  const client = await gateway.client()
  client.request('POST /', ['content-length: 10', 'expect: 100-continue'])
  t.equal((await client.response()).status, 403)
  client.send('0123456789')
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') connection.answer('next')
  }
  t.equal((await client.ask('GET /')).body, 'next')
})

// ---- the client

scene('a client that ends its side has gone (clientClose: abort)', {}, async (t, { gateway, endpoint }) => {
  endpoint.script = () => {}
  const client = await gateway.client()
  client.request('GET /')
  await endpoint.request()
  client.fin()
  await client.end()
  await until('the attempt to be cancelled', () => endpoint.open.length === 0)
  t.equal(client.responses.length, 0)
  t.equal(await gateway.metric('requests_total', { code: '499' }), 1)
  t.equal(await gateway.metric('attempts_total', { outcome: 'cancelled' }), 1)
})

scene(
  'a client that ends its side is answered (clientClose: answer)',
  { listener: { clientClose: 'answer' } },
  async (t, { gateway, endpoint }) => {
    let answer = () => {}
    endpoint.script = (request, connection, phase) => {
      if (phase === 'end') answer = () => connection.answer(request.target)
    }
    const client = await gateway.client()
    client.request('GET /1')
    client.request('GET /2')
    client.fin()
    for (const index of [0, 1]) {
      await endpoint.request(index)
      await pause(10)
      answer()
      t.equal((await client.response(index)).body, `/${index + 1}`)
    }
    await client.end()
    t.equal(client.error, '')
  },
)

scene(
  'a client that ends its side within its body',
  { listener: { clientClose: 'answer' } },
  async (t, { gateway, endpoint }) => {
    endpoint.script = () => {}
    const client = await gateway.client()
    client.request('POST /', ['content-length: 10'], '01234')
    await until('the first half', () => endpoint.requests[0]?.body === '01234')
    client.fin()
    const response = await client.response()
    t.strictSame([response.status, response.fields['x-headgate-reason']], [400, 'bad-request'])
    await until('the attempt to be cancelled', () => endpoint.open.length === 0)
    t.equal(endpoint.requests[0]?.complete, false)
  },
)

scene(
  'a reset by the client cancels the attempt at once',
  { listener: { clientClose: 'answer' } },
  async (t, { gateway, endpoint }) => {
    endpoint.script = () => {}
    const client = await gateway.client()
    client.request('GET /')
    await endpoint.request()
    client.reset()
    await until('the attempt to be cancelled', () => endpoint.open.length === 0)
    t.equal(await gateway.metric('requests_total', { code: '499' }), 1)
  },
)

scene('a client that goes within its response', {}, async (t, { gateway, endpoint }) => {
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') connection.send(`HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n${'x'.repeat(500)}`)
  }
  const client = await gateway.client()
  client.request('GET /')
  await until('the first half', () => client.responses[0]?.body.length === 500)
  client.destroy()
  await until('the attempt to be cancelled', () => endpoint.open.length === 0)
  t.equal(await gateway.metric('requests_total', { code: '200' }), 1)
  t.ok((await gateway.metric('bytes_total', { direction: 'out' })) > 500, 'what it got is counted')
})

scene(
  'a client that goes while it waits for a place',
  { upstream: { limits: { requests: 1 } } },
  async (t, { gateway, endpoint }) => {
    let answer = () => {}
    endpoint.script = (_request, connection, phase) => {
      if (phase === 'end') answer = () => connection.answer('x')
    }
    const [first, second, third] = [await gateway.client(), await gateway.client(), await gateway.client()]
    first.request('GET /first')
    await endpoint.request()
    second.request('GET /second')
    await until('it to wait', async () => (await gateway.metric('requests_pending')) === 1)
    second.destroy()
    await until('it to be gone', async () => (await gateway.metric('requests_pending')) === 0)
    third.request('GET /third')
    await until('the third to wait', async () => (await gateway.metric('requests_pending')) === 1)
    answer()
    await endpoint.request(1)
    answer()
    await third.response()
    t.strictSame(
      endpoint.requests.map(({ target }) => target),
      ['/first', '/third'],
    )
  },
)

// ---- the endpoint

for (const [how, end] of [
  ['FIN', 'end'],
  ['reset', 'resetAndDestroy'],
] as const) {
  scene(`an endpoint that breaks off a body with a ${how}`, {}, async (t, { gateway, endpoint }) => {
    const heads = {
      '/length': `HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello`,
      '/chunked': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n',
    } as Record<string, string>
    endpoint.script = (request, connection, phase) => {
      if (phase === 'head') return
      connection.send(heads[request.target] as string)
      setTimeout(() => connection.socket[end](), 20)
    }
    for (const target of ['/length', '/chunked']) {
      for (const version of ['HTTP/1.1', 'HTTP/1.0']) {
        const client = await gateway.client()
        client.request(`GET ${target} ${version}`)
        await client.end()
        await until('the connection to be gone', () => client.closed || client.ended)
        const [response] = client.responses
        t.equal(response?.body, 'hello')
        if (target === '/chunked' && version === 'HTTP/1.0')
          t.equal(client.error, 'ECONNRESET', 'an orderly end would look complete')
        else t.equal(response?.complete, false, `${target} ${version}`)
      }
    }
    t.equal(await gateway.metric('attempts_total', { outcome: 'reset' }), 4)
    t.equal(await gateway.metric('requests_total', { code: '200' }), 4)
    t.equal(endpoint.requests.length, 4, 'nothing is tried again once an answer has begun')
  })
}

scene('a body until the end of the connection that is reset', {}, async (t, { gateway, endpoint }) => {
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'head') return
    connection.send('HTTP/1.1 200 OK\r\n\r\nhello')
    setTimeout(() => connection.socket.resetAndDestroy(), 20)
  }
  const client = await gateway.client()
  client.request('GET /')
  await client.end()
  t.equal(client.responses[0]?.body, 'hello')
  t.equal(client.responses[0]?.complete, false)
})

scene('a body whose chunks are wrong', {}, async (t, { gateway, endpoint }) => {
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'head') return
    connection.send('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n')
    setTimeout(() => connection.send('zz\r\n'), 20)
  }
  const client = await gateway.client()
  client.request('GET /')
  await client.end()
  t.equal(client.responses[0]?.complete, false)
  t.equal(await gateway.metric('attempts_total', { outcome: 'protocol' }), 1)
})

t.end()
