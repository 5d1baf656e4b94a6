// Several processes as one.

import t from 'tap'
import { BREAKER_STATES, type BreakerState } from '../../src/model/breaker.ts'
import { type EndpointState, sumUpstreams, type UpstreamState } from '../../src/model/upstream-state.ts'

const state = (breaker: BreakerState | null): UpstreamState[] => [
  { name: 'u', breaker, panic: false, limit: null, endpoints: [] },
]

t.test('an adaptive limit is the sum of those of the processes', async (t) => {
  const of = (...limits: (number | null)[]) =>
    sumUpstreams(limits.map((limit) => [{ name: 'u', breaker: null, panic: false, limit, endpoints: [] }]))[0]?.limit
  t.equal(of(10, 7), 17)
  t.equal(of(10, null), 10, 'one has not heard of it yet')
  t.equal(of(null, null), null)
})

t.test('a breaker is as bad as the worst of the processes', async (t) => {
  const of = (...states: (BreakerState | null)[]) => sumUpstreams(states.map(state))[0]?.breaker
  t.equal(of('closed', 'open', 'half-open'), 'open')
  t.equal(of('half-open', 'closed'), 'half-open')
  t.equal(of('closed', 'half-open'), 'half-open')
  t.equal(of(null, 'closed'), 'closed', 'one has not heard of it yet')
  t.equal(of('open', null), 'open')
  t.equal(of(null, null), null)
  t.strictSame(BREAKER_STATES.indexOf('open'), 2, 'as the metric says')
})

t.test('an endpoint is as badly off as in the process where it is worst, for as long as there', async (t) => {
  const fine: EndpointState = {
    address: 'a',
    weight: 1,
    priority: 0,
    zone: null,
    health: 'up',
    reason: null,
    until: null,
    inFlight: 1,
    latencyMs: 2,
  }
  const second = { ...fine, reason: 'its priority is 1' }
  const ejected = { ...fine, health: 'ejected', reason: 'reset', until: 5000 }
  const longer = { ...ejected, until: 9000, latencyMs: null }
  const of = (...states: EndpointState[]) =>
    sumUpstreams(states.map((endpoint) => [{ name: 'u', breaker: null, panic: false, limit: null, endpoints: [endpoint] }]))[0]
      ?.endpoints[0]
  t.strictSame(of(fine, ejected, fine), { ...ejected, inFlight: 3 })
  t.strictSame(of(longer, ejected), { ...ejected, until: 9000, inFlight: 2 })
  t.strictSame(of(second, fine), { ...second, inFlight: 2 })
  t.equal(of(second, ejected)?.reason, 'reset')
})

t.test('panic in one is panic', async (t) => {
  const of = (panic: boolean): UpstreamState[] => [{ name: 'u', breaker: null, panic, limit: null, endpoints: [] }]
  t.equal(sumUpstreams([of(false), of(true), of(false)])[0]?.panic, true)
})
