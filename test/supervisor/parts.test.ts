// The small parts of the control plane, each on its own.

import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { GatewayConfig } from '../../src/config/model.ts'
import { AdminSeat } from '../../src/supervisor/admin-seat.ts'
import { Backoff } from '../../src/supervisor/backoff.ts'
import { formatAddress, resolveBind } from '../../src/supervisor/bind-address.ts'
import { describeFailure, isOperational } from '../../src/supervisor/failure.ts'
import { ListeningSockets } from '../../src/supervisor/listening-sockets.ts'
import { ownListen } from '../../src/supervisor/own-listen.ts'
import { readyLine } from '../../src/supervisor/ready-line.ts'
import { revisionOf } from '../../src/supervisor/revision.ts'
import { readSecret } from '../../src/supervisor/secret.ts'
import { Signals } from '../../src/supervisor/signals.ts'
import { FileWatch } from '../../src/supervisor/watch-files.ts'
import { createLog } from '../../src/telemetry/log.ts'

t.test('a worker is started at once, then more slowly while it fails, then at once again', async (t) => {
  const backoff = new Backoff()
  t.same(
    [500, 500, 500, 500, 500, 500, 500, 500].map((lived) => backoff.next(lived)),
    [0, 100, 200, 400, 800, 1600, 2000, 2000],
  )
  t.equal(backoff.next(60_000), 0)
  t.equal(backoff.next(500), 100)
})

t.test('binds', async (t) => {
  t.same(await resolveBind('127.0.0.1:80'), { host: '127.0.0.1', port: 80 })
  t.same(await resolveBind('[::1]:80'), { host: '::1', port: 80 })
  t.match(await resolveBind('localhost:0'), { port: 0, host: /^(127\.0\.0\.1|::1)$/ })
  t.same(await resolveBind('unix:/nowhere/x.sock'), { path: '/nowhere/x.sock' })
  await t.rejects(resolveBind('no-such-host.invalid:80'), /cannot listen on no-such-host.invalid:80: the name cannot be/)
  t.equal(formatAddress({ address: '::1', port: 1 }), '[::1]:1')
  t.equal(formatAddress({ address: '10.0.0.1', port: 1 }), '10.0.0.1:1')
})

t.test('a unix socket that nobody serves is replaced, one that is served or a file is not', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const bind = `unix:${join(folder, 'a.sock')}`
  const held = new ListeningSockets(1)
  held.keep(await held.reserve([bind]), [bind])
  const second = new ListeningSockets(1)
  // Bound but not listened on: as if its process had been killed.
  second.keep(await second.reserve([bind]), [bind])
  held.close()
  second.close()
  const server = createServer()
  await ownListen(server, bind)
  await t.rejects(second.reserve([bind]), { code: 'EADDRINUSE', bind })
  server.close()
  const file = join(folder, 'file')
  await writeFile(file, 'precious')
  await t.rejects(second.reserve([`unix:${file}`]), { code: 'ENOTSOCK' })
  t.equal((await stat(file)).size, 8)
})

t.test('sockets are held for each worker, given back when one of them cannot be had', async (t) => {
  const sockets = new ListeningSockets(3)
  const added = await sockets.reserve(['127.0.0.1:0', '127.0.0.1:0'])
  t.equal(added.length, 1)
  sockets.keep(added, ['127.0.0.1:0'])
  const [held] = sockets.all()
  t.ok(held?.fd(0) !== undefined && held.fd(0) === held.fd(3))
  if (process.platform === 'linux') t.equal(new Set([0, 1, 2].map((slot) => held?.fd(slot))).size, 3)
  t.same(await sockets.reserve(['127.0.0.1:0']), [], 'what is held stays as it is')
  const server = createServer()
  await ownListen(server, '127.0.0.1:0')
  t.teardown(() => server.close())
  const taken = formatAddress(server.address() as { address: string; port: number })
  await t.rejects(sockets.reserve(['localhost:0', taken]), { code: 'EADDRINUSE', bind: taken })
  await t.rejects(ownListen(new Server(), taken), { code: 'EADDRINUSE', bind: taken })
  t.equal(sockets.all().length, 1)
  sockets.close()
})

t.test('the revision is of the content, not of the order of keys', async (t) => {
  const made = (parts: object) => ({ routes: [], upstreams: {}, ...parts }) as unknown as GatewayConfig
  const [a, b, r] = [
    { name: 'a', bind: ['x'] },
    { name: 'b', bind: [] },
    { name: 'r', match: [{ path: null, n: 1 }] },
  ]
  const one = made({ workers: 1, via: 'auto', listeners: [a, b], routes: [r], upstreams: { u: { x: 1 }, v: { y: null } } })
  const same = made({
    listeners: [{ bind: ['x'], name: 'a' }, structuredClone(b)],
    via: 'auto',
    upstreams: { v: { y: null, z: undefined }, u: { x: 1 } },
    routes: [{ match: [{ n: 1, path: null }], name: 'r' }],
    workers: 1,
  })
  t.match(revisionOf(one), /^[0-9a-f]{12}$/)
  t.equal(revisionOf(one), revisionOf(same))
  const others = [
    { via: 'off' },
    { listeners: [b, a] },
    { listeners: [a] },
    { listeners: [a, b, r], routes: [] },
    { routes: [r, r] },
    { upstreams: { u: { x: 1 }, v: { y: 0 } } },
    { upstreams: { u: { y: null }, v: { x: 1 } } },
    { upstreams: { u: { x: 1 } } },
  ]
  const revisions = new Set([one, ...others.map((other) => made({ ...one, ...other }))].map(revisionOf))
  t.equal(revisions.size, others.length + 1)
})

t.test('failures name the listener and who is to blame', async (t) => {
  const config = { listeners: [{ name: 'web', bind: ['127.0.0.1:80'] }] } as unknown as GatewayConfig
  const bind = Object.assign(new Error('cannot'), { bind: '127.0.0.1:80' })
  t.equal(describeFailure(bind, config), 'listener web: cannot')
  t.equal(describeFailure(new Error('other'), config), 'other')
  t.same([bind, new Error('x')].map(isOperational), [true, false])
})

t.test('the ready line', async (t) => {
  const listener = (name: string, bind: string[]) => ({ name, bind, protocol: 'http' })
  const config = { listeners: [listener('a', ['h:0', 'unix:/s']), listener('b', ['h:0'])] } as unknown as GatewayConfig
  const addresses = [
    { listener: 'a', bind: 'h:0', address: '127.0.0.1:81' },
    { listener: 'a', bind: 'unix:/s', address: 'unix:/s' },
  ]
  t.equal(
    readyLine(addresses, 'http://127.0.0.1:9', 2, { config, revision: 'ab' }),
    'headgate ready: a=http://127.0.0.1:81,unix:/s b=http://127.0.0.1:81 admin=http://127.0.0.1:9 workers=2 revision=ab\n',
  )
})

t.test('secrets', async (t) => {
  const file = join(tmpdir(), `headgate-secret-${process.pid}`)
  await writeFile(file, 'hush\n')
  t.teardown(() => rm(file))
  t.equal(await readSecret('plain', {}), 'plain')
  t.equal(await readSecret({ file }, {}), 'hush')
  t.equal(await readSecret({ env: 'A' }, { A: 'b' }), 'b')
  await t.rejects(readSecret({ env: 'A' }, {}), /no A/)
})

t.test('signals: kept while starting, one event when sent twice at once, force on the second', async (t) => {
  let now = 0
  let forced = 0
  const signals = new Signals(() => now)
  t.teardown(() => signals.close())
  signals.force = () => {
    forced++
  }
  let reloads = 0
  process.emit('SIGHUP')
  signals.onReload(() => {
    reloads++
  })
  process.emit('SIGHUP')
  t.equal(reloads, 2)
  process.emit('SIGTERM')
  process.emit('SIGINT')
  t.equal(await signals.stop, 'SIGTERM')
  t.equal(forced, 0)
  now = 1000
  process.emit('SIGINT')
  t.equal(forced, 1)
})

t.test('the admin API is exchanged when its configuration changes, and kept when the new one cannot be had', async (t) => {
  const events: string[] = []
  const seat = new AdminSeat(async ({ bind }) => ({
    start: async () => {
      events.push(`start ${bind}`)
      if (bind === 'bad') throw Object.assign(new Error('no'), { code: 'EADDRINUSE' })
      return `http://${bind}`
    },
    close: () => events.push(`close ${bind}`),
  }))
  const config = (bind: string, readOnly = false) => ({ bind, readOnly, hosts: [], token: null })
  await seat.follow(config('a'))
  await seat.follow(config('a'))
  await seat.follow(config('b'))
  await t.rejects(seat.follow(config('bad')), /the admin API cannot listen on bad/)
  t.equal(seat.address, 'http://b')
  await seat.follow(config('b', true))
  await seat.follow(null)
  t.equal(seat.address, null)
  t.same(events, ['start a', 'start b', 'close a', 'start bad', 'close b', 'start b', 'close b'])
})

t.test('watched files: one call for several events, nothing for neighbours, new files in folders', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'a.yaml')
  await writeFile(file, 'a')
  let changes = 0
  let told = () => {}
  const change = () =>
    new Promise<void>((resolve) => {
      told = resolve
    })
  const watch = new FileWatch(() => {
    changes++
    told()
  })
  t.teardown(() => watch.close())
  await watch.update([file], Number.POSITIVE_INFINITY)
  let changed = change()
  await writeFile(join(folder, 'neighbour'), 'x')
  await writeFile(file, 'b')
  await writeFile(file, 'c')
  await changed
  t.equal(changes, 1)
  await watch.update([file, folder], Number.POSITIVE_INFINITY)
  changed = change()
  await writeFile(join(folder, 'new.yaml'), 'x')
  await changed
  t.equal(changes, 2)
})

t.test('the process log', async (t) => {
  const lines: string[] = []
  const clock = { now: () => 0, wall: () => 0 }
  const log = createLog({ level: 'info', format: 'json' }, clock, (line) => lines.push(line), { worker: 7 })
  log.write('debug', 'not told')
  log.write('warn', 'a "thing"', { n: 1, text: 'a b' })
  log.configure({ level: 'debug', format: 'text' })
  log.write('debug', 'a thing', { n: 1, text: 'a b', none: undefined })
  t.same(lines, [
    '{"time":"1970-01-01T00:00:00.000Z","level":"warn","message":"a \\"thing\\"","worker":7,"n":1,"text":"a b"}\n',
    '1970-01-01T00:00:00.000Z DEBUG a thing worker=7 n=1 text="a b"\n',
  ])
})
