// The cases of the corpus that end by a deadline, against a gateway with short ones.

import t from 'tap'
import { DEADLINES } from './cases/deadlines.ts'
import { openLab } from './open-lab.ts'

t.test('deadlines', async (t) => {
  const lab = await openLab(t, { listener: { timeouts: { header: '200ms', body: '200ms' } }, patience: 5000 })
  await lab.runAll(t, DEADLINES)
})
