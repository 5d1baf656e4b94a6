// Time limits: of the client's side (listener) and of the endpoint's (route, upstream), on a clock that the test turns.

import t from 'tap'
import { scene } from '../support/gateway.ts'
import type { Script } from '../support/raw-endpoint.ts'
import { pause, until } from '../support/until.ts'

/** Two ticks: whatever was due has happened. */
const TICKS = 120

const silent: Script = () => {}

// ---- the client

t.jobs = 6

scene('header: a connection without a byte is closed without a word', {}, async (t, { gateway }) => {
  const client = await gateway.client()
  await until('it to be counted', async () => (await gateway.metric('connections')) === 1)
  gateway.advance(9500)
  await pause(TICKS)
  t.equal(client.ended, false)
  gateway.advance(1000)
  await client.end()
  t.equal(client.received, 0)
  t.equal(await gateway.metric('requests_total'), 0)
})

scene('header: 408 after a byte, from accept', {}, async (t, { gateway }) => {
  const client = await gateway.client()
  gateway.advance(9000)
  await pause(TICKS)
  client.send('GET / HTTP/1.1\r\nhost: a')
  await until('the bytes to be there', async () => (await gateway.metric('bytes_total', { direction: 'in' })) > 0)
  gateway.advance(1500)
  const response = await client.response()
  t.strictSame(
    [response.status, response.fields['x-headgate-reason'], response.fields.connection],
    [408, 'header-timeout', 'close'],
  )
  await client.end()
})

scene('header: on a kept connection from its first byte', {}, async (t, { gateway }) => {
  const client = await gateway.client()
  await client.ask('GET /')
  gateway.advance(30_000)
  await pause(TICKS)
  client.send('GET /')
  await until('the bytes to be there', async () => (await gateway.metric('bytes_total', { direction: 'in' })) % 5 > 0)
  await pause(TICKS)
  gateway.advance(9000)
  await pause(TICKS)
  t.equal(client.responses.length, 1)
  gateway.advance(1500)
  t.equal((await client.response(1)).status, 408)
})

scene('header: off', { listener: { timeouts: { header: 'off' } } }, async (t, { gateway }) => {
  const client = await gateway.client()
  await client.ask('GET /')
  client.send('GET / HTTP/1.1\r\nhost: a\r\n')
  await until('the bytes to be there', async () => (await gateway.metric('bytes_total', { direction: 'in' })) > 55)
  await pause(TICKS)
  gateway.advance(100_000)
  await pause(TICKS)
  client.send('\r\n')
  t.equal((await client.response(1)).status, 200)
})

scene('keepAlive', { listener: { timeouts: { keepAlive: '5s' } } }, async (t, { gateway }) => {
  const client = await gateway.client()
  await client.ask('GET /')
  gateway.advance(4500)
  await pause(TICKS)
  await client.ask('GET /')
  gateway.advance(4500)
  await pause(TICKS)
  t.equal(client.ended, false)
  gateway.advance(1000)
  await client.end()
  t.equal(client.responses.length, 2)
})

for (const [what, framing, piece] of [
  ['with a length', 'content-length: 100', 'xx'],
  ['in chunks', 'transfer-encoding: chunked', '2\r\nxx\r\n'],
] as const) {
  scene(
    `body: no progress of a body ${what}`,
    { listener: { timeouts: { body: '5s', minRate: 'off' } } },
    async (t, { gateway, endpoint }) => {
      endpoint.script = silent
      const client = await gateway.client()
      client.request('POST /', [framing], piece)
      await until('the first piece', () => endpoint.requests[0]?.body.length === 2)
      for (let i = 2; i < 5; i++) {
        gateway.advance(4000)
        await pause(TICKS)
        client.send(piece)
        await until('the next piece', () => endpoint.requests[0]?.body.length === 2 * i)
      }
      gateway.advance(5500)
      const response = await client.response()
      t.strictSame([response.status, response.fields['x-headgate-reason']], [408, 'body-timeout'])
      await until('the attempt to be given up', () => endpoint.open.length === 0)
      await client.end()
    },
  )
}

scene(
  'body: does not count once the endpoint answers',
  { listener: { timeouts: { body: '5s' } } },
  async (t, { gateway, endpoint }) => {
    endpoint.script = (_request, connection, phase) => {
      if (phase === 'head') connection.send('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab')
      else connection.send('cd')
    }
    const client = await gateway.client()
    client.request('POST /', ['content-length: 4'], 'xx')
    await until('the head', () => client.responses.length === 1)
    gateway.advance(20_000)
    await pause(TICKS)
    client.send('xx')
    t.equal((await client.response()).body, 'abcd')
  },
)

scene(
  'body: a rest that nobody wants and that does not come',
  { listener: { timeouts: { body: '5s' } } },
  async (t, { gateway, endpoint }) => {
    endpoint.script = (_request, connection, phase) => {
      if (phase === 'head') connection.answer('early')
    }
    const client = await gateway.client()
    client.request('POST /', ['content-length: 4'], 'xx')
    await client.response()
    gateway.advance(6000)
    await client.end()
    t.equal(client.responses.length, 1)
  },
)

scene('minRate: after its grace', { listener: { timeouts: { minRate: 100 } } }, async (t, { gateway, endpoint }) => {
  endpoint.script = silent
  const client = await gateway.client()
  client.request('POST /', ['content-length: 10000'], 'x'.repeat(1150))
  await until('the first piece', () => endpoint.requests[0]?.body.length === 1150)
  gateway.advance(10_500)
  await pause(TICKS)
  t.equal(client.responses.length, 0, 'fast enough so far')
  gateway.advance(1500)
  const response = await client.response()
  t.strictSame([response.status, response.fields['x-headgate-reason']], [408, 'min-rate'])
})

scene(
  'minRate: time in which the gateway does not read does not count',
  { listener: { timeouts: { minRate: 100_000, body: 'off' } }, upstream: { limits: { requests: 1, pendingTimeout: '60s' } } },
  async (t, { gateway, endpoint }) => {
    let answer = () => {}
    endpoint.script = (_request, connection, phase) => {
      if (phase === 'end') answer = () => connection.answer('x')
    }
    const [first, second] = [await gateway.client(), await gateway.client()]
    first.request('GET /first')
    await endpoint.request()
    const size = 200_000
    second.request('POST /second', [`content-length: ${size}`], 'x'.repeat(size))
    await until('it to wait', async () => (await gateway.metric('requests_pending')) === 1)
    await pause(TICKS)
    gateway.advance(20_000)
    await pause(TICKS)
    t.equal(second.responses.length, 0)
    answer()
    await first.response()
    await endpoint.request(1)
    answer()
    t.equal((await second.response()).status, 200)
  },
)

scene(
  'write: a client that does not read is cut',
  { listener: { timeouts: { write: '5s' } } },
  async (t, { gateway, endpoint }) => {
    const size = 30 * 1024 * 1024
    endpoint.script = (_request, connection, phase) => {
      if (phase === 'end') connection.answer('x'.repeat(size))
    }
    const client = await gateway.client()
    client.request('GET /')
    await until('the head', () => client.responses.length === 1)
    client.socket.pause()
    let last = -1
    await until('everything to stand still', async () => {
      const before = last
      last = endpoint.connections[0]?.socket.writableLength ?? 0
      await pause(100)
      return before === last
    })
    gateway.advance(6000)
    await until('the attempt to be given up', () => endpoint.open.length === 0)
    client.socket.resume()
    await client.end()
    t.equal(client.responses[0]?.complete, false)
    await until('the reset', () => client.closed)
    t.equal(client.error, 'ECONNRESET', 'the kernel keeps nothing for it')
  },
)

scene(
  'write: a client that is slow is not cut',
  { listener: { timeouts: { write: '5s' } } },
  async (t, { gateway, endpoint }) => {
    const size = 40_000_000
    endpoint.script = (_request, connection, phase) => {
      if (phase === 'end') connection.answer('x'.repeat(size))
    }
    const client = await gateway.client()
    const { socket } = client
    let wanted = 0
    socket.on('data', () => {
      if (socket.bytesRead >= wanted) socket.pause()
    })
    client.request('GET /')
    // More than the kernel keeps for it, in four times timeouts.write.
    for (let second = 0; second < 20; second++) {
      wanted += size / 20
      socket.resume()
      await until('its part', () => socket.bytesRead >= wanted || client.closed)
      gateway.advance(1000)
      await pause(TICKS)
    }
    socket.resume()
    t.equal((await client.response()).body.length, size)
  },
)

scene(
  'write: holds for answers to a pipeline that is not read',
  { listener: { timeouts: { write: '5s' } } },
  async (t, { gateway, endpoint }) => {
    endpoint.script = (_request, connection, phase) => {
      if (phase === 'end') connection.answer('y'.repeat(12_000))
    }
    const client = await gateway.client()
    client.socket.pause()
    client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(3000))
    let last = -1
    await until('everything to stand still', async () => {
      const before = last
      last = endpoint.requests.length
      await pause(100)
      return last > 0 && before === last
    })
    t.ok(last < 3000)
    gateway.advance(6000)
    await until('the connection to be closed', async () => (await gateway.metric('connections')) === 0)
  },
)

// ---- the endpoint

scene('attempt: no answer in time', { route: { timeout: { attempt: '5s' } } }, async (t, { gateway, endpoint }) => {
  endpoint.script = silent
  const client = await gateway.client()
  client.request('GET /')
  await endpoint.request()
  gateway.advance(4500)
  await pause(TICKS)
  t.equal(client.responses.length, 0)
  gateway.advance(1000)
  const response = await client.response()
  t.strictSame([response.status, response.fields['x-headgate-reason']], [504, 'attempt-timeout'])
  await until('the attempt to be given up', () => endpoint.open.length === 0)
  t.equal(await gateway.metric('attempts_total', { outcome: 'timeout' }), 1)
  t.equal(endpoint.requests.length, 1, 'it is not tried again')
})

scene(
  'attempt: begins when the request is sent',
  { listener: { timeouts: { minRate: 'off' } }, route: { timeout: { attempt: '5s' } } },
  async (t, { gateway, endpoint }) => {
    endpoint.script = silent
    const client = await gateway.client()
    client.request('POST /', ['content-length: 4'], 'xx')
    await until('the first piece', () => endpoint.requests[0]?.body === 'xx')
    gateway.advance(10_000)
    await pause(TICKS)
    client.send('xx')
    await endpoint.request()
    gateway.advance(4500)
    await pause(TICKS)
    endpoint.connections[0]?.answer('in time')
    t.equal((await client.response()).body, 'in time')
  },
)

scene('idle: no byte of the response', { route: { timeout: { idle: '5s' } } }, async (t, { gateway, endpoint }) => {
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') connection.send('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n')
  }
  const client = await gateway.client()
  client.request('GET /')
  await until('the head', () => client.responses.length === 1)
  for (let i = 1; i <= 3; i++) {
    gateway.advance(4000)
    await pause(TICKS)
    endpoint.connections[0]?.send('x')
    await until('a byte', () => client.responses[0]?.body.length === i)
  }
  gateway.advance(5500)
  await client.end()
  t.equal(client.responses[0]?.complete, false)
  await until('the connection to be closed', () => endpoint.open.length === 0)
  t.equal(await gateway.metric('attempts_total', { outcome: 'timeout' }), 1)
})

scene(
  'idle: holds before the head too when attempt is off',
  { route: { timeout: { attempt: 'off', idle: '5s' } } },
  async (t, { gateway, endpoint }) => {
    endpoint.script = silent
    const client = await gateway.client()
    client.request('GET /')
    await endpoint.request()
    gateway.advance(6000)
    t.equal((await client.response()).status, 504)
  },
)

scene('request: with all attempts', { route: { timeout: { request: '5s' } } }, async (t, { gateway, endpoint }) => {
  endpoint.script = silent
  const client = await gateway.client()
  client.request('GET /')
  await endpoint.request()
  gateway.advance(6000)
  const response = await client.response()
  t.strictSame([response.status, response.fields['x-headgate-reason']], [504, 'request-timeout'])
  await until('the attempt to be given up', () => endpoint.open.length === 0)
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') connection.answer('fine')
  }
  t.equal((await client.ask('GET /')).body, 'fine', 'the connection goes on')
})

scene('request: within the response', { route: { timeout: { request: '5s' } } }, async (t, { gateway, endpoint }) => {
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') connection.send('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx')
  }
  const client = await gateway.client()
  client.request('GET /')
  await until('the head', () => client.responses.length === 1)
  gateway.advance(6000)
  await client.end()
  t.equal(client.responses[0]?.complete, false)
})

scene(
  'several deadlines at the same tick',
  { listener: { timeouts: { body: '5s', write: '5s' } }, route: { timeout: { request: '5s', idle: '5s', attempt: '5s' } } },
  async (t, { gateway, endpoint }) => {
    endpoint.script = (request, connection, phase) => {
      if (phase === 'head' && request.target === '/begun') connection.send('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx')
    }
    for (const target of ['/begun', '/silent']) {
      const clients = await Promise.all(Array.from({ length: 5 }, () => gateway.client()))
      for (const client of clients) client.request(`POST ${target}`, ['content-length: 10'], 'x')
      const count = target === '/begun' ? 5 : 10
      await until('the requests', () => endpoint.requests.filter(({ body }) => body === 'x').length === count)
      if (target === '/begun') await until('the heads', () => clients.every(({ responses }) => responses.length === 1))
      gateway.advance(20_000)
      for (const client of clients) await client.end()
      t.equal(
        clients.every(({ responses }) => responses.every(({ complete }) => complete === (target === '/silent'))),
        true,
      )
    }
  },
)

scene('connectTimeout', { upstream: { connection: { connectTimeout: '2s' } } }, async (t, { gateway, endpoint }) => {
  // An address of TEST-NET-1 that nobody answers for; where there is no route to it at all, connecting fails at once.
  await gateway.apply({
    listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
    routes: [{ name: 'all', to: 'all', retry: { attempts: 0 } }],
    upstreams: { all: { discovery: { static: ['192.0.2.1:9'] }, connection: { connectTimeout: '2s' } } },
  })
  const client = await gateway.client()
  client.request('GET /')
  await pause(TICKS)
  gateway.advance(3000)
  const response = await client.response()
  const { 'x-headgate-reason': reason } = response.fields
  t.match([response.status, reason].join(' '), /^(?:504 connect-timeout|503 connect-failure)$/)
  t.equal(endpoint.requests.length, 0)
})

t.end()
