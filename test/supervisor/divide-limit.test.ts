// A limit divided among processes: exact, fair, and nobody is left out for ever.

import t from 'tap'
import { evenPart, evenQuota, scaledQuota } from '../../src/model/quota.ts'
import { divideLimit } from '../../src/supervisor/divide-limit.ts'

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

const CASES: readonly (readonly [limit: number, needs: number[], parts: number[], why: string])[] = [
  [100, [0, 0, 0, 0], [25, 25, 25, 25], 'nobody needs anything'],
  [1000, [5000, 0, 0, 0], [964, 12, 12, 12], 'one has all the traffic'],
  [1000, [300, 0], [638, 362], 'all get what they need and the rest evenly'],
  [10, [30, 1], [9, 1], 'little needs come first'],
  [10, [30, 30], [5, 5], 'equal needs, equal parts'],
  [10, [30, 30, 30], [4, 3, 3], 'whole parts'],
  [10, [2, 30, 30], [2, 4, 4], 'max-min'],
  [1, [0, 0, 0, 0], [1, 0, 0, 0], 'one place for four'],
  [1, [0, 0, 7, 0], [0, 0, 1, 0], 'the one that needs it has it'],
  [3, [9], [3], 'a single process'],
  [5, [], [], 'no process'],
]

for (const [limit, needs, parts, why] of CASES) {
  t.test(`${limit} for ${needs}: ${why}`, async (t) => {
    t.strictSame(divideLimit(limit, needs, 0), parts)
  })
}

t.test('any limit and any needs', async (t) => {
  let state = 12345
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return state % below
  }
  for (let i = 0; i < 20_000; i++) {
    const limit = 1 + random(random(2) ? 20 : 5000)
    const needs = Array.from({ length: 1 + random(8) }, () => (random(3) === 0 ? 0 : random(random(2) ? 10 : 6000)))
    const parts = divideLimit(limit, needs, i)
    const enough = sum(needs) <= limit
    const wrong =
      sum(parts) !== limit ||
      parts.some(
        (part, k) =>
          part < 0 || !Number.isInteger(part) || (enough && limit < needs.length * 10 && part < (needs[k] as number)),
      ) ||
      // Who needs more never gets less, except that one place may be anybody's.
      parts.some((part, a) => parts.some((other, b) => (needs[a] as number) > (needs[b] as number) && part < other - 1))
    if (wrong) t.fail(`${limit} for ${needs} at turn ${i}: ${parts}`)
  }
  t.pass()
})

t.test('with fewer places than processes that need one everybody has a turn', async (t) => {
  for (const limit of [1, 2, 3]) {
    const had = [0, 0, 0, 0, 0]
    for (let turn = 0; turn < 5; turn++) {
      for (const [i, part] of divideLimit(limit, [9, 9, 0, 9, 9], turn).entries()) had[i] = (had[i] as number) + part
    }
    t.ok(
      [0, 1, 3, 4].every((i) => (had[i] as number) > 0),
      String(had),
    )
    t.equal(had[2], 0)
  }
})

t.test('even and scaled parts', async (t) => {
  for (const limit of [1, 2, 7, 1024]) {
    const parts = [0, 1, 2, 3].map((index) => evenPart(limit, { index, count: 4 }))
    t.equal(sum(parts), limit)
    t.ok(Math.max(...parts) - Math.min(...parts) <= 1)
  }
  const limits = { connections: 10, pending: 0, requests: 20 }
  t.strictSame(evenQuota(limits, { index: 1, count: 3 }), { connections: 3, pending: 0, requests: 7 })
  t.strictSame(
    scaledQuota({ connections: 9, pending: 0, requests: 1 }, limits, { connections: 20, pending: 4, requests: 10 }),
    {
      connections: 18,
      pending: 1,
      requests: 0,
    },
  )
})
