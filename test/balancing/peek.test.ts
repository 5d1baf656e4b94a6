// Looking at what a picker would say changes nothing of what it says afterwards.

import t from 'tap'
import { BALANCERS } from '../../src/balancing/table.ts'
import type { Picker } from '../../src/model/balancer.ts'
import type { Endpoint } from '../../src/model/endpoint.ts'
import { endpoints, seeded } from './endpoints.ts'

/** A look, as `explain` takes it. */
const look = (picker: Picker, hash: number, seed: number): Endpoint | null => {
  const context = { tried: null, hash }
  return picker.peek === undefined ? picker.pick(context) : picker.peek(context, seeded(seed))
}

for (const [name, balancer] of BALANCERS) {
  t.test(name, async (t) => {
    const all = endpoints(1, 2, 3, 4)
    const settings = { time: { now: 5000 }, load: () => 10, boundedLoad: null }
    const build = (): Picker => balancer.build(all, seeded(3), settings)
    const [seen, unseen] = [build(), build()]
    for (let i = 0; i < 200; i++) {
      const loads = seeded(i)
      for (const { endpoint } of all) endpoint.inFlight = Math.floor(loads() * 4)
      const hash = Math.imul(i, 0x9e3779b1)
      const first = look(seen, hash, i)
      t.equal(look(seen, hash, i), first, 'the same each time for the same chance')
      const picked = seen.pick({ tried: null, hash })
      if (seen.peek === undefined) t.equal(picked, first)
      t.equal(picked, unseen.pick({ tried: null, hash }), 'the pick is that of a picker that nobody looked at')
    }
    t.equal(look(balancer.build([], seeded(1), settings), 0, 1), null)
  })
}

t.test('where chance has no say, a look sees the very next pick', async (t) => {
  for (const name of ['round-robin', 'least-requests']) {
    const settings = { time: { now: 0 }, load: () => 0, boundedLoad: null }
    const picker = BALANCERS.get(name)?.build(endpoints(1, 2, 3), seeded(3), settings) as Picker
    for (let i = 0; i < 20; i++) {
      const seen = look(picker, 0, 1)
      t.equal(picker.pick({ tried: null, hash: 0 }), seen)
    }
  }
})
