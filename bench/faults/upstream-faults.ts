// What happens to a whole upstream: everybody fails, more is asked than can be served, everybody is restarted.

import { setTimeout as sleep } from 'node:timers/promises'
import { type Answered, failures, percentile } from './clients.ts'
import { spread, words } from './endpoint-faults.ts'
import { Lab } from './lab.ts'
import type { Row, Scenario } from './row.ts'

const NOTHING = { movedMs: null, returnedMs: null, addedLoad: null, before: null, during: null }

/** Every endpoint answers 503, and the route would rather try again. */
async function allRefuse(folder: string, seconds: number): Promise<Row[]> {
  const retry = { attempts: 3, on: ['503', 'connect-failure', 'reset'] }
  const lab = await Lab.open({ folder, route: { retry } })
  try {
    const load = lab.load(500)
    await sleep(seconds * 1000)
    const asked = () => lab.endpoints.reduce((sum, { requests }) => sum + requests, 0)
    for (const endpoint of lab.endpoints) endpoint.status = 503
    const [sent, before] = [load.sent, asked()]
    await sleep(3 * seconds * 1000)
    const added = (asked() - before) / (load.sent - sent) - 1
    for (const endpoint of lab.endpoints) endpoint.status = 200
    const wellAt = performance.now()
    await sleep(seconds * 1000)
    const answers = await load.stop()
    const failed = failures(answers)
    const first = answers.filter(({ at, status }) => at > wellAt && status === 200).at(0)
    return [
      {
        ...NOTHING,
        fault: 'all answer 503, retries on (3 attempts)',
        requests: answers.length,
        clientErrors: failed.length,
        returnedMs: first === undefined ? null : first.at - wellAt,
        addedLoad: added,
        notes: words(failed, wellAt),
      },
    ]
  } finally {
    await lab.close()
  }
}

/** Three endpoints with two places each and 40 ms of work: 150 requests per second at most. */
async function overload(folder: string, seconds: number): Promise<Row[]> {
  const pending = { pending: 6, pendingTimeout: '100ms' }
  const limits = { requests: 6, connections: 6, ...pending }
  const rows: Row[] = []
  for (const [label, upstream] of [
    ['10 × more requests than can be served, limits', { limits }],
    ['the same, adaptive limit', { limits: pending, adaptive: { minLimit: 2, maxLimit: 1000 } }],
  ] as const) {
    const lab = await Lab.open({ folder, upstream })
    try {
      for (const endpoint of lab.endpoints) Object.assign(endpoint, { places: 2, workMs: 40 })
      const easy = lab.load(50)
      await sleep(seconds * 1000)
      const before = spread(await easy.stop())
      const resident = lab.residentBytes
      const hard = lab.load(1500)
      await sleep(2 * seconds * 1000)
      const answers = await hard.stop()
      const served = answers.filter(({ status }) => status === 200)
      const refused = answers.filter(({ status }) => status === 503)
      const fast = percentile(
        refused.map(({ ms }) => ms),
        0.99,
      )
      const lost = answers.length - served.length - refused.length
      rows.push({
        ...NOTHING,
        fault: label,
        requests: answers.length,
        clientErrors: lost,
        before,
        during: spread(answers),
        notes: `${Math.round(served.length / (2 * seconds))}/s served, ${refused.length} × 503 within ${fast.toFixed(0)} ms (p99), memory + ${Math.round((lab.residentBytes - resident) / 2 ** 20)} MiB`,
      })
    } finally {
      await lab.close()
    }
  }
  return rows
}

/** Thirty endpoints, each ended in order and started again on its port, two rounds. */
async function rolling(folder: string): Promise<Row[]> {
  const lab = await Lab.open({ folder, endpoints: 30, route: { retry: { attempts: 2, on: ['connect-failure', 'reset'] } } })
  try {
    const startedAt = performance.now()
    const gets = lab.load(400)
    const posts = lab.load(100, { method: 'POST', body: Buffer.alloc(16 * 1024, 'x') })
    await sleep(1000)
    for (let round = 0; round < 2; round++) {
      for (const endpoint of lab.endpoints) {
        const restarted = endpoint.restart()
        await sleep(100)
        await restarted
      }
    }
    await sleep(1000)
    const answers: Answered[] = [...(await gets.stop()), ...(await posts.stop())]
    const failed = failures(answers)
    return [
      {
        ...NOTHING,
        fault: 'rolling restart of 30 endpoints, twice (GET and POST of 16 KiB)',
        requests: answers.length,
        clientErrors: failed.length,
        during: spread(answers),
        notes: words(failed, startedAt),
      },
    ]
  } finally {
    await lab.close()
  }
}

export const upstreamFaults: readonly Scenario[] = [
  { name: 'all-503', run: allRefuse },
  { name: 'overload', run: overload },
  { name: 'rolling', run: rolling },
]
