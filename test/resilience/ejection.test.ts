// When an endpoint is left out, for how long, and how many at most. On a clock that the test turns.

import t from 'tap'
import type { Outcome } from '../../src/model/connection.ts'
import { Endpoint } from '../../src/model/endpoint.ts'
import { EjectionJudge, type EjectionOptions } from '../../src/resilience/ejection.ts'

const OPTIONS: EjectionOptions = {
  consecutiveErrors: 5,
  errorPercent: 50,
  minimumRequests: 20,
  window: 10_000,
  latencyFactor: null,
  baseTime: 10_000,
  maxTime: 60_000,
  maxPercent: 50,
  on: new Set(['connect-failure', 'connect-timeout', 'reset', 'timeout', 'protocol', '502', '503', '504']),
}

function judge(count: number, changes: Partial<EjectionOptions> = {}) {
  const clock = { at: 1000, now: () => clock.at, wall: () => clock.at }
  const endpoints = Array.from({ length: count }, (_, i) => new Endpoint(`e${i}`))
  const it = new EjectionJudge({ ...OPTIONS, ...changes }, clock)
  it.retain(endpoints)
  const times = (n: number, endpoint: Endpoint, outcome: Outcome, status: number, ms = 10) => {
    let last = null
    for (let i = 0; i < n; i++) last = it.record(endpoint, outcome, status, ms) ?? last
    return last
  }
  return { it, clock, endpoints, times }
}

t.test('a refused or reset connection is enough', async (t) => {
  for (const outcome of ['connect-failure', 'connect-timeout', 'reset'] as const) {
    const {
      it,
      endpoints: [one],
    } = judge(3)
    const ejection = it.record(one as Endpoint, outcome, 0, 1)
    t.equal(ejection?.until, 11_000, outcome)
    t.equal(it.ejectionOf(one as Endpoint), ejection)
  }
  t.equal(judge(3, { on: new Set(['503']) }).times(99, new Endpoint('x'), 'reset', 0), null, 'not a member')
})

t.test('errors in a row', async (t) => {
  const {
    times,
    endpoints: [one],
  } = judge(3)
  t.equal(times(4, one as Endpoint, 'ok', 503), null)
  t.equal(times(1, one as Endpoint, 'ok', 200), null, 'one good one starts the row anew')
  t.equal(times(4, one as Endpoint, 'timeout', 0), null)
  t.equal(times(1, one as Endpoint, 'ok', 502)?.reason, 'consecutive-errors')
})

t.test('the share of errors in a window', async (t) => {
  const {
    times,
    clock,
    endpoints: [one, two],
  } = judge(3)
  for (let i = 0; i < 9; i++) {
    times(1, one as Endpoint, 'ok', 503)
    t.equal(times(1, one as Endpoint, 'ok', 200), null)
  }
  times(1, one as Endpoint, 'ok', 200)
  t.equal(times(1, one as Endpoint, 'ok', 503)?.reason, 'error-percent', '10 of 20')
  for (let i = 0; i < 10; i++) {
    times(1, two as Endpoint, 'ok', 503)
    times(1, two as Endpoint, 'ok', 200)
    clock.at += 3000
  }
  t.equal(times(1, two as Endpoint, 'ok', 503), null, 'never twenty in one window')
})

t.test('latency beside the median of the others', async (t) => {
  const {
    times,
    endpoints: [one, two, three],
  } = judge(3, { latencyFactor: 3 })
  times(20, two as Endpoint, 'ok', 200, 10)
  times(20, three as Endpoint, 'ok', 200, 12)
  t.equal(times(20, one as Endpoint, 'ok', 200, 30), null)
  t.equal(times(40, one as Endpoint, 'ok', 200, 60)?.reason, 'latency')
})

t.test('exponential time, forgiven after a good while', async (t) => {
  const {
    it,
    clock,
    endpoints: [one],
  } = judge(3)
  const until = () => (it.record(one as Endpoint, 'reset', 0, 1)?.until ?? 0) - clock.at
  const wait = (ms: number) => {
    clock.at += ms
    return it.release(clock.at).length
  }
  t.equal(until(), 10_000)
  t.equal(wait(9999), 0)
  t.equal(wait(1), 1)
  t.equal(until(), 20_000)
  wait(20_000)
  t.equal(until(), 40_000)
  wait(40_000)
  t.equal(until(), 60_000, 'never longer than maxTime')
  wait(60_000)
  wait(200_000)
  it.record(one as Endpoint, 'ok', 200, 1)
  t.equal(until(), 10_000)
})

t.test('not more than maxPercent, but one if another stays', async (t) => {
  const { it, endpoints } = judge(10)
  const ejected = endpoints.filter((endpoint) => it.record(endpoint, 'reset', 0, 1) !== null)
  t.equal(ejected.length, 5)
  t.equal(judge(1).it.record(new Endpoint('x'), 'reset', 0, 1), null)
  const two = judge(2, { maxPercent: 10 })
  t.not(two.it.record(two.endpoints[0] as Endpoint, 'reset', 0, 1), null)
  t.equal(two.it.record(two.endpoints[1] as Endpoint, 'reset', 0, 1), null)
  const one = judge(1)
  t.equal(one.it.record(one.endpoints[0] as Endpoint, 'reset', 0, 1), null, 'the only one stays')
})

t.test('who cannot be connected to may all go where another upstream can take over', async (t) => {
  let relieved = true
  const clock = { now: () => 1000, wall: () => 1000 }
  const endpoints = [new Endpoint('a'), new Endpoint('b')]
  const [a, b] = endpoints as [Endpoint, Endpoint]
  const it = new EjectionJudge({ ...OPTIONS, maxPercent: 0 }, clock, () => relieved)
  it.retain(endpoints)
  t.not(it.record(a, 'connect-failure', 0, 1), null)
  t.equal(it.record(b, 'reset', 0, 1), null, 'it is there')
  relieved = false
  t.equal(it.record(b, 'connect-timeout', 0, 1), null)
  relieved = true
  t.not(it.record(b, 'connect-timeout', 0, 1), null)
})

t.test('good probes end an ejection for not being reachable, no other', async (t) => {
  const {
    it,
    times,
    endpoints: [one, two],
  } = judge(4)
  it.record(one as Endpoint, 'connect-failure', 0, 1)
  times(5, two as Endpoint, 'ok', 503)
  t.equal(it.forgive(one as Endpoint), true)
  t.equal(it.ejectionOf(one as Endpoint), null)
  t.equal(it.forgive(two as Endpoint), false)
})

t.test('endpoints that go are forgotten, cancelled attempts do not count', async (t) => {
  const { it, times, endpoints } = judge(4)
  t.equal(times(50, endpoints[0] as Endpoint, 'cancelled', 0), null)
  it.record(endpoints[0] as Endpoint, 'reset', 0, 1)
  it.record(endpoints[1] as Endpoint, 'reset', 0, 1)
  it.retain(endpoints.slice(1))
  t.equal(it.ejectionOf(endpoints[0] as Endpoint), null)
  t.not(it.ejectionOf(endpoints[1] as Endpoint), null)
  t.equal(it.record(endpoints[2] as Endpoint, 'reset', 0, 1), null, 'one of three is the most')
})
