// What is asked for over and over is done soon, one at a time, and leaves time for everything else.

import t from 'tap'
import { Pace } from '../../src/supervisor/pace.ts'
import { TurnedTime } from '../support/turned-time.ts'

function scene(takes: () => number) {
  const time = new TurnedTime()
  const began: number[] = []
  let running = 0
  let atOnce = 0
  const pace = new Pace({
    clock: time.clock,
    after: time.after,
    gather: 20,
    least: 50,
    most: 1000,
    work: () => {
      began.push(time.now)
      atOnce = Math.max(atOnce, ++running)
      return new Promise((resolve) => {
        time.after(takes(), () => {
          running--
          resolve()
        })
      })
    },
  })
  return { time, pace, began, atOnce: () => atOnce }
}

t.test('once for what is asked together, and again for what is asked meanwhile', async (t) => {
  const { time, pace, began, atOnce } = scene(() => 10)
  for (let i = 0; i < 5; i++) pace.ask()
  await time.turn(25)
  pace.ask()
  await time.turn(500)
  t.same(began, [20, 70])
  pace.ask()
  await time.turn(100)
  t.same(began, [20, 70, 545])
  t.equal(atOnce(), 1)
  t.equal(time.waiting, 0)
})

t.test('what takes long is done less often, and never starves', async (t) => {
  for (const [takes, between] of [
    [10, 50],
    [200, 400],
    [3000, 4000],
  ] as const) {
    const { time, pace, began, atOnce } = scene(() => takes)
    // A hundred a second.
    for (let i = 0; i < 2000; i++) {
      pace.ask()
      await time.turn(10)
    }
    const gaps = began.slice(1).map((at, i) => at - (began[i] as number))
    t.equal(Math.max(...gaps), between, `${takes} ms: all ${between} ms`)
    t.equal(atOnce(), 1)
  }
})

t.test('nothing begins after the end', async (t) => {
  const { time, pace, began } = scene(() => 10)
  pace.ask()
  pace.stop()
  pace.ask()
  await time.turn(1000)
  t.same(began, [])
})
