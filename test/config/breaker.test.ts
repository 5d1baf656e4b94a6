// The key `breaker`: what it becomes, and what is refused.

import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { formatProblem } from '../../src/config/problem.ts'

function parse(rest: string) {
  const text = `listeners: [{ name: w, bind: "127.0.0.1:80" }]\nroutes: [{ name: r, to: a }]\nupstreams:\n  a:\n    discovery: { static: ["127.0.0.1:1"] }\n${rest}`
  const parsed = parseConfig([{ name: 'f', text }])
  return 'errors' in parsed ? parsed.errors.map(formatProblem) : parsed.config.upstreams.a?.breaker
}

t.test('defaults, and errors by ejection.on', async (t) => {
  const on = ['connect-failure', 'connect-timeout', 'reset', 'timeout', 'protocol', '502', '503', '504']
  const defaults = { errorPercent: 50, window: 10_000, minimumRequests: 20, resetAfter: 5000, on }
  t.strictSame(parse(''), null)
  t.strictSame(parse('    breaker: off'), null)
  t.strictSame(parse('    breaker: {}'), defaults)
  t.strictSame(parse('    breaker: {}\n    ejection: off'), defaults)
  t.strictSame(parse('    breaker: { window: 1m }\n    ejection: { on: ["500"] }'), {
    ...defaults,
    window: 60_000,
    on: ['500'],
  })
})

t.test('wrong values', async (t) => {
  const rows: readonly (readonly [string, string])[] = [
    ['{ errorPercent: 0 }', 'f:6:30: 0 is too small: at least 1'],
    ['{ errorPercent: 101 }', 'f:6:30: 101 is too large: at most 100'],
    ['{ window: 0s }', 'f:6:24: 0s is too short: at least 100ms'],
    ['{ minimumRequests: 0 }', 'f:6:33: 0 is too small: at least 1'],
    ['{ resetAfter: 0s }', 'f:6:28: 0s is too short: at least 100ms'],
    ['{ resetAfter: off }', 'f:6:28: expected a duration such as 250ms, 5s, 2m or 1h; got "off"'],
    ['{ percent: 5 }', 'f:6:16: unknown key "percent"'],
  ]
  for (const [written, message] of rows) t.match(parse(`    breaker: ${written}`), [message], written)
  t.match(parse('    breaker: on'), [/^f:6:14: expected off or a block/])
})
