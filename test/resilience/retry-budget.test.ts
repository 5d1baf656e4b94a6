// A storm never adds more than its share, and the share forgets after ten seconds.

import t from 'tap'
import { WindowBudget } from '../../src/resilience/retry-budget.ts'

const spent = (budget: WindowBudget, now: number, share: number, wanted: number): number => {
  let count = 0
  for (let i = 0; i < wanted; i++) if (budget.spend(now, share)) count++
  return count
}

t.test('the floor', async (t) => {
  t.equal(spent(new WindowBudget(), 5000, 0.2, 100), 3)
  t.equal(spent(new WindowBudget(), 5000, 0, 100), 3, 'also for a share of nothing')
})

t.test('the share of the last ten seconds', async (t) => {
  const budget = new WindowBudget()
  for (let second = 0; second < 10; second++) for (let i = 0; i < 100; i++) budget.request(second * 1000)
  t.equal(spent(budget, 9999, 0.2, 1000), 200)
  t.equal(spent(budget, 10_000, 0.2, 1000), 0, 'a second of requests has gone, the retries have not')
  t.equal(spent(budget, 18_000, 0.2, 1000), 0)
  t.equal(spent(budget, 19_000, 0.2, 1000), 3, 'nothing is left of either')
  t.equal(spent(budget, 1_000_000, 0.2, 1000), 3, 'after a long silence')
})

t.test('retries that do not help count twice, but never below the floor', async (t) => {
  const budget = new WindowBudget()
  let retries = 0
  for (let ms = 0; ms < 120_000; ms += 2) {
    budget.request(ms)
    if (!budget.spend(ms, 0.2)) continue
    retries++
    budget.wasted(ms)
  }
  t.ok(retries <= 60_000 * 0.1 + 3, `${retries} of 60,000`)
  t.ok(retries > 60_000 * 0.09)
  const quiet = new WindowBudget()
  for (let i = 0; i < 3; i++) {
    t.ok(quiet.spend(1000, 0.2))
    quiet.wasted(1000)
  }
  t.notOk(quiet.spend(1000, 0.2))
  t.ok(quiet.spend(11_000, 0.2), 'forgotten after ten seconds')
})

t.test('over a storm of minutes', async (t) => {
  const budget = new WindowBudget()
  let retries = 0
  for (let ms = 0; ms < 120_000; ms += 2) {
    budget.request(ms)
    if (budget.spend(ms, 0.2)) retries++
  }
  t.ok(retries <= 60_000 * 0.2 + 3, `${retries} of 60,000`)
  t.ok(retries > 60_000 * 0.19)
})
