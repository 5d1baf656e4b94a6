// The command as an operator has it: what it says, what it exits with, and what the loss of a process costs.

import { mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { isAlive, simpleConfig, startEndpoint, startGateway, until } from '../supervisor/gateway-process.ts'
import { SteadyLoad } from '../supervisor/steady-load.ts'

t.test('kill -9 of a worker under load costs only what was in flight there', async (t) => {
  const endpoint = await startEndpoint(t, (_request, response) => response.end('fine'))
  const gateway = await startGateway(t, simpleConfig(endpoint))
  const load = new SteadyLoad(gateway.url('/'), 32)
  await until(() => load.slowest >= 5)
  const [victim] = gateway.workers as [number]
  process.kill(victim, 'SIGKILL')
  await gateway.until(() => gateway.workers.length === 3)
  const before = load.answered
  await until(() => load.answered > before + 500)
  const { lost, wrong } = await load.stop()
  t.same(wrong, [], 'no answer is an error')
  t.ok(lost.flat().length > 0, 'the victim served somebody')
  t.ok(lost.flat().length < 32, 'others did not notice')
  t.ok(
    lost.every((list) => list.length <= 1),
    'who connected again was served',
  )
  t.same(
    lost.flat().filter((why) => why !== 'ECONNRESET' && why !== 'closed' && why !== 'EPIPE'),
    [],
    'nobody was refused',
  )
  const metrics = await (await fetch(gateway.url('/metrics', 'admin'))).text()
  t.match(metrics, /^headgate_worker_restarts_total 1$/m)
})

t.test('a worker that stands still lets many connections wait', async (t) => {
  const waiting = 1000
  const room = Number(await readFile('/proc/sys/net/core/somaxconn', 'latin1').catch(() => 0))
  if (room < waiting) return t.pass('the kernel has no room for them here')
  const endpoint = await startEndpoint(t, (_request, response) => response.end('fine'))
  const gateway = await startGateway(t, simpleConfig(endpoint, { workers: 1 }))
  const [worker] = gateway.workers as [number]
  process.kill(worker, 'SIGSTOP')
  const { port } = new URL(gateway.url('/'))
  let connected = 0
  const clients = Array.from({ length: waiting }, () =>
    connect(Number(port), '127.0.0.1', () => connected++).on('error', () => {}),
  )
  try {
    await until(() => connected === waiting)
    t.pass('all of them')
  } finally {
    process.kill(worker, 'SIGCONT')
    for (const client of clients) client.destroy()
  }
  t.equal(await (await fetch(gateway.url('/'))).text(), 'fine')
})

t.test('what workers count is summed', async (t) => {
  const endpoint = await startEndpoint(t, (_request, response) => response.end('fine'))
  const gateway = await startGateway(t, simpleConfig(endpoint))
  await Promise.all(Array.from({ length: 50 }, () => fetch(gateway.url('/'), { headers: { connection: 'close' } })))
  const metrics = await (await fetch(gateway.url('/metrics', 'admin'))).text()
  t.match(metrics, /^headgate_requests_total\{[^}]*route="all"[^}]*\} 50$/m)
  t.match(metrics, /^headgate_worker_event_loop_lag_seconds\{worker="2"\} /m)
})

t.test('a port in use: exit code 1 and a message that helps', async (t) => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => taken.close())
  const bind = `127.0.0.1:${(taken.address() as AddressInfo).port}`
  for (const workers of [2, 0]) {
    const gateway = await startGateway(t, simpleConfig('127.0.0.1:9', { workers, listeners: [{ name: 'public', bind }] }))
    t.same(await gateway.exited, { code: 1, signal: null })
    t.match(gateway.stderr, `listener public: cannot listen on ${bind}: the address is in use by another process`)
  }
  const gateway = await startGateway(t, simpleConfig('127.0.0.1:9', { admin: { bind } }))
  t.same(await gateway.exited, { code: 1, signal: null })
  t.match(gateway.stderr, `the admin API cannot listen on ${bind}`)
})

t.test('an access log that cannot be opened: exit code 1', async (t) => {
  for (const workers of [1, 0]) {
    const config = simpleConfig('127.0.0.1:9', { workers, accessLog: { file: '/nowhere/access.log' } })
    const gateway = await startGateway(t, config)
    t.same(await gateway.exited, { code: 1, signal: null })
    t.match(gateway.stderr, 'the access log /nowhere/access.log cannot be opened')
  }
})

t.test('a wrong configuration: exit code 1 and every error with its place', async (t) => {
  const gateway = await startGateway(t, 'listeners: []\nroutez: []\nupstreams: { a: 1 }\n')
  t.same(await gateway.exited, { code: 1, signal: null })
  t.match(gateway.stderr, `${gateway.file}:2:1: `)
  t.match(gateway.stderr, `${gateway.file}:3:`)
})

for (const workers of [2, 0]) {
  t.test(`SIGTERM drains, with workers: ${workers}`, async (t) => {
    const answer = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const endpoint = await startEndpoint(t, async (_request, response) => {
      asked.resolve()
      await answer.promise
      response.end('slow')
    })
    const gateway = await startGateway(t, simpleConfig(endpoint, { workers, drain: { timeout: '20s', delay: '150ms' } }))
    t.equal(gateway.ready.workers, String(workers))
    t.equal((await fetch(gateway.url('/ready', 'admin'))).status, 200)
    const slow = fetch(gateway.url('/'))
    await asked.promise
    gateway.kill('SIGTERM')
    await gateway.until(() => gateway.said('draining') === 1)
    t.equal((await fetch(gateway.url('/ready', 'admin'))).status, 503)
    await until(() =>
      fetch(gateway.url('/'), { signal: AbortSignal.timeout(50) }).then(
        () => false,
        (error) => error.cause?.code === 'ECONNREFUSED',
      ),
    )
    t.notOk(gateway.ended, 'it waits for what runs')
    answer.resolve()
    const response = await slow
    t.equal(await response.text(), 'slow')
    t.equal(response.headers.get('connection'), 'close')
    t.same(await gateway.exited, { code: 0, signal: null })
    t.notOk(gateway.workers.some(isAlive))
  })
}

t.test('a second signal ends at once', async (t) => {
  const asked = Promise.withResolvers<void>()
  const endpoint = await startEndpoint(t, () => asked.resolve())
  const gateway = await startGateway(t, simpleConfig(endpoint, { drain: { timeout: '1h' } }))
  const cut = fetch(gateway.url('/')).catch((error) => error)
  await asked.promise
  gateway.kill('SIGINT')
  await gateway.until(() => gateway.said('draining') === 1)
  const again = setInterval(() => gateway.kill('SIGINT'), 100)
  const { code } = await gateway.exited
  clearInterval(again)
  t.equal(code, 1)
  t.ok((await cut) instanceof Error)
  await until(() => !gateway.workers.some(isAlive))
})

t.test('workers go on when the supervisor is killed, and end when told', async (t) => {
  const endpoint = await startEndpoint(t, (_request, response) => response.end('fine'))
  const gateway = await startGateway(t, simpleConfig(endpoint))
  const load = new SteadyLoad(gateway.url('/'), 8)
  await until(() => load.slowest >= 5)
  // They will say that it is gone, to nobody.
  gateway.stopListening()
  gateway.kill('SIGKILL')
  await gateway.exited
  const before = load.answered
  await until(() => load.answered > before + 200)
  t.equal(await (await fetch(gateway.url('/'))).text(), 'fine')
  const { lost, wrong } = await load.stop()
  t.same([lost.flat(), wrong], [[], []])
  for (const pid of gateway.workers) process.kill(pid, 'SIGTERM')
  await until(() => !gateway.workers.some(isAlive))
})

t.test('SIGUSR1 goes on in a new access log', async (t) => {
  const endpoint = await startEndpoint(t, (_request, response) => response.end('fine'))
  const folder = await mkdtemp(join(tmpdir(), 'headgate-log-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'access.log')
  const gateway = await startGateway(t, simpleConfig(endpoint, { workers: 1, accessLog: { file } }))
  const paths = async (of: string) => {
    const lines = (await readFile(of, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')
    return lines.map((line) => JSON.parse(line).path)
  }
  await fetch(gateway.url('/before'))
  await until(async () => (await paths(file)).length === 1)
  await rename(file, `${file}.1`)
  gateway.kill('SIGUSR1')
  await until(async () => (await stat(file).catch(() => null)) !== null)
  await fetch(gateway.url('/after'))
  gateway.kill('SIGTERM')
  t.equal((await gateway.exited).code, 0)
  t.same([await paths(`${file}.1`), await paths(file)], [['/before'], ['/after']])
})
