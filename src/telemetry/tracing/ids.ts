// Ids of traces and spans: random, out of a pool, because many small draws cost more than a few large ones.

import { randomFillSync } from 'node:crypto'

const SPAN_BYTES = 8
const TRACE_BYTES = 16
const NO_SPAN = '0'.repeat(2 * SPAN_BYTES)
const NO_TRACE = '0'.repeat(2 * TRACE_BYTES)

const pool = Buffer.alloc(8192)
let next = pool.length

function draw(bytes: number): string {
  if (next + bytes > pool.length) {
    randomFillSync(pool)
    next = 0
  }
  const from = next
  next += bytes
  return pool.toString('hex', from, next)
}

/** 16 hex digits, not all 0. */
export function newSpanId(): string {
  const id = draw(SPAN_BYTES)
  return id === NO_SPAN ? newSpanId() : id
}

/** 32 hex digits, not all 0. */
export function newTraceId(): string {
  const id = draw(TRACE_BYTES)
  return id === NO_TRACE ? newTraceId() : id
}
