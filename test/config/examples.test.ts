// Everything that is shown to users as a configuration is one.

import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { makeLocalCa } from '../../scripts/make-local-ca.ts'
import { jsonSchema } from '../../src/config/json-schema.ts'
import { loadConfig } from '../../src/config/load.ts'
import { parseConfig } from '../../src/config/parse.ts'
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

/** Blocks of other programs' YAML have none of our keys; a block that only shows a part names what stands elsewhere. */
const OURS = new RegExp(
  `^(${Object.keys(jsonSchema().properties ?? {})
    .join('|')
    .replace('$', '\\$')}):`,
  'm',
)

t.test('every block of YAML in the documents is valid', async (t) => {
  const files = [...globSync('*.md', { cwd: ROOT }), ...globSync('docs/**/*.md', { cwd: ROOT })]
  for (const file of files) {
    const text = readFileSync(join(ROOT, file), 'utf8')
    for (const [, block = ''] of text.matchAll(/^```yaml\n(.*?)^```$/gms)) {
      if (!OURS.test(block)) continue
      const parsed = parseConfig([{ name: file, text: block }])
      const errors = 'errors' in parsed ? parsed.errors.map(formatProblem) : []
      const whole = /^upstreams:/m.test(block)
      t.same(
        errors.filter((error) => whole || !/: unknown (upstream|listener) /.test(error)),
        [],
        `${file}: ${block.split('\n')[0]}`,
      )
    }
  }
})
