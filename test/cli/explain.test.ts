// `headgate explain`: what it prints, its options and its exit codes.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { explain } from '../../src/cli/explain.ts'

async function run(...argv: readonly string[]) {
  const printed = { out: '', err: '' }
  const code = await explain(argv, {
    out: (text) => {
      printed.out += text
    },
    err: (text) => {
      printed.err += text
    },
    env: {},
  })
  return { code, ...printed }
}

function file(t: Test, text: string): string {
  const path = join(t.testdir({}), 'a.yaml')
  writeFileSync(path, text)
  return path
}

const CONFIG = `
listeners: [{ name: web, bind: "127.0.0.1:8080" }, { name: inner, bind: "127.0.0.1:8081" }]
upstreams: { app: { discovery: { static: ["127.0.0.1:1", { address: "127.0.0.1:2", weight: 0 }] } } }
routes:
  - { name: users, match: [{ path: { prefix: /users } }], filters: [{ rewrite: { prefix: / } }], to: app }
  - { name: other, match: [{ path: { prefix: /users }, headers: { x-a: "1" } }], filters: [{ respond: { status: 204 } }] }
tests: [{ request: { url: "http://a/users" }, expect: { route: other } }]
`

t.test('for people', async (t) => {
  const path = file(t, CONFIG)
  t.strictSame(await run('-c', path, 'GET', 'http://a.test:8080/users/1'), {
    code: 0,
    out: `GET http://a.test:8080/users/1
  listener  web
  route     users
  upstream  app
  endpoint  127.0.0.1:1

notes:
  listener web: it is bound to port 8080

routes:
  users: best match: every host, prefix /users
  other: header x-a is absent

filters:
  rewrite: path becomes /1

endpoints:
  + 127.0.0.1:1 weight 1: can be picked
  - 127.0.0.1:2 weight 0: its weight is 0
`,
    err: '',
  })
  t.match(await run('-c', path, 'GET', 'http://a.test/users', '-H', 'X-A: 1'), { code: 0, out: /\n {2}answer {4}204\n/ })
  t.match(await run('-c', path, 'GET', 'http://a.test/x'), {
    code: 0,
    out: /\n {2}route {5}-\n.*\n {2}answer {4}404 no-route\n/s,
  })
})

t.test('for programs', async (t) => {
  const { code, out } = await run('-c', file(t, CONFIG), 'GET', 'http://a.test/users', '--json', '--listener', 'inner')
  t.equal(code, 0)
  t.strictSame(JSON.parse(out), {
    listener: 'inner',
    route: 'users',
    upstream: 'app',
    endpoint: '127.0.0.1:1',
    considered: [
      { route: 'users', why: 'best match: every host, prefix /users' },
      { route: 'other', why: 'header x-a is absent' },
    ],
    filters: [{ name: 'rewrite', effect: 'path becomes /' }],
    endpoints: [
      { address: '127.0.0.1:1', weight: 1, eligible: true, why: 'can be picked' },
      { address: '127.0.0.1:2', weight: 0, eligible: false, why: 'its weight is 0' },
    ],
    answer: null,
    notes: ['listener inner: it was named'],
  })
})

t.test('the same seed, the same choices', async (t) => {
  const endpoints = Array.from({ length: 50 }, (_, i) => `"127.0.0.1:${i + 1}"`)
  const path = file(
    t,
    `listeners: [{ name: web, bind: "127.0.0.1:0" }]
upstreams: { app: { balancer: random, discovery: { static: [${endpoints}] } } }
routes: [{ name: all, to: app }]
`,
  )
  const pick = async (seed: number) => {
    const { out } = await run('-c', path, 'GET', 'http://a.test/', '--json', '--seed', String(seed))
    return JSON.parse(out).endpoint
  }
  const picks = new Set<string>()
  for (let seed = 0; seed < 8; seed++) {
    t.equal(await pick(seed), await pick(seed))
    picks.add(await pick(seed))
  }
  t.ok(picks.size > 3)
})

t.test('what is only known to a gateway that runs', async (t) => {
  const path = file(
    t,
    `listeners: [{ name: web, bind: "127.0.0.1:0" }]
upstreams: { app: { discovery: { dns: { name: app.test, port: 80 } } } }
routes: [{ name: all, to: app }]
`,
  )
  const { out } = await run('-c', path, 'GET', 'http://a.test/', '--json')
  t.match(JSON.parse(out), { upstream: 'app', endpoint: null, endpoints: [], answer: null })
  t.match(JSON.parse(out).notes[1], 'the endpoints of app are only known to a gateway that runs')
})

t.test('wrong input', async (t) => {
  const path = file(t, 'routes: [{ name: r, to: nowhere }]\n')
  t.match(await run('-c', path, 'GET', 'http://a/'), { code: 1, out: '', err: `${path}:1:25: unknown upstream "nowhere"\n` })
  t.match(await run('-c', file(t, ''), 'GET', 'http://a/'), { code: 1, err: 'headgate explain: there is no listener\n' })
  t.match(await run('-c', file(t, CONFIG), 'GET', 'a.test'), { code: 1, err: /"a.test" is not a URL/ })
  t.match(await run('-c', file(t, CONFIG), 'GET', 'http://a/', '--listener', 'x'), { code: 1, err: /there is no listener "x"/ })
  t.match(await run('-c', file(t, CONFIG), 'GET', 'http://a/', '--client', 'me'), { code: 1, err: /"me" is not an IP address/ })
})

t.test('usage', async (t) => {
  const ask = ['-c', 'a.yaml', 'GET', 'http://a/']
  for (const argv of [[], ['GET', 'http://a/'], ['-c', 'a.yaml'], ['-c', 'a.yaml', 'GET'], [...ask, 'x'], [...ask, '--nope']])
    t.match(await run(...argv), { code: 2, out: '', err: /Usage: headgate explain/ }, argv.join(' '))
  for (const more of [
    ['-H', 'x'],
    ['-H', ': y'],
    ['--seed', 'x'],
    ['--seed', '1.5'],
  ])
    t.match(await run(...ask, ...more), { code: 2, err: /takes/ }, more.join(' '))
  t.match(await run('--help'), { code: 0, out: /Usage: headgate explain/ })
})
