import t from 'tap'
import { WorstLately } from '../../src/telemetry/worst-lately.ts'

t.test('the worst is seen for half a minute at least and for a minute at most', async (t) => {
  const lag = new WorstLately()
  t.equal(lag.take(0.001, 0), 0.001)
  t.equal(lag.take(0.5, 1000), 0.5)
  for (let at = 2000; at <= 31_000; at += 1000) t.equal(lag.take(0.002, at), 0.5, `${at} ms`)
  t.equal(lag.take(0.002, 60_000), 0.002)
})

t.test('silence forgets', async (t) => {
  const lag = new WorstLately()
  t.equal(lag.take(2, 0), 2)
  t.equal(lag.take(0.1, 3_600_000), 0.1)
})
