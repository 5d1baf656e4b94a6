// What spans are made of.

import t from 'tap'
import { traceDataOf } from '../../../src/telemetry/tracing/trace-data.ts'
import { fakeExchange } from '../../support/fake-exchange.ts'
import { record } from '../test-log.ts'

const PLACE = { traceId: 'a'.repeat(32), parentId: '', spanId: 'b'.repeat(16) }
const DECISION = {
  ...{ listener: 'web', route: null, upstream: null, endpoint: null, considered: [], filters: [], endpoints: [] },
  ...{ answer: null, notes: [], tried: [], noRetry: null },
}

t.test('the port that was asked for, or that of the listener', async (t) => {
  const port = (authority: string): number => traceDataOf(PLACE, fakeExchange({ authority }), record, DECISION).port
  for (const [authority, expected] of [
    ['a.test:81', 81],
    ['a.test:0', 0],
    ['a.test:00443', 443],
    ['a.test:65535', 65535],
    ['[::1]:82', 82],
    [':83', 83],
  ] as const)
    t.equal(port(authority), expected, authority)
  const listener = port('')
  for (const none of ['a.test', 'a.test:', '[::1]', '12345', 'a:123456', 'a:8x', ':']) t.equal(port(none), listener, none)
})

t.test('of a decision only what says something', async (t) => {
  const endpoint = { address: 'e0', weight: 1, eligible: true, why: 'can be picked' }
  const decision = {
    ...DECISION,
    considered: [{ route: 'r', why: 'it fits' }],
    filters: [{ name: 'f', effect: 'passed' }],
    endpoints: [endpoint, { ...endpoint, address: 'e1', eligible: false, why: 'its weight is 0' }],
    notes: ['n'],
  }
  const words = { route: 'it fits', notes: ['n'], filters: ['f: passed'], leftOut: ['e1: its weight is 0'], noRetry: '' }
  t.same(traceDataOf(PLACE, fakeExchange(), record, decision).decision, words)
  const nothing = { route: '', notes: [], filters: [], leftOut: [], noRetry: '' }
  t.same(traceDataOf(PLACE, fakeExchange(), record, DECISION).decision, nothing)
})
