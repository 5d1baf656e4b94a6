// Histograms and counts by status.

import t from 'tap'
import { DURATION_BUCKETS, Histogram, ResponseCounters } from '../../src/model/counters.ts'

t.test('a duration falls into the first bucket that holds it', async (t) => {
  const histogram = new Histogram()
  for (const [i, seconds] of DURATION_BUCKETS.entries()) {
    histogram.observe(seconds * 1000)
    t.equal(histogram.counts[i], 1, `${seconds} s is within its bucket`)
    histogram.observe(seconds * 1000 + 0.01)
    t.equal(histogram.counts[i + 1], 1, `a little more is not`)
    histogram.counts[i + 1] = 0
  }
  t.equal(histogram.counts.length, DURATION_BUCKETS.length + 1)
  const sum = new Histogram()
  sum.observe(0)
  sum.observe(1.5)
  sum.observe(100_000)
  t.equal(sum.sumMs, 100_001.5)
  t.equal(sum.counts.at(-1), 1)
  t.equal(
    sum.counts.reduce((all, count) => all + count),
    3,
  )
})

t.test('responses by status', async (t) => {
  const counters = new ResponseCounters('web', 'r', 'u')
  for (const status of [200, 200, 404, 200, 404, 404, 499]) counters.add(status)
  counters.flush()
  t.strictSame(
    [...counters.byStatus],
    [
      [200, 3],
      [404, 3],
      [499, 1],
    ],
  )
  counters.flush()
  t.equal(counters.byStatus.get(499), 1, 'nothing is counted twice')
  counters.add(499)
  counters.flush()
  t.equal(counters.byStatus.get(499), 2)
})
