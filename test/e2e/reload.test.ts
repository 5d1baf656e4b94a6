// Reloading a running gateway: by signal, by file change, by the admin API; what is wrong changes nothing.

import { mkdir, rename, symlink, unlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type GatewayProcess, simpleConfig, startEndpoint, startGateway, until } from '../supervisor/gateway-process.ts'
import { SteadyLoad } from '../supervisor/steady-load.ts'

async function twoEndpoints(t: Test): Promise<[string, string]> {
  const named = (name: string) => startEndpoint(t, (_request, response) => response.end(name))
  return Promise.all([named('one'), named('two')])
}

async function text(gateway: GatewayProcess): Promise<string> {
  return (await fetch(gateway.url('/'))).text()
}

async function metric(gateway: GatewayProcess, pattern: RegExp): Promise<number> {
  const metrics = await (await fetch(gateway.url('/metrics', 'admin'))).text()
  return Number(pattern.exec(metrics)?.[1] ?? Number.NaN)
}

for (const workers of [2, 0]) {
  t.test(`SIGHUP with workers: ${workers}`, async (t) => {
    const [one, two] = await twoEndpoints(t)
    const quiet = { workers, watch: false }
    const gateway = await startGateway(t, simpleConfig(one, quiet))
    t.equal(await text(gateway), 'one')

    await gateway.write(simpleConfig(two, quiet))
    gateway.kill('SIGHUP')
    await gateway.until(() => gateway.said('configuration reloaded') === 1)
    t.equal(await text(gateway), 'two')

    gateway.kill('SIGHUP')
    await gateway.until(() => gateway.said('configuration unchanged') === 1)

    await writeFile(gateway.file, 'listeners: []\nroutez: []\nupstreamz: 1\n')
    gateway.kill('SIGHUP')
    await gateway.until(() => gateway.said('was not reloaded') === 1)
    t.equal(gateway.said(`${gateway.file}:2:1: `), 1)
    t.equal(gateway.said(`${gateway.file}:3:1: `), 1)
    t.equal(await text(gateway), 'two')

    await writeFile(gateway.file, '')
    gateway.kill('SIGHUP')
    await gateway.until(() => gateway.said('was not reloaded') === 2)
    t.equal(await text(gateway), 'two', 'a file that was emptied closes nothing')

    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    t.teardown(() => taken.close())
    const bind = `127.0.0.1:${(taken.address() as AddressInfo).port}`
    const listeners = [
      { name: 'web', bind: '127.0.0.1:0' },
      { name: 'more', bind },
    ]
    await gateway.write(simpleConfig(one, { ...quiet, listeners }))
    gateway.kill('SIGHUP')
    await gateway.until(() => gateway.said(`listener more: cannot listen on ${bind}`) === 1)
    t.equal(await text(gateway), 'two')

    t.equal(await metric(gateway, /^headgate_config_reloads_total\{result="applied"\} (\d+)$/m), 1)
    t.equal(await metric(gateway, /^headgate_config_reloads_total\{result="unchanged"\} (\d+)$/m), 1)
    t.equal(await metric(gateway, /^headgate_config_reloads_total\{result="refused"\} (\d+)$/m), 3)
  })
}

t.test('the admin API reloads and says what is wrong', async (t) => {
  const [one, two] = await twoEndpoints(t)
  const gateway = await startGateway(t, simpleConfig(one, { watch: false }))
  await gateway.write(simpleConfig(two, { watch: false }))
  const reload = () => fetch(gateway.url('/reload', 'admin'), { method: 'POST' })
  const applied = await reload()
  t.equal(applied.status, 200)
  const { revision } = (await applied.json()) as { revision: string }
  t.not(revision, gateway.ready.revision)
  t.match(await (await fetch(gateway.url('/config', 'admin'))).json(), { revision, source: gateway.file })
  t.equal(await text(gateway), 'two')
  await writeFile(gateway.file, 'routez: []\n')
  const refused = await reload()
  t.equal(refused.status, 422)
  t.match(await refused.json(), { errors: [{ file: gateway.file, line: 1, column: 1 }] })
})

t.test('a changed file is noticed: written, replaced, or behind a link that is turned over', async (t) => {
  const [one, two] = await twoEndpoints(t)
  const gateway = await startGateway(t, simpleConfig(one))
  // At once, before anything can be watched yet.
  await gateway.write(simpleConfig(two))
  await until(async () => (await text(gateway)) === 'two')

  await writeFile(`${gateway.file}.tmp`, JSON.stringify(simpleConfig(one)))
  await rename(`${gateway.file}.tmp`, gateway.file)
  await until(async () => (await text(gateway)) === 'one')

  // As Kubernetes mounts a ConfigMap.
  const mount = join(gateway.folder, 'mount')
  const publish = async (version: string, config: object) => {
    await mkdir(join(mount, version), { recursive: true })
    await writeFile(join(mount, version, 'headgate.yaml'), JSON.stringify(config))
    await symlink(version, join(mount, '..data_tmp'))
    await rename(join(mount, '..data_tmp'), join(mount, '..data'))
  }
  await publish('..v1', simpleConfig(two))
  await symlink(join(mount, 'headgate.yaml'), `${gateway.file}.tmp`)
  await symlink(join('..data', 'headgate.yaml'), join(mount, 'headgate.yaml'))
  await rename(`${gateway.file}.tmp`, gateway.file)
  await until(async () => (await text(gateway)) === 'two')
  t.pass('followed to what links point to')
})

t.test('a ConfigMap that is published anew', async (t) => {
  const [one, two] = await twoEndpoints(t)
  const gateway = await startGateway(t, `include: [mount/headgate.yaml]\n`)
  t.teardown(() => {})
  t.equal((await gateway.exited).code, 1, 'the file is not there yet')

  const { folder } = gateway
  const mount = join(folder, 'mount')
  const publish = async (version: string, config: object) => {
    await mkdir(join(mount, version), { recursive: true })
    await writeFile(join(mount, version, 'headgate.yaml'), JSON.stringify(config))
    await symlink(version, join(mount, '..data_tmp'))
    await rename(join(mount, '..data_tmp'), join(mount, '..data'))
  }
  await publish('..v1', simpleConfig(one))
  await symlink(join('..data', 'headgate.yaml'), join(mount, 'headgate.yaml'))
  const second = await startGateway(t, `include: [${join(mount, 'headgate.yaml')}]\n`)
  t.equal(await text(second), 'one')
  await publish('..v2', simpleConfig(two))
  await until(async () => (await text(second)) === 'two')
  await publish('..v3', simpleConfig(one))
  await until(async () => (await text(second)) === 'one')
  await unlink(join(mount, '..data'))
  await second.until(() => second.said('was not reloaded') > 0)
  t.equal(await text(second), 'one', 'what was in force stays')
})

t.test('fifty reloads under steady load fail nothing and cut no connection', async (t) => {
  const [one, two] = await twoEndpoints(t)
  const gateway = await startGateway(t, simpleConfig(one, { watch: false }))
  const load = new SteadyLoad(gateway.url('/'), 16, 5)
  await until(() => load.slowest >= 2)
  for (let i = 1; i <= 50; i++) {
    const listeners = [{ name: 'web', bind: '127.0.0.1:0' }]
    if (i % 10 === 0) listeners.push({ name: 'more', bind: 'localhost:0' })
    await gateway.write(
      simpleConfig(i % 2 === 0 ? one : two, { watch: false, listeners, errors: { detail: i % 3 === 0 ? 'minimal' : 'full' } }),
    )
    const before = load.answered
    gateway.kill('SIGHUP')
    await gateway.until(() => gateway.said('configuration reloaded') === i)
    await until(() => load.answered > before + 16)
  }
  const { lost, wrong, answered } = await load.stop()
  t.same(wrong, [])
  t.same(lost.flat(), [])
  const counted = await metric(gateway, /^headgate_requests_total\{[^}]*code="200"[^}]*\} (\d+)$/m)
  t.equal(counted, answered, 'counters outlive reloads')
  t.equal(gateway.workers.length, 2, 'no worker was replaced')
})
