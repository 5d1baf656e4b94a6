// Who is told of an exchange that is over, and what.

import t from 'tap'
import type { AccessRecord, AccessSink } from '../../src/model/access-record.ts'
import type { Decision } from '../../src/model/decision.ts'
import { account } from '../../src/proxy/account.ts'
import { fakeExchange, fakeListener } from '../support/fake-exchange.ts'

const clock = { now: () => 5, wall: () => 1_700_000_000_005 }

function sink(headers: readonly string[], decides: boolean): AccessSink & { readonly told: AccessRecord[] } {
  const told: AccessRecord[] = []
  return { told, phases: false, headers, wants: () => true, wantsDecision: () => decides, write: (record) => told.push(record) }
}

t.test('what one was told does not change for what the next ones want to know', async (t) => {
  const [access, looker] = [sink(['x-a'], false), sink([], true)]
  const traced: { readonly record: AccessRecord; readonly decision: Decision }[] = []
  const x = fakeExchange({
    listener: fakeListener({ access, onlooker: { sink: looker } }),
    head: 'GET / HTTP/1.1\r\nHost: a.test\r\nX-A: 1\r\n\r\n',
    status: 200,
    trace: {
      attemptId: () => '',
      fieldsFor: () => '',
      end: (_x, record, decision) => traced.push({ record, decision }),
    },
  })
  account(x, clock)
  account(x, clock)
  t.match(access.told, [{ status: 200, time: 1_700_000_000_000, headers: { 'x-a': '1' }, decision: null }])
  t.match(looker.told, [{ status: 200, headers: null, decision: { listener: 'web' } }])
  t.match(traced, [{ record: { status: 200 }, decision: { listener: 'web' } }])
  t.same([access.told.length, looker.told.length, traced.length], [1, 1, 1], 'once')
})
