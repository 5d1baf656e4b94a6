// Corpus 2.7: answers of a hostile origin, against a whole gateway.

import t from 'tap'
import { RESPONSES } from './cases/responses.ts'
import { openLab } from './open-lab.ts'

t.test('answers', async (t) => {
  const lab = await openLab(t, { routes: [{ name: 'all', to: 'main', timeout: { attempt: '500ms' } }] })
  for (const entry of RESPONSES) t.strictSame(await lab.runResponse(entry), [], `${entry.id} ${entry.name}`)
  t.strictSame(lab.crashes, [], 'I7: nothing was thrown')
})
