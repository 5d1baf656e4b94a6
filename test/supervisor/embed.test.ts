// The library's face.

import { request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { BindError, ConfigError, createGateway, type GatewayConfigInput } from '../../src/index.ts'
import { startEndpoint } from './gateway-process.ts'

function config(endpoint: string, more: object = {}): GatewayConfigInput {
  return {
    listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
    routes: [{ name: 'all', to: 'all' }],
    upstreams: { all: { discovery: { static: [endpoint] } } },
    ...more,
  }
}

t.test('start, apply, metrics, close', async (t) => {
  const one = await startEndpoint(t, (_request, response) => response.end('one'))
  const two = await startEndpoint(t, (_request, response) => response.end('two'))
  const gateway = createGateway(config(one))
  t.teardown(() => gateway.close())
  const { listeners, admin } = await gateway.start()
  t.equal(admin, null, 'no admin API unless it is configured')
  const web = listeners.web as string
  t.equal(await (await fetch(web)).text(), 'one')

  const more = [
    { name: 'web', bind: '127.0.0.1:0' },
    { name: 'more', bind: '127.0.0.1:0' },
  ]
  const applied = await gateway.apply(config(two, { listeners: more, admin: { bind: '127.0.0.1:0' } }))
  t.equal(applied.listeners.web, web)
  t.equal(await (await fetch(web)).text(), 'two')
  t.equal(await (await fetch(applied.listeners.more as string)).text(), 'two')
  t.equal((await fetch(`${applied.admin}/ready`)).status, 200)
  const reload = await fetch(`${applied.admin}/reload`, { method: 'POST' })
  t.equal(reload.status, 422)
  t.match(await reload.json(), { errors: [{ message: /from its program/ }] })
  t.match(await gateway.metrics(), /^headgate_requests_total\{[^}]*listener="web"[^}]*\} 2$/m)

  await gateway.close()
  await gateway.close()
  await t.rejects(fetch(web))
  await t.rejects(gateway.apply(config(one)), /not running/)
  await t.rejects(gateway.start(), /once/)
})

t.test('what is wrong is said at once and changes nothing', async (t) => {
  const endpoint = await startEndpoint(t, (_request, response) => response.end('fine'))
  t.throws(() => createGateway({ ...config(endpoint), routez: [], via: 1 } as never), {
    name: 'ConfigError',
    message: /via[\s\S]*routez/,
  })
  t.throws(() => createGateway(config(endpoint, { workers: 2 })), /workers: an embedded gateway has none/)
  const gateway = createGateway(config(endpoint, { workers: 0 }))
  t.teardown(() => gateway.close())
  const { listeners } = await gateway.start()
  await t.rejects(gateway.apply({ routes: 1 } as never), ConfigError)

  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => taken.close())
  const bind = `127.0.0.1:${(taken.address() as AddressInfo).port}`
  const clash = config(endpoint, { listeners: [{ name: 'web', bind }] })
  await t.rejects(gateway.apply(clash), BindError)
  t.equal(await (await fetch(listeners.web as string)).text(), 'fine')
  await t.rejects(createGateway(clash).start(), { bind, code: 'EADDRINUSE' })
})

t.test('drain finishes what runs', async (t) => {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  const endpoint = await startEndpoint(t, async (_request, response) => {
    asked.resolve()
    await answer.promise
    response.end('slow')
  })
  const gateway = createGateway(config(endpoint))
  const { listeners } = await gateway.start()
  const slow = fetch(listeners.web as string)
  await asked.promise
  const drained = gateway.drain()
  await t.rejects(
    new Promise((resolve, reject) =>
      request(listeners.web as string, resolve)
        .on('error', reject)
        .end(),
    ),
    { code: 'ECONNREFUSED' },
  )
  answer.resolve()
  t.equal(await (await slow).text(), 'slow')
  await drained
})
