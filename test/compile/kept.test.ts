// A configuration that takes over what stays of the one in force is the same as one that is made anew, whatever was edited before.

import t from 'tap'
import { type Compiled, type CompileEnvironment, compile } from '../../src/compile/compile.ts'
import type { Before } from '../../src/compile/kept-routes.ts'
import { LiveCounters } from '../../src/compile/live-counters.ts'
import type { GatewayConfig } from '../../src/config/model.ts'
import { normalizeConfig } from '../../src/config/parse.ts'
import { Deadlines } from '../../src/model/deadlines.ts'
import type { EndpointSpec } from '../../src/model/endpoint.ts'
import { WHOLE } from '../../src/model/quota.ts'
import type { RouteBinding, ServedListener, Snapshot } from '../../src/model/snapshot.ts'
import type { Upstream } from '../../src/model/upstream.ts'
import { withKeptParts } from '../../src/supervisor/kept-parts.ts'
import { fakeExchange } from '../support/fake-exchange.ts'

const clock = { now: () => 0, wall: () => 0 }

type Roll = (below: number) => number

/** Linear congruential: the same each time. */
function dice(seed: number): Roll {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const HOSTS = [[], ['a.test'], ['*.a.test'], ['b.test', 'a.test'], ['c.test']]
const MATCHES = [
  [],
  [{ path: { prefix: '/p' } }],
  [{ path: { prefix: '/p/q' } }, { path: { prefix: '/r/' } }],
  [{ path: { exact: '/p' }, methods: ['GET'] }],
  [{ path: { regex: '/p.*' } }],
  [{ headers: { 'x-a': '1' } }],
]
const FILTERS = [
  [],
  [{ requestHeaders: { set: { 'x-way': 'one' } } }],
  [{ rewrite: { host: 'inside.test' } }, { bodyLimit: '1KiB' }],
  [{ respond: { status: 418 } }],
]
const LABELS = [undefined, undefined, { version: 'v1' }, { version: 'v2' }]

interface Written {
  listeners: object[]
  routes: Record<string, unknown>[]
  upstreams: Record<string, Record<string, unknown>>
  zone: string
  via: string
}

function route(roll: Roll, name: string, upstreams: readonly string[]): Record<string, unknown> {
  const pick = <T>(list: readonly T[]): T => list[roll(list.length)] as T
  const to = Array.from({ length: 1 + roll(2) }, () => ({
    upstream: pick(upstreams),
    weight: 1 + roll(2),
    labels: pick(LABELS),
  }))
  return {
    name,
    hosts: pick(HOSTS),
    match: pick(MATCHES),
    filters: pick(FILTERS),
    to: to.map(({ labels, ...rest }) => (labels === undefined ? rest : { ...rest, labels })),
    timeout: { attempt: `${1 + roll(3)}s` },
    ...(roll(4) === 0 ? { listeners: ['one'] } : {}),
    ...(roll(5) === 0 ? { affinity: { cookie: 'hg' } } : {}),
    ...(roll(6) === 0 ? { retry: { attempts: roll(3) } } : {}),
    ...(roll(6) === 0 ? { mirror: { upstream: pick(upstreams), share: '10%' } } : {}),
  }
}

function upstream(roll: Roll, index: number, count: number): Record<string, unknown> {
  const after = count - 1 - index
  const discovery =
    roll(3) === 0
      ? { dns: { name: 'x.test', port: 1 } }
      : {
          static: Array.from({ length: roll(4) }, (_, i) => ({
            address: `10.0.${index}.${i + 1}:80`,
            labels: { version: `v${1 + roll(2)}` },
            zone: `z${roll(2)}`,
          })),
        }
  return {
    discovery,
    balancer: roll(3) === 0 ? 'ring-hash' : 'round-robin',
    limits: { requests: 10 + roll(3) },
    ...(roll(4) === 0 ? { protocol: 'h2' } : {}),
    ...(roll(4) === 0 ? { zone: { minimumShare: '30%' } } : {}),
    ...(after > 0 && roll(3) === 0 ? { failover: [`u${index + 1 + roll(after)}`] } : {}),
  }
}

const UPSTREAMS = 5
const NAMES = Array.from({ length: UPSTREAMS }, (_, i) => `u${i}`)

function edit(written: Written, roll: Roll, turn: number): void {
  const { routes, upstreams } = written
  const at = roll(routes.length + 1)
  switch (roll(8)) {
    case 0:
      routes.splice(at, 0, route(roll, `r${turn}`, NAMES))
      break
    case 1:
      routes.splice(at, 1)
      break
    case 2:
    case 3:
      if (routes[at] !== undefined) routes[at] = route(roll, routes[at].name as string, NAMES)
      break
    case 4: {
      const index = roll(UPSTREAMS)
      upstreams[`u${index}`] = upstream(roll, index, UPSTREAMS)
      break
    }
    case 5:
      routes.splice(roll(routes.length), 0, ...routes.splice(at, 1))
      break
    case 6:
      if (roll(2) === 0) written.zone = `z${roll(2)}`
      else written.via = `gate${roll(2)}`
      break
    case 7:
      if (written.listeners.length > 1) written.listeners.pop()
      else {
        const paths = { caseSensitive: roll(2) === 0 }
        written.listeners.push({ name: 'two', bind: '127.0.0.1:2', paths, hosts: roll(2) === 0 ? [] : ['a.test', '*.a.test'] })
      }
  }
}

function read(written: Written): GatewayConfig {
  const parsed = normalizeConfig(structuredClone({ admin: 'off', ...written }) as never)
  if ('errors' in parsed) throw new Error(parsed.errors.map(({ message }) => message).join('\n'))
  return parsed.config
}

// ---- what can be seen of a snapshot

const REQUESTS = ['a.test', 'x.a.test', 'b.test', 'c.test', ''].flatMap((host) =>
  ['/', '/p', '/P', '/p/q/x', '/pq', '/r/x'].flatMap((path) => [
    { host, path, method: 'GET', fields: '', head: '' },
    { host, path, method: 'POST', fields: 'x-a: 1\r\n', head: 'x-a: 1\r\n' },
  ]),
)

function seenBinding(binding: RouteBinding | null, subject: Parameters<typeof fakeExchange>[0]): unknown {
  if (binding === null) return null
  const { upstreams, subsets, standIns, chains, affinity, mirrors, upgrades, responses, hashes, split, duration, ...plain } =
    binding
  const x = fakeExchange(subject)
  const said = (chains?.[0]?.filters ?? []).map((filter) => filter.onRequest?.(x) ?? null)
  return {
    ...plain,
    retry: { ...plain.retry, onStatus: null, onGrpc: null, delay: null },
    upstreams: upstreams.map(({ name }) => name),
    subsets: subsets?.map((subset) => subset && [subset.upstream.name, subset.labels]) ?? null,
    standIns: standIns?.map((list) => list?.map(({ upstream, hash }) => [upstream.name, hash !== null]) ?? null) ?? null,
    chains: chains?.map((chain) => chain?.filters.map(({ name }) => name) ?? null) ?? null,
    filtered: [x.fields, x.authority, x.maxBody, said],
    affinity: affinity !== null,
    mirrors: mirrors?.map(({ upstream, share, binding }) => [upstream.name, share, binding.hashes !== null]) ?? null,
    upgrades: upgrades === null ? null : [...upgrades],
    responses: responses.map(({ upstream, route, listener }) => [listener, route, upstream]),
    hashes: hashes?.map((hash) => hash !== null) ?? null,
    split: split !== null,
  }
}

function seenListener(listener: ServedListener): unknown {
  const { name, via, detail, hosts } = listener
  const routes = REQUESTS.map((request) => seenBinding(listener.route(fakeExchange(request)), request))
  const considered = REQUESTS.map((request) =>
    listener.consider(fakeExchange(request)).map(({ value, wins, why }) => [value.name, value.prefix, wins, why()]),
  )
  return { name, via, detail, hosts, trusted: listener.trusted !== null, routes, considered }
}

function seenUpstream({ name, specs, endpoints, connectors, settings, failover, subsets, roster, budget }: Upstream): unknown {
  const pickable = (subset: Upstream['subsets'][number] | null) =>
    roster?.pickable(subset).map(({ endpoint, weight }) => [endpoint.address, weight])
  const labels = subsets.map((subset) => [subset.labels, pickable(subset)])
  return {
    name,
    specs,
    endpoints: [...endpoints.keys()],
    connectors: connectors.size,
    settings,
    failover: failover?.map((other) => other.name) ?? null,
    subsets: labels.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    pickable: pickable(null),
    zone: roster?.zone,
    // One that was needed once stays: it costs little.
    budget: budget !== null || null,
  }
}

const seen = ({ listeners, upstreams }: Snapshot) => ({
  listeners: [...listeners.values()].map(seenListener),
  upstreams: [...upstreams.values()].map(seenUpstream),
})

/** Without what an upstream keeps although nobody asks for it any more. */
const withoutBudgets = (what: ReturnType<typeof seen>) => ({
  ...what,
  upstreams: what.upstreams.map((each) => ({ ...(each as object), budget: null })),
})

function environment(counters: LiveCounters, changes: Partial<CompileEnvironment>): CompileEnvironment {
  return {
    id: 'id1',
    deadlines: new Deadlines(clock),
    random: () => 0.5,
    part: WHOLE,
    counters,
    access: null,
    sets: new Map(),
    ...changes,
  }
}

function apply(compiled: Compiled): Snapshot {
  for (const plan of compiled.plans) plan.apply()
  return compiled.snapshot
}

const found = (roll: Roll): readonly EndpointSpec[] =>
  Array.from({ length: 1 + roll(3) }, (_, i) => ({ address: `10.9.${roll(3)}.${i}:1`, weight: 1 + roll(2) }))

t.test('any edits, one after the other', async (t) => {
  for (let seed = 1; seed <= 40; seed++) {
    const roll = dice(seed)
    const counters = new LiveCounters()
    const written: Written = {
      listeners: [{ name: 'one', bind: '127.0.0.1:1' }],
      routes: Array.from({ length: 4 }, (_, i) => route(roll, `r-${i}`, NAMES)),
      upstreams: Object.fromEntries(NAMES.map((name, i) => [name, upstream(roll, i, UPSTREAMS)])),
      zone: 'z0',
      via: 'gate',
    }
    const sets = new Map<string, readonly EndpointSpec[]>()
    let current: Snapshot | null = null
    let before: Before | null = null
    for (let turn = 0; turn < 25; turn++) {
      if (turn > 0) for (let edits = roll(3); edits >= 0; edits--) edit(written, roll, turn * 10 + edits)
      if (roll(3) === 0) sets.set(NAMES[roll(UPSTREAMS)] as string, found(roll))
      const given: GatewayConfig = read(written)
      const config: GatewayConfig = withKeptParts(given, before?.config ?? null)
      const compiled: Compiled = compile(config, current, environment(counters, { sets, before }))
      // One that is thrown away leaves nothing behind.
      if (roll(4) === 0) {
        compile(read({ ...written, zone: 'elsewhere' }), current, environment(counters, { sets, before }))
      }
      const snapshot = apply(compiled)
      const fresh = apply(compile(given, null, environment(new LiveCounters(), { sets })))
      const [have, want] = [withoutBudgets(seen(snapshot)), withoutBudgets(seen(fresh))]
      if (JSON.stringify(have) !== JSON.stringify(want)) {
        t.strictSame(have, want, `seed ${seed}, turn ${turn}`)
        return
      }
      current = snapshot
      before = { config, kept: compiled.kept }
      counters.settle(turn)
    }
  }
})

// ---- what stays

function two(changes: { route?: object; upstream?: object; top?: object } = {}): Written {
  return {
    listeners: [{ name: 'one', bind: '127.0.0.1:1' }],
    routes: [
      { name: 'kept', hosts: ['a.test'], to: 'u0', filters: [{ requestHeaders: { set: { 'x-a': '1' } } }] },
      { name: 'other', hosts: ['b.test'], to: 'u1', ...changes.route },
    ],
    upstreams: {
      u0: { discovery: { static: ['10.0.0.1:1'] } },
      u1: { discovery: { static: ['10.0.0.2:1'] }, ...changes.upstream },
    },
    zone: 'z0',
    via: 'gate',
    ...changes.top,
  }
}

function step(written: Written, from: { before: Before; snapshot: Snapshot } | null, counters: LiveCounters) {
  const config = withKeptParts(read(written), from?.before.config ?? null)
  const before = from?.before ?? null
  const compiled = compile(config, from?.snapshot ?? null, environment(counters, { before }))
  return { snapshot: apply(compiled), before: { config, kept: compiled.kept }, plans: compiled.plans }
}

const bindingOf = ({ snapshot }: { snapshot: Snapshot }, host: string): RouteBinding | null =>
  snapshot.listeners.get('one')?.route(fakeExchange({ host })) ?? null

t.test('what a change does not touch is the same object', async (t) => {
  const counters = new LiveCounters()
  const first = step(two(), null, counters)
  const [kept, other] = [bindingOf(first, 'a.test'), bindingOf(first, 'b.test')]
  t.equal(first.plans.length, 2)

  const same = step(two(), first, counters)
  t.equal(same.plans.length, 0)
  t.equal(bindingOf(same, 'b.test'), other)

  const route = step(two({ route: { timeout: { attempt: '7s' } } }), same, counters)
  t.equal(bindingOf(route, 'a.test'), kept)
  t.match(bindingOf(route, 'b.test'), { attemptTimeout: 7000 })
  t.equal(route.plans.length, 0, 'no upstream')

  const upstream = step(two({ route: { timeout: { attempt: '7s' } }, upstream: { protocol: 'h2' } }), route, counters)
  t.equal(bindingOf(upstream, 'a.test'), kept)
  t.equal(bindingOf(upstream, 'b.test')?.upgrades, null, 'a route goes by what its upstreams say')
  t.strictSame(
    upstream.plans.map(({ upstream: { name } }) => name),
    ['u1'],
  )
  const relieved = step(two({ upstream: { failover: ['u0'] } }), upstream, counters)
  t.equal(bindingOf(relieved, 'a.test'), kept)
  t.not(bindingOf(relieved, 'b.test')?.standIns, null)
  const dead = two({ upstream: { failover: ['u0'] } })
  dead.upstreams.u0 = { discovery: { static: ['10.0.0.1:1'] }, balancer: 'ring-hash' }
  const hashing = step(dead, relieved, counters)
  t.not(bindingOf(hashing, 'b.test')?.standIns?.[0]?.[0]?.hash, null, 'and by what those say that stand in')
})

t.test('counters of what stays are in use', async (t) => {
  const counters = new LiveCounters()
  let now = 0
  let state = step(two(), null, counters)
  counters.settle(now)
  const duration = bindingOf(state, 'a.test')?.duration
  for (let i = 0; i < 3; i++) {
    now += 3_600_001
    state = step(two({ route: { timeout: { attempt: `${i + 1}s` } } }), state, counters)
    counters.settle(now)
  }
  t.ok([...counters.allRoutes()].some((each) => each.name === 'kept' && each.duration === duration))
  t.equal(bindingOf(state, 'a.test')?.duration, duration)
  t.ok([...counters.allResponses()].some(({ route }) => route === 'kept'))
})
