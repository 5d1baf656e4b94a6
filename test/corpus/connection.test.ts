// Corpus 2.6 against a whole gateway.

import t from 'tap'
import { type CorpusCase, get, R } from './case.ts'
import { CONNECTION } from './cases/connection.ts'
import { openLab } from './open-lab.ts'
import { valuesOf } from './wire.ts'

t.test('hop-by-hop fields, upgrades, Expect, pipelining', async (t) => {
  const lab = await openLab(t)
  await lab.runAll(t, CONNECTION)
})

t.test('HH-03 a request that has passed this gateway is a loop', async (t) => {
  const lab = await openLab(t)
  const via = valuesOf(lab.origins.get('main')?.requests.at(-1)?.fields ?? [], 'via')
  t.equal(via.length, 1, 'requests carry one Via')
  t.match(via[0], /^1\.1 headgate-\S+$/)
  const loop = (value: string, expect: CorpusCase['expect']): CorpusCase => ({
    id: 'HH-03',
    name: value,
    bytes: get(`Via: ${value}`),
    expect,
  })
  const refused = R(508)
  t.strictSame(await lab.run(loop(`${via[0]}`, refused)), [], 'ours')
  t.strictSame(await lab.run(loop(`1.0 fred, ${via[0]}`, refused)), [], 'ours in a list')
  t.strictSame(await lab.run(loop(`${via[0]}, 1.1 fred`, refused)), [], 'ours, then another')
  t.strictSame(await lab.run(loop(`1.0 fred\r\nVia: ${via[0]}`, refused)), [], 'ours in a second line')
  const passed: CorpusCase['expect'] = { kind: 'forwarded', requests: [{ has: { via: `1.0 fred, ${via[0]}` } }] }
  const apart: CorpusCase['expect'] = { kind: 'forwarded', requests: [{ has: { via: `1.0 fred | ${via[0]}` } }] }
  t.strictSame(await lab.run(loop('1.0 fred', [passed, apart].flat())), [], 'another is kept, ours comes behind')
  t.strictSame(await lab.run(loop(`${via[0]}x`, { kind: 'forwarded', requests: [{}] })), [], 'a longer name is not ours')
})

t.test('PI-01 pipelined requests do not flood the endpoint', async (t) => {
  const lab = await openLab(t)
  const entry = CONNECTION.find(({ id }) => id === 'PI-01.1000') as CorpusCase
  t.strictSame(await lab.run(entry), [])
  t.ok((lab.origins.get('main')?.maxInFlight ?? 1000) <= 100, 'bounded concurrency')
})
