// Who may be picked while health checks, ejection, slow start, zones and levels all have their say, on a clock turned by hand.

import t from 'tap'
import { UpstreamCounters } from '../../src/model/counters.ts'
import { Deadlines } from '../../src/model/deadlines.ts'
import { Endpoint, type EndpointSpec } from '../../src/model/endpoint.ts'
import { HealthBook, type HealthState } from '../../src/model/health.ts'
import { Subset } from '../../src/model/subset.ts'
import type { Upstream } from '../../src/model/upstream.ts'
import { Roster, type RosterSettings } from '../../src/resilience/roster.ts'

const UP: HealthState = { up: true, steady: true, reason: '' }
const SHAKY: HealthState = { up: true, steady: false, reason: '' }
const DOWN: HealthState = { up: false, steady: false, reason: 'status 503' }

const EJECTION = {
  consecutiveErrors: 5,
  errorPercent: 50,
  minimumRequests: 20,
  window: 10_000,
  latencyFactor: null,
  baseTime: 60_000,
  maxTime: 300_000,
  maxPercent: 50,
  on: new Set(['reset', 'connect-failure', '503']),
}

const SETTINGS: RosterSettings = {
  availability: { panic: 0.1, relieved: false, spill: 1.4, zone: null, slowStart: 0 },
  ejection: EJECTION,
  health: { check: 'c', initial: SHAKY, confirmedAfter: 11_000 },
}

function upstream(list: readonly (string | EndpointSpec)[], changes: Partial<RosterSettings> = {}, wanted: object = {}) {
  const clock = { time: 1000, now: () => clock.time, wall: () => 1e12 + clock.time }
  const deadlines = new Deadlines(clock)
  const book = new HealthBook()
  const roster = new Roster(
    deadlines,
    new UpstreamCounters(),
    () => false,
    (check, address) => book.stateOf('u', check, address),
  )
  const subset = new Subset({ relieved: false, breaker: null } as Upstream, wanted as never)
  const all = new Map<string, Endpoint>()
  let shares = ''
  let ofSubset = ''
  const adopt = (specs: readonly (string | EndpointSpec)[], more: Partial<RosterSettings> = changes): void => {
    const full = specs.map((spec) => (typeof spec === 'string' ? { address: spec, weight: 1 } : spec))
    const endpoints = new Map(full.map(({ address }) => [address, all.get(address) ?? new Endpoint(address)]))
    for (const [address, endpoint] of endpoints) all.set(address, endpoint)
    const members = { specs: full, endpoints, subsets: [subset] }
    const settings = { ...SETTINGS, ...more }
    const show = (shown: ReturnType<Roster['preview']>): void => {
      const texts = shown.map(({ candidates }) =>
        candidates.map(({ endpoint, weight }) => `${endpoint.address}${weight === 1 ? '' : `*${weight}`}`).join(' '),
      )
      shares = texts[0] as string
      ofSubset = texts[1] as string
    }
    const shown = roster.preview(settings, members)
    roster.adopt(settings, members, shown, show)
    show(shown)
  }
  adopt(list)
  return {
    roster,
    subset,
    adopt,
    endpoint: (address: string) => all.get(address) as Endpoint,
    in: () => shares,
    inSubset: () => ofSubset,
    health(states: Readonly<Record<string, HealthState>>, check = 'c'): void {
      book.update('u', { check, states: new Map(Object.entries(states)) })
      roster.probed(Object.keys(states))
    },
    fail(address: string, outcome: 'reset' | 'ok' = 'reset', status = 0): void {
      roster.record(all.get(address) as Endpoint, outcome, status, 1, clock.time)
    },
    run(ms: number): void {
      for (const end = clock.time + ms; clock.time < end; ) {
        clock.time += 50
        deadlines.turn()
      }
    },
  }
}

t.test('down and up again', async (t) => {
  const u = upstream(['a', 'b'])
  u.health({ a: DOWN })
  t.equal(u.in(), 'b')
  t.same(u.roster.stateOf(u.endpoint('a')), { up: false, health: 'unhealthy', reason: 'status 503', until: null })
  u.health({ a: { ...DOWN, reason: 'connection refused' } })
  t.equal(u.roster.stateOf(u.endpoint('a')).reason, 'connection refused')
  u.health({ a: UP })
  t.equal(u.in(), 'a b')
  u.health({ a: DOWN }, 'other settings')
  t.equal(u.in(), 'a b')
})

t.test('nobody is ejected while active checks keep all the others out', async (t) => {
  const u = upstream(['a', 'b'])
  u.health({ b: DOWN })
  u.fail('a')
  t.equal(u.in(), 'a', 'there is nobody who could take its place')
  u.health({ b: UP })
  u.fail('a')
  t.equal(u.in(), 'b')
})

t.test('many of very many: gone at once, but not drawn up anew for each of them', async (t) => {
  const addresses = Array.from({ length: 2000 }, (_, i) => `e${i}`)
  const u = upstream(addresses)
  let drawn = 0
  const preview = u.roster.preview.bind(u.roster)
  u.roster.preview = (...given) => {
    drawn++
    return preview(...given)
  }
  u.run(1000)
  u.fail('e0')
  t.notMatch(u.in(), /^e0 /)
  for (let i = 1; i < 500; i++) u.fail(`e${i}`)
  t.equal(drawn, 1)
  u.run(150)
  t.ok(u.in().startsWith('e500 e501 '))
  t.ok(drawn <= 3, `${drawn}`)
  u.run(61_000)
  t.ok(u.in().startsWith('e0 e1 '), 'and they come back')
  const few = upstream(addresses.slice(0, 999))
  for (let i = 0; i < 5; i++) few.fail(`e${i}`)
  t.ok(few.in().startsWith('e5 '), 'few are at once')
})

t.test('good probes that go on end an ejection for a reset, after as long as enough of them take', async (t) => {
  const u = upstream(['a', 'b'])
  u.health({ a: UP, b: UP })
  u.fail('a')
  t.equal(u.in(), 'b')
  u.run(10_900)
  t.equal(u.in(), 'b')
  u.run(300)
  t.equal(u.in(), 'a b')
})

t.test('when one of them fails meanwhile it counts from the next good row', async (t) => {
  const u = upstream(['a', 'b'])
  u.health({ a: UP, b: UP })
  u.fail('a')
  u.run(5000)
  u.health({ a: SHAKY })
  u.run(10_000)
  t.equal(u.in(), 'b', 'the time is over, but they were not all good')
  u.health({ a: UP })
  t.equal(u.in(), 'a b')
})

t.test('ejected and unhealthy: both have to end, in whichever order', async (t) => {
  const u = upstream(['a', 'b'])
  for (let i = 0; i < 5; i++) u.fail('a', 'ok', 503)
  u.health({ a: DOWN })
  t.equal(u.roster.stateOf(u.endpoint('a')).health, 'unhealthy')
  u.health({ a: UP })
  t.equal(u.in(), 'b', 'errors in a row end by time alone')
  t.match(u.roster.stateOf(u.endpoint('a')), { health: 'ejected', reason: 'consecutive-errors' })
  u.health({ a: DOWN })
  u.run(61_000)
  t.equal(u.in(), 'b')
  u.health({ a: UP })
  t.equal(u.in(), 'a b')
})

t.test('without health checks nothing ends an ejection but time', async (t) => {
  const u = upstream(['a', 'b'], { health: null })
  u.fail('a')
  u.run(59_000)
  t.equal(u.in(), 'b')
  u.run(1200)
  t.equal(u.in(), 'a b')
})

t.test('slow start begins when it is well, not when it came', async (t) => {
  const u = upstream(['a', 'b'], { availability: { ...SETTINGS.availability, slowStart: 10_000 } })
  u.adopt(['a', 'b', 'c'])
  t.equal(u.in(), 'a*1000 b*1000 c*100')
  u.health({ c: DOWN })
  u.run(20_000)
  t.equal(u.in(), 'a b')
  u.health({ c: UP })
  t.equal(u.in(), 'a*1000 b*1000 c*100')
  u.run(5200)
  t.match(u.in(), /^a\*1000 b\*1000 c\*[45]\d\d$/)
  u.run(6000)
  t.equal(u.in(), 'a b c')
})

t.test('initial: down is out until the first good probe, and then starts slowly', async (t) => {
  const availability = { ...SETTINGS.availability, slowStart: 10_000 }
  const initial = { up: false, steady: false, reason: 'not probed yet' }
  const u = upstream(['a', 'b'], { availability, health: { check: 'c', initial, confirmedAfter: 1 } })
  t.equal(u.in(), 'a b', 'nobody is known: panic')
  t.equal(u.roster.panic, true)
  u.health({ a: UP })
  t.equal(u.roster.panic, false)
  t.equal(u.in(), 'a*100')
})

t.test('panic: too few are well', async (t) => {
  const names = Array.from({ length: 11 }, (_, i) => `e${i}`)
  const u = upstream(names)
  u.health(Object.fromEntries(names.slice(1).map((name) => [name, DOWN])))
  t.equal(u.in(), names.join(' '))
  t.equal(u.roster.panic, true)
  u.health({ e1: UP })
  t.equal(u.in(), 'e0 e1')
  t.equal(u.roster.panic, false)
})

t.test('levels: the next one takes over as endpoints of the first fall ill', async (t) => {
  const second = (address: string): EndpointSpec => ({ address, weight: 1, priority: 1 })
  const u = upstream(['a', 'b', second('x'), second('y')])
  t.equal(u.in(), 'a b')
  u.health({ a: DOWN })
  t.equal(u.in(), 'b*70000 x*15000 y*15000', '50 % x 1.4 is taken by the first')
  u.health({ b: DOWN })
  t.equal(u.in(), 'x y')
  u.health({ b: UP, a: UP })
  t.equal(u.in(), 'a b')
})

t.test('zones: by what is well there', async (t) => {
  const at = (address: string, zone: string): EndpointSpec => ({ address, weight: 1, zone })
  const zone = { own: 'near', minimumShare: 0.3 }
  const u = upstream([at('a', 'near'), at('b', 'near'), at('c', 'far'), at('d', 'far'), at('e', 'far')], {
    availability: { ...SETTINGS.availability, zone },
  })
  t.equal(u.roster.zone, 'near')
  t.equal(u.in(), 'a b')
  u.health({ a: DOWN })
  t.equal(u.in(), 'b c d e', 'one of four is less than 30 %')
  u.health({ c: DOWN })
  t.equal(u.in(), 'b', 'one of three is more')
  u.health({ b: DOWN })
  t.equal(u.in(), 'd e')
})

t.test('spare: somebody who is well and was not tried, wherever it is', async (t) => {
  const spec = (address: string, more: Partial<EndpointSpec>): EndpointSpec => ({ address, weight: 1, ...more })
  const u = upstream(
    [
      'a',
      spec('far', { zone: 'far' }),
      spec('second', { priority: 1 }),
      spec('ill', {}),
      spec('leaving', { terminating: true }),
      spec('none', { weight: 0 }),
      spec('v2', { priority: 2, labels: { version: 'v2' } }),
    ],
    {},
    { version: 'v2' },
  )
  u.health({ ill: DOWN })
  const tried: Endpoint[] = []
  const order: string[] = []
  for (let next = u.roster.spare(tried, null); next !== null; next = u.roster.spare(tried, null)) {
    order.push(next.address)
    tried.push(next)
  }
  t.same(order, ['a', 'far', 'second', 'v2'])
  t.equal(u.roster.spare([], u.subset)?.address, 'v2')
  t.equal(u.roster.spare([u.endpoint('v2')], u.subset), null)
  u.endpoint('a').inFlight = 3
  t.equal(u.roster.spare([], null)?.address, 'far', 'who has less to do')
})

t.test('subsets: a choice, a panic and a health of their own', async (t) => {
  const v2 = (address: string): EndpointSpec => ({ address, weight: 1, labels: { version: 'v2', more: 'x' } })
  const u = upstream(['a', 'b', v2('c'), v2('d')], {}, { version: 'v2' })
  t.equal(u.inSubset(), 'c d')
  t.same([u.subset.usable, u.subset.panic], [true, false])
  u.health({ c: DOWN })
  t.equal(u.inSubset(), 'd')
  u.health({ d: DOWN })
  t.equal(u.inSubset(), 'c d')
  t.same([u.subset.usable, u.subset.panic, u.roster.panic], [false, true, false])
  t.equal(u.in(), 'a b')
  u.adopt(['a', 'b'])
  t.equal(u.inSubset(), '')
  t.same([u.subset.usable, u.subset.panic], [false, false])
})

t.test('an endpoint that comes back under its address is a new one', async (t) => {
  const u = upstream(['a', 'b'])
  u.health({ a: DOWN })
  u.adopt(['b'])
  u.health({ a: DOWN })
  t.equal(u.in(), 'b')
  u.adopt(['a', 'b'], { health: null })
  t.equal(u.in(), 'a b')
})

t.test('whom sessions may stay on: health first, then nothing but labels', async (t) => {
  const v1 = { labels: { v: '1' } }
  const spec = (address: string, more: object = {}): EndpointSpec => ({ address, weight: 1, ...more })
  const list = (more: object = {}) => [
    spec('a', v1),
    spec('later', { ...v1, priority: 1 }),
    spec('empty', { ...v1, weight: 0 }),
    spec('other'),
    spec('leaving', { terminating: true, ...more }),
  ]
  const u = upstream(list(), {}, { v: '1' })
  const kept = (subset: Subset | null = null): string =>
    ['a', 'later', 'empty', 'other', 'leaving'].filter((address) => u.roster.keeps(u.endpoint(address), subset)).join(' ')
  t.equal(kept(), 'a later empty other')
  t.equal(kept(u.subset), 'a later empty')
  t.strictSame(
    u.roster.pickable(null).map(({ endpoint }) => endpoint.address),
    ['a', 'other'],
  )
  t.strictSame(
    u.roster.pickable(u.subset).map(({ endpoint }) => endpoint.address),
    ['a'],
  )
  t.equal(u.roster.pickable(null), u.roster.pickable(null))
  u.health({ later: DOWN })
  u.fail('a')
  t.equal(kept(), 'empty other')
  u.health({ later: UP, a: UP })
  u.run(12_000)
  t.equal(kept(), 'a later empty other')
  u.health({ a: DOWN, later: DOWN, other: DOWN })
  t.equal(kept(), 'empty leaving', 'what is being taken away, when nobody else of those who are asked is well')
  u.health({ leaving: DOWN })
  t.equal(kept(), 'a later empty other leaving', 'nobody is: health is ignored')
  u.health({ a: UP, later: UP, other: UP, leaving: UP })
  u.adopt(list(v1).map((each) => ({ ...each, terminating: true })))
  t.equal(kept(u.subset), 'a leaving', 'all are taken away: those who are asked are kept')
})
