// What one renewed certificate of many costs, and handshakes by name before and after it.
// `node bench/reload/certificates.ts [--certificates 2000] [--workers 2] [--changes 20] [--program src/main.ts]`

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { parseArgs } from 'node:util'
import { KubernetesLink } from '../../src/compile/kubernetes-link.ts'
import type { GatewayConfig } from '../../src/config/model.ts'
import { systemClock, systemRandom } from '../../src/model/clock.ts'
import { Control } from '../../src/supervisor/control.ts'
import { makeDesks } from '../../src/supervisor/desks.ts'
import { Fleet } from '../../src/supervisor/fleet.ts'
import { statsEvents } from '../../src/supervisor/stats-events.ts'
import { StatsAggregator } from '../../src/telemetry/aggregate.ts'
import { cpuMicroseconds, memory, treeOf } from '../load/process-figures.ts'
import { certificatesConfig, withCertificateChanged } from './config.ts'

const { values } = parseArgs({
  options: {
    certificates: { type: 'string', default: '2000' },
    workers: { type: 'string', default: '2' },
    changes: { type: 'string', default: '20' },
    program: { type: 'string', default: join(import.meta.dirname, '../../src/main.ts') },
  },
})
const [COUNT, CHANGES] = [Number(values.certificates), Number(values.changes)]

const folder = mkdtempSync(join(tmpdir(), 'headgate-bench-'))
const key = join(folder, 'key.pem')
execFileSync('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key])
const nameOf = (i: number): string => `h${i}.test`
const pairs = Array.from({ length: COUNT }, (_, i) => {
  const names = ['-subj', `/CN=${i}`, '-addext', `subjectAltName=DNS:${nameOf(i)}`]
  const made = execFileSync('openssl', ['req', '-x509', '-new', '-key', key, '-days', '30', ...names])
  return { cert: made.toString(), key: readFileSync(key, 'utf8') }
})
rmSync(folder, { recursive: true })

const stats = new StatsAggregator()
const log = (level: string, message: string, fields?: object): void => {
  if (level === 'error') console.error(message, fields)
}
const planes = new Fleet({
  program: { file: values.program, execArgv: [] },
  workers: Number(values.workers),
  clock: systemClock,
  id: 'bench',
  log,
  events: statsEvents(stats, systemClock),
})
const world = { clock: systemClock, random: systemRandom, log }
const desks = makeDesks({ ...world, planes, stats, kubernetes: new KubernetesLink(world) })
const control = new Control({ planes, ...desks, stats, clock: systemClock })

await timed(`start with ${COUNT} certificates`, () => control.start(certificatesConfig(pairs)))
const workers = treeOf(process.pid).slice(1)
const port = Number(control.addresses[0]?.address.split(':')[1])
await timed('the first handshake', () => shake(0))
await handshakes('every name for the first time', (i) => i)
await handshakes('every name again', (i) => i)
await handshakes('the same name', () => 7)

const took: number[] = []
const before = { theirs: cpuOf(workers), own: process.cpuUsage() }
for (let turn = 0; turn < CHANGES; turn++) {
  const changed = withCertificateChanged(control.inForce?.config as GatewayConfig, turn)
  const start = performance.now()
  await control.apply(changed)
  took.push(performance.now() - start)
}
const own = process.cpuUsage(before.own)
took.sort((a, b) => a - b)
console.log(
  `one certificate changed: median ${took[took.length >> 1]?.toFixed(1)} ms, worst ${took.at(-1)?.toFixed(1)}; CPU ms: supervisor ${((own.user + own.system) / 1000 / CHANGES).toFixed(1)}, each worker ${((cpuOf(workers) - before.theirs) / CHANGES / workers.length).toFixed(1)}`,
)
await timed('the first handshake after it', () => shake(0))
await handshakes('the same name', () => 7)
for (const worker of workers) console.log(`worker ${Math.round(memory(worker).resident / 2 ** 20)} MiB`)
await control.drain(0, 100)

async function handshakes(what: string, of: (i: number) => number): Promise<void> {
  const theirs = cpuOf(workers)
  for (let i = 0; i < COUNT; i += 8) await Promise.all(Array.from({ length: 8 }, (_, j) => shake(of(i + j) % COUNT)))
  console.log(`${what}: ${((cpuOf(workers) - theirs) / COUNT).toFixed(2)} ms of CPU a handshake`)
}

function shake(i: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername: nameOf(i), rejectUnauthorized: false, minVersion: 'TLSv1.3' })
    socket.once('secureConnect', () => {
      const names = socket.getPeerX509Certificate()?.subjectAltName
      socket.destroy()
      if (names === `DNS:${nameOf(i)}`) resolve()
      else reject(new Error(`${nameOf(i)} got ${names}`))
    })
    socket.once('error', reject)
  })
}

async function timed(what: string, run: () => Promise<unknown>): Promise<void> {
  const start = performance.now()
  await run()
  console.log(`${what}: ${(performance.now() - start).toFixed(1)} ms`)
}

function cpuOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuMicroseconds(pid) / 1000, 0)
}
