// Which time a condition has: of the same condition of the same entry, wherever that stands by now.

import t from 'tap'
import { withTransitionTimes } from '../../../src/kubernetes/status/transition-times.ts'

const NOW = '2026-01-01T00:00:00Z'
const at = (year: number) => `${year}-01-01T00:00:00Z`
const accepted = (status: string, lastTransitionTime?: string) => ({
  type: 'Accepted',
  status,
  ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }),
})

t.test('conditions by their type', async (t) => {
  const before = { conditions: [{ ...accepted('True', at(2020)), type: 'Programmed' }, accepted('True', at(2021))] }
  const wanted = {
    conditions: [accepted('True'), { ...accepted('False'), type: 'Programmed' }, { ...accepted('True'), type: 'New' }],
  }
  const { conditions } = withTransitionTimes(wanted, before, NOW) as { conditions: { lastTransitionTime: string }[] }
  t.same(
    conditions.map(({ lastTransitionTime }) => lastTransitionTime),
    [at(2021), NOW, NOW],
  )
})

t.test('entries of lists by what they are about', async (t) => {
  for (const [list, identity] of [
    ['parents', (name: string) => ({ parentRef: { name, group: 'g' }, controllerName: 'c' })],
    ['ancestors', (name: string) => ({ ancestorRef: { group: 'g', name }, controllerName: 'c' })],
    ['listeners', (name: string) => ({ name, attachedRoutes: 1 })],
  ] as const) {
    const before = {
      [list]: ['a', 'b'].map((name, i) => ({ ...identity(name), conditions: [accepted('True', at(2020 + i))] })),
    }
    const wanted = { [list]: ['b', 'c', 'a'].map((name) => ({ ...identity(name), conditions: [accepted('True')] })) }
    const found = withTransitionTimes(wanted, before, NOW) as Record<string, { conditions: { lastTransitionTime: string }[] }[]>
    t.same(
      found[list]?.map(({ conditions }) => conditions[0]?.lastTransitionTime),
      [at(2021), NOW, at(2020)],
      list,
    )
  }
})

t.test('the order of keys says nothing', async (t) => {
  const before = { parents: [{ parentRef: { name: 'a', group: 'g' }, conditions: [accepted('True', at(2020))] }] }
  const wanted = { parents: [{ parentRef: { group: 'g', name: 'a' }, conditions: [accepted('True')] }] }
  t.same(withTransitionTimes(wanted, before, NOW), before)
})

t.test('what is no condition is left alone', async (t) => {
  for (const value of [
    null,
    1,
    'x',
    [],
    [1, null],
    {},
    { status: 'True' },
    { type: 'A', status: 'Other' },
    { a: [{ b: [[]] }] },
  ])
    t.strictSame(withTransitionTimes(value, { a: 1 }, NOW), value)
  t.strictSame(withTransitionTimes({ a: undefined, b: 1 }, null, NOW), { b: 1 })
  t.same(withTransitionTimes([accepted('True', at(2019))], [accepted('True', at(2020))], NOW), [accepted('True', at(2019))])
  t.same(withTransitionTimes([accepted('True')], 'nonsense', NOW), [accepted('True', NOW)])
})
