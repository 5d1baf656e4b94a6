// `npm run bench:soak`: half an hour at 70 % of what this machine can do (or `--rate` requests per
// second, where other work runs on it), with random faults and reloads. Every two minutes the load
// stops and goes, and what the gateway then keeps is read: says whether memory and descriptors
// grow. Not part of any suite.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { stopEverything } from '../load/processes.ts'
import { atRest, INSPECTED, type ProcessAtRest } from './at-rest.ts'
import { failures, OpenLoad } from './clients.ts'
import { Lab } from './lab.ts'
import type { Fault } from './relay.ts'
import { slope } from './slope.ts'

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

/** Rounds of EVERY_MS between two looks at what the gateway keeps. */
const ROUNDS_BETWEEN = 12
/** What connections leave behind (lingering, timers that drop them) is gone by then. */
const REST_MS = 3000

interface Sample {
  readonly hours: number
  readonly processes: readonly ProcessAtRest[]
}

const MIB = 1024 * 1024

/** The sums over all processes that are followed. */
const FIGURES: readonly { name: string; unit: string; scale: number; read: (each: ProcessAtRest) => number }[] = [
  { name: 'live memory', unit: 'MiB', scale: MIB, read: ({ live }) => live },
  { name: 'compiled code', unit: 'MiB', scale: MIB, read: ({ code }) => code },
  { name: 'resident memory', unit: 'MiB', scale: MIB, read: ({ resident }) => resident },
  { name: 'descriptors', unit: '', scale: 1, read: ({ descriptors }) => descriptors },
]

const total = ({ processes }: Sample, { read, scale }: (typeof FIGURES)[number]): number =>
  processes.reduce((sum, each) => sum + read(each), 0) / scale

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

/** Nobody has a connection to the gateway, and it has none to endpoints but for probes: what it still keeps, it keeps for good. */
async function rest(lab: Lab, folder: string, startedAt: number): Promise<Sample> {
  for (const relay of lab.relays) relay.closeConnections()
  for (let waited = 0; (await lab.metric('connections', 'listener="web"')) > 0; waited += 100) {
    if (waited > 20_000) throw new Error('the gateway keeps connections that its clients have closed')
    await sleep(100)
  }
  await sleep(REST_MS)
  const processes = await atRest(logOf(lab, folder))
  const sample = { hours: (performance.now() - startedAt) / 3_600_000, processes }
  const each = (read: (process_: ProcessAtRest) => string) => processes.map(read).join(' + ')
  console.log(
    `${(sample.hours * 60).toFixed(1).padStart(5)} min  live ${each(({ live }) => (live / MIB).toFixed(2))} MiB  code ${each(({ code }) => (code / MIB).toFixed(2))} MiB  resident ${each(({ resident }) => (resident / MIB).toFixed(0))} MiB  descriptors ${each(({ descriptors }) => String(descriptors))}`,
  )
  return sample
}

const logOf = (lab: Lab, folder: string): string => readFileSync(join(folder, `${lab.gateway.name}.log`), 'utf8')

/** A fault at one of the endpoints for half of the time, and a reload. */
async function round(lab: Lab, number: number): Promise<void> {
  const relay = lab.relays[Math.floor(Math.random() * lab.relays.length)] as Lab['relays'][number]
  await relay.set(FAULTS[Math.floor(Math.random() * FAULTS.length)] as Fault)
  await sleep(EVERY_MS / 2)
  await relay.set('none')
  const config = JSON.parse(readFileSync(lab.file, 'utf8'))
  config.routes[0].timeout.attempt = number % 2 === 0 ? '1100ms' : '1s'
  writeFileSync(lab.file, JSON.stringify(config))
  process.kill(lab.gateway.pid, 'SIGHUP')
  await sleep(EVERY_MS / 2)
  for (const each of lab.relays) each.arrivals.length = 0
}

async function soak(minutes: number, folder: string, asked: number | null): Promise<void> {
  const lab = await Lab.open({ folder, ...SETTINGS, nodeOptions: INSPECTED })
  try {
    const rate = asked ?? Math.round(0.7 * (await capacity(lab)))
    console.log(`${rate} requests per second for ${minutes} minutes; supervisor + workers, at rest:`)
    const startedAt = performance.now()
    const samples: Sample[] = [await rest(lab, folder, startedAt)]
    let [answered, failed, rounds] = [0, 0, 0]
    while (performance.now() - startedAt < minutes * 60_000) {
      const load = new OpenLoad({ port: lab.port, rate })
      for (let i = 0; i < ROUNDS_BETWEEN; i++) {
        await round(lab, rounds++)
        const answers = load.take()
        answered += answers.length
        failed += failures(answers).length
      }
      const last = await load.stop()
      answered += last.length
      failed += failures(last).length
      samples.push(await rest(lab, folder, startedAt))
    }
    const restarts = await lab.metric('worker_restarts_total')
    console.log(`${answered} answered, ${failed} failed, ${rounds} reloads, ${restarts} worker restarts`)
    const warm = samples.filter(({ hours }) => hours * 60 > minutes / 3)
    for (const figure of FIGURES) {
      const { perHour, error } = slope(warm.map((each) => ({ hours: each.hours, value: total(each, figure) })))
      const [first, last] = [warm.at(0) as Sample, warm.at(-1) as Sample].map((each) => total(each, figure).toFixed(1))
      console.log(
        `${figure.name} at rest after warm-up: ${first} … ${last} ${figure.unit}, ${perHour.toFixed(2)} ± ${error.toFixed(2)} ${figure.unit}/h`,
      )
    }
    for (const line of logOf(lab, folder)
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
