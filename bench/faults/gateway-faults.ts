// What happens to the gateway itself: a worker is killed under load.

import net from 'node:net'
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
    const arriving = new NewClients(lab.port)
    await sleep(500)
    const killedAt = performance.now()
    process.kill(worker as number, 'SIGKILL')
    const before = load.answers.length
    await sleep(2 * seconds * 1000)
    const slowest = arriving.stop(killedAt)
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
        notes: [
          `about ${running} in flight`,
          `new clients were answered within ${slowest.toFixed(0)} ms`,
          words(failed, killedAt),
        ]
          .filter((text) => text !== '')
          .join('; '),
      },
    ]
  } finally {
    await lab.close()
  }
}

/** Every 5 ms a client with a connection of its own. */
class NewClients {
  private readonly times: { at: number; ms: number }[] = []
  private readonly timer: NodeJS.Timeout

  constructor(port: number) {
    this.timer = setInterval(() => this.open(port), 5)
  }

  /** The longest wait (ms) of those that came since. */
  stop(since: number): number {
    clearInterval(this.timer)
    return Math.max(0, ...this.times.filter(({ at }) => at >= since).map(({ ms }) => ms))
  }

  private open(port: number): void {
    const at = performance.now()
    const socket = net.connect({ port, host: '127.0.0.1' }, () =>
      socket.write('GET / HTTP/1.1\r\nHost: new\r\nConnection: close\r\n\r\n'),
    )
    socket.once('data', () => this.times.push({ at, ms: performance.now() - at }))
    socket.on('error', () => socket.destroy())
  }
}

export const gatewayFaults: readonly Scenario[] = [{ name: 'worker-killed', run: workerKilled }]
