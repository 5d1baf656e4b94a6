// Whether a listener serves a host.

import t from 'tap'
import { hostTest } from '../../src/compile/host-test.ts'

t.test('hosts', async (t) => {
  t.equal(hostTest([]), null, 'every host')
  const serves = hostTest(['a.test', '*.b.test', '*.deep.c.test']) as (host: string) => boolean
  for (const host of ['a.test', 'x.b.test', 'x.y.b.test', 'x.deep.c.test']) t.equal(serves(host), true, host)
  for (const host of ['', 'b.test', 'xb.test', 'x.a.test', 'a.test.evil', 'c.test', 'x.c.test', '.b.test', 'a.tes']) {
    t.equal(serves(host), false, host)
  }
})
