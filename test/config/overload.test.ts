// The keys `overload` and `priority`: what they become, and what is refused.

import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { formatProblem } from '../../src/config/problem.ts'

function parse(overload: string): unknown {
  const parsed = parseConfig([{ name: 'f', text: `overload: ${overload}\n` }])
  return 'errors' in parsed ? parsed.errors.map(formatProblem) : parsed.config.overload
}

t.test('what is written', async (t) => {
  const defaults = { lag: 250, memory: 0.85, connections: 0.9, buffers: 128 * 1024 ** 2 }
  t.strictSame(parse('{}'), defaults)
  t.strictSame(parse('off'), null)
  t.strictSame(parse('{ lag: 1s, memory: off, connections: "50%", buffers: 1GiB }'), {
    lag: 1000,
    memory: null,
    connections: 0.5,
    buffers: 1024 ** 3,
  })
  t.strictSame(parse('{ lag: off, connections: off }'), { ...defaults, lag: null, connections: null })
})

t.test('what is refused', async (t) => {
  const rows: readonly (readonly [string, string])[] = [
    ['{ lag: 0s }', 'f:1:18: 0s is too short: at least 10ms'],
    ['{ memory: "0%" }', 'f:1:21: expected a share from 1% to 100%, or off; got "0%"'],
    ['{ memory: "101%" }', 'f:1:21: expected a share from 1% to 100%, or off; got "101%"'],
    ['{ connections: 100 }', 'f:1:26: expected a share such as 85%, or off'],
    ['{ buffers: 1KiB }', 'f:1:22: 1KiB is too small: at least 1048576'],
    ['{ cpu: "90%" }', 'f:1:13: unknown key "cpu"'],
  ]
  for (const [written, message] of rows) t.match(parse(written), [message], written)
  t.match(parse('on'), [/expected off or a block/])
  const route = parseConfig([
    { name: 'f', text: 'routes: [{ name: r, to: a, priority: urgent }]\nupstreams: { a: { discovery: { static: [] } } }' },
  ])
  t.match('errors' in route && route.errors, [{ message: 'unknown priority "urgent"; expected low, normal, high' }])
})
