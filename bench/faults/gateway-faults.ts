// What happens to the gateway itself: a worker is killed under load.

import { setTimeout as sleep } from 'node:timers/promises'
import { treeOf } from '../load/process-figures.ts'
import { failures } from './clients.ts'
import { spread, words } from './endpoint-faults.ts'
import { Lab } from './lab.ts'
import type { Row, Scenario } from './row.ts'

async function workerKilled(folder: string, seconds: number): Promise<Row[]> {
  const lab = await Lab.open({ folder, workers: 2 })
  try {
    for (const endpoint of lab.endpoints) endpoint.workMs = 5
    const load = lab.load(500)
    await sleep(seconds * 1000)
    const [, worker] = treeOf(lab.gateway.pid).filter((pid) => pid !== lab.gateway.pid)
    const running = await lab.metric('requests_in_flight')
    const killedAt = performance.now()
    process.kill(worker as number, 'SIGKILL')
    const before = load.answers.length
    await sleep(2 * seconds * 1000)
    const answers = await load.stop()
    const failed = failures(answers)
    return [
      {
        fault: 'a worker of two is killed',
        requests: answers.length,
        clientErrors: failed.length,
        movedMs: null,
        returnedMs: null,
        addedLoad: null,
        before: spread(answers.slice(0, before)),
        during: spread(answers.slice(before)),
        notes: [`about ${running} in flight`, words(failed, killedAt)].filter((text) => text !== '').join('; '),
      },
    ]
  } finally {
    await lab.close()
  }
}

export const gatewayFaults: readonly Scenario[] = [{ name: 'worker-killed', run: workerKilled }]
