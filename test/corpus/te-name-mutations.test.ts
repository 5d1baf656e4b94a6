// Corpus TE-17: every byte that is no visible ASCII, before and behind the name of a Transfer-Encoding line beside a
// Content-Length.

import t from 'tap'
import { mutations, PLACES } from './cases/transfer-encoding.ts'
import { openLab } from './open-lab.ts'

for (const place of PLACES.slice(0, 2)) {
  t.test(place, async (t) => {
    const lab = await openLab(t)
    const problems: string[] = []
    for (const entry of mutations(place)) {
      for (const sending of ['whole', 'bytes'] as const) {
        const found = await lab.run(entry, sending)
        if (found.length > 0) problems.push(`${entry.id} ${entry.name} (${sending}): ${found.join('; ')}`)
      }
    }
    t.strictSame(problems, [], 'refused, whatever the byte')
    t.strictSame(lab.crashes, [], 'I7: nothing was thrown')
  })
}
