// From a data plane to whoever talks to the collector: bounded, one batch at a time, and to its end.

import { mock } from 'node:test'
import t from 'tap'
import { JsonSpans } from '../../../src/telemetry/tracing/span-json.ts'
import { ProtobufSpans } from '../../../src/telemetry/tracing/span-protobuf.ts'
import { type SpanBatch, SpanRelay } from '../../../src/telemetry/tracing/span-relay.ts'
import { traceData } from './trace-data.ts'

function rig() {
  const counters = { dropped: 0 }
  const batches: SpanBatch[] = []
  const sent: (() => void)[] = []
  const relay = new SpanRelay('c', new ProtobufSpans(), counters, (batch, done) => {
    batches.push(batch)
    sent.push(done)
  })
  const add = (count: number): void => {
    for (let i = 0; i < count; i++) relay.add(traceData(2))
  }
  return {
    counters,
    batches,
    relay,
    add,
    done: () => sent.shift()?.(),
    sizes: () => batches.map(({ count }) => count / 2),
  }
}

t.beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
t.afterEach(() => mock.timers.reset())

t.test('few wait a moment, many go at once', async (t) => {
  const { add, sizes, done, batches } = rig()
  add(3)
  t.same(sizes(), [])
  mock.timers.tick(500)
  t.same(sizes(), [3])
  t.equal(batches[0]?.collector, 'c')
  add(100)
  mock.timers.tick(5000)
  t.same(sizes(), [3], 'the first is on its way')
  done()
  t.same(sizes(), [3, 64])
  done()
  mock.timers.tick(500)
  t.same(sizes(), [3, 64, 36])
  done()
  add(64)
  t.same(sizes(), [3, 64, 36, 64])
  done()
  add(1)
  mock.timers.tick(500)
  t.same(sizes(), [3, 64, 36, 64, 1])
})

t.test('somebody who takes nothing: bounded, and whole traces are given up', async (t) => {
  const { add, counters, sizes, done } = rig()
  add(64)
  add(5000)
  t.equal(counters.dropped, 2 * (5000 - 2048))
  for (let i = 0; i < 100; i++) done()
  t.same(sizes(), Array(33).fill(64))
})

t.test('the end: all of it, whoever has taken what', async (t) => {
  const { add, relay, sizes, done, counters } = rig()
  relay.flush()
  add(64)
  add(65)
  relay.flush()
  t.same(sizes(), [64, 64, 1])
  for (let i = 0; i < 3; i++) done()
  mock.timers.tick(5000)
  t.same([sizes(), counters.dropped], [[64, 64, 1], 0])
})

t.test('what is handed on may be given away: a buffer of its own', async (t) => {
  for (const writer of [new ProtobufSpans(), new JsonSpans()]) {
    const taken: SpanBatch[] = []
    const relay = new SpanRelay('c', writer, { dropped: 0 }, (batch, done) => {
      taken.push(structuredClone(batch, { transfer: [batch.bytes.buffer as ArrayBuffer] }))
      done()
    })
    for (let i = 0; i < 2; i++) {
      relay.add(traceData(2))
      relay.flush()
    }
    t.same(taken[0], taken[1])
    t.ok(taken.every(({ bytes }) => bytes.length > 0 && bytes.length === bytes.buffer.byteLength))
  }
})
