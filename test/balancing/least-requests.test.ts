import t from 'tap'
import { leastRequests } from '../../src/balancing/least-requests.ts'
import { powerOfTwo } from '../../src/balancing/power-of-two.ts'
import type { Endpoint } from '../../src/model/endpoint.ts'
import { endpoints, FRESH, SETTINGS, seeded } from './endpoints.ts'

t.test('up to 64 endpoints the least loaded for its weight is picked, always', async (t) => {
  const dice = seeded(3)
  const all = endpoints(...Array.from({ length: 64 }, (_, i) => 1 + (i % 5)))
  const picker = leastRequests.build(all, dice, SETTINGS)
  let worse = 0
  for (let i = 0; i < 2000; i++) {
    for (const { endpoint } of all) endpoint.inFlight = 1 + Math.floor(dice() * 20)
    const picked = picker.pick(FRESH)
    const least = Math.min(...all.map(({ endpoint, weight }) => endpoint.inFlight / weight))
    const of = all.find(({ endpoint }) => endpoint === picked)
    if (of === undefined || of.endpoint.inFlight / of.weight !== least) worse++
  }
  t.equal(worse, 0)
})

t.test('whoever was busy for long gets no burst when it is idle again', async (t) => {
  const all = endpoints(1, 1)
  const [slow, quick] = all.map((e) => e.endpoint) as [Endpoint, Endpoint]
  const picker = leastRequests.build(all, seeded(1), SETTINGS)
  slow.inFlight = 1
  for (let i = 0; i < 100; i++) t.equal(picker.pick(FRESH), quick)
  slow.inFlight = 0
  let got = 0
  for (let i = 0; i < 10; i++) if (picker.pick(FRESH) === slow) got++
  t.ok(got >= 4 && got <= 6, `${got} of 10`)
})

for (const balancer of [leastRequests, powerOfTwo]) {
  t.test(`${balancer.name}: of 1,000 endpoints, busy ones get little and idle ones all`, async (t) => {
    const all = endpoints(...new Array<number>(1000).fill(1))
    const picker = balancer.build(all, seeded(5), SETTINGS)
    // A tenth hangs: what was sent there stays.
    const hanging = new Set(all.slice(0, 100).map((e) => e.endpoint))
    let toHanging = 0
    const running: Endpoint[] = []
    for (let i = 0; i < 20_000; i++) {
      const endpoint = picker.pick(FRESH) as Endpoint
      endpoint.inFlight++
      if (hanging.has(endpoint)) toHanging++
      else running.push(endpoint)
      if (running.length > 200) (running.shift() as Endpoint).inFlight--
    }
    t.ok(toHanging < 20_000 * (balancer === leastRequests ? 0.02 : 0.05), `${toHanging} went to hanging ones`)
    const most = Math.max(...all.map(({ endpoint }) => endpoint.inFlight))
    t.ok(most <= 10, `${most} in flight at one`)
  })
}
