// Every file that is shown to users as a configuration is one; blocks of the documents: test/repository/configurations.test.ts.

import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { makeLocalCa } from '../../scripts/make-local-ca.ts'
import { loadConfig } from '../../src/config/load.ts'
import { formatProblem } from '../../src/config/problem.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

t.test('every file under config is valid and completes in editors', async (t) => {
  const files = globSync('config/{*,examples/*}.yaml', { cwd: ROOT })
  const certs = join(t.testdir(), 'certs')
  makeLocalCa(certs, ['shop.example.com', 'api.example.com'])
  t.ok(files.length >= 7)
  for (const file of files) {
    const path = join(ROOT, file)
    const loaded = await loadConfig(path, { env: { CERTS: certs } })
    t.same('errors' in loaded ? loaded.errors.map(formatProblem) : [], [], file)
    t.same(loaded.warnings.map(formatProblem), [], `${file}: warnings`)
    const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(readFileSync(path, 'utf8')) ?? []
    t.equal(resolve(dirname(path), schema), join(ROOT, 'config/headgate.schema.json'), `${file}: schema for editors`)
  }
})
