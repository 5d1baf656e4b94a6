// Files: includes, what is watched, secrets, and everything that cannot be read.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { formatProblem } from '../../src/config/problem.ts'

/** A directory with these files. */
function directory(t: Test, files: Readonly<Record<string, string | Buffer>>): string {
  const root = t.testdir({})
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return root
}

async function errorsOf(root: string, name = 'main.yaml', env = {}): Promise<string[]> {
  const loaded = await loadConfig(join(root, name), { env })
  return 'errors' in loaded ? loaded.errors.map((problem) => formatProblem(problem).replaceAll(`${root}/`, '')) : []
}

const UPSTREAM = (name: string) => `upstreams:\n  ${name}: { discovery: { static: ["127.0.0.1:1"] } }\n`

t.test('included files are merged, in order of their names', async (t) => {
  const root = directory(t, {
    'main.yaml': `include: [conf.d/*.yaml, extra.json]\nlisteners: [{ name: web, bind: "127.0.0.1:0" }]\nroutes: [{ name: first, to: b }]\n`,
    'conf.d/2.yaml': `${UPSTREAM('b')}routes: [{ name: third, to: a, hosts: [c] }]`,
    'conf.d/1.yaml': `${UPSTREAM('a')}routes: [{ name: second, to: b, hosts: [b] }]`,
    'conf.d/ignored.txt': 'not: yaml: at: all',
    'extra.json': '{\n\t"trustedProxies": ["10.0.0.0/8"]\n}',
  })
  const loaded = await loadConfig(join(root, 'main.yaml'), { env: {} })
  if ('errors' in loaded) throw new Error(loaded.errors.map(formatProblem).join('\n'))
  t.same(
    loaded.config.routes.map(({ name }) => name),
    ['first', 'second', 'third'],
  )
  t.same(Object.keys(loaded.config.upstreams).sort(), ['a', 'b'])
  t.same(loaded.config.trustedProxies, ['10.0.0.0/8'])
  t.notOk('include' in loaded.config)
  t.same(loaded.warnings, [])
  t.same(
    [...loaded.files].sort(),
    ['conf.d', 'conf.d/1.yaml', 'conf.d/2.yaml', 'extra.json', 'main.yaml'].map((name) => join(root, name)),
  )
})

t.test('the same name in two files names both places', async (t) => {
  const root = directory(t, {
    'main.yaml': `include: [other.yaml]\nworkers: 1\n${UPSTREAM('a')}listeners: [{ name: web, bind: "127.0.0.1:0" }]\n`,
    'other.yaml': `workers: 2\n${UPSTREAM('a')}listeners: [{ name: web, bind: "127.0.0.1:0" }]\n`,
  })
  t.same(await errorsOf(root), [
    'other.yaml:1:1: the key "workers" is written twice, first at main.yaml:2:1',
    'other.yaml:3:3: the upstream "a" is written twice, first at main.yaml:4:3',
    'other.yaml:4:21: the listener "web" is defined twice, first at main.yaml:5:21',
  ])
})

t.test('includes may include, and a circle ends', async (t) => {
  const root = directory(t, {
    'main.yaml': 'include: [a/one.yaml]\n',
    'a/one.yaml': 'include: [../main.yaml, "*.yaml"]\nworkers: 1\n',
    'a/two.yaml': 'watch: false\n',
  })
  const loaded = await loadConfig(join(root, 'main.yaml'), { env: {} })
  t.match('config' in loaded && loaded.config, { workers: 1, watch: false })
})

t.test('a broken file among those included hides nothing and invents nothing', async (t) => {
  const root = directory(t, {
    'main.yaml': 'include: ["*.conf"]\nwrokers: 1\nroutes: [{ name: r, to: in-the-broken-file }]\n',
    'broken.conf': 'upstreams:\n\tin-the-broken-file: {}\n',
  })
  t.same(await errorsOf(root), [
    'broken.conf:2:1: Tabs are not allowed as indentation',
    'main.yaml:2:1: unknown key "wrokers"; did you mean "workers"?',
  ])
})

t.test('a pattern may find nothing, a name may not', async (t) => {
  const root = directory(t, { 'main.yaml': 'include: [none/*.yaml, missing.yaml]\n' })
  t.same(await errorsOf(root), ['main.yaml:1:24: missing.yaml cannot be read: there is no such file'])
})

t.test('the environment works in the names of files too', async (t) => {
  const root = directory(t, { 'main.yaml': 'include: ["${STAGE}.yaml"]\n', 'test.yaml': 'wrokers: 1' })
  t.same(await errorsOf(root, 'main.yaml', { STAGE: 'test' }), [
    'test.yaml:1:1: unknown key "wrokers"; did you mean "workers"?',
  ])
})

t.test('what cannot be read', async (t) => {
  const root = directory(t, {
    'latin1.yaml': Buffer.from([0x76, 0x69, 0x61, 0x3a, 0x20, 0xe9]),
    'large.yaml': Buffer.alloc(16 * 1024 ** 2 + 1, '#'),
    'bom.yaml': '\uFEFFworkers: 1\n',
  })
  t.same(await errorsOf(root, 'missing.yaml'), ['missing.yaml:1:1: cannot be read: there is no such file'])
  t.match(await errorsOf(root, ''), [/:1:1: cannot be read: it is a directory/])
  t.same(await errorsOf(root, 'latin1.yaml'), ['latin1.yaml:1:1: cannot be read: it is not UTF-8'])
  t.same(await errorsOf(root, 'large.yaml'), ['large.yaml:1:1: cannot be read: it is larger than 16 MiB'])
  t.same(await errorsOf(root, 'bom.yaml'), [])
})

t.test('secrets and paths are relative to the file that names them', async (t) => {
  const root = directory(t, {
    'main.yaml': 'include: [sub/admin.yaml]\naccessLog: { file: access.log }\n',
    'sub/admin.yaml': 'admin: { token: { file: token } }\n',
    'sub/token': 'secret\n',
  })
  const loaded = await loadConfig(join(root, 'main.yaml'), { env: {} })
  if ('errors' in loaded) throw new Error(loaded.errors.map(formatProblem).join('\n'))
  t.same(loaded.config.admin?.token, { file: join(root, 'sub/token') })
  t.equal(loaded.config.accessLog?.file, join(root, 'access.log'))
  t.ok(loaded.files.includes(join(root, 'sub/token')), 'a new secret is a change')
})

t.test('secrets that are not there', async (t) => {
  const root = directory(t, {
    'file.yaml': 'admin: { token: { file: nowhere } }\nlog: { level: x }\n',
    'empty.yaml': 'admin: { token: { file: nothing } }\n',
    'env.yaml': 'admin: { token: { env: ADMIN_TOKEN } }\n',
    nothing: '\n',
  })
  t.same(await errorsOf(root, 'file.yaml'), [
    'file.yaml:1:25: nowhere cannot be read: there is no such file',
    'file.yaml:2:15: unknown log.level "x"; expected debug, info, warn, error',
  ])
  t.same(await errorsOf(root, 'empty.yaml'), ['empty.yaml:1:25: nothing is empty'])
  t.same(await errorsOf(root, 'env.yaml'), ['env.yaml:1:24: the environment variable ADMIN_TOKEN is not set'])
  t.same(await errorsOf(root, 'env.yaml', { ADMIN_TOKEN: 'x' }), [])
})

t.test('JSON is read with positions like YAML', async (t) => {
  const root = directory(t, { 'main.json': '{\n\t"$schema": "x",\n\t"log": {\n\t\t"level": "inf"\n\t}\n}\n' })
  t.same(await errorsOf(root, 'main.json'), ['main.json:4:12: unknown log.level "inf"; did you mean "info"?'])
})
