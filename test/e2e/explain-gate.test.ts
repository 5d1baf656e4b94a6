// The tests of a configuration keep it from coming into force; upstreams are told from all workers.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { simpleConfig, startEndpoint, startGateway } from '../supervisor/gateway-process.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts')
const expecting = (status: number) => [{ request: { url: 'http://a.test/' }, expect: { status } }]

t.test('a test that fails refuses start and check', async (t) => {
  const file = join(t.testdir({}), 'a.json')
  writeFileSync(
    file,
    JSON.stringify({ admin: 'off', listeners: [{ name: 'web', bind: '127.0.0.1:0' }], tests: expecting(200) }),
  )
  for (const command of ['run', 'check']) {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, command, '-c', file], { encoding: 'utf8' })
    t.equal(status, 1, command)
    t.match(stderr, `${file}:1:`)
    t.match(stderr, 'the test fails: expected status 200, got 404, no-route')
  }
})

t.test('and a reload', async (t) => {
  const endpoint = await startEndpoint(t, (_request, response) => response.end('old'))
  const gateway = await startGateway(t, simpleConfig(endpoint, { workers: 0, watch: false }))
  await gateway.write(simpleConfig(endpoint, { workers: 0, watch: false, routes: [], tests: expecting(200) }))
  const refused = await fetch(gateway.url('/reload', 'admin'), { method: 'POST' })
  t.equal(refused.status, 422)
  t.match(await refused.json(), { errors: [{ file: gateway.file, line: 1, message: /the test fails: expected status 200/ }] })
  t.equal(await (await fetch(gateway.url('/'))).text(), 'old', 'what was in force stays')
  await gateway.write(simpleConfig(endpoint, { workers: 0, watch: false, routes: [], tests: expecting(404) }))
  t.equal((await fetch(gateway.url('/reload', 'admin'), { method: 'POST' })).status, 200)
  t.equal((await fetch(gateway.url('/'))).status, 404)
})

for (const workers of [0, 2]) {
  t.test(`upstreams with workers: ${workers}`, async (t) => {
    const waiting: (() => void)[] = []
    const arrived = Promise.withResolvers<void>()
    const endpoint = await startEndpoint(t, (_request, response) => {
      waiting.push(() => response.end())
      if (waiting.length === 6) arrived.resolve()
    })
    const gateway = await startGateway(t, simpleConfig(endpoint, { workers }))
    const running = Array.from({ length: 6 }, () => fetch(gateway.url('/')))
    await arrived.promise
    const state = await (await fetch(gateway.url('/upstreams', 'admin'))).json()
    const about = { weight: 1, priority: 0, zone: null, health: 'up', reason: null, until: null, latencyMs: null }
    t.match(state, { upstreams: [{ name: 'all', breaker: null, endpoints: [{ address: endpoint, ...about, inFlight: 6 }] }] })
    for (const answer of waiting) answer()
    await Promise.all(running)
    const { upstreams } = (await (await fetch(gateway.url('/upstreams', 'admin'))).json()) as {
      upstreams: { endpoints: { inFlight: number }[] }[]
    }
    t.equal(upstreams[0]?.endpoints[0]?.inFlight, 0)
  })
}
