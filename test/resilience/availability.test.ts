// Who may be picked, and with which share.

import t from 'tap'
import { Endpoint } from '../../src/model/endpoint.ts'
import { type AvailabilityOptions, availability, type Standing } from '../../src/resilience/availability.ts'

const OPTIONS: AvailabilityOptions = { panic: 0.1, relieved: false, spill: 1.4, zone: null, slowStart: 0 }

function standing(address: string, changes: Partial<Standing> = {}): Standing {
  const endpoint = new Endpoint(address)
  return {
    endpoint,
    weight: 1,
    priority: 0,
    zone: null,
    out: null,
    terminating: false,
    age: Number.POSITIVE_INFINITY,
    ...changes,
  }
}

/** Shares in percent by address. */
function shares(standings: readonly Standing[], options: Partial<AvailabilityOptions> = {}): Record<string, number> {
  const { candidates } = availability(standings, { ...OPTIONS, ...options })
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0)
  return Object.fromEntries(candidates.map(({ endpoint, weight }) => [endpoint.address, Math.round((100 * weight) / total)]))
}

t.test('healthy ones, with their weights', async (t) => {
  const { candidates, panic, ramping } = availability(
    [standing('a'), standing('b', { weight: 3 }), standing('c', { weight: 0 })],
    OPTIONS,
  )
  t.same(
    candidates.map(({ endpoint, weight }) => [endpoint.address, weight]),
    [
      ['a', 1],
      ['b', 3],
    ],
  )
  t.notOk(panic)
  t.notOk(ramping)
  t.same(shares([standing('a'), standing('b', { out: 'ejected' })]), { a: 100 })
})

t.test('panic: below the share, and when none is left', async (t) => {
  const ten = Array.from({ length: 10 }, (_, i) => standing(`${i}`, i === 0 ? {} : { out: 'down' }))
  t.same(shares(ten), { 0: 100 }, 'one of ten is 10 %: not below')
  t.equal(availability(ten, { ...OPTIONS, panic: 0.2 }).panic, true)
  t.equal(Object.keys(shares(ten, { panic: 0.2 })).length, 10)
  const none = [standing('a', { out: 'down' }), standing('b', { out: 'down' })]
  t.same(shares(none), { a: 50, b: 50 })
  t.same(shares(none, { panic: 0 }), {}, 'never')
  t.same(shares([]), {})
})

t.test('priorities spill over', async (t) => {
  const level = (priority: number, names: string, out: number) =>
    [...names].map((name, i) => standing(name, { priority, out: i < out ? 'down' : null }))
  t.same(shares([...level(0, 'abcd', 0), ...level(1, 'xy', 0)]), { a: 25, b: 25, c: 25, d: 25 })
  t.same(shares([...level(0, 'abcd', 1), ...level(1, 'xy', 0)]), { b: 33, c: 33, d: 33 }, '75 % x 1.4 is enough')
  t.same(shares([...level(0, 'abcd', 2), ...level(1, 'xy', 0)]), { c: 35, d: 35, x: 15, y: 15 }, '50 % x 1.4 takes 70 %')
  t.same(shares([...level(0, 'abcd', 4), ...level(1, 'xy', 0)]), { x: 50, y: 50 })
  t.same(shares([...level(0, 'abcd', 3), ...level(1, 'xy', 0)], { spill: 0 }), { d: 100 }, 'all or nothing')
  t.same(
    shares([...level(0, 'ab', 1), ...level(1, 'xy', 1)], { spill: 0.5 }),
    { b: 50, y: 50 },
    'nobody can take the rest: in proportion',
  )
})

t.test('zones: the own one while it has enough', async (t) => {
  const near = { own: 'a', minimumShare: 0.3 }
  const one = standing('1', { zone: 'a' })
  const two = standing('2', { zone: 'b' })
  t.same(shares([one, two], { zone: near }), { 1: 100 })
  t.same(shares([one, standing('2', { zone: 'b', weight: 9 })], { zone: near }), { 1: 10, 2: 90 }, '10 % is too little')
  t.same(shares([standing('1', { zone: 'a', out: 'down' }), two], { zone: near, panic: 0 }), { 2: 100 })
})

t.test('slow start: from a tenth to the whole', async (t) => {
  const of = (age: number) => availability([standing('new', { age }), standing('old')], { ...OPTIONS, slowStart: 30_000 })
  t.same(
    of(0).candidates.map(({ weight }) => weight),
    [100, 1000],
  )
  t.same(
    of(15_000).candidates.map(({ weight }) => weight),
    [500, 1000],
  )
  t.equal(of(15_000).ramping, true)
  t.same(
    of(30_000).candidates.map(({ weight }) => weight),
    [1, 1],
  )
  t.equal(of(30_000).ramping, false)
})

t.test('terminating ones serve only when nothing else is there', async (t) => {
  t.same(shares([standing('a', { terminating: true }), standing('b')]), { b: 100 })
  t.same(shares([standing('a', { terminating: true }), standing('b', { terminating: true })]), { a: 50, b: 50 })
  const out = 'health'
  t.same(shares([standing('a', { terminating: true }), standing('b', { out })]), { a: 100 }, 'rather than one that is ill')
  t.same(shares([standing('a', { terminating: true, out }), standing('b', { out })]), { b: 100 }, 'unless it is ill itself')
  t.same(shares([standing('a', { terminating: true, out }), standing('b', { terminating: true })]), { b: 100 })
})

t.test('who is relieved by others ignores health only when nobody is healthy', async (t) => {
  const twenty = Array.from({ length: 20 }, (_, i) => standing(`${i}`, i === 0 ? {} : { out: 'down' }))
  t.match(availability(twenty, OPTIONS), { panic: true, usable: true })
  t.match(availability(twenty, { ...OPTIONS, relieved: true }), { panic: false, usable: true })
  t.same(shares(twenty, { relieved: true }), { 0: 100 })
  t.match(availability(twenty.slice(1), { ...OPTIONS, relieved: true }), { panic: true, usable: false })
  t.match(availability(twenty.slice(1), { ...OPTIONS, relieved: true, panic: 0 }), { panic: false, candidates: [] })
  t.match(availability([], OPTIONS), { usable: false })
})
