// Spans that wait: how many, for how long, and what becomes of them when nobody takes them.

import { mock } from 'node:test'
import t from 'tap'
import { type SpanExporter, SpanQueue } from '../../../src/telemetry/tracing/span-queue.ts'
import type { SpanChunk } from '../../../src/telemetry/tracing/span-writer.ts'

function addSpans(queue: SpanQueue, count: number): void {
  for (let i = 0; i < count; i++) queue.add(chunk(1))
}
const chunk = (count: number, bytes = 500 * count): SpanChunk => ({ count, bytes: new Uint8Array(bytes) })
const sizeOf = (batch: readonly SpanChunk[] | undefined): number => (batch ?? []).reduce((sum, { count }) => sum + count, 0)
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A collector that answers when it is told to. */
class Fake implements SpanExporter {
  readonly batches: (readonly SpanChunk[])[] = []
  readonly #waiting: ((error: Error | null) => void)[] = []
  closed = false

  export(batch: readonly SpanChunk[]): Promise<void> {
    this.batches.push(batch)
    return new Promise((resolve, reject) => this.#waiting.push((error) => (error === null ? resolve() : reject(error))))
  }

  async answer(error: Error | null = null): Promise<void> {
    this.#waiting.shift()?.(error)
    await turn()
  }

  async close(): Promise<void> {
    this.closed = true
  }
}

function rig() {
  const counters = { sent: 0, dropped: 0 }
  const said: (string | null)[] = []
  const exporter = new Fake()
  const queue = new SpanQueue(exporter, {
    interval: 1000,
    sent: (count) => {
      counters.sent += count
    },
    dropped: (count) => {
      counters.dropped += count
    },
    said: (error) => said.push(error?.message ?? null),
  })
  return { counters, said, exporter, queue }
}

t.beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
t.afterEach(() => mock.timers.reset())

t.test('few wait for the interval, many go at once, one batch at a time', async (t) => {
  const { queue, exporter } = rig()
  addSpans(queue, 2)
  mock.timers.tick(999)
  t.equal(exporter.batches.length, 0)
  mock.timers.tick(1)
  t.equal(sizeOf(exporter.batches[0]), 2)
  addSpans(queue, 1100)
  mock.timers.tick(5000)
  t.equal(exporter.batches.length, 1, 'the first is still on its way')
  await exporter.answer()
  t.equal(sizeOf(exporter.batches[1]), 512)
  await exporter.answer()
  t.equal(sizeOf(exporter.batches[2]), 512)
  await exporter.answer()
  t.equal(exporter.batches.length, 3)
  mock.timers.tick(1000)
  t.equal(sizeOf(exporter.batches[3]), 76)
  await exporter.answer()
  t.equal(queue.length, 0)
})

t.test('a collector that does not answer: bounded, and whole chunks are given up', async (t) => {
  const { queue, exporter, counters } = rig()
  for (let i = 0; i < 10_000; i++) queue.add(chunk(3))
  t.ok(queue.length <= 16_384)
  t.equal(counters.dropped, 30_000 - queue.length - 513)
  t.equal(exporter.batches.length, 1)
})

t.test('bounded in bytes', async (t) => {
  const { queue, exporter, counters } = rig()
  for (let i = 0; i < 100; i++) queue.add(chunk(2, 512 * 1024))
  t.equal(sizeOf(exporter.batches[0]), 4, 'gRPC takes 4 MiB at once')
  t.same([queue.length, counters.dropped], [128, 200 - 128 - 4])
})

t.test('a collector that refuses is said once, and asked again after the interval', async (t) => {
  const { queue, exporter, counters, said } = rig()
  addSpans(queue, 600)
  await exporter.answer(new Error('no'))
  t.same([counters.dropped, said], [512, ['no']])
  addSpans(queue, 600)
  t.equal(exporter.batches.length, 1, 'not at once')
  mock.timers.tick(1000)
  await exporter.answer(new Error('no'))
  t.same([counters.dropped, said], [1024, ['no']])
  mock.timers.tick(1000)
  await exporter.answer()
  t.same(said, ['no', null])
  t.equal(queue.length, 0)
  t.equal(counters.sent, 176)
})

t.test('the end: what waits is sent, as far as that is done in time', async (t) => {
  const { queue, exporter, counters } = rig()
  addSpans(queue, 600)
  const closed = queue.close()
  addSpans(queue, 1)
  t.equal(counters.dropped, 1, 'too late')
  await exporter.answer()
  await exporter.answer()
  await closed
  t.same(exporter.batches.map(sizeOf), [512, 88])
  t.ok(exporter.closed)

  const hanging = rig()
  hanging.exporter.close = () => new Promise(() => {})
  const ended = hanging.queue.close()
  await turn()
  mock.timers.tick(2000)
  await ended

  const stuck = rig()
  addSpans(stuck.queue, 600)
  const given = stuck.queue.close()
  mock.timers.tick(2000)
  await given
  t.equal(stuck.counters.dropped, 88)
})
