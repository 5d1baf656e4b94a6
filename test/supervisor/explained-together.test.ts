// What workers explain as one.

import t from 'tap'
import type { Explained, Explanation } from '../../src/model/explanation.ts'
import { explainedTogether } from '../../src/supervisor/explained-together.ts'

const EXPLANATION: Explanation = {
  listener: 'web',
  route: 'r',
  upstream: 'u',
  endpoint: 'a',
  considered: [],
  filters: [],
  endpoints: [
    { address: 'a', weight: 1, eligible: true, why: 'can be picked' },
    { address: 'b', weight: 1, eligible: true, why: 'can be picked, 2 running' },
  ],
  answer: null,
  notes: ['first'],
}
const of = (changes: Partial<Explanation> = {}): Explained => ({ explanation: { ...EXPLANATION, ...changes } })
const out = { address: 'b', weight: 1, eligible: false, why: 'ejected for reset until 2026' }
const notes = (...all: [Explained, ...Explained[]]) => {
  const together = explainedTogether(all)
  return 'explanation' in together ? together.explanation.notes : together.refused
}

t.test('all see the same', async (t) => {
  t.strictSame(explainedTogether([of(), of(), of()]), of())
  t.strictSame(notes(of(), of({ endpoint: 'b' })), ['first'], 'whose turn it is is for each of them')
  t.strictSame(notes(of(), of({ upstream: 'v', endpoints: [out] })), ['first'], 'by chance')
  t.strictSame(notes(of(), { refused: 'nothing is served yet' }), ['first'])
  t.strictSame(notes({ refused: 'no' }, of()), 'no')
})

t.test('some see it otherwise', async (t) => {
  const ejected = of({ endpoints: [EXPLANATION.endpoints[0] as never, out] })
  t.strictSame(notes(of(), ejected, of(), ejected), [
    'first',
    '2 of 4 workers see it otherwise: b cannot be picked: ejected for reset until 2026',
  ])
  t.strictSame(notes(ejected, of()), ['first', '1 of 2 workers see it otherwise: b can be picked, 2 running'])
  const open = of({ endpoint: null, answer: { status: 503, reason: 'breaker-open' } })
  t.strictSame(notes(of(), open), ['first', '1 of 2 workers see it otherwise: the answer is 503 breaker-open'])
  t.strictSame(notes(open, of()), ['first', '1 of 2 workers see it otherwise: an endpoint answers'])
})
