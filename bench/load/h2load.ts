// h2load of nghttp2: the one that speaks HTTP/2, and that can keep to a number of requests per second.

import { outputOf } from './output.ts'

export interface Done {
  readonly requests: number
  readonly seconds: number
  readonly errors: number
}

export async function h2load(args: readonly string[]): Promise<Done> {
  const text = await outputOf(['h2load', ...args])
  const counts = /requests: \d+ total, \d+ started, \d+ done, (\d+) succeeded, (\d+) failed, (\d+) errored/.exec(text)
  const seconds = /finished in ([\d.]+)(m?s)/.exec(text)
  if (counts === null || seconds === null) throw new Error(`h2load gave no result: ${text}`)
  return {
    requests: Number(counts[1]),
    seconds: Number(seconds[1]) / (seconds[2] === 'ms' ? 1000 : 1),
    errors: Number(counts[2]),
  }
}
