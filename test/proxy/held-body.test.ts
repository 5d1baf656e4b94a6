// What is kept of bodies, against the bound of the process.

import t from 'tap'
import { buffers, SLOW_CLIENT } from '../../src/model/buffers.ts'
import type { EndpointConnection } from '../../src/model/connection.ts'
import { BODY } from '../../src/model/message.ts'
import { ProgressWatch } from '../../src/model/progress-watch.ts'
import type { RouteBinding } from '../../src/model/snapshot.ts'
import type { Upstream } from '../../src/model/upstream.ts'
import { countHeld, forgetHeld, gather, gathers, hold, holdsEnough } from '../../src/proxy/held-body.ts'
import { fakeExchange } from '../support/fake-exchange.ts'

const binding = { retry: { bodyBytes: 5000 } } as RouteBinding
const sending = {} as EndpointConnection

t.beforeEach(() => {
  buffers.limit = 10_000
  t.equal(buffers.used, 0, 'what was counted is forgotten')
})
t.teardown(() => {
  buffers.limit = Number.POSITIVE_INFINITY
})

t.test('small pieces become one', async (t) => {
  const x = fakeExchange({ binding, held: [Buffer.from('ab')], heldBytes: 2 })
  countHeld(x)
  gather(x)
  for (const piece of ['cd', 'ef']) hold(x, Buffer.from(piece))
  t.equal(x.held?.length, 1)
  hold(x, Buffer.alloc(2000))
  hold(x, Buffer.from('g'))
  t.equal(x.held?.length, 3)
  t.equal(Buffer.concat(x.held ?? []).length, x.heldBytes)
  t.strictSame([x.heldBytes, buffers.used], [2007, 2007])
  forgetHeld(x)
  forgetHeld(x)
})

t.test('what is on its way and too much is not kept', async (t) => {
  const x = fakeExchange({ binding, connection: sending })
  hold(x, Buffer.alloc(4000))
  t.equal(x.unrepeatable, false)
  hold(x, Buffer.alloc(4000))
  t.strictSame([x.unrepeatable, x.held, x.heldBytes, buffers.used], [true, null, 0, 0])
})

t.test('at the bound of the process', async (t) => {
  const others = fakeExchange({ binding })
  hold(others, Buffer.alloc(10_000))
  t.equal(buffers.spent, true)
  const x = fakeExchange({ binding, connection: sending })
  hold(x, Buffer.alloc(10))
  t.equal(x.unrepeatable, true, 'no second try')
  const waits = fakeExchange({ binding })
  hold(waits, Buffer.alloc(10))
  t.equal(waits.unrepeatable, false, 'what nobody has taken yet is all that there is')
  t.equal(holdsEnough(waits), true, 'and no more of it is read')
  forgetHeld(others)
  t.equal(holdsEnough(waits), false)
  forgetHeld(waits)
})

t.test('which bodies are waited for', async (t) => {
  const upstream = (scarce: boolean) => ({ scarce }) as Upstream
  const x = fakeExchange({ binding, body: BODY.LENGTH, bodyDone: false })
  t.equal(gathers(x, upstream(false)), false)
  t.equal(gathers(x, upstream(true)), true)
  x.heldBytes = 64 * 1024
  t.equal(gathers(x, upstream(true)), false)
  t.equal(gathers(fakeExchange({ body: BODY.STREAM, bodyDone: false }), upstream(true)), false)
})

t.test('a client that does not read counts once', async (t) => {
  const watch = new ProgressWatch()
  watch.congestedAt = 5
  watch.congestedAt = 6
  t.equal(buffers.used, SLOW_CLIENT)
  watch.congestedAt = 0
  watch.congestedAt = 0
  t.equal(buffers.used, 0)
})
