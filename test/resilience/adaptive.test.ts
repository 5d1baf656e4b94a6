// The adaptive limit against an endpoint of known capacity, in virtual time.

import t from 'tap'
import { AdaptiveLimiter } from '../../src/resilience/adaptive.ts'
import { Gate, type Shape, Simulation } from './simulated-endpoint.ts'

/** Seeded, uniform in [0, 1). */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const roll = dice(10)
const steady = (ms: number) => () => ms * (0.9 + 0.2 * roll())
const exponential = (ms: number) => () => -ms * Math.log(1 - roll())
/** One in ten takes forty times as long. */
const mixed = () => (roll() < 0.9 ? 5 : 200)
const never = () => false

const limiter = (minLimit = 10, maxLimit = 1000) => new AdaptiveLimiter({ minLimit, maxLimit }, 0)

function scene(shape: Partial<Shape> & Pick<Shape, 'capacity' | 'work'>, clients = 1000, gates = 1) {
  const all = Array.from({ length: gates }, () => new Gate(limiter(), clients))
  const simulation = new Simulation({ fails: never, ...shape }, all)
  /** Runs and forgets what was before. */
  const measure = (ms: number): Gate => {
    for (const gate of all) gate.forget()
    simulation.run(ms)
    return all[0] as Gate
  }
  return { simulation, gates: all, gate: all[0] as Gate, measure }
}

const WORKS = [
  ['steady', steady(10), 10],
  ['exponential', exponential(10), 10],
  ['mixed', mixed, 24.5],
  ['slow', steady(200), 200],
] as const

for (const [name, work, mean] of WORKS) {
  for (const capacity of [20, 100]) {
    t.test(`${name} work, capacity ${capacity}: found, and most of it used`, async (t) => {
      const { gate, measure } = scene({ capacity, work })
      measure(60_000)
      measure(120_000)
      const possible = (120_000 / mean) * capacity
      t.ok(gate.answered > possible * 0.9, `${gate.answered} of ${possible} answers`)
      t.ok(gate.limiter.usual > capacity * 0.9 && gate.limiter.usual < capacity * 4, `limit ${gate.limiter.usual}`)
      const average = gate.latencies.reduce((sum, latency) => sum + latency, 0) / gate.latencies.length
      t.ok(average < mean * 2.5, `${average.toFixed(1)} ms instead of ${mean}`)
    })
  }
}

t.test('within seconds', async (t) => {
  const { gate, measure } = scene({ capacity: 100, work: exponential(10) })
  measure(3000)
  measure(1000)
  t.ok(gate.answered > 9000, `${gate.answered} of 10000`)
  t.ok(gate.limiter.limit < 200)
})

t.test('less capacity, and back', async (t) => {
  const { simulation, gate, measure } = scene({ capacity: 100, work: exponential(10) })
  measure(20_000)
  simulation.shape.capacity = 20
  measure(3000)
  t.ok(gate.limiter.limit < 60, `${gate.limiter.limit}`)
  t.ok(gate.answered > 5000)
  simulation.shape.capacity = 100
  measure(5000)
  measure(10_000)
  t.ok(gate.answered > 90_000, 'all of it is used again')
})

t.test('an endpoint that becomes slower for good does not lose its traffic', async (t) => {
  const { simulation, gate, measure } = scene({ capacity: 100, work: exponential(10) })
  measure(20_000)
  simulation.shape.work = exponential(30)
  measure(15_000)
  measure(10_000)
  t.ok(gate.answered > (10_000 / 30) * 100 * 0.9, `${gate.answered}`)
})

t.test('what fails lowers it down to the least, and it recovers', async (t) => {
  const { simulation, gate, measure } = scene({ capacity: 100, work: exponential(10) })
  measure(20_000)
  simulation.shape.fails = () => roll() < 0.5
  measure(5000)
  t.equal(gate.limiter.limit, 10)
  simulation.shape.fails = never
  measure(5000)
  measure(2000)
  t.ok(gate.answered > 18_000)
})

t.test('a limit that is not used does not move', async (t) => {
  const { gate, measure } = scene({ capacity: 100, work: exponential(10) })
  measure(20_000)
  const { usual } = gate.limiter
  gate.clients = 5
  measure(120_000)
  t.ok(Math.abs(gate.limiter.usual - usual) <= usual / 10, `${usual} → ${gate.limiter.usual}`)
  t.ok(gate.high <= usual * 1.1)
})

t.test('bounds hold, whatever comes', async (t) => {
  const one = new AdaptiveLimiter({ minLimit: 3, maxLimit: 8 }, 0)
  for (let now = 1; now < 200_000; now += 7) {
    if (roll() < 0.1) one.failed(8, now)
    else one.answered(roll() * (roll() < 0.5 ? 10 : 1000), Math.floor(roll() * 10), now)
    if (one.limit < 3 || one.limit > 8 || one.usual < 3 || one.usual > 8 || !Number.isInteger(one.limit)) t.fail(`${one.limit}`)
  }
  one.adopt({ minLimit: 20, maxLimit: 30 })
  t.equal(one.limit, 20)
  one.adopt({ minLimit: 1, maxLimit: 5 })
  t.equal(one.limit, 5)
})

t.test('processes that share an endpoint share its capacity', async (t) => {
  const { gates, measure } = scene({ capacity: 100, work: exponential(10) }, 500, 3)
  measure(60_000)
  measure(60_000)
  const answers = gates.map(({ answered }) => answered)
  const all = answers.reduce((sum, count) => sum + count, 0)
  t.ok(all > 570_000, `${all} of 600000`)
  t.ok(Math.max(...answers) < 4 * Math.min(...answers), `fair: ${answers}`)
  const running = gates.reduce((sum, { limiter }) => sum + limiter.usual, 0)
  t.ok(running < 300, `together ${running} at a time`)
})
