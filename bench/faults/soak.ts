// `npm run bench:soak`: half an hour at 70 % of what this machine can do (or `--rate` requests per
// second, where other work runs on it), with random faults and reloads. Says whether memory and
// descriptors grow. Not part of any suite.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { treeOf } from '../load/process-figures.ts'
import { stopEverything } from '../load/processes.ts'
import { failures, OpenLoad } from './clients.ts'
import { Lab } from './lab.ts'
import type { Fault } from './relay.ts'

const FAULTS: readonly Fault[] = ['refuse', 'kill', 'reset', 'silent', 'mid-head', 'mid-body', 'trickle', 'delay']
const EVERY_MS = 10_000
const SETTINGS = {
  endpoints: 4,
  workers: 2,
  top: { accessLog: 'off' },
  route: {
    timeout: { request: '5s', attempt: '1s' },
    retry: { attempts: 2, on: ['connect-failure', 'reset', 'timeout', '503'] },
  },
  upstream: {
    health: { type: 'http', path: '/', interval: '1s', timeout: '500ms', healthy: 2, unhealthy: 2 },
    breaker: { errorPercent: 80, window: '10s', minimumRequests: 50, resetAfter: '1s' },
    slowStart: '5s',
  },
}

interface Sample {
  readonly minutes: number
  readonly residentMiB: number
  readonly descriptors: number
}

/** Closed loop: as many as it can with 32 at a time. */
async function capacity(lab: Lab): Promise<number> {
  const rates: number[] = []
  for (const rate of [1000, 2000, 3000, 4000, 6000]) {
    const load = new OpenLoad({ port: lab.port, rate })
    await sleep(2000)
    rates.push((await load.stop()).filter(({ ms }) => ms < 50).length / 2)
    if ((rates.at(-1) as number) < 0.9 * rate) break
  }
  return Math.max(...rates)
}

/** Without the clients and endpoints, which live in this process. */
function sample(pid: number, startedAt: number): Sample {
  let resident = 0
  let descriptors = 0
  for (const each of treeOf(pid)) {
    try {
      resident += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${each}/status`, 'latin1'))?.[1] ?? 0)
      descriptors += readdirSync(`/proc/${each}/fd`).length
    } catch {
      // It ended meanwhile.
    }
  }
  return { minutes: (performance.now() - startedAt) / 60_000, residentMiB: resident / 1024, descriptors }
}

/** Least squares, per hour. */
function slope(samples: readonly Sample[], read: (sample: Sample) => number): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [mean(samples.map(({ minutes }) => minutes)), mean(samples.map(read))]
  const above = samples.reduce((sum, each) => sum + (each.minutes - x) * (read(each) - y), 0)
  return (60 * above) / samples.reduce((sum, { minutes }) => sum + (minutes - x) ** 2, 0)
}

async function soak(minutes: number, folder: string, asked: number | null): Promise<void> {
  const lab = await Lab.open({ folder, ...SETTINGS })
  try {
    const rate = asked ?? Math.round(0.7 * (await capacity(lab)))
    console.log(`${rate} requests per second for ${minutes} minutes`)
    const load = new OpenLoad({ port: lab.port, rate })
    const startedAt = performance.now()
    const samples: Sample[] = []
    let [answered, failed, reloads] = [0, 0, 0]
    while (performance.now() - startedAt < minutes * 60_000) {
      const relay = lab.relays[Math.floor(Math.random() * lab.relays.length)] as Lab['relays'][number]
      await relay.set(FAULTS[Math.floor(Math.random() * FAULTS.length)] as Fault)
      await sleep(EVERY_MS / 2)
      await relay.set('none')
      relay.arrivals.length = 0
      const config = JSON.parse(readFileSync(lab.file, 'utf8'))
      config.routes[0].timeout.attempt = reloads % 2 === 0 ? '1100ms' : '1s'
      writeFileSync(lab.file, JSON.stringify(config))
      process.kill(lab.gateway.pid, 'SIGHUP')
      reloads++
      await sleep(EVERY_MS / 2)
      for (const each of lab.relays) each.arrivals.length = 0
      const answers = load.take()
      answered += answers.length
      failed += failures(answers).length
      samples.push(sample(lab.gateway.pid, startedAt))
      const last = samples.at(-1) as Sample
      if (samples.length % 6 === 0)
        console.log(
          `${last.minutes.toFixed(1)} min  ${last.residentMiB.toFixed(1)} MiB  ${last.descriptors} descriptors  ${failed} of ${answered} failed`,
        )
    }
    await load.stop()
    const warm = samples.filter(({ minutes: at }) => at > minutes / 3)
    const restarts = await lab.metric('worker_restarts_total')
    console.log(
      `${answered} answered, ${failed} failed, ${reloads} reloads, ${restarts} worker restarts; after warm-up: memory ${slope(warm, (each) => each.residentMiB).toFixed(1)} MiB/h, descriptors ${slope(warm, (each) => each.descriptors).toFixed(1)}/h`,
    )
    const log = readFileSync(join(folder, `${lab.gateway.name}.log`), 'utf8')
    for (const line of log
      .split('\n')
      .filter((each) => each.includes('"level":"error"'))
      .slice(0, 20))
      console.log(line)
  } finally {
    await lab.close()
  }
}

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' }, rate: { type: 'string' } } })
const folder = mkdtempSync(join(os.tmpdir(), 'headgate-soak-'))
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopEverything()
    process.exit(1)
  })
}
try {
  await soak(Number(values.minutes), folder, values.rate === undefined ? null : Number(values.rate))
} finally {
  stopEverything()
  rmSync(folder, { recursive: true, force: true })
}
