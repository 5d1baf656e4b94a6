// The key `affinity`: what it becomes, what is refused, and what is doubtful.

import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { formatProblem } from '../../src/config/problem.ts'

const REST =
  'listeners: [{ name: w, bind: "127.0.0.1:80" }]\nupstreams: { a: { discovery: { static: ["127.0.0.1:1"] } }, b: { discovery: { static: ["127.0.0.1:1"] } } }\n'
const text = (affinity: string) =>
  `routes:\n  - name: r\n    to: a\n    ${affinity}\n  - { name: s, match: [{ path: { exact: /s } }], to: b }\n${REST}`

function parse(affinity: string) {
  const parsed = parseConfig([{ name: 'f', text: text(affinity) }])
  return 'errors' in parsed ? parsed.errors.map(formatProblem) : parsed.config.routes[0]?.affinity
}

t.test('values', async (t) => {
  t.equal(parse('timeout: {}'), null)
  t.equal(parse('affinity: off'), null)
  const cookie = { type: 'cookie', name: 'hg', ttl: 3_600_000, secret: null }
  t.strictSame(parse('affinity: { cookie: hg }'), cookie)
  t.strictSame(parse('affinity: { cookie: hg, ttl: off }'), { ...cookie, ttl: null })
  t.strictSame(parse('affinity: { cookie: hg, ttl: 90s, secret: abc }'), { ...cookie, ttl: 90_000, secret: 'abc' })
  t.strictSame(parse('affinity: { header: X-Session }'), { type: 'header', name: 'x-session' })
})

t.test('wrong values', async (t) => {
  const rows: readonly (readonly [string, string])[] = [
    ['{}', 'f:4:15: exactly one of cookie and header is needed'],
    ['{ cookie: a, header: b }', 'f:4:15: exactly one of cookie and header is needed'],
    ['{ header: b, ttl: 1h }', 'f:4:15: ttl and secret are for a cookie'],
    ['{ header: b, secret: x }', 'f:4:15: ttl and secret are for a cookie'],
    ['{ cookie: "a b" }', 'f:4:25: "a b" is not the name of a cookie'],
    ['{ cookie: "" }', 'f:4:25: "" is not the name of a cookie'],
    ['{ header: "a:b" }', 'f:4:25: "a:b" is not the name of a header'],
    ['{ cookie: a, ttl: 0s }', 'f:4:33: 0s is too short: at least 1000ms'],
    ['{ cookie: a, ttl: 10ms }', 'f:4:33: 10ms is too short: at least 1000ms'],
    ['{ cookie: a, secret: "" }', 'f:4:36: an empty secret protects nothing'],
  ]
  for (const [written, message] of rows) t.match(parse(`affinity: ${written}`), [message], written)
  t.match(parse('affinity: { cooky: a }'), [/needed$/, 'f:4:17: unknown key "cooky"; did you mean "cookie"?'])
  t.match(parse('affinity: on'), [/^f:4:15: expected off or a block/])
})

t.test('one cookie for two upstreams is doubtful', async (t) => {
  const warnings = (second: string): string[] => {
    const routes = `routes:\n  - { name: r, hosts: [a.test], to: a, affinity: { cookie: hg } }\n  - { name: s, ${second} }\n`
    return parseConfig([{ name: 'f', text: routes + REST }])
      .warnings.map(formatProblem)
      .filter((each) => each.includes('cookie'))
  }
  t.match(warnings('to: b, affinity: { cookie: hg }'), [/^f:3:43: the cookie "hg" is also that of the route "r"/])
  t.strictSame(warnings('to: b, affinity: { cookie: other }'), [])
  t.strictSame(warnings('to: b, hosts: [b.test], affinity: { cookie: hg }'), [])
  t.strictSame(warnings('to: a, affinity: { cookie: hg }'), [])
})

t.test('secrets are read from where they stand', async (t) => {
  const folder = t.testdir({
    'gate.yaml': text('affinity: { cookie: hg, secret: { file: key } }'),
    'env.yaml': text('affinity: { cookie: hg, secret: { env: KEY } }'),
    'gone.yaml': text('affinity: { cookie: hg, secret: { file: gone } }'),
    'empty.yaml': text('affinity: { cookie: hg, secret: { file: blank } }'),
    key: 'abc\n',
    blank: '\n',
  })
  const loaded = await loadConfig(`${folder}/gate.yaml`, { env: {} })
  t.match('config' in loaded && loaded.config.routes[0], { affinity: { secret: 'abc' } })
  t.ok(loaded.files.includes(`${folder}/key`), 'and watched')
  const env = await loadConfig(`${folder}/env.yaml`, { env: { KEY: 'def' } })
  t.match('config' in env && env.config.routes[0], { affinity: { secret: 'def' } })
  const errors = async (file: string) => {
    const found = await loadConfig(`${folder}/${file}.yaml`, { env: {} })
    return 'errors' in found
      ? found.errors.map(({ line, column, message }) => `${line}:${column}: ${message.replaceAll(folder, '')}`)
      : []
  }
  t.strictSame(await errors('env'), ['4:44: the environment variable KEY is not set'])
  t.match(await errors('gone'), [/^4:45: \/gone cannot be read/])
  t.strictSame(await errors('empty'), ['4:45: /blank is empty'])
})
