import t from 'tap'
import { leastTaken, ReadingPace } from '../../src/model/reading-pace.ts'
import type { ListenerTimeouts } from '../../src/model/snapshot.ts'

const TIMEOUTS: ListenerTimeouts = {
  handshake: null,
  header: null,
  body: null,
  keepAlive: null,
  write: 10_000,
  minRate: 240,
}

/** A client that takes `rate` bytes a second of an answer without end, looked at each second; when (s) it is given up, 0 = never. */
function givenUp(rate: (second: number) => number, timeouts = TIMEOUTS): number {
  const pace = new ReadingPace()
  let taken = 0
  for (let second = 0; second < 1000; second++) {
    pace.look(taken, timeouts, second * 1000)
    if (pace.stalled(timeouts, second * 1000)) return second
    taken += rate(second)
  }
  return 0
}

t.test('who takes too little in timeouts.write is given up', async (t) => {
  t.equal(leastTaken(TIMEOUTS), 2400)
  t.equal(
    givenUp(() => 0),
    10,
  )
  t.equal(
    givenUp(() => 1),
    10,
  )
  t.equal(
    givenUp(() => 239),
    10,
  )
  t.equal(
    givenUp(() => 240),
    0,
  )
  t.equal(
    givenUp(() => 2000),
    0,
    'a slow connection',
  )
  t.equal(
    givenUp((second) => (second % 9 === 8 ? 2400 : 0)),
    0,
    'in steps',
  )
  t.equal(
    givenUp((second) => (second < 100 ? 5000 : 0)),
    110,
    'the clock starts where it stops',
  )
})

t.test('without minRate a byte is enough, without write nothing is asked for', async (t) => {
  t.equal(
    givenUp(() => 1, { ...TIMEOUTS, minRate: null }),
    0,
  )
  t.equal(
    givenUp(() => 0, { ...TIMEOUTS, minRate: null }),
    10,
  )
  t.equal(
    givenUp(() => 0, { ...TIMEOUTS, write: null }),
    0,
  )
})

t.test('time in which nothing waits does not count', async (t) => {
  const pace = new ReadingPace()
  pace.look(100, TIMEOUTS, 0)
  pace.look(150, TIMEOUTS, 1000)
  pace.idle()
  t.equal(pace.stalled(TIMEOUTS, 60_000), false)
  pace.look(200, TIMEOUTS, 60_000)
  t.equal(pace.stalled(TIMEOUTS, 69_999), false)
  t.equal(pace.stalled(TIMEOUTS, 70_000), true)
  pace.restart(70_000)
  t.equal(pace.stalled(TIMEOUTS, 79_999), false)
  t.equal(pace.stalled(TIMEOUTS, 80_000), true)
})

t.end()
