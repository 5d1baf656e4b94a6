// The wheel of deadlines, turned by hand.

import t from 'tap'
import { Deadlines, Timed } from '../../src/model/deadlines.ts'

class Recorder extends Timed {
  readonly fired: number[] = []
  readonly #then: () => void

  constructor(then: () => void = () => {}) {
    super()
    this.#then = then
  }

  override onDeadline(now: number): void {
    this.fired.push(now)
    this.#then()
  }
}

function wheel(start = 12_345) {
  const clock = { time: start, now: () => clock.time, wall: () => 0 }
  const deadlines = new Deadlines(clock)
  return {
    deadlines,
    clock,
    /** Turns as the timer would, every 50 ms. */
    run(ms: number) {
      for (let left = ms; left > 0; left -= 50) {
        clock.time += Math.min(50, left)
        deadlines.turn()
      }
    },
  }
}

t.test('fires once, never early, at most two ticks late', async (t) => {
  for (const delay of [1, 49, 50, 51, 99, 1000, 5000, 51_150, 51_200, 51_250, 60_000, 600_000, 3_600_000]) {
    for (const sinceTick of [0, 1, 25, 49]) {
      const { deadlines, clock, run } = wheel(1000)
      run(500)
      clock.time += sinceTick
      const timed = new Recorder()
      const armedAt = clock.time
      deadlines.arm(timed, delay)
      clock.time -= sinceTick
      run(delay + 300)
      t.equal(timed.fired.length, 1, `${delay} ms`)
      const late = (timed.fired[0] as number) - armedAt - delay
      t.ok(late >= 0 && late <= 100, `${delay} ms, ${sinceTick} ms after a tick: ${late} ms late`)
    }
  }
})

t.test('moves later and earlier', async (t) => {
  const { deadlines, run } = wheel()
  const [later, earlier] = [new Recorder(), new Recorder()]
  deadlines.arm(later, 200)
  deadlines.arm(earlier, 60_000)
  run(100)
  deadlines.arm(later, 1000)
  deadlines.arm(earlier, 200)
  run(300)
  t.equal(later.fired.length, 0)
  t.equal(earlier.fired.length, 1)
  run(900)
  t.equal(later.fired.length, 1)
  run(120_000)
  t.strictSame([later.fired.length, earlier.fired.length], [1, 1])
})

t.test('disarm and remove', async (t) => {
  const { deadlines, run } = wheel()
  const [disarmed, removed, again] = [new Recorder(), new Recorder(), new Recorder()]
  for (const timed of [disarmed, removed, again]) deadlines.arm(timed, 100)
  deadlines.disarm(disarmed)
  deadlines.remove(removed)
  deadlines.disarm(again)
  deadlines.arm(again, 300)
  t.equal(removed.scheduled, -1)
  t.equal(removed.next, null)
  run(1000)
  t.strictSame([disarmed.fired.length, removed.fired.length, again.fired.length], [0, 0, 1])
  t.equal(disarmed.scheduled, -1, 'it has left the wheel')
  deadlines.remove(disarmed)
})

t.test('callbacks may arm, move and remove others of the same tick', async (t) => {
  const { deadlines, run } = wheel()
  const all: Recorder[] = []
  const later = new Recorder()
  let first: Recorder | null = null
  for (let i = 0; i < 6; i++) {
    const timed: Recorder = new Recorder(() => {
      if (first !== null) return
      first = timed
      const [removed, moved, disarmed, ...rest] = all.filter((other) => other !== timed) as [
        Recorder,
        Recorder,
        Recorder,
        Recorder,
      ]
      deadlines.remove(removed)
      deadlines.arm(moved, 500)
      deadlines.disarm(disarmed)
      deadlines.arm(timed, 500)
      deadlines.arm(later, 100)
      t.equal(rest.length, 2)
    })
    all.push(timed)
  }
  for (const timed of all) deadlines.arm(timed, 100)
  run(300)
  t.strictSame(all.map(({ fired }) => fired.length).sort(), [0, 0, 0, 1, 1, 1])
  t.equal(later.fired.length, 1)
  run(1000)
  t.strictSame(all.map(({ fired }) => fired.length).sort(), [0, 0, 1, 1, 1, 2])
})

t.test('one turn after a long stall fires everything that is due and nothing else', async (t) => {
  const { deadlines, clock, run } = wheel()
  const due = [100, 1000, 40_000, 60_000, 100_000].map((delay) => {
    const timed = new Recorder()
    deadlines.arm(timed, delay)
    return timed
  })
  const notDue = new Recorder()
  deadlines.arm(notDue, 500_000)
  clock.time += 200_000
  deadlines.turn()
  run(100)
  t.strictSame(
    due.map(({ fired }) => fired.length),
    [1, 1, 1, 1, 1],
  )
  t.equal(notDue.fired.length, 0)
  run(301_000)
  t.equal(notDue.fired.length, 1)
})

t.test('ten thousand that move at random fire once each, in time', async (t) => {
  const { deadlines, clock, run } = wheel()
  let seed = 7
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed / 2147483648
  }
  const timed = Array.from({ length: 10_000 }, () => ({ it: new Recorder(), due: 0 }))
  for (let round = 0; round < 5; round++) {
    for (const entry of timed) {
      if (entry.it.fired.length > 0 || random() < 0.3) continue
      const delay = Math.floor(random() * 80_000) + 1
      deadlines.arm(entry.it, delay)
      entry.due = clock.time + delay
    }
    run(5000)
  }
  run(90_000)
  const wrong = timed.filter(({ it: { fired }, due }) => {
    const late = (fired[0] ?? Number.NaN) - due
    return due > 0 && !(fired.length === 1 && late >= 0 && late <= 100)
  })
  t.equal(wrong.length, 0)
})

t.test('says how late it was at worst', async (t) => {
  const { deadlines, clock, run } = wheel()
  run(500)
  clock.time += 350
  deadlines.turn()
  run(500)
  t.equal(Math.round(deadlines.takeLag()), 300)
  t.equal(deadlines.takeLag(), 0)
})

t.test('thousands at once leave room for others', async (t) => {
  let now = 0
  const deadlines = new Deadlines({ now: () => now, wall: () => now })
  t.teardown(() => deadlines.stop())
  let fired = 0
  class Slow extends Timed {
    override onDeadline(): void {
      fired++
      // Each takes a tenth of a millisecond.
      now += 0.1
    }
  }
  const all = Array.from({ length: 1000 }, () => new Slow())
  for (const timed of all) deadlines.arm(timed, 100)
  now = 200
  deadlines.turn()
  t.ok(fired >= 15 && fired < 50, `${fired} of 1000 in the first slice`)
  const [late, gone] = [all[0] as Slow, all[1] as Slow]
  const left = all.filter(({ scheduled }) => scheduled === -2)
  t.ok(left.includes(late) && left.includes(gone), 'those armed first come last')
  deadlines.arm(late, 5000)
  deadlines.remove(gone)
  while (fired < 998) {
    const before = fired
    await new Promise((resolve) => setImmediate(resolve))
    t.ok(fired - before < 50 && fired > before)
  }
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
  t.equal(fired, 998, 'who was moved or removed meanwhile is not fired')
  now += 6000
  deadlines.turn()
  t.equal(fired, 999)
})
