import t from 'tap'
import { newSpanId, newTraceId, newTraceLine } from '../../../src/telemetry/tracing/ids.ts'
import { readTraceparent } from '../../../src/telemetry/tracing/trace-context.ts'

/** More than are drawn at once. */
const MANY = 2000

t.test('ids are of the right form, and no two are the same', async (t) => {
  const traces = Array.from({ length: MANY }, newTraceId)
  const spans = Array.from({ length: MANY }, newSpanId)
  t.equal(new Set(traces).size, MANY)
  t.equal(new Set(spans).size, MANY)
  t.ok(traces.every((id) => /^[0-9a-f]{32}$/.test(id) && !/^0+$/.test(id)))
  t.ok(spans.every((id) => /^[0-9a-f]{16}$/.test(id) && !/^0+$/.test(id)))
})

t.test('every digit is random', async (t) => {
  const traces = Array.from({ length: MANY }, newTraceId)
  for (let i = 0; i < 32; i++) t.equal(new Set(traces.map((id) => id[i])).size, 16, `digit ${i}`)
})

t.test('the line of a new trace says its id', async (t) => {
  for (let i = 0; i < MANY; i++) {
    const traceId = newTraceId()
    const [, value = ''] = /^traceparent: (.*)\r\n$/.exec(newTraceLine()) ?? []
    const said = readTraceparent(value)
    if (said?.traceId !== traceId || said.sampled !== false || !said.random) t.fail(`${traceId}: ${value}`)
  }
})
