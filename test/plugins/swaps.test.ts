// Old versions of a plugin are freed: 60 swaps of 1.5 MB, each of which takes 10 MB once it has run, under a limit of 200 MB.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'

t.test('sixty swaps', async (t) => {
  const script = join(import.meta.dirname, 'swaps.ts')
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--max-old-space-size=200', script], { encoding: 'utf8' })
  t.equal(status, 0, stderr.slice(0, 300))
  const { swaps, held } = JSON.parse(stdout || '{}')
  t.equal(swaps, 60)
  t.ok(held < 20, `${held} versions are still held`)
})
