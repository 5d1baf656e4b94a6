// What a scrape costs at a gateway with many routes and endpoints: how long it takes, what CPU, and what requests notice meanwhile.
// Run: node bench/scrape/run.ts [--routes 1000] [--endpoints 3000] [--scrapes 10] [--main dist/main.js]

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    routes: { type: 'string', default: '1000' },
    endpoints: { type: 'string', default: '3000' },
    scrapes: { type: 'string', default: '10' },
    main: { type: 'string', default: join(import.meta.dirname, '../../src/main.ts') },
  },
})
const [routes, endpoints, scrapes] = [Number(values.routes), Number(values.endpoints), Number(values.scrapes)]
/** The kernel counts CPU time in these. */
const TICK_MS = 10

const origin = createServer((_request, response) => response.end('fine'))
await new Promise<void>((listening) => origin.listen(0, '0.0.0.0', listening))
const { port } = origin.address() as AddressInfo

/** All of loopback answers, so that one origin is as many endpoints as there are addresses. */
const address = (n: number): string => `127.${1 + (n >> 14)}.${(n >> 7) & 127}.${1 + (n & 127)}:${port}`

const names = Array.from({ length: routes }, (_, i) => `shop/route-${i}`)
const each = Math.max(1, Math.floor(endpoints / routes))
const config = {
  workers: 2,
  watch: false,
  admin: { bind: '127.0.0.1:0' },
  log: { level: 'warn' },
  listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
  routes: names.map((name, i) => ({ name, match: [{ path: { exact: `/${i}` } }], to: name })),
  upstreams: Object.fromEntries(
    names.map((name, i) => [name, { discovery: { static: Array.from({ length: each }, (_, k) => address(i * each + k)) } }]),
  ),
}

const folder = mkdtempSync(join(tmpdir(), 'headgate-scrape-'))
writeFileSync(join(folder, 'headgate.yaml'), JSON.stringify(config))
const gateway: ChildProcess = spawn(process.execPath, [resolve(values.main), 'run', '-c', join(folder, 'headgate.yaml')], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const agent = new Agent({ keepAlive: true, maxSockets: 16 })

function ask(url: string): Promise<string> {
  return new Promise((answered, failed) => {
    get(url, { agent }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => answered(text))
    }).on('error', failed)
  })
}

async function readyLine(): Promise<Readonly<Record<string, string>>> {
  for await (const line of createInterface({ input: gateway.stdout as NodeJS.ReadableStream })) {
    if (!line.startsWith('headgate ready: ')) continue
    return Object.fromEntries(
      line
        .slice('headgate ready: '.length)
        .split(' ')
        .map((word) => word.split('=', 2)),
    )
  }
  throw new Error('the gateway has ended')
}

/** CPU time of the control process so far, in ms. */
function controlCpu(): number {
  const fields = readFileSync(`/proc/${gateway.pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0
const worst = (numbers: readonly number[]): number => Math.max(...numbers)

try {
  const { web = '', admin = '' } = await readyLine()
  const round = async (): Promise<void> => {
    let next = 0
    const visitor = async (): Promise<void> => {
      while (next < routes) await ask(`${web}/${next++}`)
    }
    await Promise.all(Array.from({ length: 8 }, visitor))
  }
  for (let i = 0; i < 2 * each; i++) await round()
  const took: number[] = []
  const beside: number[] = []
  const without: number[] = []
  let text = ''
  const cpu = controlCpu()
  for (let i = 0; i < scrapes; i++) {
    // Every route has something new to tell, and the answer of the scrape before is not kept any more.
    await round()
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const visit = async (times: number[], going: () => boolean): Promise<void> => {
      let worst = 0
      for (let n = i; going(); n++) {
        const began = performance.now()
        await ask(`${web}/${n % routes}`)
        worst = Math.max(worst, performance.now() - began)
      }
      times.push(worst)
    }
    let over = false
    const visits = visit(beside, () => !over)
    const began = performance.now()
    text = await ask(`${admin}/metrics`)
    took.push(performance.now() - began)
    over = true
    await visits
    const until = performance.now() + (took.at(-1) ?? 0)
    await visit(without, () => performance.now() < until)
  }
  const lines = text.split('\n').length
  console.log(`${routes} routes, ${routes * each} endpoints: ${lines} lines, ${(text.length / 1e6).toFixed(1)} MB`)
  console.log(`a scrape: median ${median(took).toFixed(0)} ms, worst ${worst(took).toFixed(0)} ms`)
  console.log(
    `supervisor: ${((controlCpu() - cpu) / scrapes).toFixed(0)} ms of CPU for each, reports of the time between included`,
  )
  console.log(
    `slowest request while it is scraped: median ${median(beside).toFixed(1)} ms, as long without: ${median(without).toFixed(1)} ms`,
  )
} finally {
  gateway.kill('SIGTERM')
  agent.destroy()
  origin.close()
  origin.closeAllConnections()
  rmSync(folder, { recursive: true, force: true })
}
