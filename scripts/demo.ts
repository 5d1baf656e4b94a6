// `npm start`: a few endpoints in this process, and the gateway in front of them as a child, run from source with config/demo.yaml;
// with `--tls` also over HTTPS, with certificates that are made at the first start.

import { type ChildProcess, spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { CONTROL_PORT, startDemoControl } from './demo-control.ts'
import { DEMO_ENDPOINTS, demoSwitches, startDemoEndpoints } from './demo-endpoints.ts'
import { GRPC_PORT } from './demo-grpc.ts'
import { startDemoTraffic } from './demo-traffic.ts'
import { CERTS, makeLocalCa } from './make-local-ca.ts'

const root = resolve(import.meta.dirname, '..')
const secure = process.argv.includes('--tls')
const traffic = !process.argv.includes('--no-traffic')
const config = join('config', secure ? 'demo-tls.yaml' : 'demo.yaml')

const SECURE_HINTS = secure
  ? `  curl -i --cacert certs/ca.pem https://localhost:8443/two/hello over TLS, with HTTP/2 where curl has it
  https://localhost:8443/ws                                      the same page in wss, once the browser trusts certs/ca.pem
`
  : ''

const HINTS = `
Headgate runs from ${config} in front of demo endpoints (${DEMO_ENDPOINTS.map(({ name, port }) => `${name} :${port}`).join(', ')}, grpc :${GRPC_PORT}).
${traffic ? 'About ten requests a second run by themselves (npm start -- --no-traffic: none).\n' : ''}
Dashboard:  ADMIN/

Open it, then stop an endpoint and watch what the gateway makes of it:

  http://127.0.0.1:${CONTROL_PORT}/                                         buttons that stop and start the demo endpoints, or:
  curl -X POST http://127.0.0.1:${CONTROL_PORT}/two/stop                    \`two\` is gone; /two/start brings it back

Try, in another terminal:

  curl -i http://127.0.0.1:8080/                                 every request: both endpoints in turn
  curl -i http://127.0.0.1:8080/two/hello                        by path
  curl -i -H 'Host: api.localhost' http://127.0.0.1:8080/        by host
  for i in $(seq 20); do curl -s http://127.0.0.1:8080/split | grep '"endpoint"'; done | sort | uniq -c      split 90 : 10
  curl -i http://127.0.0.1:8080/flaky                            one of two endpoints is down: you do not notice
  curl -i http://127.0.0.1:8080/broken                           an endpoint that answers 503 now and then: passed on
  curl -i --http2-prior-knowledge http://127.0.0.1:8080/         HTTP/2 on the same port
  http://127.0.0.1:8080/ws                                       in a browser: a WebSocket that echoes
  grpcurl -plaintext -proto config/demo.proto -d '{"text":"hi"}' 127.0.0.1:8080 demo.Echo/Say     gRPC
${SECURE_HINTS}
Where to look:

  curl -s ADMIN/metrics | grep attempts_total    what happened behind: which endpoint, how it ended
  curl -s ADMIN/config                           what is in force; also /ready and /healthz
  ${config}${' '.repeat(Math.max(1, 55 - config.length))}edit and save: it is followed without losing a request

Ctrl-C ends everything.
`

function startGateway(): ChildProcess {
  const args = [
    join('src', 'main.ts'),
    'run',
    '-c',
    config,
    ...process.argv.slice(2).filter((argument) => argument !== '--tls' && argument !== '--no-traffic'),
  ]
  return spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Passes the gateway's lines on, and tells the user what to try once it says that it is ready. */
function showOutput(gateway: ChildProcess, ready: (web: string) => void): void {
  let told = false
  if (gateway.stdout === null) return
  createInterface({ input: gateway.stdout }).on('line', (line) => {
    console.log(line)
    if (told || !/\bready\b/i.test(line)) return
    told = true
    const at = (name: string, otherwise: string): string =>
      new RegExp(`\\b${name}=(http://[^ ,]+)`).exec(line)?.[1] ?? otherwise
    console.log(HINTS.replaceAll('ADMIN', at('admin', 'http://127.0.0.1:9901')))
    ready(at('web', 'http://127.0.0.1:8080').replace('0.0.0.0', '127.0.0.1'))
  })
}

/** The gateway drains at the first signal and ends at once at the second. A terminal's Ctrl-C has reached it already. */
function passSignals(gateway: ChildProcess): void {
  process.on('SIGINT', () => {
    if (process.stdin.isTTY !== true) gateway.kill('SIGTERM')
  })
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => gateway.kill('SIGTERM'))
}

/** npm passes a SIGTERM to the shell between us only, which then leaves us behind: end when that has gone. */
function endWithParent(gateway: ChildProcess): void {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    gateway.kill('SIGTERM')
  }, 500)
  watch.unref()
}

async function main(): Promise<number> {
  if (secure && makeLocalCa(CERTS)) console.log('headgate: made a local CA and certificates in certs/')
  const endpoints = await startDemoEndpoints()
  const switches = demoSwitches(endpoints)
  const control = await startDemoControl(switches).catch((error: Error) => {
    for (const endpoint of endpoints) void endpoint.close()
    throw new Error(`the switches of the demo endpoints cannot listen on port ${CONTROL_PORT}: ${error.message}`)
  })
  const gateway = startGateway()
  passSignals(gateway)
  endWithParent(gateway)
  let stopTraffic: () => void = () => {}
  showOutput(gateway, (web) => {
    if (traffic) stopTraffic = startDemoTraffic(web)
  })
  const code = await new Promise<number>((ended) => {
    gateway.on('error', (error) => {
      console.error(error.message)
      ended(1)
    })
    gateway.on('exit', (status, signal) => ended(signal === null ? (status ?? 1) : 1))
  })
  stopTraffic()
  await Promise.all([control.close(), ...switches.map((each) => each.stop()), ...endpoints.map((endpoint) => endpoint.close())])
  return code
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(`headgate: ${(error as Error).message}`)
  process.exitCode = 1
}
