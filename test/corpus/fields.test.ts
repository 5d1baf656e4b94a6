// Corpus 2.2, field lines, against a whole gateway.

import t from 'tap'
import { FIELDS } from './cases/fields.ts'
import { openLab } from './open-lab.ts'

t.test('field lines', async (t) => {
  const lab = await openLab(t)
  await lab.runAll(t, FIELDS)
})
