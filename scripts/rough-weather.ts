// Rough weather for as long as wanted: node scripts/rough-weather.ts [--rounds N] [--seconds N] [--seed N] [--workers N]
// A round has a gateway and endpoints of its own; round N of seed S is round 1 of seed S + N - 1.

import { parseArgs } from 'node:util'
import { systemRandom } from '../src/model/clock.ts'
import { RoughWeather } from '../test/e2e/rough-weather.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '5' },
    seed: { type: 'string' },
    workers: { type: 'string', default: '0' },
  },
})

const first = Number(values.seed ?? Math.floor(systemRandom() * 2 ** 31))
const [rounds, seconds, workers] = [values.rounds, values.seconds, values.workers].map(Number) as [number, number, number]
if (![first, rounds, workers].every(Number.isSafeInteger) || !(seconds > 0)) {
  console.error('--rounds, --seed and --workers are whole numbers, --seconds is how long a round takes')
  process.exit(2)
}

for (let seed = first; seed < first + rounds; seed++) {
  const { wrong, exchanges, complete, happened } = await new RoughWeather(seed, workers).run(seconds * 1000)
  const what = Object.entries(happened).map(([name, times]) => `${name} ${times}`)
  console.log(`seed ${seed}: ${exchanges} exchanges, ${complete} answered by endpoints, ${what.join(', ')}`)
  for (const each of new Set(wrong)) console.log(`  ${each}`)
  if (wrong.length > 0) process.exitCode = 1
}
