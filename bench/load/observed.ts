// `npm run bench:observed`: what it costs to look. Several gateways that differ only in what they log, trace and are asked, loaded one
// at a time in interleaved rounds; each is told as a ratio to those that do nothing of it, round by round. Of each kind there are
// several, because two processes that do the same differ by some per cent for as long as they live.
//
// All get the same number of requests per second, less than they could take. With as many as each can take the slower one gets fewer,
// and then clients and origin are idle more often: what the kernel needs to wake them stands in the gateway's account, and would be
// taken for what looking costs. For that load the origin is kept busy beside, which takes away a part of it.

import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { freePort } from '../../test/support/free-port.ts'
import { h2load } from './h2load.ts'
import { load } from './load.ts'
import { startOrigin } from './origin.ts'
import { cpuMicroseconds, memory } from './process-figures.ts'
import { hasCommand, LOAD_CORE, PROXY_CORE, type Running, start, stop, stopEverything, waitUntilAnswers } from './processes.ts'
import { median } from './start-time.ts'
import { CONNECTIONS, WORKS, type Work } from './works.ts'

const USAGE = `npm run bench:observed -- [options]
  --rate N             requests per second, with h2load (16000); 0 = as many as each can take, with wrk
  --duration SECONDS   of each round (2)
  --rounds N           (10)
  --instances N        gateways of each kind (3)
  --warm-up SECONDS    of each gateway: what is sampled runs rarely, and is compiled late (20)
  --work NAME          ${WORKS.map(({ name }) => name).join(' ')} (get-1k); a rate takes GET only
  --only NAME          beside "off"; may be given several times`

interface Watching {
  readonly name: string
  readonly label: string
  /** Lines of its configuration. */
  readonly top: (folder: string, collector: number) => string
  /** Its metrics are asked for every second. */
  readonly scraped?: true
}

const log = (folder: string): string => `accessLog: { file: ${join(folder, 'access.log')} }\n`
const LOGS = ['access.log', 'phases.log']
const traces = (sample: string, collector: number): string =>
  `tracing: { sample: ${sample}, otlp: { endpoint: "http://127.0.0.1:${collector}" } }\n`

const WATCHINGS: readonly Watching[] = [
  { name: 'off', label: 'nothing', top: () => '' },
  { name: 'log', label: 'access log, JSON to a file', top: log },
  {
    name: 'phases',
    label: 'the same with phases',
    top: (folder) => `accessLog: { file: ${join(folder, 'phases.log')}, fields: [default, phases] }\n`,
  },
  { name: 'unsampled', label: 'tracing, nothing sampled', top: (_folder, collector) => traces('0%', collector) },
  { name: 'traces', label: 'tracing, 1 % sampled', top: (_folder, collector) => traces('1%', collector) },
  { name: 'many-traces', label: 'tracing, 10 % sampled', top: (_folder, collector) => traces('10%', collector) },
  { name: 'scrape', label: 'metrics asked for every second', top: () => '', scraped: true },
  {
    name: 'all',
    label: 'access log, tracing 1 %, metrics every second',
    top: (folder, collector) => log(folder) + traces('1%', collector),
    scraped: true,
  },
  {
    name: 'all-and-many',
    label: 'access log, tracing 10 %, metrics every second',
    top: (folder, collector) => log(folder) + traces('10%', collector),
    scraped: true,
  },
]

/** Under load before each round: a gateway that nobody has asked for a while has cold caches and has given memory back. */
const LEAD_SECONDS = 1

const main = resolve(import.meta.dirname, '..', '..', 'dist', 'main.js')

interface Started {
  readonly watching: Watching
  readonly folder: string
  readonly running: Running
  readonly port: number
  readonly admin: number
  readonly costs: number[]
}

async function startGateway(watching: Watching, folder: string, originPort: number, collector: number): Promise<Started> {
  const [port, admin] = [await freePort(), await freePort()]
  mkdirSync(folder)
  const file = join(folder, `${watching.name}.yaml`)
  writeFileSync(
    file,
    `workers: 1
watch: false
overload: off
admin: { bind: 127.0.0.1:${admin} }
${watching.top(folder, collector)}listeners: [{ name: web, bind: 127.0.0.1:${port} }]
routes: [{ name: all, to: origin }]
upstreams: { origin: { discovery: { static: [127.0.0.1:${originPort}] } } }
`,
  )
  const running = start(watching.name, folder, PROXY_CORE, [process.execPath, main, 'run', '-c', file])
  await waitUntilAnswers(running, port, '/1k')
  return { watching, folder, running, port, admin, costs: [] }
}

type Send = (port: number, work: Work, seconds: number) => Promise<{ readonly requests: number; readonly errors: number }>

/** So many per second, evenly; null = as many as it takes. */
const atRate =
  (rate: number | null): Send =>
  (port, { path }, seconds) => {
    const pace = rate === null ? [] : [`--rps=${Math.max(1, Math.round(rate / CONNECTIONS))}`]
    return h2load(['--h1', `-c${CONNECTIONS}`, '-t1', `-D${seconds}`, ...pace, `http://127.0.0.1:${port}${path}`])
  }

/** As many as the gateway takes, while the origin at that port has others to serve. */
const atMost =
  (origin: number): Send =>
  async (port, work, seconds) => {
    const [seen] = await Promise.all([load(port, work, seconds), load(origin, work, seconds)])
    return seen
  }

/** CPU microseconds of the whole gateway per request. */
async function round(
  { watching, folder, running, port, admin }: Started,
  work: Work,
  seconds: number,
  send: Send,
): Promise<number> {
  // Logs begin anew, so that what is measured is not how quickly a machine finds memory and disk for gigabytes of them.
  for (const name of LOGS) if (existsSync(join(folder, name))) truncateSync(join(folder, name))
  const scrape = (): void => void fetch(`http://127.0.0.1:${admin}/metrics`).then((response) => response.arrayBuffer())
  const timer = watching.scraped ? setInterval(scrape, 1000) : null
  await send(port, work, LEAD_SECONDS)
  const before = cpuMicroseconds(running.pid)
  const { requests, errors } = await send(port, work, seconds)
  if (timer !== null) clearInterval(timer)
  if (errors > 0) throw new Error(`${watching.name}: ${errors} requests failed`)
  return (cpuMicroseconds(running.pid) - before) / requests
}

/** Of each kind: CPU, what it is beside those that do nothing, and the standard error of that over the instances. */
function report(all: readonly Started[], rounds: number): string {
  const off = all.filter(({ watching }) => watching.name === 'off')
  const base = Array.from({ length: rounds }, (_, i) => mean(off.map(({ costs }) => costs[i] as number)))
  const ratio = ({ costs }: Started): number => median(costs.map((cost, i) => cost / (base[i] as number)))
  const nothing = mean(off.map(ratio))
  const kinds = [...new Set(all.map(({ watching }) => watching))]
  const rows = kinds.map((kind) => {
    const those = all.filter(({ watching }) => watching === kind)
    const ratios = those.map((each) => ratio(each) / nothing)
    const more = (mean(ratios) - 1) * 100
    const error = 100 * standardError(ratios)
    const cpu = median(those.flatMap(({ costs }) => costs)).toFixed(1)
    const mebibytes = Math.round(median(those.map(({ running }) => memory(running.pid).resident)) / 1024 ** 2)
    return `| ${kind.label} | ${cpu} | ${more >= 0 ? '+' : ''}${more.toFixed(1)} ± ${error.toFixed(1)} % | ${mebibytes} MiB |`
  })
  return ['| on | CPU µs per request | more | resident |', '| --- | --: | --: | --: |', ...rows].join('\n')
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function standardError(values: readonly number[]): number {
  const middle = mean(values)
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0)
  return values.length < 2 ? Number.NaN : Math.sqrt(squares / (values.length - 1) / values.length)
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '16000' },
      duration: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '10' },
      instances: { type: 'string', default: '3' },
      'warm-up': { type: 'string', default: '20' },
      work: { type: 'string', default: 'get-1k' },
      only: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  })
  const work = WORKS.find(({ name }) => name === values.work)
  const wanted = WATCHINGS.filter(({ name }) => name === 'off' || values.only.length === 0 || values.only.includes(name))
  if (values.help || work === undefined) {
    console.log(USAGE)
    return
  }
  const rate = Number(values.rate)
  if (rate !== 0 && (!(rate > 0) || work.method !== 'GET' || !hasCommand('h2load'))) {
    console.error('a rate is a number, and needs a work with GET and h2load (Debian: apt install nghttp2-client); or --rate 0')
    process.exitCode = 1
    return
  }
  const folder = mkdtempSync(join(os.tmpdir(), 'headgate-observed-'))
  try {
    const origin = await startOrigin(folder)
    const port = await freePort()
    const sink = join(import.meta.dirname, 'span-sink.ts')
    const collector = start('collector', folder, LOAD_CORE, [process.execPath, sink, String(port)])
    await waitUntilAnswers(collector, port, '/')
    const all: Started[] = []
    for (let i = 0; i < Number(values.instances); i++) {
      for (const watching of wanted)
        all.push(await startGateway(watching, join(folder, `${watching.name}-${i}`), origin.port, port))
    }
    // By the same client: what another one sends differently has code compiled anew, in the rounds of those that do more for longer.
    const warmUp = rate > 0 ? atRate(null) : load
    for (const each of all) await warmUp(each.port, work, Number(values['warm-up']))
    const send = rate > 0 ? atRate(rate) : atMost(origin.port)
    for (let i = 0; i < Number(values.rounds); i++) {
      for (const each of all) each.costs.push(await round(each, work, Number(values.duration), send))
      const words = all.map(({ watching, costs }) => `${watching.name} ${costs.at(-1)?.toFixed(1)}`)
      console.error(`round ${i + 1}/${values.rounds}: ${words.join(', ')}`)
    }
    console.log(report(all, Number(values.rounds)))
    for (const { running } of all) await stop(running)
  } finally {
    stopEverything()
    rmSync(folder, { recursive: true, force: true })
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopEverything()
    process.exit(1)
  })
}
await run()
