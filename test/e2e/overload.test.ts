// A whole gateway with too much to do.

import t from 'tap'
import { configOf, scene, startGateway } from '../support/gateway.ts'
import type { RawClient } from '../support/raw-client.ts'
import { startEndpoint } from '../support/raw-endpoint.ts'
import { until } from '../support/until.ts'

const reasonOf = ({ status, fields }: { status: number; fields: Readonly<Record<string, string>> }) =>
  `${status} ${fields['x-headgate-reason'] ?? ''}`.trim()

t.test('an event loop that is late again and again', async (t) => {
  const endpoint = await startEndpoint(t)
  const { routes, ...rest } = configOf([endpoint.address], {
    top: { admin: { bind: '127.0.0.1:0' }, overload: { lag: '100ms' } },
  })
  const route = (name: string, priority: string) => ({ name, priority, to: 'all', match: [{ path: { prefix: `/${name}` } }] })
  const config = { ...rest, routes: [route('low', 'low'), route('normal', 'normal'), route('high', 'high')] }
  const gateway = await startGateway(t, config as typeof rest & { routes: typeof routes })
  const client = await gateway.client()
  for (const name of ['low', 'normal', 'high']) t.equal(reasonOf(await client.ask(`GET /${name}`)), '200')
  const late = setInterval(() => gateway.advance(200), 40)
  t.teardown(() => clearInterval(late))
  const seen = new Set<string>()
  await until(
    'normal routes to be refused',
    async () => {
      for (const name of ['low', 'normal', 'high']) {
        const fresh = await gateway.client()
        const response = await fresh.ask(`GET /${name}`)
        fresh.destroy()
        const reason = reasonOf(response)
        if (reason === '200') continue
        t.equal(reason, '503 overload')
        t.equal(response.fields['retry-after'], '1')
        if (name === 'normal') t.ok(seen.has('low'), 'low ones were refused before')
        if (name === 'high') t.ok(seen.has('normal'), 'high ones last')
        seen.add(name)
      }
      return seen.has('normal')
    },
    20_000,
  )
  const { answer } = await gateway.gateway.explain({ url: `http://127.0.0.1:${gateway.port}/low` })
  t.same(answer, { status: 503, reason: 'overload' })
  t.equal((await fetch(`${gateway.admin}/healthz`)).status, 200)
  t.equal((await fetch(`${gateway.admin}/ready`)).status, 200)
  t.ok((await gateway.metric('overload')) > 0)
  t.ok((await gateway.metric('rejected_total', { reason: 'overload' })) > 0)
  clearInterval(late)
  await until('everything to be served again', async () => (await gateway.metric('overload')) === 0, 20_000)
  for (const name of ['low', 'normal', 'high']) t.equal(reasonOf(await (await gateway.client()).ask(`GET /${name}`)), '200')
  await gateway.apply({ ...config, overload: 'off' } as never)
  t.equal(reasonOf(await (await gateway.client()).ask('GET /low')), '200')
})

scene(
  'near limits.connections the oldest make room, those that are idle first',
  { listener: { limits: { connections: 10 } }, top: { overload: { connections: '50%' } } },
  async (t, { gateway, endpoint }) => {
    const { script } = endpoint
    endpoint.script = (request, ...rest) => {
      if (request.target !== '/later') script(request, ...rest)
    }
    const clients: RawClient[] = []
    for (let i = 0; i < 5; i++) {
      const client = await gateway.client()
      clients.push(client)
      if (i === 0) client.request('GET /later')
      else t.equal((await client.ask('GET /')).status, 200)
    }
    const late = await gateway.client()
    t.equal((await late.ask('GET /')).status, 200)
    await until('the idle one of the two oldest to be closed', () => {
      gateway.advance(300)
      return clients[1]?.ended === true || clients[1]?.closed === true
    })
    t.equal(clients[0]?.closed, false, 'a request that runs is finished')
    t.equal(clients[4]?.closed, false)
  },
)
