// Ids of traces and spans: random, out of a pool, because many small draws cost more than a few large ones.

import { randomFillSync } from 'node:crypto'

const SPAN_BYTES = 8
const TRACE_BYTES = 16

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

function notZero(make: () => string): string {
  for (;;) {
    const id = make()
    if (!/^0+$/.test(id)) return id
  }
}

/** 16 hex digits. */
export const newSpanId = (): string => notZero(() => draw(SPAN_BYTES))

/** 32 hex digits. */
export const newTraceId = (): string => notZero(() => draw(TRACE_BYTES))
