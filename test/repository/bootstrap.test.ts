// The first step of `npm start` and `npm test`, against an npm that does to node_modules what `npm ci` does, and writes down how it was called.

import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, linkSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from './source-files.ts'

const NPM = `
const { appendFileSync, mkdirSync, rmSync, symlinkSync } = require('node:fs')
appendFileSync('calls', process.execPath + ' ' + process.argv.slice(2).join(' ') + '\\n')
rmSync('node_modules', { recursive: true, force: true })
mkdirSync('node_modules/.bin', { recursive: true })
if (process.env.PACKAGED_NODE !== 'none') symlinkSync(process.env.PACKAGED_NODE || process.execPath, 'node_modules/.bin/node')
process.exit(Number(process.env.NPM_EXIT || 0))
`

const script = readFileSync(join(root, 'scripts', 'bootstrap.mjs'), 'utf8')
const FILES = { scripts: { 'bootstrap.mjs': script }, 'package-lock.json': '{"lock":1}', 'npm-cli.cjs': NPM }

function bootstrap(
  folder: string,
  env: NodeJS.ProcessEnv = {},
  node = process.execPath,
): { status: number | null; stderr: string } {
  const npm = { npm_execpath: join(folder, 'npm-cli.cjs'), npm_node_execpath: process.execPath }
  const { PATH } = process.env
  return spawnSync(node, [join(folder, 'scripts', 'bootstrap.mjs')], { encoding: 'utf8', env: { PATH, ...npm, ...env } })
}

function calls(folder: string): string[] {
  const file = join(folder, 'calls')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
}

t.test('installs once, and again when the lock file has changed', async (t) => {
  const folder = t.testdir(FILES)
  t.equal(bootstrap(folder).status, 0)
  t.match(calls(folder), [/ ci --ignore-scripts/])
  t.equal(bootstrap(folder).status, 0)
  t.equal(calls(folder).length, 1, 'nothing changed')
  writeFileSync(join(folder, 'package-lock.json'), '{"lock":2}')
  t.equal(bootstrap(folder).status, 0)
  t.equal(calls(folder).length, 2)
})

t.test('an install that failed is repeated', async (t) => {
  const folder = t.testdir(FILES)
  const failed = bootstrap(folder, { NPM_EXIT: '3' })
  t.equal(failed.status, 1)
  t.match(failed.stderr, 'npm ci failed (exit code 3)')
  t.equal(bootstrap(folder).status, 0)
  t.equal(calls(folder).length, 2)
})

t.test('never runs npm on the Node that npm deletes', async (t) => {
  const folder = t.testdir({ ...FILES, node_modules: { '.bin': {} } })
  const packaged = join(folder, 'node_modules', '.bin', 'node')
  linkSync(process.execPath, packaged)
  const env = { npm_node_execpath: packaged, PATH: join(folder, 'node_modules', '.bin'), PACKAGED_NODE: process.execPath }
  const run = bootstrap(folder, env, packaged)
  t.equal(run.status, 0, run.stderr)
  t.equal(calls(folder).length, 1)
  t.notMatch(calls(folder)[0], folder)
})

t.test('an old Node is refused by its version', async (t) => {
  const folder = t.testdir({ ...FILES, 'old-node': '#!/bin/sh\necho v22.1.0\n' })
  chmodSync(join(folder, 'old-node'), 0o755)
  const run = bootstrap(folder, { PACKAGED_NODE: join(folder, 'old-node') })
  t.equal(run.status, 1)
  t.match(run.stderr, 'Node 24 or later is needed, found v22.1.0')
})

t.test("without a packaged Node, or with one that does not run here, the machine's own will do", async (t) => {
  const folder = t.testdir(FILES)
  t.equal(bootstrap(folder, { PACKAGED_NODE: 'none' }).status, 0)
  const other = t.testdir({ ...FILES, 'broken-node': 'not a program' })
  t.equal(bootstrap(other, { PACKAGED_NODE: join(other, 'broken-node') }).status, 0)
  t.notOk(existsSync(join(other, 'node_modules', '.bin', 'node')), 'it stepped aside')
})

t.test('a link to the packaged Node that npm lost is made', async (t) => {
  const folder = t.testdir(FILES)
  const name = `node-${process.platform}-${process.arch}`
  const npm = `${NPM.slice(0, NPM.lastIndexOf('process.exit'))}
mkdirSync('node_modules/${name}/bin', { recursive: true })
symlinkSync(process.execPath, 'node_modules/${name}/bin/node')`
  writeFileSync(join(folder, 'npm-cli.cjs'), npm)
  const run = bootstrap(folder, { PACKAGED_NODE: 'none' })
  t.equal(run.status, 0, run.stderr)
  t.equal(readlinkSync(join(folder, 'node_modules', '.bin', 'node')), `../${name}/bin/node`)
})
