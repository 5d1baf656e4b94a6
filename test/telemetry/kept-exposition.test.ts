import t from 'tap'
import type { Exposition } from '../../src/telemetry/exposition.ts'
import { KeptExposition } from '../../src/telemetry/kept-exposition.ts'
import { until } from '../support/until.ts'

function maker(size: number) {
  let made = 0
  return async (): Promise<Exposition> => ({ contentType: '', text: `${++made}`.padEnd(size) })
}
const number = ({ text }: Exposition): number => Number(text)

t.test('small answers are always new', async (t) => {
  const kept = new KeptExposition()
  const make = maker(10)
  t.equal(number(await kept.get(false, make)), 1)
  t.equal(number(await kept.get(false, make)), 2)
  const both = await Promise.all([kept.get(false, make), kept.get(false, make)])
  t.strictSame(both.map(number), [3, 4])
})

t.test('a large one is kept for a second, each format for itself', async (t) => {
  const kept = new KeptExposition()
  const make = maker(1_000_000)
  t.equal(number(await kept.get(false, make)), 1)
  t.equal(number(await kept.get(false, make)), 1)
  t.strictSame((await Promise.all([kept.get(true, make), kept.get(true, make)])).map(number), [2, 2], 'asked for at once')
  await until('it to be made anew', async () => number(await kept.get(false, make)) > 2)
})

t.test('a failure is not kept', async (t) => {
  const kept = new KeptExposition()
  const make = maker(1_000_000)
  await kept.get(true, make)
  await t.rejects(
    kept.get(false, () => Promise.reject(new Error('no'))),
    /no/,
  )
  t.equal(number(await kept.get(false, make)), 2)
})
