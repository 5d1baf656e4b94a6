// The page about tests of a configuration shows one that holds.

import { readFileSync } from 'node:fs'
import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { runConfigTests } from '../../src/explain/run-tests.ts'

t.test('docs/tasks/config-tests.md', async (t) => {
  const page = readFileSync(new URL('../../docs/tasks/config-tests.md', import.meta.url), 'utf8')
  const text = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? ''
  const parsed = parseConfig([{ name: 'page', text }])
  t.notOk('errors' in parsed && parsed.errors)
  if ('errors' in parsed) return
  t.equal(parsed.config.tests.length, 3)
  t.strictSame(runConfigTests(parsed.config), [])
  t.match(runConfigTests({ ...parsed.config, routes: parsed.config.routes.slice(0, 1) }), [{}, {}], 'and can fail')
})
