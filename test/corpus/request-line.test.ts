// Corpus 2.1 against a whole gateway.

import t from 'tap'
import { REQUEST_LINE } from './cases/request-line.ts'
import { openLab } from './open-lab.ts'

t.test('request lines', async (t) => {
  // An HTTP/1-only port: elsewhere the preface of HTTP/2 is none of these.
  const lab = await openLab(t, { listener: { http2: false } })
  await lab.runAll(t, REQUEST_LINE)
})
