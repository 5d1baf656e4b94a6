// Ids of traces and spans: random, cut out of a long text of digits, because many small draws cost more than a few large ones.

import { randomBytes } from 'node:crypto'

const SPAN_DIGITS = 16
const TRACE_DIGITS = 32
const NO_SPAN = '0'.repeat(SPAN_DIGITS)
const NO_TRACE = '0'.repeat(TRACE_DIGITS)
const POOL_BYTES = 4096

let pool = ''
let next = 0

function draw(digits: number): string {
  if (next + digits > pool.length) {
    pool = randomBytes(POOL_BYTES).toString('hex')
    next = 0
  }
  const from = next
  next += digits
  return pool.slice(from, next)
}

/** 16 hex digits, not all 0. */
export function newSpanId(): string {
  const id = draw(SPAN_DIGITS)
  return id === NO_SPAN ? newSpanId() : id
}

/** 32 hex digits, not all 0. */
export function newTraceId(): string {
  const id = draw(TRACE_DIGITS)
  return id === NO_TRACE ? newTraceId() : id
}
