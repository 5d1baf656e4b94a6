// The page about zones and labels says what happens.

import { readFileSync } from 'node:fs'
import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { explainRequest } from '../../src/explain/explain.ts'
import { compileOffline } from '../../src/explain/offline.ts'

t.test('docs/tasks/zones-and-subsets.md', async (t) => {
  const page = readFileSync(new URL('../../docs/tasks/zones-and-subsets.md', import.meta.url), 'utf8')
  const text = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? ''
  const explain = (env: Readonly<Record<string, string>>, headers: readonly (readonly [string, string])[], choice: number) => {
    const parsed = parseConfig([{ name: 'page', text }], { env })
    if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors))
    t.same(parsed.warnings, [])
    const request = { method: 'GET', url: 'http://a/', headers, listener: null, client: null, seed: 1 }
    const outcome = explainRequest(
      compileOffline(parsed.config, () => 0.5),
      request,
      { choice, others: false },
    )
    if (typeof outcome === 'string') throw new Error(outcome)
    return outcome.explanation
  }
  const mine = { eligible: true, why: 'can be picked' }
  const far = { eligible: false, why: 'it is in zone eu-1b, and zone eu-1a has enough' }
  const old = { eligible: false, why: 'it is not labelled version: v2' }
  t.match(explain({}, [], 0), { endpoint: '127.0.0.1:3001', endpoints: [mine, far, { eligible: false }] })
  t.match(explain({}, [], 1), { endpoint: '127.0.0.1:3003', endpoints: [old, old, mine] })
  t.match(explain({ ZONE: 'eu-1b' }, [], 0), {
    endpoint: '127.0.0.1:3002',
    endpoints: [{ eligible: false, why: 'it is in zone eu-1a, and zone eu-1b has enough' }, mine, {}],
  })
  t.match(explain({}, [['x-version', 'v2']], 0), {
    route: 'testers',
    endpoints: [old, old, mine],
    notes: { 1: 'only endpoints that are labelled version: v2' },
  })
})
