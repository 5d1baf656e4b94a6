// A few seconds of rough weather. `node scripts/rough-weather.ts` has more of it.

import t from 'tap'
import { RoughWeather } from './rough-weather.ts'

const SEED = Number(process.env.SEED ?? 1)

t.test('whatever endpoints, clients and configurations do at the same time', async (t) => {
  const { wrong, exchanges, complete, happened } = await new RoughWeather(SEED).run(2500)
  t.comment(`SEED=${SEED} ${exchanges} exchanges`, happened)
  t.strictSame(wrong, [])
  t.ok(complete > 100, 'some of it went well')
  t.ok(exchanges > complete, 'and some did not')
})
