// Corpus 2.2, the Host field, against a whole gateway.

import t from 'tap'
import { HOST } from './cases/host.ts'
import { openLab } from './open-lab.ts'

t.test('the Host field', async (t) => {
  const lab = await openLab(t)
  await lab.runAll(t, HOST)
})
