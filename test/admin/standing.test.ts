// What the dashboard makes of what it is told: how endpoints, upstreams and routes are.

import t from 'tap'
import { endpointStanding, routeStanding, type Standing, upstreamStanding } from '../../src/admin/dashboard/health.ts'
import { Recent } from '../../src/admin/dashboard/recent.ts'
import { because, listed } from '../../src/admin/dashboard/words.ts'

t.test('what failed just now', async (t) => {
  const recent = new Recent()
  const tick = (at: number, all: number, failed: number, outcome: string | null = null) => {
    recent.note('a', all, failed, at, outcome)
    recent.turn(at)
    return recent.failing('a')
  }
  t.equal(recent.failing('a'), null)
  t.equal(tick(0, 3, 0), null)
  t.equal(recent.worked('a'), true)
  t.equal(tick(1000, 1, 1, 'reset'), 'some', 'one may be an accident')
  t.equal(recent.outcome('a'), 'reset')
  t.equal(tick(2000, 1, 1), 'some')
  t.equal(tick(3000, 0, 0), 'some')
  t.equal(tick(4000, 2, 2), 'all')
  t.equal(recent.outcome('a'), 'reset', 'the last that was told')
  t.equal(tick(5000, 2, 1), 'some', 'one worked')
  t.equal(tick(6000, 2, 2), 'some')
  t.equal(tick(8000, 2, 2), 'all')
  t.equal(recent.worked('a'), true)
  t.equal(tick(11_000, 2, 2), 'all', 'for as long as it goes on')
  t.equal(recent.worked('a'), false)
  t.equal(tick(16_000, 0, 0), 'all')
  t.equal(tick(16_001, 0, 0), null, 'forgotten')
  t.equal(tick(17_000, 1, 1), 'some', 'and begun anew')
  recent.clear()
  t.equal(recent.failing('a'), null)
})

const endpoint = (health: string, reason: string | null = null) => ({ health, reason }) as never
const upstream = (more: object = {}) => ({ breaker: null, panic: false, ...more }) as never

t.test('endpoints and upstreams', async (t) => {
  const up = endpointStanding(endpoint('up'), null)
  const some = endpointStanding(endpoint('up'), 'some')
  const dead = endpointStanding(endpoint('up'), 'all')
  const out = endpointStanding(endpoint('ejected', 'reset'), null)
  t.match(dead, { kind: 'bad', text: 'up, every try fails' })
  t.match(endpointStanding(endpoint('ejected', 'reset'), 'all'), { kind: 'bad', text: 'ejected' })
  t.match(endpointStanding(endpoint('up', 'priority'), null), { kind: 'idle' })
  for (const [all, kind, text] of [
    [[up], 'ok', '1 up'],
    [[up, up], 'ok', '2 up'],
    [[some], 'warn', 'tries fail'],
    [[dead], 'bad', 'every try fails'],
    [[dead, out], 'bad', 'every try fails'],
    [[out, out], 'bad', 'all 2 out'],
    [[out], 'bad', 'its endpoint is out'],
    [[up, out], 'warn', '1 of 2 out'],
    [[up, dead], 'warn', '1 of 2 in trouble'],
    [[], 'bad', 'no endpoints'],
  ] as [Standing[], string, string][])
    t.match(upstreamStanding(upstream(), all), { kind, text }, text)
  t.match(upstreamStanding(upstream({ panic: true }), [out, up]), { kind: 'bad', text: 'panic: 1 of 2 out' })
  t.match(upstreamStanding(upstream({ breaker: 'open' }), [up]), { kind: 'bad', text: 'breaker open' })
})

t.test('routes: by where they lead, and by what became of their requests', async (t) => {
  const upstreams = new Map<string, Standing>([
    ['well', { kind: 'ok', text: '' }],
    ['ill', { kind: 'bad', text: '' }],
  ])
  const route = (...to: string[]) =>
    ({ name: 'r', to: to.map((upstream) => ({ upstream, weight: upstream === 'none' ? 0 : 1 })) }) as never
  const served = new Recent()
  const standing = (...to: string[]) => routeStanding(route(...to), upstreams, served).text
  t.equal(standing('well'), 'ok')
  t.equal(standing('well', 'ill'), 'a part fails')
  t.equal(standing('ill'), 'nobody answers')
  t.equal(standing('none'), 'answers itself')
  served.note('r', 3, 0, 0)
  t.equal(standing('ill'), 'served all the same', 'by others, or in panic')
  served.note('r', 3, 1, 1)
  t.equal(standing('ill'), 'nobody answers')
})

t.test('words', async (t) => {
  t.equal(because('connect-failure'), 'connect-failure: it takes no connections')
  t.equal(because('answered 500'), 'answered 500')
  t.equal(because('constructor'), 'constructor')
  t.equal(listed([]), '')
  t.equal(listed(['a']), 'a')
  t.equal(listed(['a', 'b', 'c']), 'a, b and c')
  t.equal(listed(['a', 'b', 'c', 'd', 'e', 'f', 'g'], 4), 'a, b, c, d and 3 more')
})
