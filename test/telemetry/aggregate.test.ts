import { spawnSync } from 'node:child_process'
import t from 'tap'
import { DURATION_BUCKETS } from '../../src/model/counters.ts'
import type { StatsReport } from '../../src/model/stats.ts'
import { StatsAggregator } from '../../src/telemetry/aggregate.ts'
import { promtool, withoutPromtool } from '../observe/prometheus-programs.ts'
import { reportOf } from '../support/stats-reports.ts'

const counted = (delta: number, endpoint = 'a:1'): StatsReport =>
  reportOf({ counters: [{ metric: 'attempts_total', labels: { upstream: 'u', endpoint, outcome: 'ok' }, delta }] })
const running = (value: number, upstream = 'u'): StatsReport =>
  reportOf({ gauges: [{ metric: 'requests_in_flight', labels: { upstream }, value }] })

/** The lines of the text that hold a sample of `name`. */
async function samples(stats: StatsAggregator, name: string, openMetrics = false): Promise<string[]> {
  const { text } = await stats.exposition(openMetrics)
  return text.split('\n').filter((line) => line.startsWith(`headgate_${name}`))
}

const ATTEMPTS = 'headgate_attempts_total{upstream="u",endpoint="a:1",outcome="ok"}'

t.test('counters are summed over workers and stay when a worker ends', async (t) => {
  const stats = new StatsAggregator()
  stats.add(counted(2), 1)
  stats.add(counted(3), 2)
  t.same(await samples(stats, 'attempts_total'), [`${ATTEMPTS} 5`])
  stats.removeWorker(1)
  t.same(await samples(stats, 'attempts_total'), [`${ATTEMPTS} 5`])
  stats.add(counted(-4), 2)
  stats.add(counted(Number.NaN), 2)
  t.same(await samples(stats, 'attempts_total'), [`${ATTEMPTS} 5`], 'never goes back')
})

t.test('gauges are those of the last report of each worker', async (t) => {
  const stats = new StatsAggregator()
  stats.add(running(4), 1)
  stats.add(running(2), 2)
  t.same(await samples(stats, 'requests_in_flight'), ['headgate_requests_in_flight{upstream="u"} 6'])
  stats.add(running(1, 'v'), 1)
  t.same(await samples(stats, 'requests_in_flight'), [
    'headgate_requests_in_flight{upstream="u"} 2',
    'headgate_requests_in_flight{upstream="v"} 1',
  ])
  stats.add(reportOf({ gauges: null }), 1)
  stats.removeWorker(2)
  t.same(
    await samples(stats, 'requests_in_flight'),
    ['headgate_requests_in_flight{upstream="v"} 1'],
    'nothing said, nothing changed',
  )
})

t.test('gauges of one name are added up or, as the metric wants it, the largest or least', async (t) => {
  const stats = new StatsAggregator()
  const say = (...values: number[]): StatsReport =>
    reportOf({
      gauges: values.flatMap((value) => [
        { metric: 'connections', labels: { listener: 'w' }, value },
        { metric: 'breaker_state', labels: { upstream: 'u' }, value },
        { metric: 'endpoint_up', labels: { upstream: 'u', endpoint: 'a:1' }, value },
      ]),
    })
  stats.add(say(1, 0), 1)
  stats.add(say(2), 2)
  const seen = async () => [
    ...(await samples(stats, 'connections{')),
    ...(await samples(stats, 'breaker_state')),
    ...(await samples(stats, 'endpoint_up')),
  ]
  const expected = (sum: number, most: number, least: number): string[] => [
    `headgate_connections{listener="w"} ${sum}`,
    `headgate_breaker_state{upstream="u"} ${most}`,
    `headgate_endpoint_up{upstream="u",endpoint="a:1"} ${least}`,
  ]
  t.same(await seen(), expected(3, 2, 0))
  t.same(await seen(), expected(3, 2, 0), 'again')
  stats.add(say(1), 1)
  t.same(await seen(), expected(3, 2, 1))
  stats.removeWorker(2)
  t.same(await seen(), expected(1, 1, 1))
  stats.add(say(), 1)
  t.same(await seen(), [], 'nobody says anything of them any more')
  stats.add(say(5), 1)
  t.same(await seen(), expected(5, 5, 5))
})

t.test('ids go on over reports, and may begin anew', async (t) => {
  const stats = new StatsAggregator()
  const name = (endpoint: string) => ({ metric: 'attempts_total', labels: { upstream: 'u', endpoint, outcome: 'ok' } })
  const report = (first: number, names: string[], ...counters: number[]): StatsReport => ({
    names: names.map(name),
    first,
    counters: Float64Array.from(counters),
    histograms: new Float64Array(0),
    gauges: null,
  })
  const value = async (endpoint: string) => {
    const [line] = await samples(stats, `attempts_total{upstream="u",endpoint="${endpoint}"`)
    return Number(line?.split(' ')[1])
  }
  stats.add(report(0, ['a', 'b'], 0, 1, 1, 10), 7)
  stats.add(report(2, ['c'], 2, 100, 0, 1), 7)
  t.same([await value('a'), await value('b'), await value('c')], [2, 10, 100])
  stats.add(report(0, ['c', 'a'], 0, 5, 1, 5), 7)
  t.same([await value('a'), await value('b'), await value('c')], [7, 10, 105])
  // What is swept away and counts again has its series again.
  const none = { listeners: new Set<string>(), routes: new Set<string>(), upstreams: new Map<string, Set<string>>() }
  for (let i = 0; i < 2; i++) stats.retain(none)
  t.same(await samples(stats, 'attempts_total'), [])
  stats.add(report(2, [], 1, 3), 7)
  t.equal(await value('a'), 3)
  stats.add(report(9, ['z'], 9, 1), 7)
  t.same((await samples(stats, 'attempts_total')).length, 1, 'a report with a gap before it is left out')
})

t.test('histograms are cumulative, end with +Inf and agree with their count', async (t) => {
  const stats = new StatsAggregator()
  const counts = new Array<number>(17).fill(0)
  counts[0] = 1
  counts[9] = 2
  counts[16] = 1
  const report = reportOf({
    histograms: [{ metric: 'request_duration_seconds', labels: { route: 'r' }, counts, sumSeconds: 61.5 }],
  })
  stats.add(report, 1)
  stats.add(report, 2)
  const lines = await samples(stats, 'request_duration_seconds')
  t.equal(lines.length, 19)
  t.equal(lines[0], 'headgate_request_duration_seconds_bucket{route="r",le="0.0005"} 2')
  t.equal(lines[10], 'headgate_request_duration_seconds_bucket{route="r",le="1.0"} 6')
  t.equal(lines[16], 'headgate_request_duration_seconds_bucket{route="r",le="+Inf"} 8')
  t.equal(lines[17], 'headgate_request_duration_seconds_sum{route="r"} 123')
  t.equal(lines[18], 'headgate_request_duration_seconds_count{route="r"} 8')
})

t.test("the supervisor's own metrics", async (t) => {
  const stats = new StatsAggregator()
  t.same(await samples(stats, 'config_reloads_total'), [
    'headgate_config_reloads_total{result="applied"} 0',
    'headgate_config_reloads_total{result="unchanged"} 0',
    'headgate_config_reloads_total{result="refused"} 0',
  ])
  t.same(await samples(stats, 'worker_restarts_total'), ['headgate_worker_restarts_total 0'])
  stats.inc('config_reloads_total', { result: 'applied' })
  stats.inc('worker_restarts_total', {}, 2)
  stats.set('config_info', { revision: 'aa' }, 1)
  stats.set('config_info', { revision: 'bb' }, 1)
  stats.set('worker_event_loop_lag_seconds', { worker: '1' }, 0.01)
  stats.set('worker_event_loop_lag_seconds', { worker: '2' }, 0.02)
  stats.removeWorker(1)
  t.equal((await samples(stats, 'config_reloads_total'))[0], 'headgate_config_reloads_total{result="applied"} 1')
  t.same(await samples(stats, 'worker_restarts_total'), ['headgate_worker_restarts_total 2'])
  t.same(await samples(stats, 'config_info'), ['headgate_config_info{revision="bb"} 1'], 'old revisions are removed')
  t.same(await samples(stats, 'worker_event_loop_lag_seconds'), ['headgate_worker_event_loop_lag_seconds{worker="2"} 0.02'])
})

t.test('label values are escaped', async (t) => {
  const stats = new StatsAggregator()
  stats.add(running(1, 'a"b\\c\nd'), 1)
  t.same(await samples(stats, 'requests_in_flight'), ['headgate_requests_in_flight{upstream="a\\"b\\\\c\\nd"} 1'])
})

t.test('what is not in the table is left out', async (t) => {
  const stats = new StatsAggregator()
  const foreign = { metric: '__proto__', labels: {}, delta: 1 }
  stats.add(reportOf({ counters: [foreign, { ...foreign, metric: 'nope' }, { ...foreign, metric: 'connections' }] }), 1)
  t.same(await samples(stats, 'nope'), [])
  t.same(await samples(stats, 'connections{'), [])
})

t.test('series of what no longer exists go at the second call, unless something was added', async (t) => {
  const stats = new StatsAggregator()
  const none = { listeners: new Set<string>(), routes: new Set<string>(), upstreams: new Map([['u', new Set(['b:1'])]]) }
  stats.add(counted(1, 'a:1'), 1)
  stats.add(counted(1, 'b:1'), 1)
  stats.inc('requests_total', { listener: '', route: '', upstream: '', code: '200' })
  stats.retain(none)
  t.equal((await samples(stats, 'attempts_total')).length, 2)
  stats.add(counted(2, 'a:1'), 1)
  stats.retain(none)
  t.equal((await samples(stats, 'attempts_total')).length, 2, 'it was still counting')
  stats.retain(none)
  t.same(await samples(stats, 'attempts_total'), ['headgate_attempts_total{upstream="u",endpoint="b:1",outcome="ok"} 1'])
  t.equal((await samples(stats, 'requests_total')).length, 1, 'an empty label names nothing')
})

t.test('both formats can be asked for in turn', async (t) => {
  const stats = new StatsAggregator()
  stats.add(counted(1), 1)
  const plain = await stats.exposition(false)
  const open = await stats.exposition(true)
  t.match(plain.contentType, /^text\/plain; version=0.0.4/)
  t.match(open.contentType, /^application\/openmetrics-text; version=1.0.0/)
  t.match(open.text, /# TYPE headgate_attempts counter\nheadgate_attempts_total\{/)
  t.ok(open.text.endsWith('# EOF\n'))
  t.match(plain.text, /# TYPE headgate_attempts_total counter\nheadgate_attempts_total\{/)
  t.same(await samples(stats, 'attempts_total'), [`${ATTEMPTS} 1`], 'the name survives OpenMetrics')
  t.match(plain.text, /^process_resident_memory_bytes \d+$/m)
  t.match(open.text, /^process_cpu_seconds_total [\d.]+$/m)
})

/** Samples of every metric, with labels that need escaping. */
function everything(): StatsAggregator {
  const stats = new StatsAggregator()
  const counts = new Array<number>(17).fill(1)
  stats.add(
    reportOf({
      counters: [{ metric: 'requests_total', labels: { listener: 'w', route: 'r "x"', upstream: 'u', code: '200' }, delta: 1 }],
      histograms: [
        { metric: 'request_duration_seconds', labels: { route: 'r' }, counts, sumSeconds: 1.25 },
        { metric: 'attempt_duration_seconds', labels: { upstream: 'ü' }, counts, sumSeconds: 1e-7 },
      ],
      gauges: [{ metric: 'connections', labels: { listener: 'w' }, value: 1 }],
    }),
    1,
  )
  stats.set('config_info', { revision: 'a' }, 1)
  return stats
}

t.test('every line is a comment, empty or a sample of a described family', async (t) => {
  const { text } = await everything().exposition(false)
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((found) => [found[1], found[2]]))
  for (const line of text.trimEnd().split('\n')) {
    if (line === '' || /^# (HELP|TYPE) \S+ .+$/.test(line)) continue
    const name = /^([a-z_]+)(\{([a-z]+="([^"\\\n]|\\["\\n])*",?)+\})? \S+$/.exec(line)?.[1] ?? ''
    t.ok(types.has(name) || types.get(name.replace(/_(bucket|sum|count)$/, '')) === 'histogram', line)
  }
})

t.test('promtool accepts the text', { skip: withoutPromtool }, async (t) => {
  const { text } = await everything().exposition(false)
  const { status, stderr } = spawnSync(promtool, ['check', 'metrics'], { input: text, encoding: 'utf8' })
  t.equal(status, 0, stderr)
})

t.test('what has not changed is not written again, and what has is seen by everybody', async (t) => {
  const stats = new StatsAggregator()
  const seen = async (openMetrics: boolean) => [
    ...(await samples(stats, 'attempts_total', openMetrics)),
    ...(await samples(stats, 'requests_in_flight', openMetrics)),
    ...(await samples(stats, 'request_duration_seconds_count', openMetrics)),
  ]
  const buckets = DURATION_BUCKETS.length + 1
  const counts = new Array<number>(buckets).fill(1)
  const timed = (route: string) =>
    reportOf({ histograms: [{ metric: 'request_duration_seconds', labels: { route }, counts, sumSeconds: 0 }] })
  const both = async (expected: readonly string[], why: string) => {
    for (const openMetrics of [false, true, true, false]) t.same(await seen(openMetrics), expected, why)
  }
  await both([], 'nothing yet')
  stats.add(counted(2), 1)
  await both([`${ATTEMPTS} 2`], 'a first series')
  stats.add(counted(3), 1)
  stats.add(running(0), 1)
  await both([`${ATTEMPTS} 5`, 'headgate_requests_in_flight{upstream="u"} 0'], 'a counter and a gauge')
  stats.add(running(0, 'v'), 1)
  await both([`${ATTEMPTS} 5`, 'headgate_requests_in_flight{upstream="v"} 0'], 'the same value of another one')
  stats.removeWorker(1)
  await both([`${ATTEMPTS} 5`], 'one that is gone')
  stats.add(timed('r'), 2)
  const count = (n: number) => `headgate_request_duration_seconds_count{route="r"} ${n}`
  await both([`${ATTEMPTS} 5`, count(buckets)], 'a histogram')
  stats.add(timed('r'), 2)
  await both([`${ATTEMPTS} 5`, count(2 * buckets)], 'buckets without a sum')
  const asked = [seen(false), seen(true)]
  stats.add(counted(1), 2)
  asked.push(seen(false), seen(true))
  await Promise.all(asked)
  await both([`${ATTEMPTS} 6`, count(2 * buckets)], 'after several at a time')
})
