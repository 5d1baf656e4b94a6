// Hedging on real sockets: a second endpoint is asked while the first takes its time, and exactly one of them answers the client.

import t, { type Test } from 'tap'
import { configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { deadAddress, type EndpointConnection, type RawEndpoint, type Script, startEndpoint } from '../support/raw-endpoint.ts'
import { pause, until } from '../support/until.ts'

const AFTER = { hedge: { after: '20ms' } }

const saying =
  (body: string, status = '200 OK'): Script =>
  (_request, connection, phase) => {
    if (phase === 'end') connection.answer(body, [], status)
  }

const silent: Script = () => {}

const sending =
  (bytes: string): Script =>
  (_request, connection, phase) => {
    if (phase === 'end') connection.send(bytes)
  }

interface Stage {
  readonly gateway: TestGateway
  readonly one: RawEndpoint
  readonly two: RawEndpoint
  readonly three: RawEndpoint
}

async function stage(t: Test, route: object = AFTER, upstream: object = {}): Promise<Stage> {
  const [one, two, three] = [await startEndpoint(t), await startEndpoint(t), await startEndpoint(t)]
  const config = configOf([one.address, two.address, three.address], { upstream: { balancer: 'first', ...upstream }, route })
  return { gateway: await startGateway(t, config), one, two, three }
}

async function calm(t: Test, gateway: TestGateway): Promise<void> {
  gateway.closeClients()
  await until('everything to end', async () => Object.values(await gateway.running()).every((value) => value === 0))
  t.pass('nothing is left running')
}

const hedges = (gateway: TestGateway, result: string) => gateway.metric('retries_total', { reason: 'hedge', result })

t.test('the second answers: the first is cancelled', async (t) => {
  const { gateway, one, two, three } = await stage(t)
  one.script = silent
  two.script = saying('two')
  const client = await gateway.client()
  t.equal((await client.ask('GET /')).body, 'two')
  await until('the first to be closed', () => one.open.length === 0)
  t.equal((await client.ask('PUT /', ['content-length: 4'], 'body')).body, 'two')
  t.strictSame(one.requests[1]?.body, 'body')
  t.strictSame(two.requests[1]?.body, 'body')
  t.equal(three.requests.length, 0, 'max is 1')
  t.equal(await hedges(gateway, 'ok'), 2)
  t.equal(await gateway.metric('attempts_total', { outcome: 'cancelled' }), 2)
  t.equal(await gateway.metric('attempts_total', { outcome: 'ok' }), 2)
  t.equal(await gateway.metric('requests_total', { code: '200' }), 2)
  t.equal(await gateway.metric('requests_total'), 2)
  await calm(t, gateway)
})

t.test('the first answers after all: the second is cancelled', async (t) => {
  const { gateway, one, two } = await stage(t)
  let asked: EndpointConnection | null = null
  one.script = (_request, connection, phase) => {
    if (phase === 'end') asked = connection
  }
  two.script = silent
  const client = await gateway.client()
  client.request('GET /')
  await until('both to be asked', () => asked !== null && two.requests.length === 1)
  asked = asked as unknown as EndpointConnection
  asked.send('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\none')
  await until('the second to be closed', () => two.open.length === 0)
  asked.send('one')
  t.equal((await client.response()).body, 'oneone')
  t.equal(await hedges(gateway, 'failed'), 1)
  await calm(t, gateway)
})

t.test('who answers in time has no rival', async (t) => {
  const { gateway, two } = await stage(t, { hedge: { after: '100ms' } })
  const client = await gateway.client()
  for (let i = 0; i < 20; i++) t.equal((await client.ask('GET /')).status, 200)
  await pause(130)
  t.equal(two.requests.length, 0)
  t.equal(await gateway.metric('retries_total'), 0)
  await calm(t, gateway)
})

t.test('a head in time is an answer, however long its body takes', async (t) => {
  const { gateway, one, two } = await stage(t)
  one.script = sending('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab')
  const client = await gateway.client()
  client.request('GET /')
  await until('the head', () => client.received > 0)
  await pause(50)
  one.connections[0]?.send('cd')
  t.equal((await client.response()).body, 'abcd')
  t.equal(two.requests.length, 0)
  await calm(t, gateway)
})

t.test('up to max endpoints are asked, one after the other', async (t) => {
  const { gateway, one, two, three } = await stage(t, { hedge: { after: '20ms', max: 2 } })
  one.script = two.script = silent
  three.script = saying('three')
  const client = await gateway.client()
  t.equal((await client.ask('GET /')).body, 'three')
  await until('the others to be closed', () => one.open.length + two.open.length === 0)
  t.equal(await hedges(gateway, 'ok'), 1)
  t.equal(await hedges(gateway, 'failed'), 1)
  await calm(t, gateway)
})

t.test('only what may run twice', async (t) => {
  const { gateway, one, two } = await stage(t)
  one.script = (_request, connection, phase) => {
    if (phase === 'end') setTimeout(() => connection.answer('late'), 60)
  }
  const client = await gateway.client()
  for (const method of ['POST', 'PATCH', 'MKCOL'])
    t.equal((await client.ask(`${method} /`, ['content-length: 1'], 'x')).body, 'late', method)
  t.equal(two.requests.length, 0)
  const large = 'l'.repeat(70_000)
  t.equal((await client.ask('PUT /', [`content-length: ${large.length}`], large)).body, 'late', 'a body too large to keep')
  t.equal(two.requests.length, 0)
  await calm(t, gateway)
})

t.test('not before the client has said everything', async (t) => {
  const { gateway, one, two } = await stage(t)
  one.script = silent
  two.script = saying('two')
  const client = await gateway.client()
  client.request('PUT /', ['content-length: 4'], 'ab')
  await until('the head', () => one.requests.length === 1)
  await pause(60)
  t.equal(two.connections.length, 0)
  client.send('cd')
  t.equal((await client.response()).body, 'two')
  t.equal(two.requests[0]?.body, 'abcd')
  await calm(t, gateway)
})

t.test('methods, budget and bodyBytes are those of retry', async (t) => {
  const retry = { attempts: 0, methods: ['POST'], bodyBytes: 3 }
  const { gateway, one, two } = await stage(t, { hedge: { after: '20ms' }, retry })
  one.script = (_request, connection, phase) => {
    if (phase === 'end') setTimeout(() => connection.answer('late'), 60)
  }
  two.script = saying('two')
  const client = await gateway.client()
  t.equal((await client.ask('GET /')).body, 'late')
  t.equal((await client.ask('POST /', ['content-length: 4'], 'body')).body, 'late')
  t.equal((await client.ask('POST /', ['content-length: 3'], 'bod')).body, 'two')
  await calm(t, gateway)
})

t.test('a slow upstream is not asked twice for everything: the budget', async (t) => {
  const { gateway, one, two } = await stage(t)
  one.script = (_request, connection, phase) => {
    if (phase === 'end') setTimeout(() => connection.answer('late'), 60)
  }
  two.script = saying('two')
  const bodies: string[] = []
  const ask = async () => {
    const client = await gateway.client()
    bodies.push((await client.ask('GET /')).body)
  }
  await Promise.all(Array.from({ length: 20 }, ask))
  t.equal(bodies.filter((body) => body === 'two').length, 4, 'a fifth of them')
  t.equal(await hedges(gateway, 'budget'), 16)
  await calm(t, gateway)
})

t.test('a second try needs a place of its own', async (t) => {
  const { gateway, one, two } = await stage(t, AFTER, { limits: { requests: 2 } })
  one.script = silent
  two.script = silent
  const [first, second, third] = [await gateway.client(), await gateway.client(), await gateway.client()]
  first.request('GET /a')
  second.request('GET /b')
  await until('both', () => one.requests.length === 2)
  third.request('GET /c')
  await pause(60)
  t.equal(two.requests.length, 0, 'there is none')
  t.equal(await gateway.metric('requests_in_flight'), 2)
  t.equal(await gateway.metric('requests_pending'), 1)
  for (const connection of one.open) connection.answer('done')
  t.equal((await first.response()).body, 'done')
  await until('the third to get in, and its hedge', () => one.requests.length === 3 && two.requests.length === 1)
  t.equal(await gateway.metric('requests_in_flight'), 2, 'two tries, two places')
  two.connections[0]?.answer('two')
  t.equal((await third.response()).body, 'two')
  await calm(t, gateway)
})

t.test('who waits for a place gets that of the one who lost', async (t) => {
  const { gateway, one, two } = await stage(t, AFTER, { limits: { requests: 2 } })
  one.script = silent
  two.script = silent
  const [first, second] = [await gateway.client(), await gateway.client()]
  first.request('GET /a')
  await until('both tries', () => two.requests.length === 1)
  second.request('GET /b')
  await until('it to wait', async () => (await gateway.metric('requests_pending')) === 1)
  two.connections[0]?.answer('two')
  t.equal((await first.response()).body, 'two')
  await until('the second to get in', () => one.requests.length === 2)
  one.connections.at(-1)?.answer('one')
  t.equal((await second.response()).body, 'one')
  await calm(t, gateway)
})

for (const [what, fail] of [
  ['resets', (connection) => connection.socket.resetAndDestroy()],
  ['answers no HTTP', (connection) => connection.send('SSH-2.0\r\n\r\n')],
] as const satisfies readonly (readonly [string, (connection: EndpointConnection) => void])[]) {
  t.test(`the first ${what} while the second runs: the second answers`, async (t) => {
    const { gateway, one, two } = await stage(t)
    one.script = two.script = silent
    const client = await gateway.client()
    client.request('GET /')
    await until('both', () => two.requests.length === 1)
    fail(one.connections[0] as EndpointConnection)
    await until('the first to be over', async () => (await gateway.metric('requests_in_flight')) === 1)
    t.equal(client.received, 0)
    two.connections[0]?.answer('two')
    t.equal((await client.response()).body, 'two')
    t.equal(await hedges(gateway, 'ok'), 1)
    await calm(t, gateway)
  })

  t.test(`the second ${what} while the first runs: the first answers`, async (t) => {
    const { gateway, one, two } = await stage(t)
    one.script = two.script = silent
    const client = await gateway.client()
    client.request('GET /')
    await until('both', () => two.requests.length === 1)
    fail(two.connections[0] as EndpointConnection)
    await until('the second to be over', async () => (await gateway.metric('requests_in_flight')) === 1)
    one.connections[0]?.answer('one')
    t.equal((await client.response()).body, 'one')
    t.equal(await hedges(gateway, 'failed'), 1)
    await calm(t, gateway)
  })
}

t.test('all fail: then it is tried again, elsewhere', async (t) => {
  const { gateway, one, two, three } = await stage(t)
  one.script = two.script = silent
  three.script = saying('three')
  const client = await gateway.client()
  client.request('GET /')
  await until('both', () => two.requests.length === 1)
  two.connections[0]?.socket.resetAndDestroy()
  await until('the second to be over', async () => (await gateway.metric('requests_in_flight')) === 1)
  one.connections[0]?.socket.resetAndDestroy()
  t.equal((await client.response()).body, 'three')
  t.equal(await gateway.metric('retries_total', { reason: 'reset', result: 'ok' }), 1)
  await calm(t, gateway)
})

t.test('all fail and there is no other try', async (t) => {
  const { gateway, one, two } = await stage(t, { ...AFTER, retry: { attempts: 0 } })
  one.script = two.script = silent
  const client = await gateway.client()
  client.request('GET /')
  await until('both', () => two.requests.length === 1)
  one.connections[0]?.socket.resetAndDestroy()
  two.connections[0]?.socket.resetAndDestroy()
  const response = await client.response()
  t.strictSame([response.status, response.fields['x-headgate-reason']], [502, 'reset'])
  await calm(t, gateway)
})

t.test('a hedge that cannot connect', async (t) => {
  const one = await startEndpoint(t)
  one.script = (_request, connection, phase) => {
    if (phase === 'end') setTimeout(() => connection.answer('one'), 60)
  }
  const config = configOf([one.address, await deadAddress()], { upstream: { balancer: 'first' }, route: AFTER })
  const gateway = await startGateway(t, config)
  const client = await gateway.client()
  t.equal((await client.ask('GET /')).body, 'one')
  t.equal(await hedges(gateway, 'failed'), 1)
  await calm(t, gateway)
})

t.test('one endpoint alone has no rival', async (t) => {
  const one = await startEndpoint(t)
  one.script = (_request, connection, phase) => {
    if (phase === 'end') setTimeout(() => connection.answer('one'), 60)
  }
  const gateway = await startGateway(t, configOf([one.address], { route: AFTER }))
  const client = await gateway.client()
  t.equal((await client.ask('GET /')).body, 'one')
  t.equal(one.requests.length, 1)
  await calm(t, gateway)
})

t.test('a status that the route would rather not pass on does not win', async (t) => {
  const { gateway, one, two } = await stage(t, { ...AFTER, retry: { attempts: 1, on: ['503'] } })
  one.script = silent
  two.script = saying('no', '503 No')
  const client = await gateway.client()
  client.request('GET /')
  await until('the second to answer', async () => (await gateway.metric('attempts_total', { outcome: 'ok' })) === 1)
  t.equal(client.received, 0)
  one.connections[0]?.answer('one')
  t.equal((await client.response()).body, 'one')
  await calm(t, gateway)
})

t.test('and is the answer when nobody has a better one', async (t) => {
  const { gateway, one, two } = await stage(t, { ...AFTER, retry: { attempts: 1, on: ['503'] } })
  one.script = silent
  // In two pieces, so that it is not complete with its head.
  two.script = sending('HTTP/1.1 503 No\r\ncontent-length: 4\r\n\r\nno')
  const client = await gateway.client()
  client.request('GET /')
  await until('the second to be asked', () => two.requests.length === 1)
  one.connections[0]?.socket.resetAndDestroy()
  await until('the first to be over', async () => (await gateway.metric('requests_in_flight')) === 1)
  two.connections[0]?.send('no')
  await until('a third to be asked', async () => (await gateway.metric('retries_total', { reason: '503' })) === 1)
  t.equal((await client.response()).body, 'GET /', 'by the third')
  await calm(t, gateway)
})

t.test('an early hint of one is not mixed with the answer of another', async (t) => {
  const { gateway, one, two } = await stage(t)
  one.script = silent
  two.script = silent
  const client = await gateway.client()
  client.request('GET /')
  await until('both', () => two.requests.length === 1)
  one.connections[0]?.send('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n')
  await pause(20)
  two.connections[0]?.answer('two')
  t.equal((await client.response()).body, 'two')
  t.equal(client.interim.length, 0)
  // Who has said something already keeps its client.
  one.script = sending('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n')
  client.request('GET /')
  await until('the hint', () => client.interim.length === 1)
  await pause(50)
  t.equal(two.requests.length, 1)
  one.connections.at(-1)?.answer('one')
  t.equal((await client.response(1)).body, 'one')
  await calm(t, gateway)
})

t.test('the time of the request covers all tries', async (t) => {
  const { gateway, one, two } = await stage(t, { ...AFTER, timeout: { request: '5s' } })
  one.script = two.script = silent
  const client = await gateway.client()
  client.request('GET /')
  await until('both', () => two.requests.length === 1)
  gateway.advance(5200)
  const response = await client.response()
  t.strictSame([response.status, response.fields['x-headgate-reason']], [504, 'request-timeout'])
  await until('both to be closed', () => one.open.length + two.open.length === 0)
  await calm(t, gateway)
})

t.test('a client that leaves takes all tries with it', async (t) => {
  const { gateway, one, two } = await stage(t)
  one.script = two.script = silent
  const client = await gateway.client()
  client.request('GET /')
  await until('both', () => two.requests.length === 1)
  client.reset()
  await until('both to be closed', () => one.open.length + two.open.length === 0)
  t.equal(await gateway.metric('attempts_total', { outcome: 'cancelled' }), 2)
  await calm(t, gateway)
})

t.test('a client that leaves before the hedge', async (t) => {
  const { gateway, one, two } = await stage(t, { hedge: { after: '50ms' } })
  one.script = silent
  const client = await gateway.client()
  client.request('GET /')
  await until('the first', () => one.requests.length === 1)
  client.reset()
  await until('it to be closed', () => one.open.length === 0)
  await pause(80)
  t.equal(two.connections.length, 0)
  await calm(t, gateway)
})

t.test('a slow client holds back the one who won', async (t) => {
  const { gateway, one, two } = await stage(t)
  one.script = silent
  const size = 8_000_000
  two.script = (_request, connection, phase) => {
    if (phase === 'end') connection.answer('x'.repeat(size))
  }
  const client = await gateway.client()
  client.socket.pause()
  client.request('GET /')
  await until('the second', () => two.requests.length === 1)
  await pause(50)
  client.socket.resume()
  t.equal((await client.response()).body.length, size)
  await calm(t, gateway)
})

t.test('many at a time, both about equally quick: exactly one answer each, and the right one', async (t) => {
  const { gateway, one, two, three } = await stage(
    t,
    { hedge: { after: '5ms', max: 2 }, retry: { budget: '100%' } },
    {
      balancer: 'round-robin',
    },
  )
  for (const [name, endpoint] of Object.entries({ one, two, three })) {
    endpoint.script = ({ target }, connection, phase) => {
      if (phase !== 'end') return
      // From 0 to 12 ms, a different time for each request and endpoint, in two pieces.
      const delay = (Number(target.slice(1)) * 7 + name.length * 5) % 13
      const body = `${name} ${target}`
      setTimeout(() => {
        if (connection.closed) return
        connection.send(`HTTP/1.1 200 OK\r\nx-who: ${name}\r\ncontent-length: ${body.length}\r\n\r\n${name}`)
        setTimeout(() => connection.closed || connection.send(` ${target}`), 1)
      }, delay)
    }
  }
  const run = async (from: number) => {
    const client = await gateway.client()
    for (let i = from; i < from + 40; i++) {
      const { body, fields } = await client.ask(`GET /${i}`)
      if (body !== `${fields['x-who']} /${i}`) t.fail(`${body} of ${fields['x-who']} for /${i}`)
    }
    t.equal(client.responses.length, 40)
    t.equal(client.rest, '')
  }
  await Promise.all(Array.from({ length: 10 }, (_, i) => run(i * 100)))
  t.ok((await hedges(gateway, 'ok')) > 10, 'some hedges won')
  t.ok((await hedges(gateway, 'failed')) > 10, 'some lost')
  t.equal(await gateway.metric('requests_total', { code: '200' }), 400)
  await calm(t, gateway)
})
