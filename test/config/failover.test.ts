// Who stands in for whom is known, comes once, and comes to an end.

import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { formatProblem } from '../../src/config/problem.ts'

/** One upstream a line, from line 3 on: `a: b c` means that b and c stand in for a. */
function textOf(lines: readonly string[], to = 'a'): string {
  const upstreams = lines.map((line) => {
    const [name, list = ''] = line.split(':')
    const failover = list.trim() === '' ? '' : `, failover: [${list.trim().split(' ').join(', ')}]`
    return `  ${name}: { discovery: { static: ["127.0.0.1:1"] }${failover} }`
  })
  return [
    `routes: [{ name: r, to: ${to} }]`,
    'upstreams:',
    ...upstreams,
    'listeners: [{ name: w, bind: "127.0.0.1:80" }]',
  ].join('\n')
}

function errorsOf(...lines: string[]): string[] {
  const parsed = parseConfig([{ name: 'f', text: textOf(lines) }])
  return 'errors' in parsed ? parsed.errors.map(formatProblem) : []
}

/** Of the n-th name in the list of the upstream in that line. */
const AT = 'discovery: { static: ["127.0.0.1:1"] }, failover: ['.length + '  a: { '.length + 1

t.test('wrong lists', async (t) => {
  t.strictSame(errorsOf('a: b', 'b'), [])
  t.strictSame(errorsOf('a: c', 'b'), [`f:3:${AT}: unknown upstream "c"; did you mean "a"?`])
  t.strictSame(errorsOf('users: user-dr', 'users-dr', 'a'), [
    `f:3:${AT + 4}: unknown upstream "user-dr"; did you mean "users-dr"?`,
  ])
  t.strictSame(errorsOf('a: a'), [`f:3:${AT}: the upstream "a" cannot stand in for itself`])
  t.strictSame(errorsOf('a: b b', 'b'), [`f:3:${AT + 3}: the upstream "b" stands in twice`])
  t.strictSame(errorsOf('a: b', 'b: a'), [`f:4:${AT}: failover goes round in a circle: a → b → a`])
  t.strictSame(errorsOf('a: b', 'b: c', 'c: b'), [`f:5:${AT}: failover goes round in a circle: b → c → b`])
  t.strictSame(errorsOf('a: b c', 'b: d', 'c: d', 'd'), [], 'two ways to one upstream are no circle')
  t.strictSame(errorsOf('a: b c', 'b: d', 'c: d', 'd: a'), [`f:6:${AT}: failover goes round in a circle: a → b → d → a`])
})

t.test('a chain as long as you like', async (t) => {
  const chain = Array.from({ length: 5000 }, (_, i) => `u${i}: u${i + 1}`)
  t.strictSame(errorsOf('a: u0', ...chain, 'u5000'), [])
  t.match(errorsOf('a: u0', ...chain, 'u5000: a'), [/^f:5004:\d+: failover goes round in a circle: a → u0 → /])
})

t.test('who only stands in is used', async (t) => {
  const parsed = parseConfig([{ name: 'f', text: textOf(['a: b', 'b: c', 'c', 'd']) }])
  t.match(parsed, { warnings: [{ message: 'the upstream "d" is used by no route' }] })
  t.equal(parsed.warnings.length, 1)
})
