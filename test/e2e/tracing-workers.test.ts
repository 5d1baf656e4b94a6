// Traces of worker processes: they send what they sample, also what waits when they end, and follow a reload.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { simpleConfig, startEndpoint, startGateway, until } from '../supervisor/gateway-process.ts'
import { type Collector, startCollector } from '../support/otlp-collector.ts'

t.test('two workers, one collector', async (t) => {
  const collector = await startCollector(t)
  const endpoint = await startEndpoint(t, (_request, response) => response.end('fine'))
  const otlp = { endpoint: collector.url, interval: '100ms', headers: { 'x-team': { env: 'COLLECTOR_TEAM' } } }
  process.env.COLLECTOR_TEAM = 'a'
  const gateway = await startGateway(t, simpleConfig(endpoint, { workers: 2, tracing: { otlp } }))
  for (let i = 0; i < 20; i++) t.equal((await fetch(gateway.url('/'))).status, 200)
  await until(() => collector.spans.length === 40)
  const traces = new Set(collector.spans.map(({ traceId }) => traceId))
  t.equal(traces.size, 20)
  t.equal(collector.requests[0]?.headers['x-team'], 'a')
  await Promise.all([fetch(gateway.url('/')), fetch(gateway.url('/'))])
  gateway.kill('SIGTERM')
  t.equal((await gateway.exited).code, 0)
  t.equal(collector.spans.length, 44, 'what waited')
})

t.test('a reload: another collector, with another secret', async (t) => {
  const [one, two] = [await startCollector(t), await startCollector(t)]
  const endpoint = await startEndpoint(t, (_request, response) => response.end('fine'))
  const file = join(t.testdir({ token: 'first' }), 'token')
  const config = ({ url }: Collector) => {
    const otlp = { endpoint: url, interval: '100ms', headers: { authorization: { file } } }
    return simpleConfig(endpoint, { workers: 1, watch: false, tracing: { otlp } })
  }
  const gateway = await startGateway(t, config(one))
  await fetch(gateway.url('/'))
  await until(() => one.spans.length === 2)
  writeFileSync(file, 'second')
  await gateway.write(config(two))
  gateway.kill('SIGHUP')
  await gateway.until(() => gateway.said('reloaded') === 1)
  await fetch(gateway.url('/'))
  await until(() => two.spans.length === 2)
  t.equal(one.spans.length, 2)
  t.same(
    [one, two].map(({ requests }) => requests[0]?.headers.authorization),
    ['first', 'second'],
  )
})

t.test('a collector that does not answer keeps no process from ending', async (t) => {
  const collector = await startCollector(t)
  collector.status = 0
  const endpoint = await startEndpoint(t, (_request, response) => response.end('fine'))
  const otlp = { endpoint: collector.url, interval: '100ms' }
  const gateway = await startGateway(t, simpleConfig(endpoint, { workers: 1, tracing: { otlp } }))
  await fetch(gateway.url('/'))
  await until(() => collector.requests.length > 0)
  gateway.kill('SIGTERM')
  t.same(await gateway.exited, { code: 0, signal: null })
  t.equal(gateway.stderr, '')
})
