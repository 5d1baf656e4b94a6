// Filters that are watched: what each is said to do, and that none is run that must not be.

import t from 'tap'
import { effectOf, watchFilters } from '../../src/explain/watched-filters.ts'
import { type Filter, type FilterChain, filterChain } from '../../src/model/filter.ts'
import { BODY, type LocalAnswer, type ResponseHead } from '../../src/model/message.ts'
import { filterResponse, runRequestFilters } from '../../src/proxy/filters.ts'
import { fakeExchange } from '../support/fake-exchange.ts'

const LINES = 'x-old: 1\r\nauthorization: Bearer mine\r\nx-gone: 1\r\n'

/** The effects of filters on a request, or on the answer that they give. */
function effects(...filters: readonly Filter[]): string[] {
  const { chain, seen } = watchFilters(filterChain(filters) as FilterChain)
  const x = fakeExchange({ path: '/a', query: '?b', fields: LINES })
  let answered = false
  const head = (fields: string): ResponseHead => ({ status: 200, phrase: '', fields, body: BODY.NONE, length: 0, dated: false })
  const proxy = {
    proceed: () => void (chain.onResponse && filterResponse(x, chain, head(''))),
    answer: (_x: unknown, answer: LocalAnswer) => {
      answered = true
      if (chain.onResponse) filterResponse(x, chain, head(answer.fields))
    },
  }
  runRequestFilters(proxy, x, chain, 0)
  return seen.map((filter) => `${filter.name}: ${effectOf(filter, answered)}`)
}

const never = (): never => t.fail('this must not run') as never

const request = (name: string, change: Partial<ReturnType<typeof fakeExchange>>): Filter => ({
  name,
  onRequest: (x) => {
    Object.assign(x, change)
    return null
  },
})

t.test('changes of a request', async (t) => {
  t.strictSame(
    effects(
      request('path', { path: '/z', query: '' }),
      request('host', { authority: 'in.test' }),
      request('fields', { fields: 'x-old: 2\r\nauthorization: Bearer other\r\nX-New: 1\r\nx-new: 2\r\n' }),
      request('long', { fields: `x-old: ${'y'.repeat(300)}\r\n` }),
      request('body', { maxBody: 10 }),
      request('nothing', {}),
    ),
    [
      'path: path becomes /z, query becomes empty',
      'host: host becomes in.test',
      'fields: changes x-old to 2, changes authorization to ***, sets x-new: 1, 2, removes x-gone',
      `long: changes x-old to ${'y'.repeat(200)}…, removes authorization, removes x-new`,
      'body: a body of more than 10 bytes is refused',
      'nothing: changes nothing',
    ],
  )
})

t.test('changes of a response', async (t) => {
  const sets: Filter = {
    name: 'sets',
    onResponse(_x, head) {
      head.status = 203
      head.fields += 'x-a: 1\r\n'
      return null
    },
  }
  const looks: Filter = { name: 'looks', onResponse: () => null }
  t.strictSame(effects(sets, looks), [
    'sets: of a bare 200 response: status becomes 203, sets x-a: 1',
    'looks: looks at responses',
  ])
  const redirect: Filter = { name: 'go', onRequest: () => ({ status: 302, fields: 'location: /x\r\n', body: '' }) }
  t.strictSame(effects(sets, redirect, looks), [
    'sets: of the answer: status becomes 203, sets x-a: 1',
    'go: answers 302, location /x',
    'looks: not reached',
  ])
})

t.test('what is not run', async (t) => {
  t.strictSame(
    effects(
      { name: 'asks', async: true, onRequest: never },
      { name: 'counts', explain: () => 'counts', onRequest: never, onResponse: never, onEnd: never },
      { name: 'idle', explain: () => '', onRequest: never },
      { name: 'denies', explain: () => ({ status: 403, fields: '', body: '' }), onRequest: never },
      { name: 'after', onRequest: never },
    ),
    [
      'asks: takes its time over the request: not run here',
      'counts: counts',
      'idle: changes nothing',
      'denies: answers 403',
      'after: not reached',
    ],
  )
})

t.test('a filter that fails', async (t) => {
  const fails: Filter = {
    name: 'fails',
    onRequest: () => {
      throw new Error('boom')
    },
  }
  t.strictSame(effects(fails, { name: 'after', onRequest: never }), ['fails: fails: boom', 'after: not reached'])
})
