// Corpus HO-05 to HO-07 against a whole gateway: with few routes and with a thousand the same.

import t from 'tap'
import { HOSTS } from './cases/hosts.ts'
import { openLab } from './open-lab.ts'

const filler = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ name: `filler-${i}`, hosts: [`h${i}.filler`], to: 'wild' }))

const ROUTES = [
  { name: 'api', hosts: ['a.example'], to: 'api' },
  { name: 'wild', hosts: ['*.b.example'], to: 'wild' },
]

for (const count of [0, 1000]) {
  t.test(`hosts, ${count + ROUTES.length} routes`, async (t) => {
    const lab = await openLab(t, { origins: ['api', 'wild'], routes: [...filler(count), ...ROUTES], probeHost: 'a.example' })
    await lab.runAll(t, HOSTS)
  })
}
