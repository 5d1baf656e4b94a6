// The cases of the corpus that end by a deadline, against a gateway with short ones.

import t from 'tap'
import { DEADLINES } from './cases/deadlines.ts'
import { openLab } from './open-lab.ts'

t.test('deadlines', async (t) => {
  const lab = await openLab(t, { listener: { timeouts: { header: '200ms', body: '200ms' } } })
  // Each waits for its deadline, so once is enough: how the bytes came has no part in it.
  for (const entry of DEADLINES) t.strictSame(await lab.run(entry), [], `${entry.id} ${entry.name}`)
  t.strictSame(lab.crashes, [], 'I7: nothing was thrown')
})
