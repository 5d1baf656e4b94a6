// Counters outlive the configuration that made them, for a while.

import t from 'tap'
import { LiveCounters } from '../../src/compile/live-counters.ts'

const HOUR = 3_600_000

t.test('the same name is the same counter', async (t) => {
  const live = new LiveCounters()
  const [listener, response, duration] = [live.listener('web'), live.response('web', 'r', 'u'), live.duration('r')]
  live.settle(0)
  t.equal(live.listener('web'), listener)
  t.equal(live.response('web', 'r', 'u'), response)
  t.equal(live.duration('r'), duration)
  t.not(live.response('web', 'r', 'other'), response)
  t.not(live.listener('other'), listener)
  t.strictSame(
    [...live.allListeners()].map(({ name }) => name),
    ['web', 'other'],
  )
  t.equal([...live.allResponses()].length, 2)
  t.strictSame(
    [...live.allRoutes()].map(({ name }) => name),
    ['r'],
  )
})

t.test('what is not used any more goes after an hour', async (t) => {
  const live = new LiveCounters()
  const names = () => [...live.allListeners()].map(({ name }) => name)
  const use = (now: number, ...used: string[]) => {
    for (const name of used) live.listener(name)
    live.settle(now)
  }
  use(1, 'stays', 'goes', 'returns')
  use(1000, 'stays')
  t.strictSame(names(), ['stays', 'goes', 'returns'])
  use(2000, 'stays', 'returns')
  use(1000 + HOUR, 'stays')
  t.strictSame(names(), ['stays', 'goes', 'returns'])
  use(1001 + HOUR, 'stays')
  t.strictSame(names(), ['stays', 'returns'])
})
