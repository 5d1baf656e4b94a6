// Large tables are built in small steps: what one does is counted, since time would depend on the machine.

import t from 'tap'
import { maglev } from '../../src/balancing/maglev.ts'
import { ringHash } from '../../src/balancing/ring-hash.ts'
import { type PointSource, STEP, sortPoints } from '../../src/balancing/sorted-points.ts'
import { PickerBuild } from '../../src/compile/build-picker.ts'
import type { Endpoint } from '../../src/model/endpoint.ts'
import { endpoints, FRESH, SETTINGS, seeded } from '../balancing/endpoints.ts'

for (const { name, owners, each } of [
  { name: 'many owners of few points', owners: 5000, each: () => 7 },
  { name: 'few owners of many', owners: 3, each: (owner: number) => 30_000 * owner },
  { name: 'none', owners: 0, each: () => 0 },
]) {
  t.test(`sorting points, ${name}: no step asks for more than ${STEP} keys or comparisons`, async (t) => {
    let work = 0
    let most = 0
    let steps = 0
    const dice = Array.from({ length: 4096 }, seeded(1))
    const source: PointSource = {
      owners,
      count: each,
      key: (owner, index) => {
        work++
        return Math.floor((dice[(owner * 31 + index) & 4095] as number) * 2 ** 32) >>> 0
      },
      precedes: (owner, other) => {
        work++
        return owner < other
      },
    }
    const sorting = sortPoints(source)
    for (let done = false; !done; steps++) {
      work = 0
      const step = sorting.next()
      done = step.done === true
      most = Math.max(most, work)
      if (!step.done) continue
      const { keys } = step.value
      for (let i = 1; i < keys.length; i++) if ((keys[i - 1] as number) > (keys[i] as number)) t.fail(`${i} is out of order`)
    }
    t.ok(most <= 4 * STEP, `${most} at once`)
    t.ok(steps >= (2 * owners * each(1)) / STEP, `${steps} steps`)
  })
}

for (const balancer of [ringHash, maglev]) {
  t.test(`${balancer.name}: of 10,000 endpoints the process is given back often, and the picker is the same`, async (t) => {
    const all = endpoints(...Array.from({ length: 10_000 }, (_, i) => 1 + (i % 3)))
    const building = new PickerBuild(balancer, all, seeded(1), SETTINGS)
    t.notOk(building.done)
    let turns = 0
    let running = true
    const count = (): void => {
      turns++
      if (running) setImmediate(count)
    }
    setImmediate(count)
    await building.inSlices()
    running = false
    // Two million units of work or more, 16 steps of some thousands of them at a time.
    t.ok(turns >= 20, `${turns} turns`)
    const whole = balancer.build(all, seeded(1), SETTINGS)
    for (let i = 0; i < 2000; i++) {
      const context = { tried: null, hash: Math.imul(i, 0x9e3779b1) }
      if (building.picker().pick(context) !== whole.pick(context)) t.fail(`hash ${context.hash}`)
    }
  })
}

t.test('whoever cannot wait gets it at one go, also from the middle', async (t) => {
  const all = endpoints(...new Array<number>(2000).fill(1))
  const building = new PickerBuild(ringHash, all, seeded(1), SETTINGS)
  const slices = building.inSlices()
  const picker = building.picker()
  t.ok(building.done)
  t.ok(picker.pick(FRESH) as Endpoint)
  await slices
  t.equal(building.picker(), picker)
})

t.test('small tables and other balancers are there at once', async (t) => {
  t.ok(new PickerBuild(ringHash, endpoints(1, 1, 1), seeded(1), SETTINGS).done)
  const { roundRobin } = await import('../../src/balancing/round-robin.ts')
  t.ok(new PickerBuild(roundRobin, endpoints(1, 1, 1), seeded(1), SETTINGS).done)
})
