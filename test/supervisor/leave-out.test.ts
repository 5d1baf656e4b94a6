// Who is left out when something goes wrong that nobody foresaw: few, found with few tries, and not for ever.

import t from 'tap'
import type { Translation } from '../../src/compile/cluster.ts'
import { findOffenders, LeftOutBook, unitsOf } from '../../src/supervisor/leave-out.ts'

async function search(count: number, bad: readonly number[], tries = 64) {
  const suspects = Array.from({ length: count }, (_, i) => i)
  const asked: ReadonlySet<number>[] = []
  const found = await findOffenders(
    suspects,
    async (without) => {
      asked.push(without)
      return bad.every((each) => without.has(each))
    },
    tries,
  )
  return { found: found === null ? null : [...found].sort((a, b) => a - b), tries: asked.length }
}

t.test('offenders are found by halves', async (t) => {
  t.same(await search(1, [0]), { found: [0], tries: 1 })
  for (const bad of [[0], [777], [1999], [3, 1500]]) {
    const { found, tries } = await search(2000, bad)
    t.same(found, bad)
    t.ok(tries <= 1 + 23 * bad.length, `${tries} tries`)
  }
  const { found, tries } = await search(2000, [1, 500, 900, 1300, 1700])
  t.equal(tries, 64)
  t.ok(
    [1, 500, 900, 1300, 1700].every((each) => found?.includes(each)),
    'what was not tried stays out',
  )
  t.ok((found?.length ?? 0) < 1000, `${found?.length} of 2000`)
  t.equal((await search(5, [9])).found, null, 'somebody else is to blame')
})

t.test('only what was never served is suspected, and what has changed gets another chance', async (t) => {
  const upstream = { host: 'preserve' }
  const translation = (routes: readonly object[], upstreams: Record<string, object> = { u: upstream }) =>
    ({
      routes,
      upstreams: new Map(Object.entries(upstreams)),
      origins: new Map(
        (routes as { name: string }[]).map(({ name }) => [
          name,
          { object: { kind: 'Ingress', namespace: 'a', name: name[0] } },
        ]),
      ),
    }) as unknown as Translation
  const route = (name: string) => ({ name, to: [{ upstream: 'u' }], mirror: [] })
  const [a, b] = [route('a/0'), route('b/0')]
  const book = new LeftOutBook()
  const keys = (translations: readonly Translation[]) => book.suspects(translations).map(({ key }) => key)
  t.same(keys([translation([a, b])]), ['Ingress.undefined a/a', 'Ingress.undefined a/b'])
  book.prove([a, upstream])
  t.same(keys([translation([a, b])]), ['Ingress.undefined a/b'])
  t.same(keys([translation([a], { u: { ...upstream } })]), ['Ingress.undefined a/a'], 'its upstream is another one')
  book.leaveOut(unitsOf([translation([b])]), { why: 'it hurts', how: 'answered' })
  t.same(keys([translation([a, b])]), [])
  t.same(
    [...book.of([translation([a, b])]).values()].map(({ why }) => why),
    ['it hurts'],
  )
  t.equal(book.of([translation([a, route('b/0')])]).size, 0, 'another route')
  t.same(keys([translation([a, b])]), ['Ingress.undefined a/b'])
})
