// Spans that a thread sends: to the collector that they are for, to the end, and again after the thread has died.

import t, { type Test } from 'tap'
import type { CollectorSettings } from '../../../src/telemetry/tracing/collectors.ts'
import { collectorKey } from '../../../src/telemetry/tracing/collectors.ts'
import { ProtobufSpans } from '../../../src/telemetry/tracing/span-protobuf.ts'
import { SpanSender } from '../../../src/telemetry/tracing/span-sender.ts'
import { writeSpans } from '../../../src/telemetry/tracing/spans.ts'
import { startCollector } from '../../support/otlp-collector.ts'
import { until } from '../../support/until.ts'
import { EXITS, GROWS, THROWS } from './ending-thread.ts'
import { traceData } from './trace-data.ts'

const ENDING = new URL('./ending-thread.ts', import.meta.url)

const settingsOf = (endpoint: string, service = 'edge'): CollectorSettings => ({
  service,
  otlp: { endpoint, protocol: 'http/protobuf', headers: {}, interval: 20 },
})

function rig(t: Test, program?: URL) {
  const counters = { dropped: 0 }
  const said: string[] = []
  let now = 0
  const sender = new SpanSender({
    ...{ instance: 'i', counters, ...(program && { program }) },
    clock: { now: () => now, wall: () => now },
    log: (level, message, fields) => said.push(`${level} ${message} ${JSON.stringify(fields)}`),
  })
  t.teardown(() => sender.close())
  let taken = 0
  return {
    ...{ sender, counters, said },
    taken: () => taken,
    turn: (ms: number) => {
      now += ms
    },
    send(settings: CollectorSettings, spans = 2): void {
      const writer = new ProtobufSpans()
      writeSpans(writer, traceData(spans))
      sender.send({ collector: collectorKey(settings), ...writer.take() }, () => taken++)
    },
  }
}

t.test('to the collector that they are for, also after another one has replaced it', async (t) => {
  const [one, two] = [await startCollector(t), await startCollector(t)]
  const { sender, send, taken, counters, said } = rig(t)
  const [first, second] = [settingsOf(one.url), settingsOf(two.url, 'other')]
  sender.follow(first)
  send(first)
  await one.wait(2)
  sender.follow(second)
  send(second, 3)
  send(first)
  await Promise.all([one.wait(4), two.wait(3)])
  t.same([one.spans[0]?.service, two.spans[0]?.service], ['edge', 'other'])
  t.equal(taken(), 3)
  for (let i = 0; i < 4; i++) sender.follow(settingsOf(one.url, `later ${i}`))
  send(first)
  await until('what nobody knows is dropped', () => counters.dropped === 2)
  sender.follow(first)
  send(first)
  await one.wait(6)
  t.same(said, [])
})

for (const [how, count, error] of [
  ['exits', EXITS, null],
  ['throws', THROWS, 'told to'],
  ['has no memory left', GROWS, 'memory'],
] as const)
  t.test(`a thread that ${how} costs what it had, and a new one goes on some seconds later`, async (t) => {
    const collector = await startCollector(t)
    const { sender, send, taken, counters, said, turn } = rig(t, ENDING)
    const settings = settingsOf(collector.url)
    sender.follow(settings)
    send(settings)
    await collector.wait(2)
    await until('it is taken', () => taken() === 1)
    send(settings, count)
    await until('its end', () => said.length === 1)
    const lost = counters.dropped
    t.ok(lost === count || lost === count + 2, 'with those whose answer it has not read')
    t.match(said[0], `"dropped":${lost}`)
    t.ok(said[0]?.includes('error the thread that sends spans ended') && said[0].includes(error ?? ''))
    t.equal(taken(), 2)
    turn(4999)
    send(settings, 5)
    t.same([counters.dropped, taken()], [lost + 5, 3], 'not at once')
    turn(1)
    send(settings)
    await collector.wait(4)
    t.equal(counters.dropped, lost + 5)
    t.equal(said.length, 1)
  })

t.test('the end: what waits is sent, what comes later is dropped', async (t) => {
  const collector = await startCollector(t)
  const { sender, send, counters } = rig(t)
  const settings = { ...settingsOf(collector.url) }
  sender.follow(settings)
  for (let i = 0; i < 20; i++) send(settings)
  await Promise.all([sender.close(), sender.close()])
  t.same([collector.spans.length, counters.dropped], [40, 0])
  send(settings)
  t.equal(counters.dropped, 2)
})

t.test('the end with a collector that does not answer comes all the same', async (t) => {
  const collector = await startCollector(t)
  collector.status = 0
  const { sender, send, counters } = rig(t)
  const settings = settingsOf(collector.url)
  sender.follow(settings)
  send(settings)
  await until('the request', () => collector.requests.length === 1)
  send(settings, 3)
  await sender.close()
  t.equal(counters.dropped, 5)
})

t.test('nothing to send, no thread', async (t) => {
  const { sender, counters } = rig(t, new URL('file:///does/not/exist'))
  sender.follow(settingsOf('http://127.0.0.1:1'))
  await sender.close()
  t.equal(counters.dropped, 0)
})
