// Several processes as one.

import t from 'tap'
import { BREAKER_STATES, type BreakerState } from '../../src/model/breaker.ts'
import { sumUpstreams, type UpstreamState } from '../../src/model/upstream-state.ts'

const state = (breaker: BreakerState | null): UpstreamState[] => [{ name: 'u', breaker, limit: null, endpoints: [] }]

t.test('an adaptive limit is the sum of those of the processes', async (t) => {
  const of = (...limits: (number | null)[]) =>
    sumUpstreams(limits.map((limit) => [{ name: 'u', breaker: null, limit, endpoints: [] }]))[0]?.limit
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
