// Every plugin and every configuration on the pages about plugins works, and the first one does what the page says.

import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { loadPlugins, readHere } from '../../src/load-plugins.ts'
import { start, startMirror, startWithPlugin } from '../support/plugin-gateway.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const PAGES = [
  'docs/tasks/plugin.md',
  'docs/reference/plugin-api.md',
  'plugins/tenant-routing/README.md',
  'plugins/feature-canary/README.md',
]

const blocks = (page: string, language: string): string[] => {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, block = '']) => block)
}

/** The folder in which a reader has written everything. */
const folder = t.testdir({})
const plugins = PAGES.flatMap((page) => blocks(page, 'ts')).flatMap((text) => {
  const [, path] = /^\/\/ (plugins\/\S+)\n/.exec(text) ?? []
  if (path === undefined) return []
  mkdirSync(join(folder, dirname(path)), { recursive: true })
  writeFileSync(join(folder, path), text)
  return [dirname(path)]
})
for (const name of ['tenant-routing', 'feature-canary']) {
  mkdirSync(join(folder, 'plugins', name), { recursive: true })
  for (const file of name === 'tenant-routing' ? ['index.ts'] : ['index.ts', 'cookies.ts'])
    writeFileSync(join(folder, 'plugins', name, file), readFileSync(join(ROOT, 'plugins', name, file)))
}

t.test('every plugin loads', async (t) => {
  t.ok(plugins.length >= 5)
  for (const path of plugins) {
    const [reading] = await readHere([{ path, package: null }], folder)
    t.equal(reading?.problem, '', path)
    t.equal(reading?.plugin?.facts.name, path.slice('plugins/'.length))
  }
})

t.test('every plugin has the right types', async (t) => {
  const paths = { 'headgate/plugin': [join(ROOT, 'src/plugin-api.ts')] }
  const compilerOptions = { noEmit: true, paths, types: ['node'], typeRoots: [join(ROOT, 'node_modules', '@types')] }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: ['plugins'] }),
  )
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
  t.equal(stdout, '')
})

t.test('every configuration is right', async (t) => {
  const configs = PAGES.flatMap((page) => blocks(page, 'yaml'))
  t.ok(configs.length >= 5)
  for (const [index, text] of configs.entries()) {
    const file = join(folder, `${index}.yaml`)
    writeFileSync(file, text)
    const loaded = await loadConfig(file, { plugins: (config, from) => loadPlugins(config, from, readHere) })
    t.same('errors' in loaded ? loaded.errors.map(formatProblem) : [], [], text)
    t.same(loaded.warnings, [])
  }
})

t.test('the slip that is shown is told as shown', async (t) => {
  const page = 'docs/tasks/plugin.md'
  const right = blocks(page, 'yaml').find((text) => text.includes('{ value: hello }')) ?? ''
  const file = join(folder, 'headgate.yaml')
  writeFileSync(file, right.replace('value:', 'valeu:'))
  const loaded = await loadConfig(file, { plugins: (config, from) => loadPlugins(config, from, readHere) })
  const told = 'errors' in loaded ? loaded.errors.map((error) => formatProblem({ ...error, file: 'headgate.yaml' })) : []
  t.same(`${told.join('\n')}\n`, blocks(page, 'text')[0])
})

t.test('the first plugin does what the page shows', async (t) => {
  const { ask } = await startWithPlugin(t, join(folder, 'plugins/stamp'), { name: 'stamp' })
  t.match(await ask('/'), { headers: { 'x-stamped': 'all' }, seen: { headers: { 'x-stamp': 'hello' } } })
})

t.test('the tour of the reference', async (t) => {
  const { ask } = await startWithPlugin(t, join(folder, 'plugins/tour'), { name: 'tour', options: { limit: 10 } })
  const { seen } = await ask('/x?y', { 'x-debug': '1' })
  t.match(seen, { url: '/v2/x', headers: { host: 'v2.internal', 'x-client': '127.0.0.1', 'x-seen': 'all' } })
  t.notOk(seen?.headers['x-debug'])
})

t.test('the one that asks', async (t) => {
  const asked = await startMirror(t)
  const use = { name: 'allowed', options: { url: `http://${asked}/` }, budget: '30s' }
  t.match(await (await startWithPlugin(t, join(folder, 'plugins/allowed'), use)).ask('/'), { status: 200 })
  const { ask } = await start(t, {
    plugins: [{ path: join(folder, 'plugins/office-hours') }],
    listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
    routes: [{ name: 'all', filters: [{ plugin: { name: 'office-hours' } }], to: 'app' }],
    upstreams: { app: { discovery: { static: [asked] } } },
  })
  t.ok([200, 503].includes((await ask('/')).status))
})
