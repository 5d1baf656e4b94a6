// Corpus 2.5 against a whole gateway.

import t from 'tap'
import { CHUNKED } from './cases/chunked.ts'
import { openLab } from './open-lab.ts'

t.test('chunked bodies and trailers', async (t) => {
  const lab = await openLab(t)
  await lab.runAll(t, CHUNKED)
})
