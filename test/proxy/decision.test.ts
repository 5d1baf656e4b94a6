// Which endpoints a decision names, however much can be said without looking at each.

import t from 'tap'
import type { AttemptRecord } from '../../src/model/access-record.ts'
import type { Endpoint } from '../../src/model/endpoint.ts'
import type { EndpointRoster, Standing } from '../../src/model/roster.ts'
import type { Upstream } from '../../src/model/upstream.ts'
import { decisionOf } from '../../src/proxy/decision.ts'
import { fakeExchange } from '../support/fake-exchange.ts'

const UP: Standing = { up: true, health: 'up', reason: '', until: null }
const ENDING: Standing = { up: false, health: 'terminating', reason: 'discovery', until: null }
const SICK: Standing = { up: false, health: 'unhealthy', reason: 'probe', until: null }

interface Told {
  readonly standings: readonly Standing[]
  readonly picked?: readonly number[]
  readonly panic?: boolean
  readonly usable?: boolean
  readonly tried: readonly string[]
}

function named({ standings, picked, panic = false, usable = true, tried }: Told): string[] {
  const specs = standings.map((_, i) => ({ address: `e${i}`, weight: 1 }))
  const endpoints = new Map(
    specs.map(({ address }) => [address, { address, unreachable: address === 'e1' ? 'GONE' : '' } as Endpoint]),
  )
  const roster = {
    zone: null,
    panic,
    usable,
    pickable: () => (picked ?? [...specs.keys()]).map((i) => ({ endpoint: endpoints.get(`e${i}`), weight: 1 })),
    stateOf: ({ address }: Endpoint) => standings[Number(address.slice(1))],
  } as unknown as EndpointRoster
  const upstream = { name: 'u', roster, specs, endpoints, settings: {}, breaker: null } as unknown as Upstream
  const attempts = tried.map((endpoint) => ({ endpoint, outcome: 'ok', status: 200, reason: '' }) as AttemptRecord)
  const { endpoints: told } = decisionOf(fakeExchange({ upstream, attempts: tried.length === 0 ? null : attempts }))
  return told.map(({ address, weight, eligible, why }) => `${address} ${weight} ${eligible} ${why}`)
}

t.test('all are well: those that were tried', async (t) => {
  t.same(named({ standings: [UP, UP, UP], tried: ['e2'] }), ['e2 1 true can be picked'])
  t.same(named({ standings: [UP, UP], tried: ['e1'] }), ['e1 1 true can be picked; the last connection failed: GONE'])
  t.same(named({ standings: [UP, UP], tried: [] }), [])
  t.same(named({ standings: [UP, UP], tried: ['elsewhere'] }), [])
  t.same(named({ standings: [UP, UP, UP], tried: ['e2', 'e0'] }), ['e0 1 true can be picked', 'e2 1 true can be picked'])
})

t.test('all can be picked, and not all are well', async (t) => {
  const told = ['e0 1 true can be picked', 'e1 1 true can be picked; the last connection failed: GONE']
  t.same(named({ standings: [UP, SICK], panic: true, tried: ['e0'] }), told, 'health is ignored')
  t.same(named({ standings: [SICK, SICK], usable: false, tried: ['e0'] }), told, 'nobody is')
  t.same(named({ standings: [ENDING, ENDING], tried: [] }), told, 'all are being taken away')
})

t.test('one cannot be picked', async (t) => {
  t.same(named({ standings: [UP, UP, SICK], picked: [0, 1], tried: ['e0'] }), [
    'e0 1 true can be picked',
    'e2 1 false unhealthy: probe',
  ])
})
