// Corpus 2.4 against a whole gateway; TE-17 is a test of its own.

import t from 'tap'
import { TRANSFER_ENCODING } from './cases/transfer-encoding.ts'
import { openLab } from './open-lab.ts'

t.test('Transfer-Encoding', async (t) => {
  const lab = await openLab(t)
  await lab.runAll(t, TRANSFER_ENCODING)
})
