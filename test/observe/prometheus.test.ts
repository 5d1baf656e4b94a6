// A real Prometheus scrapes a running gateway, configured as the page about metrics shows it, and answers every query of the
// dashboards and rules.

import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { DASHBOARDS } from '../../scripts/generate-dashboards.ts'
import { root } from '../repository/source-files.ts'
import { until } from '../supervisor/gateway-process.ts'
import { startBusyGateway, TOKEN } from './busy-gateway.ts'
import { rules } from './known-metrics.ts'
import { scrapeConfig } from './metrics-page.ts'
import { prometheus, withoutPrometheus } from './prometheus-programs.ts'
import { queriesOf, withoutVariables } from './queries.ts'

interface Result {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

/** Starts one on a port of loopback with a folder of its own; resolves with its address. */
async function startPrometheus(t: Test, target: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-prometheus-'))
  writeFileSync(join(folder, 'token'), more.token ?? TOKEN)
  copyFileSync(join(root, 'config/prometheus/headgate.rules.yml'), join(folder, 'headgate.rules.yml'))
  const text = scrapeConfig(target, join(folder, 'token'))
  const fast = text.replace('scrape_interval: 15s', 'scrape_interval: 1s, evaluation_interval: 1s')
  writeFileSync(join(folder, 'prometheus.yml'), fast)
  const child: ChildProcess = spawn(
    prometheus,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
    ],
    { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  t.teardown(async () => {
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), 5000)
    await ended
    clearTimeout(late)
    rmSync(folder, { recursive: true, force: true })
  })
  return new Promise((resolve, reject) => {
    let said = ''
    const lines = createInterface({ input: child.stderr as NodeJS.ReadableStream })
    lines.on('line', (line) => {
      said += `${line}\n`
      const [, address] = /msg="?Listening on"? address=(127\.0\.0\.1:\d+)/.exec(line) ?? []
      if (address !== undefined) resolve(`http://${address}`)
    })
    lines.on('close', () => reject(new Error(said)))
  })
}

t.test('Prometheus', { skip: withoutPrometheus, timeout: 110_000 }, async (t) => {
  const gateway = await startBusyGateway(t)
  await gateway.exercise()
  const target = new URL(gateway.process.url('/', 'admin')).host
  const url = await startPrometheus(t, target)
  const get = async (path: string) =>
    (await fetch(url + path)).json() as Promise<{ status: string; error?: string; data: unknown }>
  const query = async (expr: string): Promise<Result[]> => {
    const { status, error, data } = await get(`/api/v1/query?query=${encodeURIComponent(expr)}`)
    if (status !== 'success') throw new Error(`${expr}: ${error}`)
    const { result } = data as { result: Result[] }
    return result
  }
  const number = async (expr: string): Promise<number> => Number((await query(expr).catch(() => []))[0]?.value[1])

  await t.test('scrapes it with the token, as OpenMetrics', async (t) => {
    await until(async () => (await number('up{job="headgate"}')) === 1)
    t.match(
      (await gateway.scrape('application/openmetrics-text;version=1.0.0,text/plain;q=0.5')).type,
      /^application\/openmetrics-text/,
    )
    const { data } = await get('/api/v1/targets?state=active')
    const [scraped] = (data as { activeTargets: { lastError: string; scrapeUrl: string; labels: object }[] }).activeTargets
    t.match(scraped, { lastError: '', scrapeUrl: `http://${target}/metrics`, labels: { job: 'headgate', instance: target } })
  })

  await t.test('has the values that the gateway has', async (t) => {
    t.equal(await number('headgate_requests_total{route="all",code="200"}'), 20)
    t.equal(await number('headgate_request_duration_seconds_bucket{route="all",le="+Inf"}'), 20)
    t.equal(await number('headgate_request_duration_seconds_count{route="all"}'), 20)
    t.equal(await number('headgate_breaker_state{upstream="failing"}'), 2)
    t.ok((await number('histogram_quantile(0.99, headgate_request_duration_seconds_bucket{route="all"})')) < 60)
    await gateway.ask('/', 7)
    await until(async () => (await number('headgate_requests_total{route="all",code="200"}')) === 27)
    t.pass('and follows')
    const { data } = await get('/api/v1/metadata')
    t.match(data, { headgate_requests: [{ type: 'counter' }], headgate_endpoint_up: [{ type: 'gauge' }] })
  })

  // From here on something happens all the time: shares and rates are of what goes on.
  let over = false
  const visits = (async () => {
    while (!over) {
      for (const path of ['/', '/half', '/dead', '/failing', '/found']) await gateway.ask(path)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })()
  t.teardown(() => {
    over = true
    return visits
  })

  await t.test('evaluates the rules', async (t) => {
    await until(async () => (await number('headgate:objective_fast:ratio')) === 0.99)
    await until(async () => (await query('headgate:requests_errors:ratio_rate5m')).length > 0)
    const alert = 'ALERTS{alertname="HeadgateNoHealthyEndpoint",upstream="checked"}'
    await until(async () => (await query(alert)).length === 1)
    const { data } = await get('/api/v1/rules')
    const { groups } = data as { groups: { rules: { name: string; health: string; lastError?: string }[] }[] }
    const all = groups.flatMap((group) => group.rules)
    t.equal(all.length, rules.length)
    await until(async () => {
      const now = (await get('/api/v1/rules')).data as typeof data & { groups: typeof groups }
      return now.groups.every((group) => group.rules.every(({ health }) => health !== 'unknown'))
    })
    const after = ((await get('/api/v1/rules')).data as { groups: typeof groups }).groups.flatMap((group) => group.rules)
    t.strictSame(
      after.filter(({ health }) => health !== 'ok').map(({ name, lastError }) => `${name}: ${lastError}`),
      [],
    )
  })

  await t.test('answers every query of the dashboards', async (t) => {
    // Of what a gateway without a cluster has, everything is there to be seen.
    const empty = /leader|kubernetes|objects_refused|changes\(|ALERTS|hung|rejected_total\{[^}]*no-endpoint/
    const silent: string[] = []
    for (const [name, dashboard] of Object.entries(DASHBOARDS)) {
      for (const { panel, expr } of queriesOf(dashboard)) {
        const asked = withoutVariables(expr).replaceAll('[1m]', '[5m]')
        const result = await query(asked)
        if (result.length === 0 && !empty.test(expr)) silent.push(`${name}, ${panel}: ${asked}`)
      }
    }
    t.strictSame(silent, [], 'each has something to show')
  })

  await t.test('without the token it gets nothing', async (t) => {
    const stranger = await startPrometheus(t, target, { token: 'wrong' })
    const up = async () => {
      const response = await fetch(`${stranger}/api/v1/query?query=up`)
      // It says 503 while it starts.
      if (!response.ok) return undefined
      const { data } = (await response.json()) as { data: { result: Result[] } }
      return data?.result[0]?.value[1]
    }
    await until(async () => (await up()) !== undefined)
    t.equal(await up(), '0')
  })
})
