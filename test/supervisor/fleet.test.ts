// The worker processes with a small data plane: one set of sockets, replaced workers, two-phase reloads, draining.

import { rm } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { GatewayConfig } from '../../src/config/model.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { systemClock } from '../../src/model/clock.ts'
import { Fleet } from '../../src/supervisor/fleet.ts'
import type { ListenerAddress } from '../../src/supervisor/plane.ts'
import { ReportReader } from '../support/stats-reports.ts'

const PROGRAM = { file: join(import.meta.dirname, 'fake-main.ts'), execArgv: [] }

interface Answer {
  readonly pid: number
  readonly routes: readonly string[]
}

function config(binds: Record<string, string>, routes: readonly string[] = ['all']): GatewayConfig {
  const text = JSON.stringify({
    admin: 'off',
    listeners: Object.entries(binds).map(([name, bind]) => ({ name, bind })),
    routes: routes.map((name, i) => ({ name, match: [{ path: { prefix: `/${i}` } }], to: 'none' })),
    upstreams: { none: { discovery: { static: ['127.0.0.1:9'] } } },
  })
  const parsed = parseConfig([{ name: 'test.json', text }])
  if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors))
  return parsed.config
}

function fleet(t: Test, workers = 2) {
  const seen = { restarts: 0, requests: 0, gone: 0, log: [] as string[] }
  const made = new Fleet({
    program: PROGRAM,
    workers,
    clock: systemClock,
    id: 'test',
    log: (_level, message, fields) => void seen.log.push(`${message} ${JSON.stringify(fields)}`),
    events: {
      report: (_worker, stats) => {
        for (const { delta } of new ReportReader().read(stats).counters) seen.requests += delta
      },
      lag: () => {},
      process: () => {},
      gone: () => {
        seen.gone++
      },
      restarted: () => {
        seen.restarts++
      },
    },
  })
  t.teardown(() => made.drain(100))
  return { fleet: made, seen }
}

/** One request on a connection of its own. */
function ask(address: string, path = '/'): Promise<Answer> {
  const where = address.startsWith('unix:') ? { socketPath: address.slice(5) } : hostAndPort(address)
  return new Promise((resolve, reject) => {
    const request = get({ ...where, path, agent: new Agent({ keepAlive: false }) }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece) => {
        text += piece
      })
      response.on('end', () => resolve(JSON.parse(text))).on('error', reject)
    })
    request.on('error', reject)
  })
}

function hostAndPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) }
}

async function pids(address: string): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask(address)))
  return [...new Set(answers.map(({ pid }) => pid))].sort((a, b) => a - b)
}

function at(addresses: readonly ListenerAddress[], listener: string): string {
  const found = addresses.find((address) => address.listener === listener)
  if (found === undefined) throw new Error(`no listener ${listener}`)
  return found.address
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}

t.test('connections of a burst are spread over the workers', async (t) => {
  const { fleet: f } = fleet(t)
  const web = at(await f.start(config({ web: '127.0.0.1:0' }), 'r1'), 'web')
  const answers = await Promise.all(Array.from({ length: 200 }, () => ask(web)))
  const counts = Object.values(Object.groupBy(answers, ({ pid }) => pid)).map((list) => list?.length ?? 0)
  t.equal(counts.length, 2)
  // Binomial: 60 is more than five standard deviations from the middle.
  t.ok(Math.min(...counts) > 60, `spread ${counts}`)
})

t.test(
  'a killed worker loses nothing that waits for it: its neighbour accepts in its place until it is replaced',
  async (t) => {
    const { fleet: f, seen } = fleet(t)
    const web = at(await f.start(config({ web: '127.0.0.1:0' }), 'r1'), 'web')
    const [victim] = await pids(web)
    process.kill(victim as number, 'SIGSTOP')
    let answered = 0
    const served = Promise.all(
      Array.from({ length: 100 }, async () => {
        const { pid } = await ask(web)
        answered++
        return pid
      }),
    )
    // Those of the other worker are answered, the rest waits in the queue of the stopped one.
    await until(() => answered > 10)
    process.kill(victim as number, 'SIGKILL')
    const by = new Set(await served)
    t.notOk(by.has(victim as number))
    await until(() => f.serving() === 2)
    t.equal(seen.restarts, 1)
    // More often than a worker can stand in for another.
    for (let i = 0; i < 5; i++) {
      const [next] = await pids(web)
      process.kill(next as number, 'SIGKILL')
      t.equal((await Promise.all(Array.from({ length: 20 }, () => ask(web)))).length, 20)
      await until(() => f.serving() === 2)
    }
  },
)

t.test('even when no worker lives, connections wait', async (t) => {
  const { fleet: f } = fleet(t)
  const web = at(await f.start(config({ web: '127.0.0.1:0' }), 'r1'), 'web')
  for (const pid of await pids(web)) process.kill(pid, 'SIGKILL')
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(web)))
  t.equal(answers.length, 20)
})

t.test('a reload adds and removes listeners while workers run on', async (t) => {
  const path = join(tmpdir(), `headgate-fleet-${process.pid}.sock`)
  t.teardown(() => rm(path, { force: true }))
  const { fleet: f, seen } = fleet(t)
  const web = at(await f.start(config({ web: '127.0.0.1:0' }), 'r1'), 'web')
  const before = await pids(web)
  const added = await f.apply(config({ web: '127.0.0.1:0', more: 'localhost:0', local: `unix:${path}` }, ['two']), 'r2')
  t.equal(at(added, 'web'), web, 'what stays keeps its port')
  t.same(await pids(at(added, 'more')), before)
  t.match(await ask(at(added, 'local')), { routes: ['two'] })
  t.match(await ask(web), { routes: ['two'] })
  await f.apply(config({ web: '127.0.0.1:0' }, ['three']), 'r3')
  t.same(await pids(web), before)
  await t.rejects(ask(at(added, 'more')), { code: 'ECONNREFUSED' })
  await t.rejects(ask(`unix:${path}`))
  t.equal(seen.restarts, 0)
  for (const pid of before) process.kill(pid, 'SIGKILL')
  t.match(await ask(web), { routes: ['three'] }, 'replacements have what is in force')
})

t.test('a refusal of one changes nothing for all', async (t) => {
  const { fleet: f } = fleet(t)
  const web = at(await f.start(config({ web: '127.0.0.1:0' }), 'r1'), 'web')
  await t.rejects(f.apply(config({ web: '127.0.0.1:0', more: 'localhost:0' }, ['refuse']), 'r2'), /is refused/)
  t.match(await ask(web), { routes: ['all'] })
  const more = at(await f.apply(config({ web: '127.0.0.1:0', more: 'localhost:0' }, ['after']), 'r3'), 'more')
  t.match(await ask(more), { routes: ['after'] })
})

t.test('an address in use refuses a reload and a start', async (t) => {
  const { fleet: f } = fleet(t)
  const web = at(await f.start(config({ web: '127.0.0.1:0' }), 'r1'), 'web')
  const { fleet: second } = fleet(t)
  await t.rejects(second.start(config({ web }), 'r1'), { bind: web, code: 'EADDRINUSE' })
  const { fleet: third } = fleet(t)
  const other = at(await third.start(config({ web: '127.0.0.1:0' }), 'r1'), 'web')
  await t.rejects(third.apply(config({ web: '127.0.0.1:0', more: web }, ['next']), 'r2'), { code: 'EADDRINUSE' })
  t.match(await ask(other), { routes: ['all'] })
})

t.test('a configuration that ends every worker is refused, and the old one is served on', async (t) => {
  const { fleet: f } = fleet(t)
  const web = at(await f.start(config({ web: '127.0.0.1:0' }), 'r1'), 'web')
  await t.rejects(f.apply(config({ web: '127.0.0.1:0' }, ['crash']), 'r2'), /ended/)
  t.match(await ask(web), { routes: ['all'] })
  await until(() => f.serving() === 2)
  await f.apply(config({ web: '127.0.0.1:0' }, ['fine']), 'r3')
  t.match(await ask(web), { routes: ['fine'] })
})

t.test('SIGTERM to one worker: a replacement comes, the old one finishes what runs', async (t) => {
  const { fleet: f, seen } = fleet(t, 1)
  const web = at(await f.start(config({ web: '127.0.0.1:0' }), 'r1'), 'web')
  const [old] = await pids(web)
  const slow = ask(web, '/slow')
  await until(async () => {
    await f.collect()
    return seen.requests >= 41
  })
  process.kill(old as number, 'SIGTERM')
  await until(async () => !(await pids(web)).includes(old as number))
  t.equal((await slow).pid, old)
  t.equal(seen.restarts, 0)
})

t.test('draining finishes what runs and refuses what comes', async (t) => {
  const { fleet: f, seen } = fleet(t)
  const web = at(await f.start(config({ web: '127.0.0.1:0' }), 'r1'), 'web')
  const slow = Array.from({ length: 10 }, () => ask(web, '/slow'))
  await until(async () => {
    await f.collect()
    return seen.requests >= 10
  })
  const drained = f.drain(5000)
  t.equal((await Promise.all(slow)).length, 10)
  await drained
  t.equal(seen.gone, 2)
  const refused = await new Promise((resolve) => connect(hostAndPort(web)).on('error', resolve).on('connect', resolve))
  t.match(refused, { code: 'ECONNREFUSED' })
  t.equal(seen.requests, 10, 'the last report came before the end')
})

t.test('reloads by what changes, with workers that are killed between and in the middle of them', async (t) => {
  const { fleet: f, seen } = fleet(t)
  let inForce = config({ web: '127.0.0.1:0' }, ['a', 'b', 'c', 'd'])
  const web = at(await f.start(inForce, 'r0'), 'web')
  const processes = new Set<number>()
  for (let turn = 1; turn <= 12; turn++) {
    const { routes } = inForce
    const added = { ...(routes[0] as GatewayConfig['routes'][number]), name: `new${turn}` }
    const at = (turn * 7) % routes.length
    const next = { ...inForce, routes: turn % 3 === 0 ? routes.toSpliced(at, 1) : routes.toSpliced(at, turn % 2, added) }
    const applied = f.apply(next, `r${turn}`)
    applied.catch(() => {})
    if (turn % 4 === 0) process.kill([...(await pids(web))][0] as number, 'SIGKILL')
    // When it was the only one just then, nothing has changed.
    const followed = await applied.then(
      () => true,
      () => false,
    )
    if (turn % 4 === 2) process.kill([...(await pids(web))][0] as number, 'SIGKILL')
    if (followed) inForce = next
  }
  await until(() => f.serving() === 2 && seen.restarts > 0)
  const wanted = inForce.routes.map(({ name }) => name)
  for (const { pid, routes } of await Promise.all(Array.from({ length: 60 }, () => ask(web)))) {
    processes.add(pid)
    if (JSON.stringify(routes) !== JSON.stringify(wanted)) t.strictSame(routes, wanted)
  }
  t.equal(processes.size, 2)
})
