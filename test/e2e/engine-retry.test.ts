// The default retry: once more, elsewhere, and only when nothing can happen twice.

import t from 'tap'
import { configOf, scene, startGateway } from '../support/gateway.ts'
import { deadAddress, type Script, startEndpoint } from '../support/raw-endpoint.ts'

const named =
  (name: string): Script =>
  (request, connection, phase) => {
    if (phase === 'end') connection.answer(`${name} ${request.body}`)
  }

const resetting: Script = (_request, connection, phase) => {
  if (phase === 'end') connection.socket.resetAndDestroy()
}

/** A gateway in front of a dead address and then an endpoint, tried in this order. */
async function deadFirst(t: Parameters<typeof startEndpoint>[0], changes: object = {}) {
  const endpoint = await startEndpoint(t)
  endpoint.script = named('alive')
  const gateway = await startGateway(
    t,
    configOf([await deadAddress(), endpoint.address], { upstream: { balancer: 'first' }, ...changes }),
  )
  return { endpoint, gateway, client: await gateway.client() }
}

t.test('a connection that cannot be made: any request goes elsewhere', async (t) => {
  const { endpoint, gateway, client } = await deadFirst(t)
  t.equal((await client.ask('GET /')).body, 'alive ')
  t.equal((await client.ask('POST /', ['content-length: 4'], 'body')).body, 'alive body')
  t.equal((await client.ask('PATCH /', ['transfer-encoding: chunked'], '4\r\nbody\r\n0\r\n\r\n')).body, 'alive body')
  const large = 'l'.repeat(300_000)
  t.equal((await client.ask('POST /', [`content-length: ${large.length}`], large)).body, `alive ${large}`)
  t.equal(endpoint.requests.length, 4)
  t.equal(await gateway.metric('retries_total', { reason: 'connect-failure', result: 'ok' }), 4)
  t.equal(await gateway.metric('attempts_total', { outcome: 'connect-failure' }), 4)
  t.equal(await gateway.metric('attempts_total', { outcome: 'ok' }), 4)
  gateway.closeClients()
})

t.test('attempts: 0 switches it off', async (t) => {
  const { endpoint, gateway, client } = await deadFirst(t, {
    upstream: { balancer: 'first' },
    route: { retry: { attempts: 0 } },
  })
  const response = await client.ask('GET /')
  t.strictSame([response.status, response.fields['x-headgate-reason']], [503, 'connect-failure'])
  t.equal(endpoint.requests.length, 0)
  t.equal(await gateway.metric('retries_total'), 0)
  gateway.closeClients()
})

t.test('every endpoint is dead', async (t) => {
  const gateway = await startGateway(t, configOf([await deadAddress(), await deadAddress(), await deadAddress()]))
  const client = await gateway.client()
  for (let i = 0; i < 3; i++) {
    const response = await client.ask('POST /', ['content-length: 1'], 'x')
    t.strictSame([response.status, response.fields['x-headgate-reason']], [503, 'connect-failure'])
  }
  t.equal(await gateway.metric('attempts_total', { outcome: 'connect-failure' }), 6)
  t.equal(await gateway.metric('retries_total', { reason: 'connect-failure', result: 'failed' }), 3)
  t.equal(await gateway.metric('requests_total', { code: '503' }), 3)
  gateway.closeClients()
})

t.test('no endpoint at all', async (t) => {
  const gateway = await startGateway(t, configOf([]))
  const client = await gateway.client()
  const response = await client.ask('GET /')
  t.strictSame([response.status, response.fields['x-headgate-reason']], [503, 'no-endpoint'])
  t.strictSame(Object.values(await gateway.running()), [1, 0, 0, 0])
  gateway.closeClients()
})

scene(
  'a reset before any byte: idempotent requests go elsewhere',
  { endpoints: 2, upstream: { balancer: 'first' } },
  async (t, { gateway, endpoints }) => {
    const [bad, good] = endpoints as [(typeof endpoints)[0], (typeof endpoints)[0]]
    bad.script = resetting
    good.script = named('good')
    const client = await gateway.client()
    for (const method of ['GET', 'OPTIONS', 'DELETE']) t.equal((await client.ask(`${method} /`)).body, 'good ')
    t.equal((await client.ask('PUT /', ['content-length: 4'], 'body')).body, 'good body')
    for (const method of ['POST', 'PATCH', 'MKCOL']) {
      const response = await client.ask(`${method} /`, ['content-length: 0'])
      t.strictSame([response.status, response.fields['x-headgate-reason']], [502, 'reset'], method)
    }
    t.equal(bad.requests.length, 7)
    t.equal(good.requests.length, 4)
    t.equal(await gateway.metric('retries_total', { reason: 'reset', result: 'ok' }), 4)
  },
)

scene(
  'an orderly end without an answer counts as a reset',
  { endpoints: 2, upstream: { balancer: 'first' } },
  async (t, { gateway, endpoints }) => {
    const [bad, good] = endpoints as [(typeof endpoints)[0], (typeof endpoints)[0]]
    bad.script = (_request, connection, phase) => {
      if (phase === 'end') connection.socket.end()
    }
    good.script = named('good')
    const client = await gateway.client()
    t.equal((await client.ask('GET /')).body, 'good ')
    t.equal((await client.ask('POST /', ['content-length: 0'])).status, 502)
  },
)

for (const [what, bytes] of [
  ['one byte', 'H'],
  ['an interim response', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ['a head', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'],
] as const) {
  scene(
    `never after ${what} of a response`,
    { endpoints: 2, upstream: { balancer: 'first' } },
    async (t, { gateway, endpoints }) => {
      const [bad, good] = endpoints as [(typeof endpoints)[0], (typeof endpoints)[0]]
      bad.script = (_request, connection, phase) => {
        if (phase === 'head') return
        connection.send(bytes)
        setTimeout(() => connection.socket.resetAndDestroy(), 20)
      }
      const client = await gateway.client()
      client.request('GET /')
      if (what === 'a head') await client.end()
      else t.equal((await client.response()).status, 502)
      t.equal(client.responses[0]?.complete, what !== 'a head')
      t.equal(good.requests.length, 0)
      t.equal(await gateway.metric('retries_total'), 0)
    },
  )
}

scene(
  'an answer that is no HTTP is not tried again',
  { endpoints: 2, upstream: { balancer: 'first' } },
  async (t, { gateway, endpoints }) => {
    const [bad, good] = endpoints as [(typeof endpoints)[0], (typeof endpoints)[0]]
    bad.script = (_request, connection) => connection.send('SSH-2.0-OpenSSH\r\n')
    const client = await gateway.client()
    const response = await client.ask('GET /')
    t.strictSame([response.status, response.fields['x-headgate-reason']], [502, 'protocol'])
    t.equal(good.requests.length, 0)
  },
)

scene(
  'an answer is an answer, whatever its status',
  { endpoints: 2, upstream: { balancer: 'first' } },
  async (t, { gateway, endpoints }) => {
    const [bad, good] = endpoints as [(typeof endpoints)[0], (typeof endpoints)[0]]
    bad.script = (_request, connection, phase) => {
      if (phase === 'end') connection.answer('sorry', [], '503 Service Unavailable')
    }
    const client = await gateway.client()
    const response = await client.ask('GET /')
    t.strictSame([response.status, response.body, response.fields['x-headgate-reason']], [503, 'sorry', undefined])
    t.equal(good.requests.length, 0)
  },
)

scene(
  'a body that is too large to keep is not sent twice',
  { endpoints: 2, upstream: { balancer: 'first' } },
  async (t, { gateway, endpoints }) => {
    const [bad, good] = endpoints as [(typeof endpoints)[0], (typeof endpoints)[0]]
    bad.script = resetting
    good.script = named('good')
    const client = await gateway.client()
    const body = 'b'.repeat(300_000)
    const response = await client.ask('PUT /', [`content-length: ${body.length}`], body)
    t.strictSame([response.status, response.fields['x-headgate-reason']], [502, 'reset'])
    t.equal(good.requests.length, 0)
    const small = 'b'.repeat(60_000)
    t.equal((await client.ask('PUT /', [`content-length: ${small.length}`], small)).body, `good ${small}`)
  },
)

scene(
  'a retry while the body is still coming',
  { endpoints: 2, upstream: { balancer: 'first' } },
  async (t, { gateway, endpoints }) => {
    const [bad, good] = endpoints as [(typeof endpoints)[0], (typeof endpoints)[0]]
    bad.script = (_request, connection, phase) => {
      if (phase === 'head') setTimeout(() => connection.socket.resetAndDestroy(), 20)
    }
    good.script = named('good')
    const client = await gateway.client()
    for (const framing of ['content-length: 6', 'transfer-encoding: chunked']) {
      const pieces = framing.startsWith('content') ? ['ab', 'cd', 'ef'] : ['2\r\nab\r\n', '2\r\ncd\r\n', '2\r\nef\r\n0\r\n\r\n']
      const index = client.responses.length
      const requests = good.requests.length
      client.request('PUT /', [framing], pieces[0])
      await new Promise<void>((resolve) => setTimeout(resolve, 10))
      client.send(pieces[1] as string)
      while (good.requests.length === requests) await new Promise<void>((resolve) => setTimeout(resolve, 2))
      client.send(pieces[2] as string)
      t.equal((await client.response(index)).body, 'good abcdef')
    }
  },
)

scene('the only endpoint is tried twice', {}, async (t, { gateway, endpoint }) => {
  endpoint.script = (request, connection, phase) => {
    if (phase === 'head') return
    if (endpoint.requests.length === 1) connection.socket.resetAndDestroy()
    else named('again')(request, connection, phase)
  }
  const client = await gateway.client()
  t.equal((await client.ask('GET /')).body, 'again ')
  t.equal(endpoint.requests.length, 2)
})

t.end()
