// Every metric that operators are promised is there, at a real gateway, with these labels and values; and labels never have a
// client's text.

import { spawnSync } from 'node:child_process'
import t from 'tap'
import { METRICS, type MetricDefinition, type MetricName } from '../../src/telemetry/metrics.ts'
import { startBusyGateway } from './busy-gateway.ts'
import { promtool, withoutPromtool } from './prometheus-programs.ts'

/** The interface: names and labels. `cache_requests_total` belongs to the filter `cache`, which is not built. */
const PROMISED = {
  requests_total: 'listener route upstream code',
  request_duration_seconds: 'route',
  requests_in_flight: 'upstream',
  attempts_total: 'upstream endpoint outcome',
  attempt_duration_seconds: 'upstream',
  retries_total: 'upstream reason result',
  rejected_total: 'listener reason',
  connections: 'listener',
  connections_total: 'listener',
  upstream_connections: 'upstream state',
  endpoint_up: 'upstream endpoint',
  ejections_total: 'upstream reason',
  breaker_state: 'upstream',
  panic: 'upstream',
  health_checks_total: 'upstream result',
  bytes_total: 'listener direction',
  config_reloads_total: 'result',
  config_info: 'revision',
  config_last_success_timestamp_seconds: '',
  discovery_age_seconds: 'upstream',
  worker_restarts_total: '',
  worker_event_loop_lag_seconds: 'worker',
  filter_denials_total: 'route filter mode',
  certificate_expiry_timestamp_seconds: 'certificate',
  access_log_dropped_total: '',
  plugin_errors_total: 'plugin',
  plugin_duration_seconds: 'plugin',
} as const satisfies Partial<Record<MetricName, string>>

interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** The samples of a scrape by the name of their family, without the prefix; of histograms the counts. */
function samplesOf(text: string): ReadonlyMap<string, Sample[]> {
  const families = new Map<string, Sample[]>()
  for (const line of text.split('\n')) {
    const [, name = '', labels = '', value] = /^headgate_([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (name === '' || name.endsWith('_bucket') || name.endsWith('_sum')) continue
    const family = name.endsWith('_count') ? name.slice(0, -'_count'.length) : name
    const pairs = [...labels.matchAll(/([a-z]+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [key, text] as const)
    families.set(family, [...(families.get(family) ?? []), { labels: Object.fromEntries(pairs), value: Number(value) }])
  }
  return families
}

t.test('the registry has what is promised', async (t) => {
  for (const [name, labels] of Object.entries(PROMISED)) {
    const { labels: registered }: MetricDefinition = METRICS[name as MetricName]
    t.strictSame(registered, labels === '' ? [] : labels.split(' '), name)
  }
})

t.test('a gateway that has seen everything', { timeout: 60_000 }, async (t) => {
  const gateway = await startBusyGateway(t)
  await gateway.exercise()
  const text = await gateway.text()
  const families = samplesOf(text)

  await t.test('has each of them, with its labels', async (t) => {
    for (const [name, labels] of Object.entries(PROMISED)) {
      const samples = families.get(name) ?? []
      t.ok(samples.length > 0, `${name} has samples`)
      for (const sample of samples) t.strictSame(Object.keys(sample.labels), labels === '' ? [] : labels.split(' '), name)
    }
  })

  await t.test('label values with a fixed set are of that set', async (t) => {
    for (const [name, samples] of families) {
      const { values = {} }: MetricDefinition = METRICS[name as MetricName]
      for (const [label, set] of Object.entries(values))
        for (const sample of samples)
          t.ok(set.includes(sample.labels[label] ?? ''), `${label} of ${name}: ${sample.labels[label]}`)
    }
  })

  await t.test('what they say is so', async (t) => {
    const has = (name: string, labels: Readonly<Record<string, string>>, holds: (value: number) => boolean): void => {
      const sample = (families.get(name) ?? []).find((each) =>
        Object.entries(labels).every(([key, value]) => each.labels[key] === value),
      )
      t.ok(sample !== undefined && holds(sample.value), `${name} ${JSON.stringify(labels)}: ${sample?.value}`)
    }
    const { endpoint, nobody } = gateway
    has('requests_total', { listener: 'web', route: 'all', upstream: 'all', code: '200' }, (value) => value === 20)
    has('requests_total', { listener: 'web', route: 'dead', upstream: 'dead', code: '503' }, (value) => value === 6)
    has('request_duration_seconds', { route: 'all' }, (value) => value === 20)
    has('attempts_total', { upstream: 'dead', endpoint: nobody, outcome: 'connect-failure' }, (value) => value >= 6)
    has('attempts_total', { upstream: 'half', endpoint, outcome: 'ok' }, (value) => value === 8)
    has('retries_total', { upstream: 'half', reason: 'connect-failure', result: 'ok' }, (value) => value >= 1)
    has('ejections_total', { upstream: 'half', reason: 'connect-failure' }, (value) => value >= 1)
    has('endpoint_up', { upstream: 'half', endpoint: nobody }, (value) => value === 0)
    has('endpoint_up', { upstream: 'half', endpoint }, (value) => value === 1)
    has('endpoint_up', { upstream: 'checked', endpoint: nobody }, (value) => value === 0)
    has('panic', { upstream: 'checked' }, (value) => value === 1)
    has('panic', { upstream: 'all' }, (value) => value === 0)
    has('health_checks_total', { upstream: 'checked', result: 'failed' }, (value) => value >= 1)
    has('breaker_state', { upstream: 'failing' }, (value) => value === 2)
    has('rejected_total', { listener: 'web', reason: 'breaker-open' }, (value) => value >= 1)
    has('rejected_total', { listener: 'web', reason: 'bad-request' }, (value) => value === 1)
    has('filter_denials_total', { route: 'limited', filter: 'bodyLimit', mode: 'enforce' }, (value) => value === 2)
    has('filter_denials_total', { route: 'watched', filter: 'bodyLimit', mode: 'observe' }, (value) => value === 2)
    has('plugin_errors_total', { plugin: 'moody' }, (value) => value === 2)
    has('plugin_duration_seconds', { plugin: 'moody' }, (value) => value === 5)
    has('plugin_over_budget_total', { plugin: 'moody' }, (value) => value >= 1)
    has('connections_total', { listener: 'secure' }, (value) => value === 1)
    has('bytes_total', { listener: 'web', direction: 'out' }, (value) => value > 1000)
    has('discovery_age_seconds', { upstream: 'found' }, (value) => value >= 0 && value < 60)
    has('config_last_success_timestamp_seconds', {}, (value) => Math.abs(value - Date.now() / 1000) < 120)
    has('mirror_dropped_total', { upstream: 'dead', reason: 'body-bytes' }, (value) => value === 2)
    has('upstream_limit', { upstream: 'adaptive' }, (value) => value >= 10)
    const [certificate] = families.get('certificate_expiry_timestamp_seconds') ?? []
    t.match(certificate?.labels.certificate, /localhost\.pem$/)
    t.ok((certificate?.value ?? 0) > Date.now() / 1000 + 86_400, 'it is good for days')
    t.equal(families.get('worker_event_loop_lag_seconds')?.length, 2, 'one of each worker')
  })

  await t.test('promtool has nothing to say', { skip: withoutPromtool }, async (t) => {
    const { status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], { input: text, encoding: 'utf8' })
    t.strictSame([status, stdout, stderr], [0, '', ''])
    const wrong = spawnSync(promtool, ['check', 'metrics'], { input: '# TYPE a_total gauge\na_total 1\n', encoding: 'utf8' })
    t.match(wrong.stderr, /a_total/, 'a mistake is seen')
  })

  await t.test('reloads are counted by what became of them', async (t) => {
    const { process } = gateway
    const reload = () =>
      fetch(process.url('/reload', 'admin'), { method: 'POST', headers: { authorization: 'Bearer token-of-a-test' } })
    t.equal((await reload()).status, 200)
    await process.write({ listeners: 3 })
    t.equal((await reload()).status, 422)
    const now = await gateway.text()
    t.match(now, /^headgate_config_reloads_total\{result="unchanged"\} 1$/m)
    t.match(now, /^headgate_config_reloads_total\{result="refused"\} 1$/m)
    t.match(text, /^headgate_config_refused 0$/m)
    t.match(now, /^headgate_config_refused 1$/m)
  })

  await t.test('a client cannot make series, whatever hosts, paths, methods and names it comes up with', async (t) => {
    const series = async (): Promise<string[]> =>
      (await gateway.text())
        .split('\n')
        .filter((line) => line.startsWith('headgate_'))
        .map((line) => line.slice(0, line.lastIndexOf(' ')))
    // Once each, so that what is new because it never happened before is there.
    const hostile = async (word: string): Promise<void> => {
      await gateway.raw(`GET /${word} HTTP/1.1\r\nHost: ${word}.example\r\nConnection: close\r\n\r\n`)
      await gateway.raw(`${word.toUpperCase()} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      await gateway.raw(
        `GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: ${word}\r\nUser-Agent: ${word}\r\nCookie: a=${word}\r\nConnection: close\r\n\r\n`,
      )
      await gateway.raw(`GET http://${word}/ HTTP/1.1\r\nHost: ${word}\r\nTransfer-Encoding: ${word}\r\n\r\n`)
      await gateway.raw(`GET / HTTP/1.1\r\nHost: a"${word}\r\n\r\n`)
      await gateway.raw(`GET / ${word}\r\n\r\n`)
      await gateway.raw(`TRACE /${word} HTTP/1.1\r\nHost: ${word}\r\nConnection: close\r\n\r\n`)
      await gateway.raw(`GET / HTTP/1.1\r\nHost: a\r\nUpgrade: ${word}\r\nConnection: upgrade, close\r\n\r\n`)
      await gateway.raw(`GET / HTTP/1.1\r\nHost: a\r\nExpect: ${word}\r\nConnection: close\r\n\r\n`)
      await gateway.greet(`${word}.example`)
    }
    await hostile('zqax')
    const before = await series()
    for (let i = 0; i < 5; i++) await hostile(`zq${i}x`)
    const after = await series()
    t.strictSame(after, before, 'no new series')
    t.notMatch(await gateway.text(), /zq\wx/i, 'nothing of it is seen')
    t.ok(after.length > 50)
  })
})
