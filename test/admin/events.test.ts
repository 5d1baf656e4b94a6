// GET /events: what is told at once and then each second, to how many, and what becomes of those who do not read.

import { once } from 'node:events'
import t, { type Test } from 'tap'
import { EventParser } from '../../src/admin/dashboard/stream.ts'
import type { LiveStart, LiveTick } from '../../src/admin/live/messages.ts'
import type { UpstreamState } from '../../src/model/upstream-state.ts'
import { Series } from '../../src/telemetry/series.ts'
import { until } from '../supervisor/gateway-process.ts'
import { type Fixture, startAdmin } from './fixture.ts'

const ENDPOINT = { weight: 1, priority: 0, zone: null, health: 'up', reason: null, until: null, inFlight: 0, latencyMs: null }

function upstream(name: string, ...addresses: string[]): UpstreamState {
  return { name, breaker: null, panic: false, limit: null, endpoints: addresses.map((address) => ({ ...ENDPOINT, address })) }
}

type Told = { readonly start: LiveStart } | { readonly tick: LiveTick }

class Watcher {
  readonly told: Told[] = []
  readonly #stop = new AbortController()
  ended = false

  async follow(url: string, headers: Record<string, string> = {}): Promise<number> {
    const response = await fetch(`${url}/events`, { signal: this.#stop.signal, headers })
    if (response.status === 200) void this.#read(response)
    else await response.text()
    return response.status
  }

  async #read(response: Response): Promise<void> {
    const parser = new EventParser()
    const decoder = new TextDecoder()
    try {
      for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>)
        for (const { event, data } of parser.push(decoder.decode(bytes, { stream: true })))
          this.told.push({ [event]: JSON.parse(data) } as Told)
    } catch {}
    this.ended = true
  }

  get starts(): LiveStart[] {
    return this.told.flatMap((each) => ('start' in each ? [each.start] : []))
  }

  get ticks(): LiveTick[] {
    return this.told.flatMap((each) => ('tick' in each ? [each.tick] : []))
  }

  stop(): void {
    this.#stop.abort()
  }
}

function watch(t: Test): Watcher {
  const watcher = new Watcher()
  t.teardown(() => watcher.stop())
  return watcher
}

t.test('everything at first, then what changes', async (t) => {
  const { url, state } = await startAdmin(t)
  const requests = new Series({ listener: 'web', route: 'users', upstream: 'u', code: '200' })
  const failed = new Series({ listener: 'web', route: 'users', upstream: 'u', code: '503' })
  const rejected = new Series({ listener: 'web', reason: 'no-endpoint' })
  const tries = new Series({ upstream: 'u', endpoint: 'a:1', outcome: 'connect-failure' })
  const durations = new Series({ route: 'users' }, true)
  const series: Record<string, Series[]> = {
    requests_total: [requests, failed],
    rejected_total: [rejected],
    attempts_total: [tries],
    request_duration_seconds: [durations],
  }
  requests.value = 1000
  state.series = (metric) => series[metric] ?? []
  state.upstreams = async () => ({ upstreams: [upstream('u', 'a:1', 'b:1'), upstream('v', 'c:1')] })
  const sample = { requestId: 'x', status: 503, failed: true, decision: null }
  let asked = -1
  state.takeSamples = async (most) => {
    asked = most
    return { seen: 7, samples: [sample as never] }
  }
  const watcher = watch(t)
  t.equal(await watcher.follow(url), 200)
  await until(() => watcher.starts.length > 0)
  const [start] = watcher.starts
  t.match(start, { readOnly: false, standing: { ready: true, revision: 'r1', serving: 1, refused: null }, points: [] })
  t.same(
    start?.upstreams.map(({ name, endpoints }) => [name, endpoints.map(({ address }) => address)]),
    [
      ['u', ['a:1', 'b:1']],
      ['v', ['c:1']],
    ],
  )
  requests.value += 40
  failed.value += 10
  rejected.value += 6
  tries.value += 12
  ;(durations.counts as number[])[5] = 100
  const problem = { file: 'a.yaml', line: 3, column: 5, message: 'unknown upstream' }
  state.reloads = () => {
    const refused = { result: 'refused', errors: [problem], trigger: 'file', at: 5 } as const
    return { last: refused, refused }
  }
  const ejected = { ...ENDPOINT, address: 'a:1', health: 'ejected', reason: 'connect-failure', until: 1e12 }
  state.upstreams = async () => ({ upstreams: [{ ...upstream('u'), endpoints: [ejected] }] })
  await until(() => watcher.ticks.length > 0)
  const [tick] = watcher.ticks as [LiveTick]
  t.ok(Math.abs(tick.point.requests - 50) < 15, `${tick.point.requests} is 50 a second`)
  t.ok(Math.abs(tick.point.failed - 10) < 3)
  t.equal(tick.point.p50, 17.5, 'in the middle of its bucket')
  t.same(tick.errors, [
    { kind: 'answer', reason: 'no-endpoint', count: 6 },
    { kind: 'passed', reason: '5xx', count: 4 },
    { kind: 'try', reason: 'connect-failure', count: 12 },
  ])
  t.same(Object.keys(tick.routes), ['users'])
  t.same(tick.standing?.refused?.errors, [problem])
  t.match(tick.upstreams, [
    { name: 'u', gone: ['b:1'], removed: false, endpoints: [{ address: 'a:1', health: 'ejected', until: 1e12 }] },
    { name: 'v', removed: true },
  ])
  t.ok((tick.upstreams[0]?.endpoints[0]?.failed ?? 0) > 5)
  t.same(tick.requests, { seen: 7, samples: [sample] })
  t.equal(asked, 20)
  await until(() => watcher.ticks.length > 1)
  t.match(watcher.ticks[1], { standing: null, topology: null, errors: [], point: { requests: 0 } })
  watcher.stop()
  await until(() => asked === 0)
  t.pass('samples are not taken any more')
})

t.test('nothing is asked while nobody watches; who comes later is told all', async (t) => {
  const { url, state } = await startAdmin(t)
  let looks = 0
  state.upstreams = async () => {
    looks++
    return { upstreams: [upstream('u', 'a:1')] }
  }
  await fetch(`${url}/ready`)
  await (await fetch(`${url}/events`, { method: 'HEAD' })).text()
  t.equal(looks, 0)
  const one = watch(t)
  await one.follow(url)
  await until(() => one.ticks.length > 0)
  const two = watch(t)
  await two.follow(url)
  await until(() => two.starts.length > 0)
  t.equal(two.starts[0]?.upstreams.length, 1)
  t.equal(two.starts[0]?.points.length, one.ticks.length, 'with what was seen so far')
  await until(() => two.ticks.length > 0)
  t.ok(looks <= one.ticks.length + 2, 'one look for all of them')
  one.stop()
  two.stop()
  await new Promise((resolve) => setTimeout(resolve, 50))
  const before = looks
  await new Promise((resolve) => setTimeout(resolve, 1300))
  t.equal(looks, before)
})

t.test('so many may watch', async (t) => {
  const { url } = await startAdmin(t, {}, { watchers: 2 })
  const watchers = [watch(t), watch(t), watch(t)]
  t.equal(await watchers[0]?.follow(url), 200)
  t.equal(await watchers[1]?.follow(url), 200)
  t.equal(await watchers[2]?.follow(url), 503)
  const refused = await fetch(`${url}/events`)
  t.equal(refused.headers.get('retry-after'), '5')
  t.match(await refused.json(), { code: 'too-many-watchers' })
  watchers[0]?.stop()
  await until(async () => (await watchers[2]?.follow(url)) === 200)
})

/** A client that asks and reads nothing. */
function deaf({ open }: Fixture): ReturnType<Fixture['open']> {
  const socket = open()
  socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n')
  socket.pause()
  return socket
}

t.test('who does not read misses messages, costs one of them, and is left in the end', async (t) => {
  const admin = await startAdmin(t, {}, { slowMs: 1500 })
  // More than the system keeps for a connection.
  const many = Array.from({ length: 3000 }, (_, i) => ({ ...ENDPOINT, address: `10.0.0.1:${i}`, reason: 'x'.repeat(10_000) }))
  admin.state.upstreams = async () => ({ upstreams: [{ ...upstream('large'), endpoints: many }] })
  const socket = deaf(admin)
  const reader = watch(t)
  await reader.follow(admin.url)
  await until(() => reader.ticks.length > 0)
  t.equal(reader.starts[0]?.upstreams[0]?.endpoints.length, many.length)
  const closed = once(socket, 'close')
  await until(() => reader.ticks.length > 3)
  socket.resume()
  await closed
  t.notOk(reader.ended, 'others are not disturbed')
})

t.test('a look that fails is followed by one that does not', async (t) => {
  const { url, state, logged } = await startAdmin(t)
  const watcher = watch(t)
  state.upstreams = () => Promise.reject(new Error('busy'))
  await watcher.follow(url)
  await until(() => logged.length > 1)
  state.upstreams = async () => ({ upstreams: [upstream('u', 'a:1')] })
  await until(() => watcher.ticks.length > 0)
  t.match(watcher.ticks[0]?.upstreams, [{ name: 'u' }])
  t.match(logged[0], 'could not look')
})

t.test('a client that leaves while it is asked who it is is not waited for', async (t) => {
  const admin = await startAdmin(t, {}, { watchers: 1 })
  for (let i = 0; i < 20; i++) {
    const socket = admin.open()
    socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\nGET /events HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(socket, 'connect')
    socket.resetAndDestroy()
  }
  const watcher = watch(t)
  await until(async () => (await watcher.follow(admin.url)) === 200)
})
