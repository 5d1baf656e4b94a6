// `npm run bench:edge`: TLS, HTTP/2, gRPC and WebSocket through the gateway and through nginx, in interleaved rounds.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Done } from '../load/h2load.ts'
import { cpuMicroseconds } from '../load/process-figures.ts'
import { hasCommand, type Running, stop, stopEverything, waitUntilAnswers } from '../load/processes.ts'
import { median } from '../load/start-time.ts'
import { idleTlsBytes } from './idle-tls.ts'
import { startOrigins } from './origins.ts'
import { headgate, makeCertificate, nginx, type Ports, threePorts } from './proxies.ts'
import { WORKS } from './works.ts'

const USAGE = `npm run bench:edge -- [options]
  --duration SECONDS   of each round (3)
  --rounds N           the table shows the median of them (5)
  --work NAME          only this one; may be given several times: ${WORKS.map(({ name }) => name).join(' ')} idle
  --md FILE, --json FILE   write the results there as well (folders must exist)`

interface Line {
  readonly work: string
  readonly proxy: string
  readonly cpu: number
  readonly rate: number
  readonly errors: number
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      duration: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '5' },
      work: { type: 'string', multiple: true, default: [] },
      md: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return
  }
  for (const command of ['nginx', 'wrk', 'h2load', 'openssl'])
    if (!hasCommand(command))
      throw new Error(`${command} is missing (Debian: apt install nginx-light wrk nghttp2-client openssl)`)
  const wants = (name: string) => values.work.length === 0 || values.work.includes(name)
  const folder = mkdtempSync(join(os.tmpdir(), 'headgate-edge-'))
  makeCertificate(folder)
  // Five bytes of gRPC framing and a message of 100.
  writeFileSync(join(folder, 'message'), Buffer.concat([Buffer.from([0, 0, 0, 0, 100]), Buffer.alloc(100, 'x')]))
  const lines: Line[] = []
  const idle: { proxy: string; bytes: number }[] = []
  try {
    const origins = await startOrigins(folder)
    const proxies: { name: string; ports: Ports; running: Running }[] = []
    for (const proxy of [headgate, nginx]) {
      const missing = proxy.missing()
      if (missing !== null) throw new Error(missing)
      const ports = await threePorts()
      const running = proxy.start(folder, ports, origins)
      await waitUntilAnswers(running, ports.ws, '/')
      proxies.push({ name: proxy.name, ports, running })
    }
    for (const { name, ports, running } of proxies) {
      if (wants('idle')) idle.push({ proxy: name, bytes: await idleTlsBytes(running.pid, ports.tls) })
    }
    for (const work of WORKS.filter(({ name }) => wants(name))) {
      for (const { ports } of proxies) await work.run(ports, 2, folder)
      const rounds = proxies.map((): (Done & { cpu: number })[] => [])
      for (let i = 0; i < Number(values.rounds); i++) {
        for (const [index, { name, ports, running }] of proxies.entries()) {
          await sleep(200)
          const before = cpuMicroseconds(running.pid)
          const done = await work.run(ports, Number(values.duration), folder)
          const cpu = (cpuMicroseconds(running.pid) - before) / done.requests
          rounds[index]?.push({ ...done, cpu })
          console.error(`${work.name}  ${name.padEnd(9)} ${cpu.toFixed(1)} µs`)
        }
      }
      for (const [index, each] of rounds.entries()) {
        lines.push({
          work: work.label,
          proxy: proxies[index]?.name ?? '',
          cpu: median(each.map(({ cpu }) => cpu)),
          rate: median(each.map(({ requests, seconds }) => requests / seconds)),
          errors: each.reduce((sum, { errors }) => sum + errors, 0),
        })
      }
    }
    for (const { running } of proxies) await stop(running)
  } finally {
    stopEverything()
    if (process.env.KEEP === undefined) rmSync(folder, { recursive: true, force: true })
  }
  const text = render(lines, idle)
  console.log(text)
  if (values.md !== undefined) writeFileSync(values.md, text)
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ lines, idle }, null, 2)}\n`)
}

function render(lines: readonly Line[], idle: readonly { proxy: string; bytes: number }[]): string {
  const rows = lines.map(({ work, proxy, cpu, rate, errors }) => {
    const reference = lines.find((line) => line.work === work && line.proxy === nginx.name)
    const ratio = proxy === nginx.name || reference === undefined ? '' : (cpu / reference.cpu).toFixed(2)
    return [work, proxy, cpu.toFixed(1), ratio, rate.toFixed(0), String(errors)]
  })
  const table = [
    ['work', 'proxy', 'CPU µs', 'ratio to nginx', 'per second', 'errors'],
    ['---', '---', '---:', '---:', '---:', '---:'],
    ...rows,
  ]
  const text = table.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
  const memory = idle.map(({ proxy, bytes }) => `${proxy} ${(bytes / 1024).toFixed(1)} KiB`).join(', ')
  return `${rows.length === 0 ? '' : `${text}\n`}${memory === '' ? '' : `\nIdle TLS connection: ${memory}.\n`}`
}

process.on('SIGINT', () => {
  stopEverything()
  process.exit(1)
})
try {
  await main()
} catch (error) {
  console.error(`bench:edge: ${(error as Error).message}`)
  process.exitCode = 1
}
