// The real command with workers: they understand each other's cookies, also a replacement; breakers are told of as one, and keep no
// process alive.

import t from 'tap'
import { simpleConfig, startEndpoint, startGateway, until } from '../supervisor/gateway-process.ts'

t.test('a session is the same in every worker', async (t) => {
  const endpoints = await Promise.all(
    [0, 1, 2, 3].map((name) => startEndpoint(t, (_request, response) => response.end(String(name)))),
  )
  const gateway = await startGateway(
    t,
    simpleConfig('', {
      routes: [{ name: 'all', to: 'all', affinity: { cookie: 'hg' } }],
      upstreams: { all: { discovery: { static: endpoints }, balancer: 'random' } },
    }),
  )
  const first = await fetch(gateway.url('/'))
  const mine = await first.text()
  const [cookie = ''] = (first.headers.get('set-cookie') ?? '').split(';')
  t.match(cookie, /^hg=/)
  const ask = async (): Promise<string> => {
    // A connection each: they are spread over the workers.
    const response = await fetch(gateway.url('/'), { headers: { cookie, connection: 'close' } })
    t.equal(response.headers.get('set-cookie'), null)
    return response.text()
  }
  for (let i = 0; i < 20; i++) t.equal(await ask(), mine)
  const [gone] = gateway.workers
  process.kill(gone as number, 'SIGKILL')
  await gateway.until(() => gateway.said('worker serves') >= 3)
  for (let i = 0; i < 20; i++) t.equal(await ask(), mine, 'a replacement has the same key')
  t.notMatch(await (await fetch(gateway.url('/config', 'admin'))).text(), /sessionSecret/)
})

t.test('breakers', async (t) => {
  let status = 503
  const endpoint = await startEndpoint(t, (_request, response) => {
    response.statusCode = status
    response.end()
  })
  const gateway = await startGateway(
    t,
    simpleConfig('', {
      upstreams: {
        all: { discovery: { static: [endpoint] }, ejection: 'off', breaker: { minimumRequests: 3, resetAfter: '300ms' } },
      },
    }),
  )
  const state = async (): Promise<string> => {
    const { upstreams } = (await (await fetch(gateway.url('/upstreams', 'admin'))).json()) as {
      upstreams: { breaker: string }[]
    }
    return upstreams[0]?.breaker ?? ''
  }
  t.equal(await state(), 'closed')
  const ask = async (): Promise<number> => (await fetch(gateway.url('/'), { headers: { connection: 'close' } })).status
  await until(async () => {
    await ask()
    return (await state()) !== 'closed'
  })
  t.match(await state(), /open/)
  status = 200
  await until(async () => {
    await ask()
    return (await state()) === 'closed'
  })
  t.equal(await ask(), 200)
  status = 503
  await until(async () => {
    await ask()
    return (await state()) !== 'closed'
  })
  gateway.kill('SIGTERM')
  t.match(await gateway.exited, { code: 0 }, 'an open breaker keeps nothing from ending')
})
