import t from 'tap'
import { first } from '../../src/balancing/first.ts'
import { leastRequests } from '../../src/balancing/least-requests.ts'
import { maglev } from '../../src/balancing/maglev.ts'
import { peakEwma } from '../../src/balancing/peak-ewma.ts'
import { powerOfTwo } from '../../src/balancing/power-of-two.ts'
import { random } from '../../src/balancing/random.ts'
import { rendezvous } from '../../src/balancing/rendezvous.ts'
import { ringHash } from '../../src/balancing/ring-hash.ts'
import { roundRobin } from '../../src/balancing/round-robin.ts'
import { finish } from '../../src/balancing/sorted-points.ts'
import { BALANCERS } from '../../src/balancing/table.ts'
import { HASHING_BALANCERS, BALANCERS as WRITTEN } from '../../src/config/balancer-schema.ts'
import type { Balancer, Picker } from '../../src/model/balancer.ts'
import type { Random } from '../../src/model/clock.ts'
import type { Endpoint } from '../../src/model/endpoint.ts'
import { endpoints, FRESH, keyed, SETTINGS, seeded } from '../balancing/endpoints.ts'
import { bytesPerCall } from './bytes-per-call.ts'

/**
 * A new balancer joins here. `spreads: false`: it sends everything to one endpoint while that one can be used. `uneven`: how far the
 * share of an endpoint of weight 1 may be off, as a fraction of it, because its places are a matter of luck; less for heavier ones.
 */
const SUITE: readonly { balancer: Balancer; spreads?: false; uneven?: number }[] = [
  { balancer: roundRobin },
  { balancer: random },
  { balancer: leastRequests },
  { balancer: powerOfTwo },
  { balancer: peakEwma },
  // 160 points each: four standard deviations.
  { balancer: ringHash, uneven: 4 / Math.sqrt(160) },
  { balancer: maglev, uneven: 0.02 },
  { balancer: rendezvous },
  { balancer: first, spreads: false },
]

const build = (balancer: Balancer, all: Parameters<Balancer['build']>[0], random: Random): Picker =>
  balancer.build(all, random, SETTINGS)

function shares(picker: Picker, picks: number): Map<Endpoint, number> {
  const counts = new Map<Endpoint, number>()
  const keys = keyed()
  const dice = seeded(picks)
  for (let i = 0; i < picks; i++) {
    const endpoint = picker.pick(keys.next(dice)) as Endpoint
    counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1)
  }
  return counts
}

t.test('the table holds what the suite tests', async (t) => {
  t.strictSame([...BALANCERS.keys()].sort(), SUITE.map(({ balancer }) => balancer.name).sort())
  for (const [name, balancer] of BALANCERS) t.equal(name, balancer.name)
  t.strictSame([...WRITTEN].sort(), [...BALANCERS.keys()].sort(), 'and what can be written')
  t.strictSame([...HASHING_BALANCERS].sort(), SUITE.flatMap(({ balancer }) => (balancer.hashing ? balancer.name : [])).sort())
})

for (const { balancer, spreads, uneven = 0 } of SUITE) {
  t.test(balancer.name, async (t) => {
    t.test('nothing to pick from', async (t) => {
      t.equal(build(balancer, [], seeded(1)).pick(FRESH), null)
      t.equal(build(balancer, [], seeded(1)).pick({ tried: endpoints(1).map((e) => e.endpoint), hash: 0 }), null)
    })

    t.test('a single endpoint is always picked, and never twice by one exchange', async (t) => {
      const all = endpoints(3)
      const [only] = all.map((e) => e.endpoint) as [Endpoint]
      const picker = build(balancer, all, seeded(1))
      for (let i = 0; i < 10; i++) t.equal(picker.pick(FRESH), only)
      only.inFlight = 100
      t.equal(picker.pick(FRESH), only, 'busy or not')
      t.equal(picker.pick({ tried: [only], hash: 0 }), null)
      t.equal(picker.pick({ tried: [], hash: 0 }), only)
    })

    for (const weights of [[1, 1, 1], [5, 1, 1], [1000, 1], Array.from({ length: 100 }, (_, i) => 1 + (i % 7))]) {
      t.test(`${weights.length} endpoints: never one that was tried, all of them once`, async (t) => {
        const all = endpoints(...weights)
        const dice = seeded(7)
        const picker = build(balancer, all, dice)
        for (let exchange = 0; exchange < 50; exchange++) {
          const tried: Endpoint[] = []
          const hash = Math.floor(dice() * 2 ** 32) | 0
          for (const { endpoint } of all) endpoint.inFlight = Math.floor(dice() * 3)
          for (let attempt = 0; attempt < all.length; attempt++) {
            const endpoint = picker.pick({ tried: attempt === 0 ? null : tried, hash })
            if (endpoint === null || tried.includes(endpoint)) t.fail(`attempt ${attempt} got ${endpoint?.address}`)
            else tried.push(endpoint)
          }
          t.equal(picker.pick({ tried, hash }), null)
        }
      })
    }

    t.test('it does not keep the list it was built from', async (t) => {
      const all = endpoints(1, 1)
      const known = all.map((e) => e.endpoint)
      const picker = build(balancer, all, seeded(3))
      all.length = 0
      for (let i = 0; i < 20; i++) t.ok(known.includes(picker.pick(FRESH) as Endpoint))
    })

    t.test('a pick allocates nothing', async (t) => {
      const all = endpoints(...Array.from({ length: 100 }, (_, i) => 1 + (i % 3)))
      const picker = build(balancer, all, seeded(5))
      for (const [i, { endpoint }] of all.entries()) picker.observe?.(endpoint, 5 + (i % 10), 100.5, false)
      const keys = keyed()
      t.ok((await bytesPerCall(() => picker.pick(keys.turn()))) < 1)
    })

    t.test('built in steps or at one go it is the same', async (t) => {
      if (balancer.steps === undefined) return
      const all = endpoints(...Array.from({ length: 50 }, (_, i) => 1 + (i % 3)))
      const whole = build(balancer, all, seeded(3))
      const stepwise = finish(balancer.steps(all, seeded(3), SETTINGS))
      for (let hash = -1000; hash < 1000; hash++) {
        const context = { tried: null, hash: Math.imul(hash, 0x9e3779b1) }
        if (stepwise.pick(context) !== whole.pick(context)) t.fail(`hash ${hash}`)
      }
    })

    if (spreads === false) return

    for (const weights of [[1, 1, 1], [3, 1], [90, 10], [1, 2, 3, 4], Array.from({ length: 200 }, (_, i) => 1 + (i % 4))]) {
      t.test(`weights hold at rest: ${weights.slice(0, 4)}${weights.length > 4 ? ' …' : ''}`, async (t) => {
        const all = endpoints(...weights)
        const total = weights.reduce((a, b) => a + b)
        const picks = 400 * total
        const counts = shares(build(balancer, all, seeded(11)), picks)
        for (const { endpoint, weight } of all) {
          const p = weight / total
          // Five standard deviations of independent draws: one in a million for each, and the dice are seeded.
          const slack = 5 * Math.sqrt(picks * p * (1 - p)) + (picks * p * uneven) / Math.sqrt(weight)
          const off = Math.abs((counts.get(endpoint) ?? 0) - picks * p)
          t.ok(off <= slack, `${endpoint.address} is off by ${off} of ${picks * p}`)
        }
        t.equal(counts.size, all.length)
      })
    }

    t.test('weights hold under load, and nobody starves', async (t) => {
      const all = endpoints(1, 2, 5)
      const counts = new Map<Endpoint, number>()
      const picker = build(balancer, all, seeded(13))
      const running: Endpoint[] = []
      const keys = keyed()
      const dice = seeded(19)
      for (let i = 0; i < 8000; i++) {
        const endpoint = picker.pick(keys.next(dice)) as Endpoint
        endpoint.inFlight++
        running.push(endpoint)
        counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1)
        if (running.length > 80) (running.shift() as Endpoint).inFlight--
      }
      for (const { endpoint, weight } of all) {
        const share = (counts.get(endpoint) ?? 0) / 8000
        t.ok(Math.abs(share - weight / 8) < 0.03, `${endpoint.address} has ${share} of ${weight / 8}`)
      }
    })

    t.test('after a failed attempt the others share by weight', async (t) => {
      const all = endpoints(1, 1, 3)
      const picker = build(balancer, all, seeded(17))
      const [failed, , heaviest] = all.map((e) => e.endpoint) as [Endpoint, Endpoint, Endpoint]
      let heavy = 0
      const keys = keyed()
      const dice = seeded(23)
      for (let i = 0; i < 4000; i++) if (picker.pick({ ...keys.next(dice), tried: [failed] }) === heaviest) heavy++
      t.ok(Math.abs(heavy / 4000 - 0.75) < 0.04, `${heavy} of 4000`)
    })
  })
}
