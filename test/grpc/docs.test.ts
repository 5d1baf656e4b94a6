// What the pages about gRPC and about TLS to endpoints show works as they say.

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { createGateway } from '../../src/index.ts'
import { authority } from '../support/certificates.ts'
import { startTlsEndpoint } from '../support/tls-endpoint.ts'
import { echoClient, startEcho, status } from './echo-service.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const shown = (page: string): string => /```yaml\n(.*?)```/s.exec(read(page))?.[1] ?? ''

t.test('docs/tasks/grpc.md', async (t) => {
  const [one, two] = [await startEcho(t), await startEcho(t)]
  const text = shown('docs/tasks/grpc.md')
    .replace('127.0.0.1:50051', '127.0.0.1:0')
    .replace('127.0.0.1:50061', one.address)
    .replace('127.0.0.1:50062', two.address)
    .replace('/shop.Cart/Get', '/test.Echo/Unary')
    .replace('/shop.Cart', '/test.Echo')
  const gateway = createGateway(parse(text))
  t.teardown(() => gateway.close())
  const { listeners } = await gateway.start()
  const client = echoClient(t, Number(new URL(listeners.grpc as string).port))
  one.unary = (_call, callback) => callback({ code: status.UNAVAILABLE, details: '' })
  // As often as the budget allows without other traffic.
  for (let i = 0; i < 3; i++) t.equal((await client.unary(Buffer.from('x'))).code, status.OK)
  t.ok(one.calls > 0, 'it was asked too')
  t.equal(String(await client.collect([Buffer.from('a'), Buffer.from('b')])), 'ab')
  t.equal((await client.unary(Buffer.from('x'), { path: '/test.Other/Unary' })).code, status.UNIMPLEMENTED)
})

t.test('docs/tasks/tls-to-endpoints.md', async (t) => {
  const ca = authority(t)
  const mine = ca.issue({ commonName: 'gateway' })
  const issued = ca.issue({ sans: ['DNS:shop.internal'] })
  const endpoint = await startTlsEndpoint(t, { ...issued, ca: ca.cert, requestCert: true, rejectUnauthorized: true })
  copyFileSync(mine.certFile, join(ca.folder, 'gateway.pem'))
  copyFileSync(mine.keyFile, join(ca.folder, 'gateway.key'))
  const file = join(ca.folder, 'headgate.yaml')
  writeFileSync(
    file,
    shown('docs/tasks/tls-to-endpoints.md')
      .replace('127.0.0.1:8080', '127.0.0.1:0')
      .replace('127.0.0.1:8443', endpoint.address),
  )
  const loaded = await loadConfig(file, { env: {}, wall: Date.now })
  t.strictSame('errors' in loaded ? loaded.errors.map(formatProblem) : [], [])
  t.strictSame(loaded.warnings, [])
  process.chdir(ca.folder)
  const gateway = createGateway(parse(readFileSync(file, 'utf8')))
  t.teardown(() => gateway.close())
  const { listeners } = await gateway.start()
  const answer = await fetch(`${listeners.web}/`)
  t.equal(await answer.text(), 'connection 0')
  t.match(endpoint.seen, [{ serverName: 'shop.internal', client: 'gateway' }])
})
