// What is remembered of an object, and when it is made anew.

import t from 'tap'
import { Memo } from '../../src/kubernetes/memo.ts'

t.test('made again only when something that was read is another one', async (t) => {
  const memo = new Memo<object, string>()
  const route = {}
  let made = 0
  const ask = (services: ReadonlyMap<string, object>, secrets: ReadonlyMap<string, object>) =>
    memo.of(route, [services, secrets], (read) => {
      made++
      return `${read(services, 'a') === undefined ? 'no' : 'a'} ${read(secrets, 's') === undefined ? 'no' : 's'}`
    })
  const a = {}
  t.equal(ask(new Map([['a', a]]), new Map()), 'a no')
  t.equal(
    ask(
      new Map<string, object>([
        ['a', a],
        ['b', {}],
      ]),
      new Map([['other', {}]]),
    ),
    'a no',
  )
  t.equal(made, 1)
  t.equal(ask(new Map([['a', a]]), new Map([['s', {}]])), 'a s')
  t.equal(ask(new Map(), new Map()), 'no no')
  t.equal(made, 3)
})

t.test('a map that was not named', async (t) => {
  t.throws(() => new Memo<object, unknown>().of({}, [], (read) => read(new Map(), 'a')), /not among those of this memo/)
})
