// The bundle that is shipped: built anew, it starts, serves, and has every chunk that it loads later.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startGrpcCollector } from '../support/grpc-collector.ts'
import { startCollector } from '../support/otlp-collector.ts'
import { until } from '../support/until.ts'

const ROOT = new URL('../..', import.meta.url).pathname

t.test('dist/main.js serves, counts and ends', { timeout: 120_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-bundle-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const build = spawn(process.execPath, [join(ROOT, 'scripts/build.ts'), '--outdir', folder], { stdio: 'inherit', cwd: ROOT })
  t.equal((await once(build, 'exit'))[0], 0, 'it builds')

  const endpoint = createServer((_, response) => response.end('hello'))
  endpoint.listen(0, '127.0.0.1')
  await once(endpoint, 'listening')
  t.teardown(() => endpoint.close())
  const { port } = endpoint.address() as AddressInfo
  const collector = await startCollector(t)
  const configure = (otlp: string) =>
    writeFile(
      join(folder, 'gateway.yaml'),
      `workers: 1
admin: { bind: 127.0.0.1:0 }
tracing: { otlp: { ${otlp}, interval: 100ms } }
listeners: [{ name: web, bind: 127.0.0.1:0 }]
routes: [{ name: all, to: app }]
upstreams: { app: { discovery: { static: ["127.0.0.1:${port}"] } } }
`,
    )
  await configure(`endpoint: "${collector.url}"`)
  const gateway = spawn(process.execPath, [join(folder, 'main.js'), 'run', '-c', join(folder, 'gateway.yaml')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => gateway.kill('SIGKILL'))
  const [line] = await once(gateway.stdout.setEncoding('utf8'), 'data')
  const [, web = '', admin = ''] = /web=(\S+) admin=(\S+)/.exec(String(line)) ?? []
  t.equal(await (await fetch(web)).text(), 'hello')
  t.match(await (await fetch(`${admin}/metrics`)).text(), /headgate_requests_total\{[^}]*code="200"\} 1\n/)
  t.equal((await fetch(`${admin}/ready`)).status, 200)
  t.equal((await collector.wait(2)).length, 2, 'the thread that sends spans is in it')

  const grpc = await startGrpcCollector(t)
  await configure(`endpoint: "${grpc.url}", protocol: grpc`)
  gateway.kill('SIGHUP')
  await until('spans by gRPC', async () => {
    await (await fetch(web)).text()
    return grpc.spans.length > 0
  })

  gateway.kill('SIGTERM')
  t.equal((await once(gateway, 'exit'))[0], 0, 'it ends in order')
})
