// What an attack on the engine has found: each was a hang or a crash once.

import t from 'tap'
import { scene } from '../support/gateway.ts'
import { until } from '../support/until.ts'

scene(
  'a body that comes whole while its connection is being made does not leave the client unread',
  {},
  async (t, { gateway }) => {
    for (const size of [64 * 1024, 70_000, 120_000]) {
      const client = await gateway.client()
      const body = 'x'.repeat(size)
      t.equal((await client.ask('PUT /', [`content-length: ${size}`], body)).status, 200)
      t.equal((await client.ask('GET /second')).body, 'GET /second')
      client.destroy()
    }
  },
)

scene(
  'a long queue that nobody can serve any more is answered, not nested',
  { upstream: { limits: { requests: 1, pending: 5000, pendingTimeout: '30s' }, balancer: 'first' } },
  async (t, { gateway, endpoint }) => {
    endpoint.script = () => {}
    const clients = await Promise.all(Array.from({ length: 3000 }, () => gateway.client()))
    for (const client of clients) client.request('GET /')
    await until('the queue', async () => (await gateway.metric('requests_pending')) === 2999)
    await gateway.apply({
      via: 'gate',
      listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
      routes: [{ name: 'all', to: 'all' }],
      upstreams: {
        all: { discovery: { static: [] }, limits: { requests: 1, pending: 5000, pendingTimeout: '30s' }, balancer: 'first' },
      },
    })
    endpoint.open[0]?.socket.resetAndDestroy()
    await until('all answers', () => clients.every((client) => client.responses.length === 1))
    t.equal(clients.filter((client) => client.responses[0]?.status === 503).length, 3000)
  },
)

t.end()
