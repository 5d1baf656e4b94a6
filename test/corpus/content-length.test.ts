// Corpus 2.3 against a whole gateway.

import t from 'tap'
import { CONTENT_LENGTH } from './cases/content-length.ts'
import { openLab } from './open-lab.ts'

t.test('Content-Length', async (t) => {
  const lab = await openLab(t, {
    listener: { limits: { bodyBytes: '1MiB' } },
    routes: [{ name: 'all', hosts: ['a'], to: 'main' }],
  })
  await lab.runAll(t, CONTENT_LENGTH)
})
