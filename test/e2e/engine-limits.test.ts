// Every limit of a listener and of an upstream: just below, exactly, just above.

import t from 'tap'
import { scene } from '../support/gateway.ts'
import type { RawClient } from '../support/raw-client.ts'
import type { EndpointConnection, Script } from '../support/raw-endpoint.ts'
import { pause, until } from '../support/until.ts'

const verdict = (response: { status: number; fields: Readonly<Record<string, string>> }) =>
  `${response.status} ${response.fields['x-headgate-reason'] ?? ''}`.trim()

/** Three heads around a limit: within, exactly, above. */
const AROUND = [-1, 0, 1] as const

scene('limits.requestLine', { listener: { limits: { requestLine: 1024 } } }, async (t, { gateway }) => {
  const around = 'GET / HTTP/1.1'.length
  for (const more of AROUND) {
    const client = await gateway.client()
    const target = `/${'a'.repeat(1024 - around + more)}`
    t.equal(verdict(await client.ask(`GET ${target}`)), more > 0 ? '414 uri-too-long' : '200', `${1024 + more} bytes`)
    if (more > 0) await client.end()
  }
})

scene('limits.headerBytes', { listener: { limits: { headerBytes: 1024 } } }, async (t, { gateway, endpoint }) => {
  // The header section: the lines, each with its CRLF, and the empty line.
  const around = 'host: a\r\nx: \r\n\r\n'.length
  for (const more of AROUND) {
    const client = await gateway.client()
    const value = 'v'.repeat(1024 - around + more)
    const response = await client.ask('GET /', ['host: a', `x: ${value}`])
    t.equal(verdict(response), more > 0 ? '431 header-limit' : '200', `${1024 + more} bytes`)
    if (more > 0) await client.end()
  }
  t.equal(endpoint.requests.length, 2)
})

scene('limits.headerCount', { listener: { limits: { headerCount: 10 } } }, async (t, { gateway }) => {
  for (const more of AROUND) {
    const client = await gateway.client()
    const lines = Array.from({ length: 9 + more }, (_, i) => `x-${i}: v`)
    t.equal(
      verdict(await client.ask('GET /', ['host: a', ...lines])),
      more > 0 ? '431 header-limit' : '200',
      `${10 + more} fields`,
    )
  }
})

scene('limits.bodyBytes', { listener: { limits: { bodyBytes: 1000 } } }, async (t, { gateway, endpoint }) => {
  for (const more of AROUND) {
    const size = 1000 + more
    const body = 'b'.repeat(size)
    const expected = more > 0 ? '413 body-limit' : '200'
    const known = await gateway.client()
    t.equal(verdict(await known.ask('POST /', [`content-length: ${size}`], body)), expected, `${size} bytes, length known`)
    const client = await gateway.client()
    const chunked = `1f4\r\n${'b'.repeat(500)}\r\n${(size - 500).toString(16)}\r\n${'b'.repeat(size - 500)}\r\n0\r\n\r\n`
    t.equal(verdict(await client.ask('POST /', ['transfer-encoding: chunked'], chunked)), expected, `${size} bytes in chunks`)
    if (more > 0) await Promise.all([known.end(), client.end()])
  }
  t.equal(endpoint.requests.filter(({ complete }) => complete).length, 4)
  t.ok(endpoint.requests.every(({ body }) => body.length <= 1000))
})

scene(
  'limits.bodyBytes in chunks that come one by one',
  { listener: { limits: { bodyBytes: 10 } } },
  async (t, { gateway, endpoint }) => {
    endpoint.script = () => {}
    const client = await gateway.client()
    client.request('POST /', ['transfer-encoding: chunked'], 'a\r\n0123456789\r\n')
    await until('what is allowed', () => endpoint.requests[0]?.body.length === 10)
    client.send('1\r\nx\r\n')
    t.equal(verdict(await client.response()), '413 body-limit')
    await until('the attempt to be given up', () => endpoint.open.length === 0)
    t.equal(endpoint.requests[0]?.complete, false)
  },
)

scene('limits.bodyBytes: 0 allows no body', { listener: { limits: { bodyBytes: 0 } } }, async (t, { gateway }) => {
  const client = await gateway.client()
  t.equal(verdict(await client.ask('GET /')), '200')
  t.equal(verdict(await client.ask('POST /', ['content-length: 0'])), '200')
  t.equal(verdict(await client.ask('POST /', ['content-length: 1'], 'x')), '413 body-limit')
})

scene(
  'limits.requestsPerConnection',
  { listener: { limits: { requestsPerConnection: 3 } } },
  async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    for (let i = 0; i < 5; i++) client.request(`GET /${i}`)
    await client.end()
    t.strictSame(
      client.responses.map(({ body, fields }) => [body, fields.connection]),
      [
        ['GET /0', undefined],
        ['GET /1', undefined],
        ['GET /2', 'close'],
      ],
    )
    t.equal(endpoint.requests.length, 3)
  },
)

scene('limits.connections of a listener', { listener: { limits: { connections: 2 } } }, async (t, { gateway }) => {
  const [first, second] = [await gateway.client(), await gateway.client()]
  t.equal((await first.ask('GET /')).status, 200)
  t.equal((await second.ask('GET /')).status, 200)
  const third = await gateway.client()
  third.request('GET /')
  const response = await third.response()
  t.equal(verdict(response), '503 limit-connections')
  t.equal(response.fields['content-type'], 'application/problem+json')
  t.equal(response.fields['retry-after'], '1')
  t.equal(response.fields.connection, 'close')
  await third.end()
  t.equal((await first.ask('GET /')).status, 200, 'the others are not affected')
  first.destroy()
  await until('its place to be free', async () => (await gateway.metric('connections')) === 1)
  t.equal((await (await gateway.client()).ask('GET /')).status, 200)
  t.equal(await gateway.metric('rejected_total', { reason: 'limit-connections' }), 1)
})

// ---- the upstream

/** Holds every request back; `next` answers the one that came first. */
function holding(): { script: Script; held: EndpointConnection[]; next: () => void } {
  const held: EndpointConnection[] = []
  return {
    script: (_request, connection, phase) => {
      if (phase === 'end') held.push(connection)
    },
    held,
    next: () => held.shift()?.answer('done'),
  }
}

for (const limit of ['requests', 'connections']) {
  scene(
    `limits.${limit}, limits.pending: who waits is served in order`,
    { upstream: { limits: { [limit]: 2, pending: 3 } } },
    async (t, { gateway, endpoint }) => {
      const { script, held, next } = holding()
      endpoint.script = script
      const clients: RawClient[] = []
      for (let i = 0; i < 5; i++) {
        const client = await gateway.client()
        clients.push(client)
        client.request(`GET /${i}`)
        const waiting = Math.max(i - 1, 0)
        await until(
          'it to run or wait',
          async () => (await gateway.metric('requests_pending')) === waiting && held.length === Math.min(i + 1, 2),
        )
      }
      t.equal(await gateway.metric('requests_in_flight'), 2)
      const above = await gateway.client()
      const response = await above.ask('GET /above')
      t.equal(verdict(response), '503 limit-pending')
      t.equal(response.fields['retry-after'], '1')
      for (let i = 0; i < 5; i++) {
        await until('a request', () => held.length > 0)
        next()
        t.equal((await (clients[i] as RawClient).response()).body, 'done', `client ${i}`)
      }
      t.strictSame(
        endpoint.requests.map(({ target }) => target),
        ['/0', '/1', '/2', '/3', '/4'],
      )
      t.ok(endpoint.connections.length <= 2)
    },
  )
}

scene(
  'limits.pending: 0 lets nobody wait',
  { upstream: { limits: { requests: 1, pending: 0 } } },
  async (t, { gateway, endpoint }) => {
    const { script, held, next } = holding()
    endpoint.script = script
    const [first, second] = [await gateway.client(), await gateway.client()]
    first.request('GET /')
    await until('it to run', () => held.length === 1)
    t.equal(verdict(await second.ask('GET /')), '503 limit-pending')
    next()
    await first.response()
    second.request('GET /')
    await until('it to run', () => held.length === 1)
    next()
    t.equal((await second.response(1)).status, 200)
  },
)

scene(
  'limits.pendingTimeout',
  { upstream: { limits: { requests: 1, pendingTimeout: '5s' } } },
  async (t, { gateway, endpoint }) => {
    const { script, held, next } = holding()
    endpoint.script = script
    const [first, second] = [await gateway.client(), await gateway.client()]
    first.request('GET /1')
    await until('it to run', () => held.length === 1)
    second.request('POST /2', ['content-length: 4'], 'body')
    await until('it to wait', async () => (await gateway.metric('requests_pending')) === 1)
    gateway.advance(4500)
    await pause(120)
    t.equal(second.responses.length, 0)
    gateway.advance(1000)
    const response = await second.response()
    t.equal(verdict(response), '503 limit-pending-timeout')
    t.equal(response.fields['retry-after'], '1')
    t.equal(await gateway.metric('requests_pending'), 0)
    next()
    t.equal((await first.response()).status, 200)
    t.equal(endpoint.requests.length, 1)
  },
)

scene(
  'a place is free again however an exchange ends',
  { upstream: { limits: { requests: 1, connections: 1 } }, route: { timeout: { request: '5s' } } },
  async (t, { gateway, endpoint }) => {
    const ends: Record<string, Script> = {
      '/answer': (_request, connection) => connection.answer('x'),
      '/reset': (_request, connection) => connection.socket.resetAndDestroy(),
      '/protocol': (_request, connection) => connection.send('nonsense\r\n\r\n'),
      '/cut': (_request, connection) => {
        connection.send('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nx')
        setTimeout(() => connection.socket.destroy(), 10)
      },
      '/timeout': () => {},
      '/gone': () => {},
    }
    endpoint.script = (request, connection, phase) => {
      if (phase === 'end') ends[request.target]?.(request, connection, phase)
    }
    for (const target of Object.keys(ends)) {
      const client = await gateway.client()
      const seen = endpoint.requests.length
      client.request(`POST ${target}`, ['content-length: 1', 'connection: close'], 'x')
      await until('the request', () => endpoint.requests.length > seen)
      if (target === '/timeout') gateway.advance(6000)
      if (target === '/gone') client.reset()
      await until('the end', () => client.ended || client.closed)
      await until('the place to be free', async () => (await gateway.metric('requests_in_flight')) === 0)
    }
    t.equal((await (await gateway.client()).ask('GET /answer')).body, 'x')
  },
)

t.end()
