import t from 'tap'
import { RequestIds } from '../../src/proxy/request-id.ts'

/** More than are written at once. */
const MANY = 2000

t.test('no id comes twice, nor from another process', async (t) => {
  const [one, other] = [new RequestIds(), new RequestIds()]
  const ids = Array.from({ length: MANY }, () => [one.next(), other.next()]).flat()
  t.equal(new Set(ids).size, 2 * MANY)
  t.ok(ids.every((id) => /^[\w-]{20}$/.test(id)))
})

t.test('the line is that of the last id', async (t) => {
  const ids = new RequestIds()
  for (let i = 0; i < MANY; i++) {
    const id = ids.next()
    if (ids.line() !== `x-request-id: ${id}\r\n`) t.fail(`${id}: ${ids.line()}`)
  }
})
