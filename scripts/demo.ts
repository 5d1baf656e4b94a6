// `npm start`: three endpoints in this process, and the gateway in front of them as a child, run from source with config/demo.yaml.

import { type ChildProcess, spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { DEMO_ENDPOINTS, startDemoEndpoints } from './demo-endpoints.ts'

const root = resolve(import.meta.dirname, '..')
const config = join('config', 'demo.yaml')

const HINTS = `
Headgate runs from ${config} in front of three demo endpoints
(${DEMO_ENDPOINTS.map(({ name, port }) => `${name} :${port}`).join(', ')}). Try, in another terminal:

  curl -i  http://127.0.0.1:8080/                               routed by path: everything else
  curl -i  http://api.localhost:8080/                           routed by host
  curl -si http://127.0.0.1:8080/flaky                          an endpoint that fails: retried, so that you do not notice
  for i in $(seq 20); do curl -s http://127.0.0.1:8080/split | grep endpoint; done          weighted 90 : 10

Where to look:
  http://127.0.0.1:9901/metrics                                 what was counted (/healthz and /ready are there too)
  node_modules/.bin/node src/main.ts explain -c ${config} GET http://api.localhost:8080/    why a request goes where it goes
  ${config}                                              edit and save it: it is reloaded without losing a request

Ctrl-C ends everything.
`

function startGateway(): ChildProcess {
  const args = [join('src', 'main.ts'), 'run', '-c', config, ...process.argv.slice(2)]
  return spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Passes the gateway's lines on, and tells the user what to try once it says that it is ready. */
function showOutput(gateway: ChildProcess): void {
  let told = false
  if (gateway.stdout === null) return
  createInterface({ input: gateway.stdout }).on('line', (line) => {
    console.log(line)
    if (told || !/\bready\b/i.test(line)) return
    told = true
    console.log(HINTS)
  })
}

/** A terminal's Ctrl-C reaches the gateway as well; a second one, or a signal meant for us alone, is passed on. */
function passSignals(gateway: ChildProcess): void {
  let asked = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      asked++
      gateway.kill(asked === 1 ? 'SIGTERM' : 'SIGKILL')
    })
  }
}

async function main(): Promise<number> {
  const endpoints = await startDemoEndpoints()
  const gateway = startGateway()
  passSignals(gateway)
  showOutput(gateway)
  const code = await new Promise<number>((ended) => {
    gateway.on('error', (error) => {
      console.error(error.message)
      ended(1)
    })
    gateway.on('exit', (status, signal) => ended(signal === null ? (status ?? 1) : 1))
  })
  await Promise.all(endpoints.map((endpoint) => endpoint.close()))
  return code
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(`headgate: ${(error as Error).message}`)
  process.exitCode = 1
}
