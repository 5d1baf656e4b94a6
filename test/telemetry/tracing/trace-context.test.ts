// What is believed of a trace context, and what is passed on of it.

import t from 'tap'
import { b3Lines, readB3, readTraceparent, readTracestate, traceparent } from '../../../src/telemetry/tracing/trace-context.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

t.test('traceparent as it is to be', async (t) => {
  const context = { traceId: TRACE, spanId: SPAN, sampled: true, random: false }
  t.same(readTraceparent(`00-${TRACE}-${SPAN}-01`), context)
  t.same(readTraceparent(`00-${TRACE}-${SPAN}-00`), { ...context, sampled: false })
  t.same(readTraceparent(`00-${TRACE}-${SPAN}-03`), { ...context, random: true })
  t.same(readTraceparent(`00-${TRACE}-${SPAN}-ff`), { ...context, random: true }, 'flags that nobody knows')
  t.same(readTraceparent(`cc-${TRACE}-${SPAN}-01`), context, 'a later version')
  t.same(readTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-brings`), context, 'with more in it')
  t.equal(traceparent(TRACE, SPAN, true, true), `traceparent: 00-${TRACE}-${SPAN}-03\r\n`)
})

t.test('traceparent that says nothing', async (t) => {
  for (const wrong of [
    '',
    '00',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-01-`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-011`,
    `cc-${TRACE}-${SPAN}-01.more`,
    `cc-${TRACE}-${SPAN}-012`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN.toUpperCase()}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}0-${SPAN}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `0x-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-0x`,
    ` 00-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
    `00_${TRACE}_${SPAN}_01`,
  ])
    t.equal(readTraceparent(wrong), null, wrong)
})

t.test('tracestate: passed on, within bounds', async (t) => {
  t.equal(readTracestate('a=1,b=2'), 'a=1,b=2')
  t.equal(readTracestate(' a=1 ,\t, tenant@sys=x y '), 'a=1,tenant@sys=x y')
  t.equal(readTracestate('0tenant@s=1'), '0tenant@s=1')
  const many = Array.from({ length: 32 }, (_, i) => `k${i}=v`)
  t.equal(readTracestate(many.join(',')), many.join(','))
  t.equal(readTracestate([...many, 'z=1'].join(',')), '', 'too many')
  const long = `long=${'v'.repeat(200)}`
  const others = Array.from({ length: 4 }, (_, i) => `k${i}=${'v'.repeat(110)}`)
  t.equal(readTracestate([long, ...others].join(',')), others.join(','), 'long ones go first')
  const five = Array.from({ length: 5 }, (_, i) => `k${i}=${'v'.repeat(110)}`)
  t.equal(readTracestate(five.join(',')), five.slice(0, 4).join(','), 'then the last ones')
})

t.test('tracestate that is not valid is not passed on at all', async (t) => {
  for (const wrong of [
    'a',
    '=1',
    'a=',
    'A=1',
    'a=1,a=2',
    'a=b=c',
    'a=\x7f',
    'a=\xe9',
    `a=${'v'.repeat(257)}`,
    'a b=1',
    '1a=1',
    'a@1=x',
    'a =1',
  ])
    t.equal(readTracestate(wrong), '', wrong)
  t.equal(readTracestate('a=1,'.repeat(50_000)), '')
})

const NONE = { single: null, traceId: null, spanId: null, sampled: null, flags: null }

t.test('B3 in one field', async (t) => {
  const context = { traceId: TRACE, spanId: SPAN, sampled: true, random: false }
  const single = (single: string) => readB3({ ...NONE, single })
  t.same(single(`${TRACE}-${SPAN}-1`), context)
  t.same(single(`${TRACE}-${SPAN}-d`), context, 'debug')
  t.same(single(`${TRACE}-${SPAN}-1-${SPAN}`), context)
  t.same(single(`${TRACE}-${SPAN}-0`), { ...context, sampled: false })
  t.same(single(`${TRACE}-${SPAN}`), { ...context, sampled: null }, 'nobody has decided')
  t.same(single(`${SPAN}-${SPAN}-1`), { ...context, traceId: `${'0'.repeat(16)}${SPAN}` }, 'of 64 bits')
  t.same(single('0'), { traceId: null, sampled: false })
  t.same(single('1'), { traceId: null, sampled: true })
  for (const wrong of [
    '',
    '2',
    `${TRACE}-${SPAN}-x`,
    `${TRACE}-${SPAN}-1-`,
    `${TRACE}-1`,
    `${'0'.repeat(32)}-${SPAN}-1`,
    `${TRACE}-${'0'.repeat(16)}`,
  ])
    t.equal(single(wrong), null, wrong)
})

t.test('B3 in several fields', async (t) => {
  const context = { traceId: TRACE, spanId: SPAN, sampled: true, random: false }
  const fields = { ...NONE, traceId: TRACE, spanId: SPAN }
  t.same(readB3({ ...fields, sampled: '1' }), context)
  t.same(readB3({ ...fields, sampled: 'true' }), context)
  t.same(readB3({ ...fields, sampled: '0' }), { ...context, sampled: false })
  t.same(readB3({ ...fields, flags: '1', sampled: '0' }), context, 'debug')
  t.same(readB3({ ...fields, sampled: 'maybe' }), { ...context, sampled: null })
  t.same(readB3({ ...NONE, sampled: '0' }), { traceId: null, sampled: false })
  t.same(readB3({ ...fields, single: '0', sampled: '1' }), { traceId: null, sampled: false }, 'the one field goes first')
  t.equal(readB3(NONE), null)
  t.equal(readB3({ ...NONE, traceId: TRACE, sampled: '1' }), null, 'half of it')
  t.equal(readB3({ ...fields, spanId: 'x'.repeat(16) }), null)
  t.equal(b3Lines(TRACE, SPAN, '', true, false), `x-b3-traceid: ${TRACE}\r\nx-b3-spanid: ${SPAN}\r\nx-b3-sampled: 1\r\n`)
  t.equal(b3Lines(TRACE, SPAN, 'a'.repeat(16), false, true), `b3: ${TRACE}-${SPAN}-0-${'a'.repeat(16)}\r\n`)
})
