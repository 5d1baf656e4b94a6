// Warnings: what is allowed and still not what was meant.

import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { formatProblem } from '../../src/config/problem.ts'

const AROUND = `listeners:
  - { name: web, bind: "127.0.0.1:80" }
  - { name: internal, bind: "127.0.0.1:81", hosts: [example.com, "*.example.org"] }
upstreams: { app: { discovery: { static: ["127.0.0.1:3000"] } } }
routes:
`

/** Warnings of a configuration with these routes, each in its line from 6 on. */
function warningsOf(...routes: readonly string[]): string[] {
  const text =
    AROUND + routes.map((rest, index) => `  - { name: ${'abcdef'[index]}, to: app${rest && `, ${rest}`} }\n`).join('')
  const parsed = parseConfig([{ name: 'f', text }])
  if ('errors' in parsed) throw new Error(parsed.errors.map(formatProblem).join('\n'))
  return parsed.warnings.map(formatProblem)
}

const HIDDEN = 'f:7:5: the route "b" can never match: "a" takes all that it asks for'

const SHADOWED: readonly (readonly [what: string, first: string, second: string])[] = [
  ['no match at all', '', ''],
  ['everything and a prefix of everything', '', 'match: [{ path: { prefix: / } }]'],
  ['one path', 'match: [{ path: { exact: /x } }]', 'match: [{ path: { exact: /x } }]'],
  ['a prefix with and without its slash', 'match: [{ path: { prefix: /x } }]', 'match: [{ path: { prefix: /x/ } }]'],
  [
    'one of two alternatives of the other',
    'match: [{ path: { exact: /x } }, { path: { exact: /y } }]',
    'match: [{ path: { exact: /y } }]',
  ],
  ['fewer methods', 'match: [{ methods: [GET, POST] }]', 'match: [{ methods: [POST] }]'],
  ['headers in another order', 'match: [{ headers: { a: x, b: y } }]', 'match: [{ headers: { B: y, A: x } }]'],
  [
    'a value where the other asks for presence',
    'match: [{ headers: { a: { present: true } } }]',
    'match: [{ headers: { a: x } }]',
  ],
  ['fewer hosts', 'hosts: [x.com, y.com]', 'hosts: [Y.com.]'],
  ['fewer listeners', '', 'listeners: [web]'],
]

for (const [what, first, second] of SHADOWED) {
  t.test(`shadowed: ${what}`, async (t) => t.same(warningsOf(first, second), [HIDDEN]))
}

const DISTINCT: readonly (readonly [what: string, first: string, second: string])[] = [
  ['another path', 'match: [{ path: { exact: /x } }]', 'match: [{ path: { exact: /y } }]'],
  ['exact and prefix', 'match: [{ path: { prefix: /x } }]', 'match: [{ path: { exact: /x } }]'],
  ['a longer prefix wins, wherever it stands', 'match: [{ path: { prefix: /x } }]', 'match: [{ path: { prefix: /x/y } }]'],
  ['a route for one host wins over one for all', '', 'hosts: [x.com]'],
  ['a route for one method wins over one for all', '', 'match: [{ methods: [GET] }]'],
  ['a route with a header wins over one without', '', 'match: [{ headers: { a: x } }]'],
  ['another value', 'match: [{ headers: { a: x } }]', 'match: [{ headers: { a: y } }]'],
  ['presence after a value', 'match: [{ headers: { a: x } }]', 'match: [{ headers: { a: { present: true } } }]'],
  ['one method more', 'match: [{ methods: [GET] }]', 'match: [{ methods: [GET, POST] }]'],
  ['one host more', 'hosts: [x.com]', 'hosts: [x.com, y.com]'],
  ['one listener more', 'listeners: [web]', ''],
]

for (const [what, first, second] of DISTINCT) {
  t.test(`not shadowed: ${what}`, async (t) => t.same(warningsOf(first, second), []))
}

t.test('two routes may hide a third together, and both are named', async (t) => {
  t.same(warningsOf('match: [{ methods: [GET] }]', 'match: [{ methods: [PUT] }]', 'match: [{ methods: [GET, PUT] }]'), [
    'f:8:5: the route "c" can never match: "a", "b" takes all that it asks for',
  ])
})

t.test('a route that none of its listeners serves', async (t) => {
  const warning = 'f:6:55: the route "a" can never match: none of its listeners serves one of its hosts'
  t.same(warningsOf('listeners: [internal], hosts: [other.com]'), [warning])
  t.same(warningsOf('listeners: [internal], hosts: [deep.example.org]'), [])
  t.same(warningsOf('listeners: [internal], hosts: ["*.com"]'), [])
  t.same(warningsOf('hosts: [other.com]'), [])
})

t.test('nothing to serve, nothing to use', async (t) => {
  const parsed = parseConfig([{ name: 'f', text: 'upstreams:\n  empty: { discovery: { static: [] } }' }])
  t.same(parsed.warnings.map(formatProblem), [
    'f:1:1: there is no listener: nothing is served',
    'f:2:3: the upstream "empty" is used by no route',
    'f:2:33: the upstream "empty" has no endpoint',
  ])
  for (const text of ['kubernetes: { ingress: {} }', 'kubernetes: { gatewayApi: {} }'])
    t.same(parseConfig([{ name: 'f', text }]).warnings, [], 'a cluster brings what is served')
})

const WITHOUT_EFFECT: readonly (readonly [route: string, ...warnings: string[]])[] = [
  ['retry: { backoff: { base: 1s } }', 'f:6:43: base 1s is above max 250ms: every pause is max at most'],
  ['retry: { on: [] }', 'f:6:38: nothing is tried again: `attempts: 0` says so'],
  ['retry: { attempts: 0, on: [] }'],
  ['retry: { methods: [GET, post, purge] }', 'f:6:49: methods are written in capitals: no request has the method "post"'],
  [
    'hedge: { after: 5s }, timeout: { request: 10s, attempt: 5s }',
    'f:6:41: no second endpoint is ever asked: timeout ends the wait after 5s',
  ],
  ['timeout: { request: 100ms }, hedge: {}', 'f:6:61: no second endpoint is ever asked: timeout ends the wait after 100ms'],
  ['hedge: { after: 4s }, timeout: { request: off, attempt: 5s }'],
  ['mirror: { upstream: app }', 'f:6:33: the copies go where the requests go: each of them is sent there twice'],
  ['mirror: { upstream: app, share: 0% }'],
]

for (const [route, ...warnings] of WITHOUT_EFFECT) t.test(route, async (t) => t.same(warningsOf(route), warnings))

t.test('ejection that does nothing, or not what it says', async (t) => {
  const warn = (ejection: string) => {
    const text = `${AROUND}  - { name: a, to: app }\n`.replace('["127.0.0.1:3000"] }', `$& , ${ejection}`)
    return parseConfig([{ name: 'f', text }]).warnings.map(formatProblem)
  }
  t.same(warn('ejection: { baseTime: 10m }'), ['f:4:65: baseTime 600s is above maxTime 300s: every ejection takes maxTime'])
  t.same(warn('ejection: { on: [] }'), ['f:4:81: nothing counts as an error: `ejection: off` says so'])
  t.same(warn('ejection: { on: [] }, breaker: {}'), [
    'f:4:81: nothing counts as an error, so the breaker never opens either: `ejection: off` says so',
  ])
  t.same(warn('ejection: { baseTime: 5m }'), [])
})

t.test('many routes that differ in a header value do not hide each other', async (t) => {
  const routes = Array.from(
    { length: 2000 },
    (_, index) => `  - { name: r${index}, to: app, match: [{ headers: { a: "${index}" } }] }\n`,
  )
  t.same(parseConfig([{ name: 'f', text: AROUND + routes.join('') }]).warnings, [])
})
