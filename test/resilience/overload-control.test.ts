// How much is refused, tick by tick.

import t from 'tap'
import { Overload, PRIORITY } from '../../src/model/overload.ts'
import { OverloadControl, type OverloadSettings } from '../../src/resilience/overload-control.ts'

const SETTINGS: OverloadSettings = { lag: 250, memory: 0.8 }

/** A process that has run for a while. */
function begin(settings = SETTINGS, dice = () => 0.5) {
  const overload = new Overload(dice)
  const control = new OverloadControl(settings, overload)
  const tick = (count: number, late = 0, memory = 0.3): number => {
    for (let i = 0; i < count; i++) control.tick({ late, memory })
    return overload.pressure
  }
  tick(40)
  return { overload, control, tick }
}

t.test('what happens once is no overload', async (t) => {
  const { tick } = begin()
  for (const pause of [300, 5000, 60_000]) {
    t.equal(tick(2, pause), 0, `two ticks ${pause} ms late`)
    t.equal(tick(5), 0)
  }
  for (let i = 0; i < 50; i++) t.equal(tick(1, i % 3 === 0 ? 2000 : 0), 0)
  t.equal(tick(4, 0, 0.99), 0, 'memory before a collection')
})

t.test('nor what happens at the start', async (t) => {
  const overload = new Overload(() => 0)
  const control = new OverloadControl(SETTINGS, overload)
  for (let i = 0; i < 30; i++) control.tick({ late: 1000, memory: 0.99 })
  t.equal(overload.pressure, 0)
  control.tick({ late: 1000, memory: 0.5 })
  t.ok(overload.pressure > 0)
})

t.test('a loop that is always late', async (t) => {
  const { tick, overload } = begin()
  t.equal(tick(2, 300), 0)
  const first = tick(1, 300)
  t.ok(first > 0 && first < 1, 'more than half of the ticks')
  let before = first
  for (let i = 0; i < 10; i++) {
    const now = tick(1, 300)
    t.ok(now > before || now === 3, 'rises')
    before = now
  }
  t.equal(tick(100, 300), 3, 'up to all')
  t.equal(tick(30, 220), 3, 'near the threshold it stays')
  tick(3)
  const calm = tick(1)
  t.ok(calm < 3)
  t.ok(tick(10) > 2, 'falls slowly')
  t.equal(tick(60), 0)
  t.equal(overload.refuses(PRIORITY.low), false)
})

t.test('memory', async (t) => {
  const { tick, control } = begin()
  t.ok(tick(6, 0, 0.81) > 0)
  t.equal(control.critical, false)
  tick(5, 0, 0.93)
  t.equal(control.critical, true)
  t.equal(tick(1, 0, 0.93), 3, 'nearly used up: everything at once')
  tick(1, 0, 0.5)
  t.equal(control.critical, false)
  t.equal(tick(80, 0, 0.5), 0)
})

t.test('off', async (t) => {
  t.equal(begin({ lag: null, memory: 0.8 }).tick(50, 5000), 0)
  t.equal(begin({ lag: 250, memory: null }).tick(50, 0, 1), 0)
})

t.test('low priority first, high last', async (t) => {
  const { overload } = begin(SETTINGS, () => 0.5)
  const refused = (pressure: number) => {
    overload.pressure = pressure
    return (['low', 'normal', 'high'] as const).filter((name) => overload.refuses(PRIORITY[name]))
  }
  t.strictSame(refused(0), [])
  t.strictSame(refused(0.4), [])
  t.strictSame(refused(0.6), ['low'])
  t.strictSame(refused(1.4), ['low'])
  t.strictSame(refused(1.6), ['low', 'normal'])
  t.strictSame(refused(2.6), ['low', 'normal', 'high'])
  t.strictSame(refused(3), ['low', 'normal', 'high'])
})
