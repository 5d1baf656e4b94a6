// Which requests somebody who watches is shown, and that there is no end to what is not shown.

import { mock } from 'node:test'
import t from 'tap'
import type { AccessRecord, Onlooker } from '../../src/model/access-record.ts'
import { joinBatches, RequestSampler } from '../../src/telemetry/request-sampler.ts'
import { WatchedRequests } from '../../src/telemetry/watched-requests.ts'
import { attemptRecord, record as RECORD } from './test-log.ts'

const record = (time: number, more: Partial<AccessRecord> = {}): AccessRecord => ({
  ...RECORD,
  time,
  requestId: `id-${time}`,
  client: '192.0.2.1',
  path: '/',
  attempts: [],
  durationMs: 1,
  ...more,
})

/** A generator that is the same each time. */
function seeded(): () => number {
  let state = 7
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

function feed(sampler: RequestSampler, records: readonly AccessRecord[]): void {
  for (const each of records) if (sampler.wants(each.status, each.durationMs, each.status >= 500)) sampler.write(each)
}

t.test('so many at a time, whatever comes', async (t) => {
  const sampler = new RequestSampler(seeded(), 5)
  feed(
    sampler,
    Array.from({ length: 1000 }, (_, i) => record(i)),
  )
  const { seen, samples } = sampler.take(3)
  t.equal(seen, 1000)
  t.equal(samples.length, 5)
  const times = samples.map(({ time }) => time)
  t.same(
    times,
    [...times].sort((a, b) => a - b),
    'in the order of their ends',
  )
  t.ok((times.at(-1) as number) > 200, 'not just the first ones')
  feed(
    sampler,
    Array.from({ length: 10 }, (_, i) => record(i)),
  )
  t.equal(sampler.take(3).samples.length, 3, 'as was said at the last call')
  t.same(sampler.take(3), { seen: 0, samples: [] })
})

t.test('failed ones come first', async (t) => {
  const sampler = new RequestSampler(seeded(), 4)
  feed(
    sampler,
    Array.from({ length: 200 }, (_, i) => record(i, i % 50 === 0 ? { status: 503, reason: 'no-endpoint' } : {})),
  )
  t.same(
    sampler.take(4).samples.map(({ time, failed }) => [time, failed]),
    [
      [0, true],
      [50, true],
      [100, true],
      [150, true],
    ],
  )
})

t.test('texts are bounded, and values of a query are not shown', async (t) => {
  const sampler = new RequestSampler(seeded(), 4)
  const attempts = Array.from({ length: 20 }, (_, i) => {
    return { ...attemptRecord, endpoint: `e${i}`, outcome: 'reset', status: 0, durationMs: 1, detail: 'd'.repeat(5000) }
  })
  feed(sampler, [record(1, { path: `/a?token=hush&b=c&d#=${'x'.repeat(9000)}`, host: 'h'.repeat(9000), attempts })])
  const [sample] = sampler.take(4).samples
  t.equal(sample?.path, '/a?token=…&b=…&d#=…')
  t.equal(sample?.host.length, 120)
  t.equal(sample?.attempts.length, 8)
  t.equal(sample?.attempts.at(-1)?.endpoint, 'e19')
  t.ok(JSON.stringify(sample).length < 3000)
  t.equal(sample?.decision, null)
})

t.test('several processes as one', async (t) => {
  const batchOf = (times: readonly number[], failing = -1) => {
    const sampler = new RequestSampler(seeded(), 100)
    feed(
      sampler,
      times.map((time) => record(time, time === failing ? { status: 500 } : {})),
    )
    return sampler.take(1)
  }
  const joined = joinBatches([batchOf([1, 3, 5, 7, 9]), batchOf([2, 4, 6, 8, 10], 8)], 3)
  t.equal(joined.seen, 10)
  t.equal(joined.samples.length, 3)
  t.ok(joined.samples.some(({ failed }) => failed))
  t.equal(joinBatches([], 3).samples.length, 0)
  t.equal(joinBatches([batchOf([1, 2])], 0).samples.length, 0)
})

t.test('nothing is looked at before somebody asks, and nothing after', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const onlooker: Onlooker = { sink: null }
  const watched = new WatchedRequests(onlooker, seeded())
  t.equal(onlooker.sink, null)
  t.same(watched.take(5), { seen: 0, samples: [] })
  const { sink } = onlooker
  if (sink?.wants(200, 1, false)) sink.write(record(1))
  t.equal(watched.take(5).samples.length, 1)
  t.equal(onlooker.sink, sink)
  mock.timers.tick(4000)
  watched.take(5)
  mock.timers.tick(4000)
  t.ok(onlooker.sink, 'it was asked in time')
  mock.timers.tick(1000)
  t.equal(onlooker.sink, null, 'whoever watched is gone')
  watched.take(5)
  t.ok(onlooker.sink)
  watched.take(0)
  t.equal(onlooker.sink, null)
})
