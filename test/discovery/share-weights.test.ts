// SRV weights as weights of endpoints.

import t from 'tap'
import { shareWeights, type WeightedGroup } from '../../src/discovery/share-weights.ts'

const CASES: readonly (readonly [what: string, groups: readonly WeightedGroup[], weights: Readonly<Record<string, number>>])[] =
  [
    ['nothing', [], {}],
    [
      'all weights 0 are equal',
      [
        { weight: 0, addresses: ['a'] },
        { weight: 0, addresses: ['b'] },
      ],
      { a: 1, b: 1 },
    ],
    [
      '0 beside others is very small',
      [
        { weight: 0, addresses: ['a'] },
        { weight: 1, addresses: ['b'] },
      ],
      { a: 1, b: 100 },
    ],
    [
      'the smallest numbers',
      [
        { weight: 300, addresses: ['a'] },
        { weight: 100, addresses: ['b'] },
      ],
      { a: 3, b: 1 },
    ],
    [
      'shared by the addresses',
      [
        { weight: 1, addresses: ['a', 'b', 'c'] },
        { weight: 1, addresses: ['d'] },
      ],
      { a: 1, b: 1, c: 1, d: 3 },
    ],
    [
      'a target without address has no share',
      [
        { weight: 9, addresses: [] },
        { weight: 7, addresses: ['a'] },
      ],
      { a: 1 },
    ],
    [
      'one address of two targets',
      [
        { weight: 1, addresses: ['a'] },
        { weight: 2, addresses: ['a', 'b'] },
      ],
      { a: 2, b: 1 },
    ],
    [
      'within the bound',
      [
        { weight: 65535, addresses: ['a'] },
        { weight: 0, addresses: ['b'] },
      ],
      { a: 65535, b: 1 },
    ],
    [
      'in ascending order',
      [
        { weight: 1, addresses: ['b'] },
        { weight: 1, addresses: ['a'] },
      ],
      { a: 1, b: 1 },
    ],
  ]

for (const [what, groups, weights] of CASES) {
  t.test(what, async (t) => {
    const shared = shareWeights(groups)
    t.same(Object.fromEntries(shared.map(({ address, weight }) => [address, weight])), weights)
    t.same(
      shared.map(({ address }) => address),
      Object.keys(weights).sort(),
    )
  })
}

t.test('weights that have no small common measure come close', async (t) => {
  const shared = shareWeights([
    { weight: 65521, addresses: Array.from({ length: 61 }, (_, i) => `a${i}`) },
    { weight: 65519, addresses: ['b'] },
  ])
  const weightOf = (wanted: string) => shared.find(({ address }) => address === wanted)?.weight ?? 0
  t.ok(shared.every(({ weight }) => Number.isInteger(weight) && weight >= 1 && weight <= 65535))
  t.ok(Math.abs(weightOf('b') / weightOf('a0') - (65519 / 65521) * 61) < 0.1)
})
