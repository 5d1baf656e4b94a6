// Why a route is taken and the others are not: in words, and in agreement with the look-up.

import fc from 'fast-check'
import t from 'tap'
import type { RouteRule, RouteTable } from '../../src/model/route-table.ts'
import { buildRouteTable } from '../../src/routing/build-route-table.ts'
import { fields, rule, type ShortMatch } from './rules.ts'

const table = (...rules: RouteRule<string>[]): RouteTable<string> => buildRouteTable(rules, { caseSensitive: true })

const said = (routes: RouteTable<string>, host: string, path: string, method = 'GET', f = fields()): string[] =>
  routes.explain(host, path, method, f).map(({ value, why }) => `${value}: ${why()}`)

t.test('hosts', async (t) => {
  const routes = table(rule('every', []), rule('wild', ['*.a.test']), rule('exact', ['x.a.test']), rule('other', ['b.test']))
  t.strictSame(said(routes, 'x.a.test', '/'), [
    'exact: best match: host x.a.test, every path',
    'wild: host *.a.test is wider, and x.a.test is a closer match',
    'every: it is for every host, and x.a.test is a closer match',
  ])
  t.strictSame(said(routes, 'b.test', '/')[0], 'other: best match: host b.test, every path')
  t.strictSame(said(table(rule('only', ['a.test'], { prefix: '/x' })), 'b.test', '/x/1'), ['only: host b.test is not a.test'])
  t.strictSame(said(table(rule('only', ['a.test'], { prefix: '/x' })), '', '/x'), ['only: host (none) is not a.test'])
  t.strictSame(said(table(rule('only', ['a.test'])), 'b.test', '/x'), [], 'neither host nor path')
})

t.test('paths', async (t) => {
  const routes = table(
    rule('root', [], { prefix: '/' }),
    rule('a', [], { prefix: '/a' }),
    rule('ab', [], { exact: '/a/b' }),
    rule('re', [], { regex: '/a/.*' }),
    rule('two', [], { regex: '/a' }),
  )
  t.strictSame(said(routes, 'h', '/a/b'), [
    'ab: best match: every host, exact path /a/b',
    're: regex /a/.* comes after the exact path',
    'a: path prefix /a comes after the exact path',
    'root: path prefix / comes after the exact path',
    'two: path /a/b does not match regex /a',
  ])
  t.strictSame(said(routes, 'h', '/a')[1], 'two: regex /a comes after a prefix of the same length')
  t.strictSame(said(routes, 'h', '/a/c').slice(1, 3), [
    'a: path prefix /a is shorter than /a/.*',
    'root: path prefix / is shorter than /a/.*',
  ])
  t.strictSame(said(routes, 'h', '/ab').slice(0, 4), [
    'root: best match: every host, every path',
    'ab: path /ab is not /a/b',
    're: path /ab does not match regex /a/.*',
    'a: path /ab is not below /a',
  ])
})

t.test('conditions', async (t) => {
  const asks = (match: ShortMatch) =>
    said(table(rule('r', [], match)), 'h', '/', 'GET', fields({ 'x-a': '1', cookie: 'c=1', authorization: 'mine' }, 'q=1'))
  t.strictSame(asks({ methods: ['PUT', 'POST'] }), ['r: method GET is not PUT or POST'])
  t.strictSame(asks({ headers: { 'x-env': 'canary' } }), ['r: header x-env is absent'])
  t.strictSame(asks({ headers: { 'x-a': '2' } }), ['r: header x-a is "1", not "2"'])
  t.strictSame(asks({ headers: { 'x-a': /2.*/ } }), ['r: header x-a is "1", which does not match 2.*'])
  t.strictSame(asks({ headers: { 'x-a': false } }), ['r: header x-a is there'])
  t.strictSame(asks({ cookies: { c: '2' } }), ['r: cookie c has another value'])
  t.strictSame(asks({ query: { q: '2' } }), ['r: query parameter q is "1", not "2"'])
  t.strictSame(
    asks({ headers: { authorization: 'Bearer secret' } }),
    ['r: header authorization has another value'],
    'nothing secret',
  )
  t.strictSame(asks({ methods: ['GET'], headers: { 'x-a': '1', 'x-b': false }, cookies: { c: '1' }, query: { q: '1' } }), [
    'r: best match: every host, every path, method GET, header x-a, no header x-b, cookie c, query parameter q',
  ])
})

t.test('of those that fit, why one comes later', async (t) => {
  const routes = table(
    rule('plain', []),
    rule('late', []),
    rule('method', [], { methods: ['GET'] }),
    rule('header', [], { methods: ['GET'], headers: { 'x-a': '1' } }),
    rule('query', [], { methods: ['GET'], headers: { 'x-a': '1' }, query: { q: '1' } }),
  )
  t.strictSame(said(routes, 'h', '/', 'GET', fields({ 'x-a': '1' }, 'q=1')), [
    'query: best match: every host, every path, method GET, header x-a, query parameter q',
    'header: it asks for fewer query parameters',
    'method: it asks for fewer headers and cookies',
    'plain: it does not ask for a method',
    'late: it does not ask for a method',
  ])
  t.strictSame(said(table(rule('plain', []), rule('late', [])), 'h', '/')[1], 'late: written later')
})

const HOSTS = ['a.test', 'b.a.test', '*.a.test', '*.test']
const PATHS = ['/', '/a', '/a/b', '/b']
const short = fc.record(
  {
    exact: fc.constantFrom(...PATHS),
    methods: fc.constantFrom(['GET'], ['POST']),
    headers: fc.constantFrom({ 'x-a': '1' }, { 'x-a': false }),
  },
  { requiredKeys: [] },
)
const kind = fc.constantFrom('exact', 'prefix', 'regex')
const rules = fc.array(fc.tuple(fc.subarray(HOSTS), fc.array(fc.tuple(kind, short), { maxLength: 3 })), { maxLength: 12 })

t.test('it never disagrees with the look-up', async () => {
  fc.assert(
    fc.property(
      rules,
      fc.constantFrom('a.test', 'b.a.test', 'c.test', ''),
      fc.constantFrom(...PATHS, '/a/b/c'),
      (written, host, path) => {
        const routes = table(
          ...written.map(([hosts, matches], i) =>
            rule(
              String(i),
              hosts,
              ...matches.map(([as, { exact, ...rest }]) => (exact === undefined ? rest : { ...rest, [as]: exact })),
            ),
          ),
        )
        const f = fields({ 'x-a': '1' })
        const found = routes.match(host, path, 'GET', f)
        const considered = routes.explain(host, path, 'GET', f)
        const wins = considered.filter(({ wins }) => wins)
        if (found === null) return wins.length === 0
        const mentioned = new Set(considered.map(({ value }) => value))
        return (
          wins.length === 1 && considered[0] === wins[0] && wins[0]?.value === found && mentioned.size === considered.length
        )
      },
    ),
    { numRuns: 2000, seed: 4 },
  )
})
