// Corpus 2.1 against a whole gateway.

import t from 'tap'
import { REQUEST_LINE } from './cases/request-line.ts'
import { openLab } from './open-lab.ts'

t.test('request lines', async (t) => {
  const lab = await openLab(t)
  await lab.runAll(t, REQUEST_LINE)
})
