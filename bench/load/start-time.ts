// From the start of the process to the first request that it answers, and its memory a little later.

import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../test/support/free-port.ts'
import type { Peer } from './peers/peer.ts'
import { type Memory, memory } from './process-figures.ts'
import { start, stop, waitUntilAnswers } from './processes.ts'

export interface StartFigures {
  /** Median of the starts. */
  readonly milliseconds: number
  /** After the last start, two seconds after the first answer. */
  readonly atRest: Memory
}

const STARTS = 5

/** Not pinned: a start may use all cores. */
export async function measureStart(peer: Peer, folder: string, originPort: number): Promise<StartFigures> {
  const times: number[] = []
  let atRest: Memory = { resident: 0, proportional: 0 }
  for (let i = 0; i < STARTS; i++) {
    const port = await freePort()
    const command = peer.command(folder, port, originPort)
    const from = performance.now()
    const running = start(peer.name, folder, null, command)
    try {
      await waitUntilAnswers(running, port, '/1k')
      times.push(performance.now() - from)
      if (i < STARTS - 1) continue
      await sleep(2000)
      atRest = memory(running.pid)
    } finally {
      await stop(running)
    }
  }
  return { milliseconds: median(times), atRest }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}
