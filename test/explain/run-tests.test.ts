// `tests` of a configuration: what holds, what fails and with which words, and where it says so.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { runConfigTests } from '../../src/explain/run-tests.ts'
import { ConfigError, createGateway } from '../../src/index.ts'

const BASE = `
listeners: [{ name: web, bind: "127.0.0.1:0" }]
upstreams:
  a: { discovery: { static: ["127.0.0.1:1"] } }
  b: { discovery: { static: ["127.0.0.1:2"] } }
routes:
  - { name: users, hosts: [api.test], match: [{ path: { prefix: /users } }], to: a }
  - { name: canary, hosts: [api.test], match: [{ path: { prefix: /users }, headers: { x-env: canary } }], to: [{ upstream: a, weight: 99 }, { upstream: b }] }
  - { name: old, hosts: [api.test], match: [{ path: { prefix: /old } }], filters: [{ redirect: { path: { prefix: /users }, code: 301 } }] }
tests:
`

/** What fails, of tests that are written as one line each. */
function failures(...tests: readonly string[]): string[] {
  const parsed = parseConfig([{ name: 'f', text: `${BASE}${tests.map((test) => `  - ${test}\n`).join('')}` }])
  if ('errors' in parsed) return parsed.errors.map(({ message }) => message)
  return runConfigTests(parsed.config).map(({ message }) => message)
}

const asks = (url: string, expect: string, headers = '{}'): string =>
  `{ request: { url: "${url}", headers: ${headers} }, expect: ${expect} }`

t.test('what holds', async (t) => {
  t.strictSame(
    failures(
      asks('http://api.test/users/1', '{ route: users, upstream: a }'),
      asks('http://api.test/users', '{ route: canary }', '{ x-env: canary }'),
      asks('http://api.test/users', '{ route: canary, upstream: a }', '{ x-env: canary }'),
      asks('http://api.test/users', '{ route: canary, upstream: b }', '{ x-env: canary }'),
      asks('http://api.test/old/1?x=y', '{ route: old, status: 301, headers: { Location: "http://api.test/users/1?x=y" } }'),
      asks('http://api.test/x', '{ status: 404, headers: { x-headgate-reason: no-route } }'),
      asks('http://api.test/users/%2f', '{ status: 400 }'),
      '{ request: { method: TRACE, url: "http://api.test/" }, expect: { status: 405 } }',
    ),
    [],
  )
})

t.test('what fails, and why', async (t) => {
  const users = 'http://api.test/users'
  t.strictSame(failures(asks(users, '{ route: canary }')), [
    'the test fails: expected route canary, got users; canary: header x-env is absent',
  ])
  t.strictSame(failures(asks('http://api.test/x', '{ route: users }')), [
    'the test fails: expected route users, got none (404, no-route); users: path /x is not below /users',
  ])
  t.strictSame(failures(asks(users, '{ upstream: b }')), ['the test fails: expected upstream b, got a'])
  t.strictSame(failures(asks(users, '{ status: 200 }')), ['the test fails: expected status 200, got an answer of upstream a'])
  t.strictSame(failures(asks(users, '{ headers: { x-a: "1" } }')), [
    'the test fails: expected x-a: 1 in an answer made here, got an answer of upstream a',
  ])
  t.match(failures(asks('http://api.test/old', '{ status: 302 }')), [/expected status 302, got 301$/])
  t.match(failures(asks('http://api.test/old', '{ headers: { location: /x } }')), [
    /expected location: \/x, got http:\/\/api.test\/users$/,
  ])
  t.match(failures(asks('http://api.test/old', '{ headers: { x-a: "1" } }')), [/expected x-a: 1, got no such field$/])
  t.match(failures(asks('http://api.test/%00', '{ route: users }')), [/got none \(400, bad-request: the path is malformed/])
  t.match(failures('{ name: mine, request: { url: "http://api.test/" }, expect: { status: 200 } }'), [
    /^the test "mine" fails: /,
  ])
  t.equal(failures(...Array.from({ length: 60 }, () => asks(users, '{ route: canary }'))).length, 60, 'all of them')
})

t.test('what cannot be written', async (t) => {
  const wrong: readonly (readonly [test: string, message: string | RegExp])[] = [
    [asks('http://a/', '{}'), 'nothing is expected: route, upstream, status or headers'],
    [asks('http://a/', '{ route: user }'), 'unknown route "user"; did you mean "users"?'],
    [asks('http://a/', '{ upstream: c }'), /^unknown upstream "c"/],
    [asks('/users', '{ route: users }'), /is not a URL/],
    [asks('http://a/', '{ status: 99 }'), '99 is too small: at least 100'],
    [asks('http://a/', '{ status: 200 }', '{ "x y": "1" }'), '"x y" is not the name of a header'],
    [asks('http://a/', '{ status: 200 }', '{ x: "1\\r\\ny: 2" }'), 'the value of x holds a line end'],
    ['{ request: { url: "http://a/" }, expect: { status: 200 }, then: x }', /^unknown key "then"/],
    ['{ expect: { status: 200 } }', 'missing key "request"'],
    ['{ request: { method: "G T", url: "http://a/" }, expect: { status: 200 } }', '"G T" is not a method'],
  ]
  for (const [test, message] of wrong) t.match(failures(test), [message], test)
})

const written = (t: Test, name: string, text: string): string => {
  const file = join(t.testdirName, name)
  writeFileSync(file, text)
  return file
}

t.test('a failure is an error at the place of the test, in whichever file it stands', async (t) => {
  t.testdir({})
  written(t, 'more.yaml', `tests:\n  - ${asks('http://api.test/users', '{ route: old }')}\n`)
  const file = written(t, 'a.yaml', `include: [more.yaml]${BASE}  - ${asks('http://api.test/users', '{ route: canary }')}\n`)
  const loaded = await loadConfig(file, { env: {}, gate: runConfigTests })
  t.match('errors' in loaded && loaded.errors, [
    { file, line: 11, column: 5, message: /expected route canary/ },
    { file: join(t.testdirName, 'more.yaml'), line: 2, column: 5, message: /expected route old/ },
  ])
  t.notOk('errors' in (await loadConfig(file, { env: {} })), 'without the gate nobody asks')
})

t.test('an embedded gateway refuses it, too', async (t) => {
  const config = {
    listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
    tests: [{ request: { url: 'http://a.test/' }, expect: { status: 200 } }],
  }
  t.throws(() => createGateway(config), ConfigError)
  t.throws(() => createGateway(config), { message: 'tests[0]: the test fails: expected status 200, got 404, no-route' })
  createGateway({ ...config, tests: [{ request: { url: 'http://a.test/' }, expect: { status: 404 } }] })
})
