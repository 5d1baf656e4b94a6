// Traces of worker processes: what they sample goes to the collector through the supervisor, also what waits when they end.

import t from 'tap'
import { simpleConfig, startEndpoint, startGateway, until } from '../supervisor/gateway-process.ts'
import { startCollector } from '../support/otlp-collector.ts'

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
