// What `npm start -- --tls` runs, on ports that are free.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { startDemoControl } from '../../scripts/demo-control.ts'
import { DEMO_ENDPOINTS, DemoSwitch, startDemoEndpoint } from '../../scripts/demo-endpoints.ts'
import { startDemoGrpc } from '../../scripts/demo-grpc.ts'
import { makeLocalCa } from '../../scripts/make-local-ca.ts'
import { type GatewayProcess, startGateway } from '../supervisor/gateway-process.ts'
import { freePort } from '../support/free-port.ts'
import { root } from './source-files.ts'
import type { Terminal } from './terminal.ts'

/** Starts it, and has the terminal ask it wherever a page asks the demo. */
export async function startDemo(t: Test, terminal: Terminal): Promise<GatewayProcess> {
  const switches: DemoSwitch[] = []
  for (const { name, port, behaviour } of DEMO_ENDPOINTS) {
    const endpoint = await startDemoEndpoint(name, 0, behaviour)
    const each = new DemoSwitch(endpoint, behaviour)
    t.teardown(() => each.stop())
    terminal.swap(`127.0.0.1:${port}`, `127.0.0.1:${endpoint.port}`)
    switches.push(each)
  }
  const control = await startDemoControl(switches, 0)
  t.teardown(() => control.close())
  terminal.swap('127.0.0.1:9105', `127.0.0.1:${control.port}`)
  const grpc = await startDemoGrpc(0)
  t.teardown(() => grpc.close())
  terminal.swap('127.0.0.1:9104', `127.0.0.1:${grpc.port}`)
  terminal.swap('127.0.0.1:9199', `127.0.0.1:${await freePort()}`)
  makeLocalCa(join(terminal.folder, 'certs'))

  const read = (name: string): string => readFileSync(join(root, 'config', name), 'utf8')
  const demo = terminal.real(read('demo.yaml').replace('0.0.0.0:8080', '127.0.0.1:0'))
  const file = join(terminal.folder, 'demo.yaml')
  writeFileSync(file, `${demo}\nadmin: { bind: "127.0.0.1:0" }\n`)
  const secure = read('demo-tls.yaml')
    .replace('[demo.yaml]', JSON.stringify([file]))
    .replaceAll(`\${CERTS:-../certs}`, join(terminal.folder, 'certs'))
    .replace('0.0.0.0:8443', '127.0.0.1:0')
  const gateway = await startGateway(t, secure, ['--workers', '1'])
  const at = (name: string): string => new URL(gateway.url('', name)).host
  terminal.swap('127.0.0.1:8080', at('web'))
  terminal.swap('localhost:8443', at('secure').replace('127.0.0.1', 'localhost'))
  terminal.swap('127.0.0.1:9901', at('admin'))
  return gateway
}
