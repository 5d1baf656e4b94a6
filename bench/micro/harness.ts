// Measures small functions: nanoseconds and heap bytes per call, each the median of several rounds.

import v8 from 'node:v8'

export interface Result {
  readonly name: string
  readonly nsPerOp: number
  /** Heap bytes that one call allocates; null when it was not measured, or by a Node (before 26) that does not count them. */
  readonly bytesPerOp: number | null
}

/** What a subject's file exports. */
export type Subject = () => Result[]

const ROUNDS = 9
const ROUND_MS = 40

/** Keeps results alive, so that no call is optimised away. */
export let sink: unknown = null

/** `fn` gets the number of the call, to rotate through inputs. */
export function bench(name: string, fn: (call: number) => unknown): Result {
  const calls = callsPerRound(fn)
  const times: number[] = []
  const bytes: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const before = allocatedBytes()
    times.push(run(fn, calls) / calls)
    bytes.push((allocatedBytes() - before) / calls)
  }
  const bytesPerOp = median(bytes)
  return { name, nsPerOp: median(times), bytesPerOp: Number.isNaN(bytesPerOp) ? null : bytesPerOp }
}

/** For what takes long, such as a build: `fn` is called once a round. */
export function benchOnce(name: string, fn: () => unknown): Result {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    globalThis.gc?.()
    times.push(run(fn, 1))
  }
  return { name, nsPerOp: median(times), bytesPerOp: null }
}

/** Nanoseconds of that many calls. */
function run(fn: (call: number) => unknown, calls: number): number {
  const start = performance.now()
  for (let i = 0; i < calls; i++) sink = fn(i)
  return (performance.now() - start) * 1e6
}

/** Doubles until a round takes long enough to be measured, which also warms the code up. */
function callsPerRound(fn: (call: number) => unknown): number {
  let calls = 1000
  while (run(fn, calls) < ROUND_MS * 1e6) calls *= 2
  return calls
}

/** What V8 ever allocated, so that collections in between make no difference. */
function allocatedBytes(): number {
  return v8.getHeapStatistics().total_allocated_bytes ?? Number.NaN
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] as number
}
