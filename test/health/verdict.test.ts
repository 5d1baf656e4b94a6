// What good and bad probes in a row come to.

import t from 'tap'
import { unprobed, Verdict } from '../../src/health/verdict.ts'

const SETTINGS = { healthy: 2, unhealthy: 3, initial: 'up' } as const

/** The state after each probe: `+` good, a word = what was wrong. */
function after(probes: string, settings: Partial<ConstructorParameters<typeof Verdict>[0]> = {}): string[] {
  const verdict = new Verdict({ ...SETTINGS, ...settings })
  return probes.split(' ').map((probe) => {
    const changed = verdict.record(probe === '+' ? '' : probe)
    const { up, steady, reason } = verdict.state
    return `${up ? 'up' : 'down'}${steady ? ' steady' : ''}${reason && ` ${reason}`}${changed ? '' : ' (same)'}`
  })
}

t.test('the first probe decides, whatever was assumed', async (t) => {
  t.same(after('+'), ['up (same)'])
  t.same(after('503'), ['down 503'])
  t.same(after('+', { initial: 'down' }), ['up'])
  t.same(after('503', { initial: 'down' }), ['down 503'])
})

t.test('as many in a row as the settings say', async (t) => {
  t.same(after('+ + x x x x + + +'), [
    'up (same)',
    'up steady',
    'up',
    'up (same)',
    'down x',
    'down x (same)',
    'down x (same)',
    'up steady',
    'up steady (same)',
  ])
  t.same(after('+ x x + x x + x x').at(-1), 'up (same)', 'never three in a row')
  t.same(after('x + y + + y').slice(1), ['down x (same)', 'down y', 'down y (same)', 'up steady', 'up'])
  t.same(after('+ x + +', { healthy: 1, unhealthy: 1 }), ['up steady', 'down x', 'up steady', 'up steady (same)'])
})

t.test('recovering: a good one after a bad one, until it is steady', async (t) => {
  const verdict = new Verdict({ ...SETTINGS, healthy: 3 })
  const seen = '+ + x + + + +'.split(' ').map((probe) => {
    verdict.record(probe === '+' ? '' : probe)
    return verdict.recovering
  })
  t.same(seen, [false, false, false, true, true, false, false])
})

t.test('before the first probe', async (t) => {
  t.same(unprobed({ initial: 'up' }), { up: true, steady: false, reason: '' })
  t.same(unprobed({ initial: 'down' }), { up: false, steady: false, reason: 'not probed yet' })
})
