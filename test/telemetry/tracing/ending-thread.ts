// The thread that sends spans, but told to end by how many spans a batch has.

import { parentPort } from 'node:worker_threads'
import type { ForThread } from '../../../src/telemetry/tracing/span-messages.ts'

export const EXITS = 11
export const THROWS = 12
export const GROWS = 13

parentPort?.on('message', (message: ForThread) => {
  const count = message.type === 'spans' ? message.batch.count : 0
  if (count === EXITS) process.exit(3)
  if (count === THROWS) throw new Error('told to')
  const kept: unknown[] = []
  while (count === GROWS) kept.push(Array.from({ length: 100 }, (_, i) => ({ i })))
})
if (parentPort !== null) await import('../../../src/telemetry/tracing/span-thread.ts')
