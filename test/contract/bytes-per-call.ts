// Heap bytes that one call of a function leaves behind, averaged over many. Turns collections by hand on where they are off.

import v8 from 'node:v8'
import vm from 'node:vm'

v8.setFlagsFromString('--expose-gc')
const collect = vm.runInNewContext('gc') as () => void

/** The least of several rounds: other work in the process can only add. */
export async function bytesPerCall(call: () => unknown): Promise<number> {
  const calls = 20_000
  for (let i = 0; i < 3 * calls; i++) call()
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 8 && least >= 1; round++) {
    // Lets the compiler, which works beside, put its result in place.
    await new Promise((resolve) => setImmediate(resolve))
    collect()
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < calls; i++) call()
    least = Math.min(least, (process.memoryUsage().heapUsed - before) / calls)
  }
  return least
}
