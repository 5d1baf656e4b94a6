// The parts of what the dashboard is told, each on its own.

import t from 'tap'
import { Audience } from '../../src/admin/live/audience.ts'
import { quantileOf } from '../../src/admin/live/durations.ts'
import { Growth } from '../../src/admin/live/growth.ts'
import { matchInWords } from '../../src/admin/live/match-words.ts'
import { topologyOf } from '../../src/admin/live/topology.ts'
import { UpstreamChanges } from '../../src/admin/live/upstream-changes.ts'
import { normalizeConfig } from '../../src/config/parse.ts'
import { DURATION_BUCKETS } from '../../src/model/counters.ts'
import type { EndpointState, UpstreamState } from '../../src/model/upstream-state.ts'
import { Series } from '../../src/telemetry/series.ts'
import { startAdmin } from './fixture.ts'

const NO_TRIES = new Map()

function endpoint(address: string, more: Partial<EndpointState> = {}): EndpointState {
  const up = { weight: 1, priority: 0, zone: null, health: 'up', reason: null, until: null, inFlight: 0, latencyMs: null }
  return { ...up, address, ...more }
}

function upstream(endpoints: readonly EndpointState[], more: Partial<UpstreamState> = {}): UpstreamState {
  return { name: 'u', breaker: null, panic: false, limit: null, endpoints, ...more }
}

t.test('upstreams: only what changed, and once', async (t) => {
  const changes = new UpstreamChanges()
  const told = (states: UpstreamState[], tries = NO_TRIES) =>
    changes.next(states, tries).map(({ endpoints, gone, removed }) => [endpoints.map(({ address }) => address), gone, removed])
  t.same(told([upstream([endpoint('a'), endpoint('b')])]), [[['a', 'b'], [], false]])
  t.same(told([upstream([endpoint('a'), endpoint('b')])]), [])
  t.same(told([upstream([endpoint('a'), endpoint('b', { inFlight: 2 })])]), [[['b'], [], false]])
  t.same(told([upstream([endpoint('a')])]), [[[], ['b'], false]])
  t.same(told([upstream([endpoint('a')])]), [], 'who is gone is gone once')
  t.same(told([upstream([endpoint('a')], { breaker: 'open' })]), [[[], [], false]])
  t.same(told([upstream([endpoint('a')], { breaker: 'open' })], new Map([['u a', { all: 3, failed: 1, outcome: 'reset' }]])), [
    [['a'], [], false],
  ])
  t.same(changes.all()[0]?.endpoints, [{ ...endpoint('a'), tries: 3, failed: 1, outcome: 'reset' }])
  t.same(told([]), [[[], [], true]])
  t.same(told([]), [])
  t.same(changes.all(), [])
})

t.test('upstreams: an end that is worked out anew is no news, another end is', async (t) => {
  const changes = new UpstreamChanges()
  const out = (until: number) => [upstream([endpoint('a', { health: 'ejected', reason: 'reset', until })])]
  changes.next(out(10_000), NO_TRIES)
  t.same(changes.next(out(10_040), NO_TRIES), [])
  t.equal(changes.next(out(20_000), NO_TRIES).length, 1)
})

t.test('upstreams: health at once, numbers of thousands in turns', async (t) => {
  const changes = new UpstreamChanges()
  const at = (inFlight: number, health = 'up') =>
    upstream(Array.from({ length: 1800 }, (_, i) => endpoint(`e${i}`, { inFlight, ...(i === 1799 ? { health } : {}) })))
  const next = (state: UpstreamState) => changes.next([state], NO_TRIES)[0]?.endpoints.map(({ address }) => address) ?? []
  t.equal(next(at(0)).length, 1800, 'new ones')
  const first = next(at(1, 'ejected'))
  t.equal(first.length, 501)
  t.equal(first.at(-1), 'e1799', 'who is out is told before the numbers of others')
  const seen = new Set(first)
  for (let i = 2; i < 6; i++) for (const address of next(at(i, 'ejected'))) seen.add(address)
  t.equal(seen.size, 1800, 'everybody has a turn while all change each time')
})

t.test('growth: what was there before is not counted, what comes later is', async (t) => {
  const growth = new Growth()
  const tick = (series: Series[]) => {
    const grown: number[] = []
    growth.tick(series, (_, by) => grown.push(by))
    return grown
  }
  const one = Object.assign(new Series({ a: '1' }), { value: 100 })
  t.same(tick([one]), [])
  one.value = 105
  const two = Object.assign(new Series({ a: '2' }), { value: 3 })
  t.same(tick([one, two]), [5, 3])
  t.same(tick([one, two]), [])
})

t.test('quantiles', async (t) => {
  const counts = (...pairs: [number, number][]) => {
    const all = new Array<number>(DURATION_BUCKETS.length + 1).fill(0)
    for (const [bucket, count] of pairs) all[bucket] = count
    return all
  }
  t.equal(quantileOf(counts(), 0.5), null)
  t.equal(quantileOf(counts([0, 10]), 0.5), 0.25)
  t.equal(quantileOf(counts([0, 90], [7, 10]), 0.9), 0.5, 'the end of a bucket')
  t.equal(quantileOf(counts([0, 90], [7, 10]), 0.95), 75)
  t.equal(quantileOf(counts([DURATION_BUCKETS.length, 5]), 0.5), 60_000, 'longer than all buckets')
})

t.test('topology: names, and what routes ask for in words, without secrets', async (t) => {
  const parsed = normalizeConfig({
    listeners: [
      { name: 'web', bind: '127.0.0.1:0' },
      { name: 'raw', bind: '127.0.0.1:1', protocol: 'tcp' },
    ],
    routes: [
      {
        name: 'a',
        hosts: ['a.example'],
        match: [
          { path: { prefix: '/v1/' }, methods: ['GET', 'POST'], headers: { authorization: 'Bearer hush', 'x-env': 'canary' } },
          { path: { regex: '/x.*' }, query: { access_token: 'hush', q: { present: true } }, cookies: { beta: '1' } },
        ],
        to: [
          { upstream: 'u', weight: 9 },
          { upstream: 'v', weight: 1 },
        ],
      },
      { name: 'b', listeners: ['raw'], to: 'u' },
    ],
    upstreams: { u: { discovery: { static: ['127.0.0.1:1'] } }, v: { discovery: { static: ['127.0.0.1:1'] } } },
  } as never)
  if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors))
  const { listeners, routes } = parsed.config
  const addresses = [{ listener: 'web', bind: '127.0.0.1:0', address: '127.0.0.1:4711' }]
  t.same(topologyOf({ key: '', listeners, routes, addresses }), {
    listeners: [
      { name: 'web', protocol: 'http', addresses: ['127.0.0.1:4711'] },
      { name: 'raw', protocol: 'tcp', addresses: ['127.0.0.1:1'] },
    ],
    routes: [
      {
        name: 'a',
        listeners: ['web'],
        hosts: ['a.example'],
        match: [
          'GET, POST /v1/* with header authorization = *** and header x-env = canary',
          '~ /x.* with query access_token = *** and query q present and cookie beta = 1',
        ],
        filters: [],
        to: [
          { upstream: 'u', weight: 9 },
          { upstream: 'v', weight: 1 },
        ],
      },
      { name: 'b', listeners: ['raw'], hosts: [], match: [], filters: [], to: [{ upstream: 'u', weight: 1 }] },
    ],
  })
  const nothing = { path: null, methods: [], headers: [], query: [], cookies: [] }
  t.equal(matchInWords(nothing), 'every request')
  t.equal(matchInWords({ ...nothing, path: { type: 'exact', value: `/${'x'.repeat(1000)}` } }).length, 160)
})

t.test('who has left before the answer begins takes no place', async (t) => {
  const { state } = await startAdmin(t)
  const clock = { now: () => 0, wall: () => 0 }
  const audience = new Audience({ state, readOnly: false, clock, log: () => {}, limits: { watchers: 1, slowMs: 1 } })
  audience.join({ req: { socket: { destroyed: true } } } as never)
  t.notOk(audience.full)
  audience.close()
  t.ok(audience.full, 'nor does anybody who comes when it ends')
})
