// `headgate check` and `headgate schema`: what they print where, and their exit codes.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { check } from '../../src/cli/check.ts'
import { schema } from '../../src/cli/schema.ts'

type Command = typeof check

async function run(command: Command, argv: readonly string[], env = {}) {
  const printed = { out: '', err: '' }
  const code = await command(argv, {
    out: (text) => {
      printed.out += text
    },
    err: (text) => {
      printed.err += text
    },
    env,
  })
  return { code, ...printed }
}

function file(t: Test, text: string): string {
  const path = join(t.testdir({}), 'a.yaml')
  writeFileSync(path, text)
  return path
}

const FINE = `listeners: [{ name: web, bind: "127.0.0.1:0" }]
upstreams: { app: { discovery: { static: ["127.0.0.1:1"] } } }
routes: [{ name: r, to: app }]
`

t.test('a valid file', async (t) => {
  const path = file(t, FINE)
  t.same(await run(check, ['-c', path]), { code: 0, out: `${path}: ok\n`, err: '' })
  t.same(await run(check, [`--config=${path}`]), { code: 0, out: `${path}: ok\n`, err: '' })
})

t.test('warnings do not fail it', async (t) => {
  const path = file(t, FINE.replace('to: app }]', 'to: app }, { name: s, to: app }]'))
  t.same(await run(check, ['-c', path]), {
    code: 0,
    out: `${path}: ok\n`,
    err: `${path}:3:32: warning: the route "s" can never match: "r" takes all that it asks for\n`,
  })
})

t.test('every error, one a line', async (t) => {
  const path = file(t, 'wrokers: 1\nworkers: -1\n')
  t.same(await run(check, ['-c', path]), {
    code: 1,
    out: '',
    err: `${path}:1:1: unknown key "wrokers"; did you mean "workers"?\n${path}:2:10: -1 is too small: at least 0\n`,
  })
})

t.test('a file that is not there', async (t) => {
  const { code, err } = await run(check, ['-c', '/nonexistent/a.yaml'])
  t.equal(code, 1)
  t.equal(err, '/nonexistent/a.yaml:1:1: cannot be read: there is no such file\n')
})

t.test('the environment is the one that is given', async (t) => {
  const path = file(t, `${FINE}via: \${NAME}\n`)
  t.equal((await run(check, ['-c', path], { NAME: 'x' })).code, 0)
  t.match(await run(check, ['-c', path]), { code: 1, err: /the environment variable NAME is not set/ })
})

t.test('usage', async (t) => {
  for (const argv of [[], ['-c'], ['--nope'], ['-c', 'x', 'y']])
    t.match(await run(check, argv), { code: 2, out: '', err: /Usage: headgate check/ })
  t.match(await run(check, ['--help']), { code: 0, out: /Usage: headgate check/, err: '' })
})

t.test('schema prints JSON Schema', async (t) => {
  const { code, out } = await run(schema, [])
  t.equal(code, 0)
  t.match(JSON.parse(out), { $schema: /2020-12/, type: 'object', properties: { listeners: {}, routes: {}, upstreams: {} } })
  t.match(await run(schema, ['--help']), { code: 0, out: /Usage: headgate schema/ })
  t.match(await run(schema, ['x']), { code: 2, err: /unexpected argument "x"/ })
})
