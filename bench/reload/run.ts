// What one change of a large configuration costs, from `apply` until every worker has acknowledged it.
// `node bench/reload/run.ts [--routes 5000] [--upstreams 2000] [--endpoints 10] [--discovered] [--workers 2] [--changes 20]
// [--program src/main.ts]`

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { KubernetesLink } from '../../src/compile/kubernetes-link.ts'
import type { GatewayConfig } from '../../src/config/model.ts'
import { systemClock, systemRandom } from '../../src/model/clock.ts'
import { Control } from '../../src/supervisor/control.ts'
import { makeDesks } from '../../src/supervisor/desks.ts'
import { Fleet } from '../../src/supervisor/fleet.ts'
import { statsEvents } from '../../src/supervisor/stats-events.ts'
import { StatsAggregator } from '../../src/telemetry/aggregate.ts'
import { DnsServer } from '../../test/support/dns-server.ts'
import { cpuMicroseconds, treeOf } from '../load/process-figures.ts'
import { copyOf, largeConfig, withRouteChanged, withUpstreamChanged } from './config.ts'

const { values } = parseArgs({
  options: {
    routes: { type: 'string', default: '5000' },
    upstreams: { type: 'string', default: '2000' },
    endpoints: { type: 'string', default: '10' },
    discovered: { type: 'boolean', default: false },
    workers: { type: 'string', default: '2' },
    changes: { type: 'string', default: '20' },
    program: { type: 'string', default: join(import.meta.dirname, '../../src/main.ts') },
  },
})
const CHANGES = Number(values.changes)
/** Between two changes, so that what is collected and reported is nobody's. */
const PAUSE_MS = 100

const dns = values.discovered ? new DnsServer() : null
if (dns !== null) await dns.listen()
const size = {
  routes: Number(values.routes),
  upstreams: Number(values.upstreams),
  endpoints: Number(values.endpoints),
  resolver: dns?.address ?? null,
}
if (dns !== null) {
  dns.records = []
  dns.trick = (usual) => {
    const [question] = usual.questions ?? []
    const name = question?.name ?? ''
    const i = Number(/^s(\d+)\./.exec(name)?.[1])
    const answers = Array.from({ length: size.endpoints }, (_, j) => ({
      type: 'A' as const,
      name,
      ttl: 3600,
      data: `127.${1 + (i >> 8)}.${i & 255}.${j + 1}`,
    }))
    return { ...usual, flags: 0, answers: question?.type === 'A' ? answers : [] }
  }
}

const stats = new StatsAggregator()
const quiet = (level: string, message: string, fields?: object): void => {
  if (level === 'error') console.error(message, fields)
}
const planes = new Fleet({
  program: { file: values.program, execArgv: [] },
  workers: Number(values.workers),
  clock: systemClock,
  id: 'bench',
  log: quiet,
  events: statsEvents(stats, systemClock),
})
const world = { clock: systemClock, random: systemRandom, log: quiet }
const desks = makeDesks({ ...world, planes, stats, kubernetes: new KubernetesLink(world) })
const control = new Control({ planes, ...desks, stats, clock: systemClock })

const config = largeConfig(size)
const json = JSON.stringify(config).length
console.log(
  `${size.routes} routes, ${size.upstreams} upstreams of ${size.endpoints} endpoints, ${(json / 1e6).toFixed(1)} MB as JSON`,
)
const began = performance.now()
await control.start(config)
console.log(`start: ${Math.round(performance.now() - began)} ms`)
await pause(3000)

await measure('one route changed', (current, turn) => withRouteChanged(current, turn))
await measure('one upstream changed', (current, turn) => withUpstreamChanged(current, turn))
await measure('nothing changed, the same objects', (current) => ({ ...current }))
await measure('nothing changed, all of it read anew', (current) => copyOf(current))
await measure('one route changed, all of it read anew', (current, turn) => withRouteChanged(copyOf(current), turn + 1000))
console.log(`supervisor ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`)
await control.drain(0, 100)
await dns?.close()

async function measure(what: string, next: (current: GatewayConfig, turn: number) => GatewayConfig): Promise<void> {
  const workers = treeOf(process.pid).slice(1)
  const took: number[] = []
  let [own, theirs] = [0, 0]
  for (let turn = 0; turn < CHANGES; turn++) {
    const changed = next(control.inForce?.config as GatewayConfig, turn)
    const before = { theirs: cpuOf(workers), own: process.cpuUsage() }
    const start = performance.now()
    await control.apply(changed)
    took.push(performance.now() - start)
    const used = process.cpuUsage(before.own)
    own += (used.user + used.system) / 1000
    theirs += cpuOf(workers) - before.theirs
    await pause(PAUSE_MS)
  }
  took.sort((a, b) => a - b)
  const at = (share: number) => (took[Math.min(took.length - 1, Math.floor(share * took.length))] as number).toFixed(1)
  const each = (ms: number, count: number) => (ms / CHANGES / count).toFixed(1)
  console.log(
    `${what.padEnd(42)} median ${at(0.5)} ms, p90 ${at(0.9)}, worst ${at(1)}; CPU ms: supervisor ${each(own, 1)}, each worker ${each(theirs, workers.length)}`,
  )
}

function cpuOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuMicroseconds(pid) / 1000, 0)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
