// The differential fuzz for as long as wanted: node scripts/fuzz.ts [--seconds N] [--cases N] [--seed N] [--part requests|responses|chunks]

import { parseArgs } from 'node:util'
import { systemClock, systemRandom } from '../src/model/clock.ts'
import { fuzz, PARTS } from '../test/http1/fuzz-run.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    cases: { type: 'string' },
    seed: { type: 'string' },
    part: { type: 'string' },
  },
})

const seed = Number(values.seed ?? Math.floor(systemRandom() * 2 ** 32))
const parts = PARTS.filter((part) => values.part === undefined || values.part === part)
if (parts.length === 0 || !Number.isSafeInteger(seed)) {
  console.error(`--part is one of ${PARTS.join(', ')}; --seed is a whole number`)
  process.exit(2)
}

const cases = values.cases === undefined ? Number.POSITIVE_INFINITY : Number(values.cases)
const share = values.cases === undefined ? (Number(values.seconds) * 1000) / parts.length : Number.POSITIVE_INFINITY

for (const part of parts) {
  const end = systemClock.now() + share
  const result = await fuzz(part, seed, cases, () => systemClock.now() > end)
  console.log(`${part}: seed ${seed}, ${result.cases} cases, ${JSON.stringify(result.counts)}`)
  for (const difference of result.differences) console.log(`  ${difference}`)
  if (result.differences.length > 0) process.exitCode = 1
}
