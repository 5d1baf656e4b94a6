import t from 'tap'
import { Histogram, ListenerCounters, ResponseCounters, UpstreamCounters } from '../../src/model/counters.ts'
import { Endpoint } from '../../src/model/endpoint.ts'
import type { StatsReport } from '../../src/model/stats.ts'
import { type CounterSource, StatsCollector } from '../../src/telemetry/collect.ts'

const empty: CounterSource = { listeners: [], responses: [], routes: [], upstreams: [] }

/** `metric{values} delta`, one line a counter. */
function lines(report: StatsReport): string[] {
  return report.counters.map(({ metric, labels, delta }) => `${metric}{${Object.values(labels).join(',')}} ${delta}`)
}

function gauges(report: StatsReport): string[] {
  return (report.gauges ?? []).map(({ metric, labels, value }) => `${metric}{${Object.values(labels).join(',')}} ${value}`)
}

t.test('a report holds what was added since the report before', async (t) => {
  const collector = new StatsCollector()
  const web = new ListenerCounters()
  const source: CounterSource = { ...empty, listeners: [{ name: 'web', counters: web }] }
  web.connectionsTotal = 3
  web.connections = 2
  web.bytesIn = 100
  web.rejected.set('bad-request', 1)
  t.same(lines(collector.collect(source)), [
    'connections_total{web} 3',
    'bytes_total{web,in} 100',
    'rejected_total{web,bad-request} 1',
  ])
  t.same(lines(collector.collect(source)), [], 'nothing moved')
  web.bytesIn = 150
  web.bytesOut = 7
  web.rejected.set('no-route', 4)
  web.rejected.set('bad-request', 2)
  const report = collector.collect(source)
  t.same(lines(report), [
    'bytes_total{web,in} 50',
    'bytes_total{web,out} 7',
    'rejected_total{web,bad-request} 1',
    'rejected_total{web,no-route} 4',
  ])
  t.same(gauges(report), ['connections{web} 2'], 'gauges are there each time')
})

t.test('responses count by status, also the one that is not in the map yet', async (t) => {
  const collector = new StatsCollector()
  const responses = new ResponseCounters('web', 'users', 'u')
  const source: CounterSource = { ...empty, responses: [responses] }
  for (const status of [200, 200, 404, 200]) responses.add(status)
  t.same(lines(collector.collect(source)).sort(), ['requests_total{web,users,u,200} 3', 'requests_total{web,users,u,404} 1'])
  responses.add(404)
  t.same(lines(collector.collect(source)), ['requests_total{web,users,u,404} 1'])
})

t.test('attempts carry the outcomes of the metric, retries their reason and result', async (t) => {
  const collector = new StatsCollector()
  const counters = new UpstreamCounters()
  const endpoint = new Endpoint('127.0.0.1:1')
  endpoint.counters.ok = 5
  endpoint.counters.connectFailure = 2
  endpoint.counters.connectTimeout = 1
  counters.retries.set('connect-failure ok', 2)
  counters.inFlight = 1
  counters.pending = 4
  counters.connectionsIdle = 3
  const source: CounterSource = { ...empty, upstreams: [{ name: 'u', counters, endpoints: [endpoint] }] }
  const report = collector.collect(source)
  t.same(lines(report), [
    'retries_total{u,connect-failure,ok} 2',
    'attempts_total{u,127.0.0.1:1,ok} 5',
    'attempts_total{u,127.0.0.1:1,connect-failure} 2',
    'attempts_total{u,127.0.0.1:1,connect-timeout} 1',
  ])
  t.same(gauges(report), [
    'requests_in_flight{u} 1',
    'requests_pending{u} 4',
    'upstream_connections{u,active} 0',
    'upstream_connections{u,idle} 3',
  ])
})

t.test('gauges only where somebody looks at them', async (t) => {
  const collector = new StatsCollector()
  const counters = new ListenerCounters()
  counters.connections = 2
  counters.connectionsTotal = 3
  const report = collector.collect({ ...empty, listeners: [{ name: 'web', counters }], withoutGauges: true })
  t.equal(report.gauges, null)
  t.same(lines(report), ['connections_total{web} 3'])
})

t.test('histograms report counts per bucket and seconds', async (t) => {
  const collector = new StatsCollector()
  const duration = new Histogram()
  const source: CounterSource = { ...empty, routes: [{ name: 'users', duration }] }
  duration.observe(3)
  duration.observe(90_000)
  const [first] = collector.collect(source).histograms
  t.equal(first?.metric, 'request_duration_seconds')
  t.same(first?.labels, { route: 'users' })
  t.equal(first?.sumSeconds, 90.003)
  t.equal(first?.counts[3], 1)
  t.equal(first?.counts.at(-1), 1)
  t.same(collector.collect(source).histograms, [])
  duration.observe(3)
  const [second] = collector.collect(source).histograms
  t.equal(second?.sumSeconds.toFixed(6), '0.003000')
  t.equal(
    second?.counts.reduce((sum, count) => sum + count),
    1,
  )
})

t.test('a reload: the old object is given once more beside its successor, nothing is lost or counted twice', async (t) => {
  const collector = new StatsCollector()
  const before = new ListenerCounters()
  before.connectionsTotal = 5
  before.connections = 1
  collector.collect({ ...empty, listeners: [{ name: 'web', counters: before }] })
  before.connectionsTotal = 6
  const after = new ListenerCounters()
  after.connectionsTotal = 2
  after.connections = 2
  const both = [
    { name: 'web', counters: after },
    { name: 'web', counters: before },
    { name: 'web', counters: before },
  ]
  const report = collector.collect({ ...empty, listeners: both })
  t.same(lines(report), ['connections_total{web} 2', 'connections_total{web} 1'])
  t.same(gauges(report), ['connections{web} 3'], 'one series; an object listed twice counts once')
  t.same(lines(collector.collect({ ...empty, listeners: [{ name: 'web', counters: after }] })), [])
})

t.test('dropped access log lines are reported', async (t) => {
  const collector = new StatsCollector()
  const accessLog = { dropped: 2 }
  t.same(lines(collector.collect({ ...empty, accessLog })), ['access_log_dropped_total{} 2'])
  accessLog.dropped = 3
  t.same(lines(collector.collect({ ...empty, accessLog })), ['access_log_dropped_total{} 1'])
})
