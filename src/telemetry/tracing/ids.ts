// Ids of traces and spans: random, cut out of a long text, because many small draws cost more than a few large ones. Each trace has its
// `traceparent` there too, ready to be sent: most traces come to no more than that line.

import { randomBytes, randomFillSync } from 'node:crypto'
import { traceparent } from './trace-context.ts'

const TRACES = 256
const [TRACE_BYTES, SPAN_BYTES] = [16, 8]
const [TRACE_DIGITS, SPAN_DIGITS] = [2 * TRACE_BYTES, 2 * SPAN_BYTES]
/** Of the spans that nobody records: all that it has to be is not that of another span of the trace. */
const SPAN_OF_NOBODY = randomBytes(SPAN_BYTES).toString('hex').replace(/^0/, '1')
const LINE = traceparent('0'.repeat(TRACE_DIGITS), SPAN_OF_NOBODY, false, true)
const TRACE_AT = LINE.indexOf('0'.repeat(TRACE_DIGITS))
/** The two digits of each byte, as one number in the byte order of this machine. */
const DIGITS = new Uint16Array(256)
Buffer.from(DIGITS.buffer).write(Array.from(DIGITS, (_, byte) => byte.toString(16).padStart(2, '0')).join(''), 'latin1')

const random = Buffer.allocUnsafeSlow(TRACES * TRACE_BYTES)
const lines = Buffer.alloc(TRACES * LINE.length, LINE, 'latin1')
/** The same two by two: what stands before the digits, and a whole line, are of even length. */
const pairs = new Uint16Array(lines.buffer, lines.byteOffset, lines.length / 2)
let text = ''
let taken = TRACES

function draw(): void {
  randomFillSync(random)
  for (let i = 0; i < TRACES; i++) {
    const from = i * TRACE_BYTES
    const to = (i * LINE.length + TRACE_AT) / 2
    // An id of zeros alone is not valid.
    if (random[from] === 0) random[from] = 1
    for (let k = 0; k < TRACE_BYTES; k++) pairs[to + k] = DIGITS[random[from + k] as number] as number
  }
  text = lines.toString('latin1')
  taken = 0
}

function next(): number {
  if (taken === TRACES) draw()
  return LINE.length * taken++
}

/** 32 hex digits, not all 0. */
export function newTraceId(): string {
  const line = next()
  return text.slice(line + TRACE_AT, line + TRACE_AT + TRACE_DIGITS)
}

/** The line for a span of the last new trace, if it is not sampled. */
export function newTraceLine(): string {
  return text.slice(LINE.length * (taken - 1), LINE.length * taken)
}

/** 16 hex digits, not all 0. */
export function newSpanId(): string {
  const line = next()
  return text.slice(line + TRACE_AT, line + TRACE_AT + SPAN_DIGITS)
}
