// From a configuration to a snapshot, and from one snapshot to the next.

import t from 'tap'
import { type CompileEnvironment, compile } from '../../src/compile/compile.ts'
import { LiveCounters } from '../../src/compile/live-counters.ts'
import type { GatewayConfig } from '../../src/config/model.ts'
import { normalizeConfig } from '../../src/config/parse.ts'
import { Deadlines } from '../../src/model/deadlines.ts'
import { type Part, WHOLE } from '../../src/model/quota.ts'
import type { Snapshot } from '../../src/model/snapshot.ts'
import { fakeExchange } from '../support/fake-exchange.ts'
import { configOf } from '../support/gateway.ts'

const clock = { now: () => 0, wall: () => 0 }

function environment(changes: Partial<CompileEnvironment> = {}): CompileEnvironment {
  return {
    id: 'id1',
    deadlines: new Deadlines(clock),
    random: () => 0.5,
    part: WHOLE,
    counters: new LiveCounters(),
    access: null,
    sets: new Map(),
    ...changes,
  } as CompileEnvironment
}

function config(...args: Parameters<typeof configOf>): GatewayConfig {
  const parsed = normalizeConfig({ admin: 'off', ...configOf(...args) })
  if ('errors' in parsed) throw new Error(parsed.errors.map(({ message }) => message).join('\n'))
  return parsed.config
}

/** Compiles and puts it into force. */
function apply(written: GatewayConfig, current: Snapshot | null, using: CompileEnvironment): Snapshot {
  const { snapshot, plans } = compile(written, current, using)
  for (const plan of plans) plan.apply()
  return snapshot
}

const ADDRESSES = ['127.0.0.1:1', '127.0.0.1:2']

t.test('what a listener serves', async (t) => {
  const using = environment()
  const written = config(ADDRESSES, {
    listener: { hosts: ['a.test'], limits: { headerCount: 7 }, clientClose: 'answer' },
    route: { match: [{ path: { prefix: '/p' } }], timeout: { request: '9s', attempt: 'off' } },
    top: { via: 'auto', trustedProxies: ['10.0.0.0/8', '2001:db8::1'], errors: { detail: 'minimal' } },
  })
  const snapshot = apply(written, null, using)
  const web = snapshot.listeners.get('web')
  if (web === undefined) return t.fail('there is no listener')
  t.match(web, { name: 'web', via: 'headgate-id1', detail: false, clientClose: 'answer', limits: { headerCount: 7 } })
  t.equal(web.servesHost?.('b.test'), false)
  t.strictSame(
    [web.trusted?.check('10.1.2.3'), web.trusted?.check('11.1.2.3'), web.trusted?.check('2001:db8::1', 'ipv6')],
    [true, false, true],
  )
  t.equal(web.route(fakeExchange({ path: '/q' })), null)
  const binding = web.route(fakeExchange({ path: '/p/q' }))
  t.match(binding, { name: 'all', split: null, requestTimeout: 9000, attemptTimeout: 0, idleTimeout: 60_000 })
  t.strictSame(binding?.upstreams, [snapshot.upstreams.get('all')])
  t.equal(web.counters, using.counters.listener('web'))
  const plain = apply(config([], { top: { via: 'off' } }), null, environment()).listeners.get('web')
  t.match(plain, { via: null, trusted: null, servesHost: null, detail: true })
})

t.test('routes of one listener', async (t) => {
  const base = config(ADDRESSES, {
    route: { listeners: ['web'] },
    top: { listeners: ['web', 'other'].map((name, i) => ({ name, bind: `127.0.0.1:${8000 + i}` })) },
  })
  const { listeners } = apply(base, null, environment())
  t.ok(listeners.get('web')?.route(fakeExchange()))
  t.equal(listeners.get('other')?.route(fakeExchange()), null)
})

t.test('weights between upstreams', async (t) => {
  const upstreams = Object.fromEntries(
    ['a', 'b', 'never'].map((name, i) => [name, { discovery: { static: [`127.0.0.1:${i + 1}`] } }]),
  )
  const to = [
    { upstream: 'a', weight: 3 },
    { upstream: 'never', weight: 0 },
    { upstream: 'b', weight: 1 },
  ]
  const written = config([], { route: { to }, top: { upstreams } })
  const binding = apply(written, null, environment()).listeners.get('web')?.route(fakeExchange())
  t.strictSame(
    binding?.upstreams.map(({ name }) => name),
    ['a', 'b'],
  )
  const chosen = [0, 0]
  for (let i = 0; i < 400; i++) {
    const index = binding?.split?.() ?? -1
    chosen[index] = (chosen[index] ?? 0) + 1
  }
  t.strictSame(chosen, [300, 100])
})

t.test("a process's share of the limits of an upstream", async (t) => {
  const limits = { requests: 10, connections: 3, pending: 5 }
  const settings = (part: Part, changed: object = limits, taken: readonly string[] = []) =>
    apply(
      config(ADDRESSES, { upstream: { limits: changed } }),
      null,
      environment({ part, taken: new Set(taken) }),
    ).upstreams.get('all')?.settings
  t.match(settings(WHOLE), { maxRequests: 10, maxConnections: 3, maxPending: 5 })
  t.match(settings({ index: 0, count: 2 }), { maxRequests: 5, maxConnections: 2, maxPending: 3 })
  t.match(settings({ index: 1, count: 2 }), { maxRequests: 5, maxConnections: 1, maxPending: 2 })
  t.match(
    settings({ index: 9, count: 100 }),
    { maxRequests: 1, maxConnections: 0, maxPending: 1 },
    'one place to wait at least',
  )
  t.match(settings({ index: 0, count: 2 }, { pending: 0 }), { maxPending: 0 })
  t.match(settings({ index: 0, count: 2 }, limits, ['all']), { maxRequests: 0, maxConnections: 0, maxPending: 1 })
})

t.test('a reload keeps the part that a process has been given', async (t) => {
  const using = environment({ part: { index: 0, count: 2 } })
  const of = (requests: number) => config(ADDRESSES, { upstream: { limits: { requests, connections: 100, pending: 10 } } })
  const first = apply(of(100), null, using)
  const upstream = first.upstreams.get('all')
  upstream?.takeQuota({ requests: 90, connections: 80, pending: 9 })
  const same = apply(of(100), first, using)
  t.match(upstream?.settings, { maxRequests: 90, maxConnections: 80, maxPending: 9 })
  const doubled = apply(of(200), same, using)
  t.match(upstream?.settings, { limits: { requests: 200 }, maxRequests: 180, maxConnections: 80, maxPending: 9 })
  upstream?.takeQuota({ requests: 100, connections: 50, pending: 5 })
  apply(of(11), doubled, using)
  t.match(upstream?.settings, { maxRequests: 6, maxConnections: 50, maxPending: 5 }, 'an even part stays an even part')
})

t.test('compiling changes nothing until it is applied', async (t) => {
  const using = environment()
  const first = apply(config(ADDRESSES), null, using)
  const upstream = first.upstreams.get('all')
  const before = { ...upstream, settings: upstream?.settings }
  compile(config(['127.0.0.1:9'], { upstream: { limits: { requests: 1 } } }), first, using)
  t.strictSame(
    [upstream?.picker === before.picker, upstream?.settings === before.settings, upstream?.endpoints === before.endpoints],
    [true, true, true],
  )
})

t.test('from one configuration to the next', async (t) => {
  const using = environment()
  const first = apply(config(ADDRESSES), null, using)
  const upstream = first.upstreams.get('all')
  const picker = upstream?.picker
  const [one, two] = [...(upstream?.endpoints.values() ?? [])]
  const connector = one === undefined ? undefined : upstream?.connectors.get(one)

  const same = apply(config(ADDRESSES, { upstream: { limits: { requests: 7 } } }), first, using)
  t.equal(same.upstreams.get('all'), upstream, 'the upstream lives on')
  t.equal(upstream?.picker, picker, 'and its picker with its turns')
  t.equal(upstream?.settings.maxRequests, 7)

  const fewer = apply(config([ADDRESSES[0] as string, '127.0.0.1:3']), same, using)
  t.not(upstream?.picker, picker)
  t.strictSame([...(upstream?.endpoints.keys() ?? [])], ['127.0.0.1:1', '127.0.0.1:3'])
  t.equal(upstream?.endpoints.get('127.0.0.1:1'), one, 'an endpoint that stays is the same')
  t.equal(one && upstream?.connectors.get(one), connector, 'with its connections')
  const picked = [1, 2, 3, 4].map(() => upstream?.picker.pick(fakeExchange()))
  t.notOk(picked.includes(two), 'one that has gone is not picked')

  const other = apply(config(ADDRESSES, { upstream: { balancer: 'first' } }), fewer, using)
  t.equal(other.upstreams.get('all')?.picker.pick(fakeExchange()), one)
  t.equal(
    apply(config([], { route: { name: 'x' } }), other, using)
      .upstreams.get('all')
      ?.picker.pick(fakeExchange()),
    null,
  )
  t.equal(apply(config([], { top: { upstreams: {}, routes: [] } }), other, using).upstreams.size, 0)
})

t.test('endpoints without weight get nothing', async (t) => {
  const written = config([], { upstream: { discovery: { static: [{ address: '127.0.0.1:1', weight: 0 }, '127.0.0.1:2'] } } })
  const upstream = apply(written, null, environment()).upstreams.get('all')
  t.equal(upstream?.endpoints.size, 2)
  for (let i = 0; i < 5; i++) t.equal(upstream?.picker.pick(fakeExchange())?.address, '127.0.0.1:2')
})
