// One request body as it comes in: delimited, limited, watched.

import t from 'tap'
import { RequestBody } from '../../src/http1/request-body.ts'
import { BODY } from '../../src/model/message.ts'
import { ProgressWatch } from '../../src/model/progress-watch.ts'
import type { ListenerTimeouts } from '../../src/model/snapshot.ts'
import { fakeExchange } from '../support/fake-exchange.ts'
import { nameOf } from '../support/parsing.ts'

const KIB = 1024
const TIMEOUTS: ListenerTimeouts = { handshake: null, header: null, body: 30_000, keepAlive: null, write: 5000, minRate: 240 }

const sized = (length: number, max: number | null = null) => {
  const x = fakeExchange({ body: BODY.LENGTH, bodyLength: length, bodyDone: false })
  return { x, body: new RequestBody(x, max, 1000) }
}

const chunked = (max: number | null = null) => {
  const x = fakeExchange({ body: BODY.STREAM, bodyDone: false })
  return { x, body: new RequestBody(x, max, 1000) }
}

const read = (body: RequestBody, text: string, now = 1000): string | number | null => {
  const data = body.read(Buffer.from(text, 'latin1'), now)
  return Buffer.isBuffer(data) ? data.toString('latin1') : data
}

t.test('a body with a length', async (t) => {
  const { x, body } = sized(5)
  t.equal(body.started, false)
  t.equal(read(body, 'ab'), 'ab')
  t.strictSame([body.started, body.done, x.bodyDone, body.consumed], [true, false, false, 2])
  t.equal(read(body, 'cdeGET'), 'cde')
  t.strictSame([body.done, x.bodyDone, body.consumed], [true, true, 3])
})

t.test('a body in chunks', async (t) => {
  const { x, body } = chunked()
  t.equal(read(body, '2\r\nab\r\n1'), 'ab')
  t.equal(read(body, '\r\n'), null)
  t.equal(read(body, 'c\r\n0\r\n\r\nGET'), 'c')
  t.strictSame([body.done, x.bodyDone, body.consumed], [true, true, 8])
  t.equal(nameOf(read(chunked().body, 'zz') as number), 'CHUNK_SIZE')
})

t.test('limits: below, at and above', async (t) => {
  for (const size of [9, 10, 11]) {
    const data = read(chunked(10).body, `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`)
    t.equal(typeof data === 'number' ? nameOf(data) : data?.length, size > 10 ? 'BODY_LIMIT' : size)
    const pieces = sized(size, 10).body
    read(pieces, 'x'.repeat(5))
    const rest = read(pieces, 'x'.repeat(size - 5))
    t.equal(typeof rest === 'number' ? nameOf(rest) : rest?.length, size > 10 ? 'BODY_LIMIT' : size - 5)
  }
})

t.test('a rest that nobody wants', async (t) => {
  const short = sized(64 * KIB + 2).body
  read(short, 'ab')
  t.equal(short.discard(), true)
  t.equal(read(short, 'x'.repeat(64 * KIB)), null)
  t.strictSame([short.done, short.tooMuchDiscarded], [true, false])
  const long = sized(64 * KIB + 3).body
  read(long, 'ab')
  t.equal(long.discard(), false)
  const open = chunked().body
  t.equal(open.discard(), true, 'nobody knows how long it is')
  t.equal(read(open, `11000\r\n${'x'.repeat(64 * KIB - 10)}`), null)
  t.equal(open.tooMuchDiscarded, false)
  read(open, 'x'.repeat(10))
  t.equal(open.tooMuchDiscarded, true)
})

t.test('progress', async (t) => {
  const { body } = sized(1_000_000)
  t.equal(body.tooSlow(TIMEOUTS, 10_900, false), null)
  t.equal(body.tooSlow(TIMEOUTS, 11_000, false), 'min-rate', 'ten seconds are over')
  read(body, 'x'.repeat(2400), 11_000)
  t.equal(body.tooSlow(TIMEOUTS, 11_000, false), null, '240 bytes a second')
  t.equal(body.tooSlow(TIMEOUTS, 11_010, false), 'min-rate')
  t.equal(body.tooSlow(TIMEOUTS, 11_010, true), null, 'an answer has begun')
  const off = { ...TIMEOUTS, minRate: null }
  t.equal(body.tooSlow(off, 40_999, false), null)
  t.equal(body.tooSlow(off, 41_000, false), 'body-timeout')
  t.equal(body.tooSlow({ ...off, body: null }, 1e9, false), null)
})

t.test('when to look next', async (t) => {
  const { body } = sized(1_000_000)
  t.equal(body.nextCheck(TIMEOUTS, 1000), 10_000)
  t.equal(body.nextCheck(TIMEOUTS, 15_000), 1000)
  t.equal(body.nextCheck({ ...TIMEOUTS, minRate: null }, 15_000), 16_000)
  t.equal(body.nextCheck({ ...TIMEOUTS, minRate: null, body: null }, 15_000), 0)
})

t.test('time in which the gateway does not read does not count', async (t) => {
  const { x, body } = sized(1_000_000)
  const watch = new ProgressWatch()
  read(body, 'x'.repeat(500), 2000)
  watch.pausedAt = 2000
  t.equal(watch.verdict(x, body, TIMEOUTS, 100_000), null)
  body.excuse(2000, 100_000)
  watch.pausedAt = 0
  t.equal(watch.verdict(x, body, TIMEOUTS, 101_000), null)
  t.equal(watch.verdict(x, body, TIMEOUTS, 108_900), null)
  t.equal(watch.verdict(x, body, TIMEOUTS, 109_000), 'min-rate')
})

t.test('a client that takes nothing', async (t) => {
  const { x, body } = sized(10)
  const watch = new ProgressWatch()
  watch.congestedAt = 10_000
  t.equal(watch.verdict(x, null, TIMEOUTS, 14_999), null)
  t.equal(watch.verdict(x, null, TIMEOUTS, 15_000), 'stalled')
  t.equal(watch.verdict(x, null, { ...TIMEOUTS, write: null }, 1e9), null)
  t.equal(watch.nextCheck(null, TIMEOUTS, 11_000), 4000)
  t.equal(watch.nextCheck(body, TIMEOUTS, 10_900), 1000, 'whichever comes first')
  watch.congestedAt = 0
  t.equal(watch.nextCheck(null, TIMEOUTS, 11_000), 0)
})
