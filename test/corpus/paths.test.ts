// Corpus 2.8, PA, against a whole gateway: with few routes and with a thousand the same.

import t from 'tap'
import { PATHS } from './cases/paths.ts'
import { openLab } from './open-lab.ts'

const filler = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ name: `filler-${i}`, match: [{ path: { prefix: `/filler/${i}` } }], to: 'main' }))

const ROUTES = [
  { name: 'admin', match: [{ path: { prefix: '/admin' } }], to: 'admin' },
  { name: 'regex', match: [{ path: { regex: '/r/(a+)+' } }], to: 'admin' },
  { name: 'all', to: 'main' },
]

for (const count of [0, 1000]) {
  t.test(`paths, ${count + ROUTES.length} routes`, async (t) => {
    const lab = await openLab(t, { origins: ['main', 'admin'], routes: [...filler(count), ...ROUTES] })
    await lab.runAll(t, PATHS)
  })
}
