// Handshakes begin a few at a time, in the order of their coming.

import t from 'tap'
import { HandshakePace } from '../../src/listen/handshake-pace.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

t.test('a few in each turn of the event loop', async (t) => {
  const begun: number[] = []
  const pace = new HandshakePace<number>((item) => begun.push(item))
  for (let i = 0; i < 11; i++) pace.add(i)
  t.strictSame(begun, [0, 1, 2, 3], 'the first at once')
  await turn()
  t.strictSame(begun.length, 8)
  pace.add(11)
  t.strictSame(begun.length, 8, 'nobody overtakes')
  await turn()
  t.strictSame(begun, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  await turn()
  await turn()
  pace.add(12)
  t.equal(begun.at(-1), 12, 'and at once again')
})
