// Our HTTP/1.1 readers beside llhttp on generated input: what we take, llhttp must read in the same way, as it came and as it is
// sent on. HEADGATE_FUZZ_SEED and HEADGATE_FUZZ_CASES repeat or stretch a run.

import t from 'tap'
import { systemRandom } from '../../src/model/clock.ts'
import { fuzz, type Part } from './fuzz-run.ts'

const seed = Number(process.env.HEADGATE_FUZZ_SEED ?? Math.floor(systemRandom() * 2 ** 32))
const cases = Number(process.env.HEADGATE_FUZZ_CASES ?? 20000)

const SHARES: readonly [Part, number][] = [
  ['requests', 1],
  ['responses', 0.4],
  ['chunks', 0.4],
]

for (const [part, share] of SHARES) {
  t.test(`${part} are read as llhttp reads them`, async (t) => {
    const result = await fuzz(part, seed, Math.ceil(cases * share))
    t.comment(`seed ${seed}: ${JSON.stringify({ cases: result.cases, ...result.counts })}`)
    t.strictSame(result.differences, [], `HEADGATE_FUZZ_SEED=${seed} HEADGATE_FUZZ_CASES=${cases}`)
    // A generator that makes only rubbish, or a reader that refuses all, proves nothing.
    t.ok(result.counts.same > result.cases * 0.15, 'a good part is taken')
    t.ok(result.counts.refused > result.cases * 0.05, 'a good part is refused')
  })
}
