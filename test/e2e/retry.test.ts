// The retry block on real sockets: statuses, timeouts, budget, backoff, the last real answer.

import t from 'tap'
import { configOf, startGateway } from '../support/gateway.ts'
import { deadAddress, type Script, startEndpoint } from '../support/raw-endpoint.ts'
import { until } from '../support/until.ts'

const saying =
  (status: string, body: string, lines: readonly string[] = []): Script =>
  (_request, connection, phase) => {
    if (phase === 'end') connection.answer(body, lines, status)
  }

const silent: Script = () => {}

async function pair(t: Parameters<typeof startEndpoint>[0], one: Script, two: Script, route: object) {
  const first = await startEndpoint(t)
  const second = await startEndpoint(t)
  first.script = one
  second.script = two
  const gateway = await startGateway(t, configOf([first.address, second.address], { upstream: { balancer: 'first' }, route }))
  return { first, second, gateway, client: await gateway.client() }
}

t.test('a status is retried elsewhere, and only for methods that may be sent twice', async (t) => {
  const { first, gateway, client } = await pair(t, saying('503 No', 'no'), saying('200 OK', 'yes'), { retry: {} })
  t.equal((await client.ask('GET /')).body, 'yes')
  t.equal((await client.ask('PUT /', ['content-length: 4'], 'body')).body, 'yes')
  const post = await client.ask('POST /', ['content-length: 4'], 'body')
  t.strictSame([post.status, post.body], [503, 'no'])
  t.equal(first.requests.length, 3)
  t.equal(await gateway.metric('retries_total', { reason: '503', result: 'ok' }), 2)
  gateway.closeClients()
})

t.test('the last real answer is what the client gets', async (t) => {
  const { client, gateway } = await pair(t, saying('503 No', 'first', ['x-who: one']), saying('502 No', 'second'), {
    retry: { attempts: 1 },
  })
  const response = await client.ask('GET /')
  t.strictSame([response.status, response.body], [502, 'second'])
  gateway.closeClients()
})

t.test('an answer that was given up is better than none', async (t) => {
  const endpoint = await startEndpoint(t)
  endpoint.script = saying('503 No', 'busy', ['x-who: one'])
  const gateway = await startGateway(
    t,
    configOf([endpoint.address, await deadAddress()], { upstream: { balancer: 'first' }, route: { retry: { attempts: 1 } } }),
  )
  const client = await gateway.client()
  const response = await client.ask('GET /')
  t.strictSame([response.status, response.body, response.fields['x-who']], [503, 'busy', 'one'])
  t.equal(response.fields['x-headgate-reason'], undefined, 'it is not ours')
  t.equal((await client.ask('GET /')).body, 'busy', 'the connection goes on')
  gateway.closeClients()
})

t.test('a timeout is retried where asked for', async (t) => {
  const { client, gateway, first } = await pair(t, silent, saying('200 OK', 'yes'), {
    retry: { on: ['timeout'] },
    timeout: { attempt: '100ms' },
  })
  t.equal((await client.ask('GET /')).body, 'yes')
  t.equal((await client.ask('PUT /', ['content-length: 4'], 'body')).body, 'yes')
  t.equal(first.requests.length, 2)
  t.equal(await gateway.metric('retries_total', { reason: 'timeout', result: 'ok' }), 2)
  gateway.closeClients()
})

t.test('timeout.request spans all tries', async (t) => {
  const { client, gateway } = await pair(t, silent, silent, {
    retry: { on: ['timeout'], attempts: 5 },
    timeout: { attempt: '100ms', request: '250ms' },
  })
  const response = await client.ask('GET /')
  t.strictSame([response.status, response.fields['x-headgate-reason']], [504, 'request-timeout'])
  gateway.closeClients()
})

t.test('the budget bounds what a storm adds', async (t) => {
  const { client, gateway, first, second } = await pair(t, saying('503 No', 'a'), saying('503 No', 'b'), {
    retry: { attempts: 3, budget: '20%', backoff: { base: '1ms', max: '1ms' } },
  })
  for (let i = 0; i < 50; i++) t.equal((await client.ask('GET /')).status, 503)
  const added = first.requests.length + second.requests.length - 50
  t.ok(added >= 3 && added <= 10, `${added} more than 50`)
  t.ok((await gateway.metric('retries_total', { result: 'budget' })) > 0)
  gateway.closeClients()
})

t.test('without a budget only attempts bound it', async (t) => {
  const { client, gateway, first, second } = await pair(t, saying('503 No', 'a'), saying('503 No', 'b'), {
    retry: { attempts: 3, budget: 'off', backoff: { base: '1ms', max: '1ms' } },
  })
  for (let i = 0; i < 20; i++) t.equal((await client.ask('GET /')).status, 503)
  t.equal(first.requests.length + second.requests.length, 80)
  gateway.closeClients()
})

t.test('a body that is too large to be kept is sent once', async (t) => {
  const resetting: Script = (_request, connection, phase) => {
    if (phase === 'end') connection.socket.resetAndDestroy()
  }
  const { client, gateway, second } = await pair(t, resetting, saying('200 OK', 'yes'), { retry: { bodyBytes: 1024 } })
  t.equal((await client.ask('PUT /', ['content-length: 1000'], 'x'.repeat(1000))).body, 'yes')
  const response = await client.ask('PUT /', ['content-length: 300000'], 'x'.repeat(300_000))
  t.strictSame([response.status, response.fields['x-headgate-reason']], [502, 'reset'])
  t.equal(second.requests.length, 1)
  gateway.closeClients()
})

t.test('a client that leaves during a backoff', async (t) => {
  const { client, gateway, first, second } = await pair(t, saying('503 No', 'a', ['retry-after: 1']), saying('200 OK', 'b'), {
    retry: { backoff: { base: '1s', max: '1s' } },
  })
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await first.request(0)
  gateway.closeClients()
  await until('nothing runs', async () => Object.values(await gateway.running()).every((value) => value === 0))
  t.equal(second.requests.length, 0, 'nobody wants it any more')
})

/** A head and the beginning of a body; the rest is up to the test. */
const beginning =
  (head: string, first: string): Script =>
  (_request, connection, phase) => {
    if (phase === 'end') connection.send(`HTTP/1.1 503 No\r\n${head}\r\nx-who: one\r\n\r\n${first}`)
  }

for (const [what, head, first, rest] of [
  ['with a length', 'content-length: 4', 'bu', 'sy'],
  ['in chunks', 'transfer-encoding: chunked', '2\r\nbu\r\n', '2\r\nsy\r\n0\r\n\r\n'],
  ['whose body comes later', 'content-length: 4', '', 'busy'],
] as const) {
  t.test(`an answer ${what}, in several pieces, is kept as well`, async (t) => {
    const endpoint = await startEndpoint(t)
    endpoint.script = beginning(head, first)
    const gateway = await startGateway(
      t,
      configOf([endpoint.address, await deadAddress()], { upstream: { balancer: 'first' }, route: { retry: { attempts: 1 } } }),
    )
    const client = await gateway.client()
    for (const time of [0, 1]) {
      client.request('GET /')
      await endpoint.request(time)
      await new Promise((resolve) => setTimeout(resolve, 10))
      t.equal(client.responses.length, time)
      endpoint.connections[0]?.send(rest)
      const response = await client.response(time)
      t.strictSame([response.status, response.body, response.fields['x-who']], [503, 'busy', 'one'])
    }
    t.equal(endpoint.connections.length, 1, 'its connection is used again')
    gateway.closeClients()
  })
}

t.test('what is too large, or does not come, is not waited for', async (t) => {
  const { client, gateway, first } = await pair(t, beginning('content-length: 70000', 'bu'), saying('200 OK', 'yes'), {
    retry: { attempts: 1, backoff: { base: '1ms', max: '1ms' } },
  })
  t.equal((await client.ask('GET /')).body, 'yes')
  t.equal(first.open.length, 0)
  first.script = beginning('content-length: 4', 'bu')
  client.request('GET /')
  await first.request(1)
  await until('the head to be read', async () => (await gateway.metric('requests_in_flight')) === 1)
  await new Promise((resolve) => setTimeout(resolve, 20))
  gateway.advance(400)
  t.equal((await client.response(1)).body, 'yes')
  first.script = (_request, connection, phase) => {
    if (phase === 'end') connection.socket.end('HTTP/1.1 503 No\r\ncontent-length: 4\r\n\r\nbu')
  }
  t.equal((await client.ask('GET /')).body, 'yes')
  t.equal(await gateway.metric('retries_total', { reason: '503', result: 'ok' }), 3)
  gateway.closeClients()
})

t.test('a client that leaves while an answer is kept', async (t) => {
  const { client, gateway, first, second } = await pair(t, beginning('content-length: 4', 'bu'), saying('200 OK', 'yes'), {
    retry: {},
  })
  client.request('GET /')
  await first.request(0)
  await new Promise((resolve) => setTimeout(resolve, 20))
  gateway.closeClients()
  await until('nothing runs', async () => Object.values(await gateway.running()).every((value) => value === 0))
  gateway.advance(400)
  await new Promise((resolve) => setTimeout(resolve, 70))
  t.equal(second.requests.length, 0)
})

t.test('who has got an early hint of one endpoint gets no answer of another', async (t) => {
  const { client, gateway, second } = await pair(
    t,
    (_request, connection, phase) => {
      if (phase === 'end')
        connection.send('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\nno')
    },
    saying('200 OK', 'yes'),
    { retry: {} },
  )
  const response = await client.ask('GET /')
  t.strictSame([response.status, response.body, client.interim.length], [503, 'no', 1])
  t.equal(second.requests.length, 0)
  gateway.closeClients()
})

t.test('an idle upstream has a reason of its own, before the answer and within it', async (t) => {
  const { client, gateway, first } = await pair(t, silent, silent, {
    timeout: { attempt: 'off', idle: '5s' },
    retry: { attempts: 0 },
  })
  client.request('GET /')
  await first.request(0)
  gateway.advance(5200)
  const response = await client.response()
  t.strictSame([response.status, response.fields['x-headgate-reason']], [504, 'idle-timeout'])
  first.script = (_request, connection, phase) => {
    if (phase === 'end') connection.send('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab')
  }
  client.request('GET /')
  const before = client.received
  await until('the head', () => client.received > before)
  gateway.advance(5200)
  await client.end()
  t.equal(await gateway.metric('rejected_total', { reason: 'idle-timeout' }), 2)
  t.equal(await gateway.metric('attempts_total', { outcome: 'timeout' }), 2)
  gateway.closeClients()
})

t.test('timeout.request counts while a request waits, in the queue and for its next try', async (t) => {
  const endpoint = await startEndpoint(t)
  endpoint.script = saying('503 No', 'busy', ['retry-after: 60'])
  const config = configOf([endpoint.address], {
    upstream: { limits: { requests: 1, pendingTimeout: '60s' } },
    route: { timeout: { request: '5s' }, retry: { backoff: { base: '30s', max: '60s' } } },
  })
  const gateway = await startGateway(t, config)
  const [waits, queued] = [await gateway.client(), await gateway.client()]
  waits.request('GET /')
  await until('it to be answered', async () => (await gateway.metric('attempts_total', { outcome: 'ok' })) === 1)
  queued.request('GET /')
  await until('the other to wait', async () => (await gateway.metric('requests_pending')) === 1)
  gateway.advance(5200)
  for (const client of [waits, queued]) {
    const response = await client.response()
    t.strictSame([response.status, response.fields['x-headgate-reason']], [504, 'request-timeout'])
  }
  t.equal(endpoint.requests.length, 1)
  t.equal(await gateway.metric('rejected_total', { reason: 'request-timeout' }), 2)
  t.equal(await gateway.metric('requests_in_flight'), 0)
  t.equal(await gateway.metric('requests_pending'), 0)
  gateway.closeClients()
})

t.test('what was given up is better than that nobody is left', async (t) => {
  const endpoint = await startEndpoint(t)
  // It is waited for as long as `max` allows.
  const changes = { route: { retry: { attempts: 1, backoff: { base: '1ms', max: '300ms' } } } }
  const gateway = await startGateway(t, configOf([endpoint.address], changes))
  const client = await gateway.client()
  endpoint.script = saying('503 No', 'busy', ['retry-after: 1'])
  client.request('GET /')
  await until('it to be answered', async () => (await gateway.metric('attempts_total', { outcome: 'ok' })) === 1)
  await gateway.apply(configOf([], changes))
  t.equal((await client.response()).body, 'busy')
  gateway.closeClients()
})
