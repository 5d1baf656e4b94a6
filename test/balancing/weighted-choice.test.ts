import t from 'tap'
import { WeightedChoice } from '../../src/balancing/weighted-choice.ts'
import { bytesPerCall } from '../contract/bytes-per-call.ts'
import { seeded } from './endpoints.ts'

t.test('shares are exact, and weight 0 is never chosen', async (t) => {
  const choice = new WeightedChoice(
    [
      { value: 'a', weight: 90 },
      { value: 'never', weight: 0 },
      { value: 'b', weight: 10 },
    ],
    seeded(1),
  )
  for (let round = 0; round < 20; round++) {
    const got = Array.from({ length: 100 }, () => choice.next())
    t.equal(got.filter((value) => value === 'a').length, 90)
    t.equal(got.filter((value) => value === 'b').length, 10)
    t.notMatch(got.join(''), /bb/)
  }
})

t.test('no weight, no choice', async (t) => {
  t.equal(new WeightedChoice([], seeded(1)).next(), null)
  t.equal(new WeightedChoice([{ value: 'a', weight: 0 }], seeded(1)).next(), null)
})

t.test('a choice allocates nothing', async (t) => {
  const values = ['a', 'b', 'c'].map((value, i) => ({ value, weight: i + 1 }))
  const choice = new WeightedChoice(values, seeded(1))
  t.ok((await bytesPerCall(() => choice.next())) < 1)
})
