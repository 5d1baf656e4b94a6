import t from 'tap'
import { Histogram, ListenerCounters, ResponseCounters, UpstreamCounters } from '../../src/model/counters.ts'
import { Endpoint } from '../../src/model/endpoint.ts'
import { type CounterSource, StatsCollector } from '../../src/telemetry/collect.ts'
import { type PlainReport, ReportReader } from '../support/stats-reports.ts'

/** A collector, with its reports as they are read elsewhere. */
class Collector {
  readonly #collector = new StatsCollector()
  readonly #reader = new ReportReader()

  collect(source: CounterSource): PlainReport {
    return this.#reader.read(this.#collector.collect(source))
  }
}

const empty: CounterSource = { listeners: [], responses: [], routes: [], upstreams: [] }

/** `metric{values} delta`, one line a counter. */
function lines(report: PlainReport): string[] {
  return report.counters.map(({ metric, labels, delta }) => `${metric}{${Object.values(labels).join(',')}} ${delta}`)
}

function gauges(report: PlainReport): string[] {
  return (report.gauges ?? []).map(({ metric, labels, value }) => `${metric}{${Object.values(labels).join(',')}} ${value}`)
}

t.test('a report holds what was added since the report before', async (t) => {
  const collector = new Collector()
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
  const collector = new Collector()
  const responses = new ResponseCounters('web', 'users', 'u')
  const source: CounterSource = { ...empty, responses: [responses] }
  for (const status of [200, 200, 404, 200]) responses.add(status)
  t.same(lines(collector.collect(source)).sort(), ['requests_total{web,users,u,200} 3', 'requests_total{web,users,u,404} 1'])
  responses.add(404)
  t.same(lines(collector.collect(source)), ['requests_total{web,users,u,404} 1'])
})

t.test('attempts carry the outcomes of the metric, retries their reason and result', async (t) => {
  const collector = new Collector()
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
  const collector = new Collector()
  const counters = new ListenerCounters()
  counters.connections = 2
  counters.connectionsTotal = 3
  const report = collector.collect({ ...empty, listeners: [{ name: 'web', counters }], withoutGauges: true })
  t.equal(report.gauges, null)
  t.same(lines(report), ['connections_total{web} 3'])
})

t.test('histograms report counts per bucket and seconds', async (t) => {
  const collector = new Collector()
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
  const collector = new Collector()
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
  t.same(gauges(report), ['connections{web} 2', 'connections{web} 1'], 'an object listed twice counts once')
  t.same(lines(collector.collect({ ...empty, listeners: [{ name: 'web', counters: after }] })), [])
})

t.test('dropped access log lines are reported', async (t) => {
  const collector = new Collector()
  const accessLog = { dropped: 2 }
  t.same(lines(collector.collect({ ...empty, accessLog })), ['access_log_dropped_total{} 2'])
  accessLog.dropped = 3
  t.same(lines(collector.collect({ ...empty, accessLog })), ['access_log_dropped_total{} 1'])
})

t.test('a name is said once; endpoints that come and go do not make ids pile up', async (t) => {
  const collector = new StatsCollector()
  const reader = new ReportReader()
  const counters = new UpstreamCounters()
  const collect = (endpoints: readonly Endpoint[]) => {
    const report = collector.collect({ ...empty, upstreams: [{ name: 'u', counters, endpoints }] })
    return { names: report.names.length, first: report.first, lines: lines(reader.read(report)) }
  }
  const stays = new Endpoint('127.0.0.1:1')
  stays.counters.ok = 1
  t.match(collect([stays]), { lines: ['attempts_total{u,127.0.0.1:1,ok} 1'] })
  stays.counters.ok = 3
  t.match(collect([stays]), { names: 0, lines: ['attempts_total{u,127.0.0.1:1,ok} 2'] })
  let begun = 0
  for (let round = 0; round < 12_000; round++) {
    const comes = new Endpoint(`10.0.0.1:${round}`)
    comes.counters.reset = 1
    stays.counters.ok++
    const { first, lines } = collect([stays, comes])
    if (first === 0) begun++
    if (lines.length !== 2 || lines[0] !== 'attempts_total{u,127.0.0.1:1,ok} 1') return t.fail(`round ${round}: ${lines}`)
  }
  t.ok(begun >= 2 && begun <= 4, `ids began anew ${begun} times`)
})
