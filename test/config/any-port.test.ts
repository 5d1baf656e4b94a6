// Port 0: shared where hosts tell listeners apart, else everybody has a socket of its own.

import t from 'tap'
import { separateAnyPorts } from '../../src/config/any-port.ts'

const listener = (
  bind: readonly string[],
  hosts: readonly string[] = [],
  protocol: 'http' | 'https' | 'tls' | 'tcp' = 'http',
) => ({
  bind,
  hosts,
  protocol,
})
const binds = (...listeners: ReturnType<typeof listener>[]) => separateAnyPorts(listeners).map(({ bind }) => bind.join())

t.test('listeners that could not share', async (t) => {
  t.strictSame(binds(listener(['a:0']), listener(['a:0']), listener(['a:0']), listener(['b:0'])), [
    'a:0',
    'a:00',
    'a:000',
    'b:0',
  ])
  t.strictSame(binds(listener(['a:0'], [], 'http'), listener(['a:0'], ['x'], 'https')), ['a:0', 'a:00'])
  t.strictSame(binds(listener(['a:0'], ['x'], 'tcp'), listener(['a:0'], ['y'], 'tcp')), ['a:0', 'a:00'])
  t.strictSame(binds(listener(['a:0'], ['x', 'y']), listener(['a:0'], ['y'])), ['a:0', 'a:00'])
})

t.test('listeners that can', async (t) => {
  t.strictSame(binds(listener(['a:0'], ['x']), listener(['a:0'], ['y']), listener(['a:0'])), ['a:0', 'a:0', 'a:0'])
  t.strictSame(binds(listener(['a:0'], ['x'], 'https'), listener(['a:0'], ['y'], 'tls')), ['a:0', 'a:0'])
})

t.test('a port that is asked for is left as it is', async (t) => {
  t.strictSame(binds(listener(['a:80', 'unix:/a:0']), listener(['a:80', 'unix:/a:0'])), ['a:80,unix:/a:0', 'a:80,unix:/a:0'])
})
