// Active health checks in a whole gateway: endpoints that fail their probes get no requests, and come back.

import { readFileSync } from 'node:fs'
import { createServer as createHttp2, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { parseConfig } from '../../src/config/parse.ts'
import { authority } from '../support/certificates.ts'
import { configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { type RawEndpoint, type Script, startEndpoint } from '../support/raw-endpoint.ts'
import { startTlsEndpoint } from '../support/tls-endpoint.ts'
import { until } from '../support/until.ts'

const HEALTH = { path: '/healthz', interval: '50ms', jitter: '0%', timeout: '500ms', healthy: 2, unhealthy: 2 }

/** Answers probes with the status that `health` has, and requests with its name. */
class Patient {
  health = '200 OK'
  probes = 0
  readonly endpoint: RawEndpoint

  constructor(endpoint: RawEndpoint, name: string) {
    this.endpoint = endpoint
    endpoint.script = ({ target }, connection, phase) => {
      if (phase !== 'end') return
      if (target !== '/healthz') return connection.answer(name)
      this.probes++
      if (this.health !== '') connection.answer('', [], this.health)
    }
  }

  async probed(times: number): Promise<void> {
    const before = this.probes
    await until('probes', () => this.probes >= before + times)
  }
}

interface Endpoint {
  readonly address: string
  readonly health: string
  readonly reason: string | null
  readonly until: number | null
}

async function endpointsOf(gateway: TestGateway): Promise<Endpoint[]> {
  const answer = await fetch(`${gateway.admin}/upstreams`)
  const { upstreams } = (await answer.json()) as { upstreams: { endpoints: Endpoint[] }[] }
  return upstreams[0]?.endpoints ?? []
}

async function hospital(t: Test, health: object, { upstream = {}, count = 3 } = {}) {
  const patients: Patient[] = []
  for (let i = 0; i < count; i++) patients.push(new Patient(await startEndpoint(t), `${i}`))
  const addresses = patients.map(({ endpoint }) => endpoint.address)
  const config = (changes: object = {}, list: readonly string[] = addresses) =>
    configOf(list, {
      upstream: { health: { ...HEALTH, ...health }, ...upstream, ...changes },
      top: { admin: { bind: '127.0.0.1:0' } },
    })
  const gateway = await startGateway(t, config())
  const client = await gateway.client()
  const ask = async (times: number): Promise<string> => {
    let bodies = ''
    for (let i = 0; i < times; i++) bodies += (await client.ask('GET /')).body
    return [...new Set(bodies)].sort().join('')
  }
  const healths = async () => (await endpointsOf(gateway)).map(({ health }) => health).join(' ')
  return { patients: patients as [Patient, Patient, Patient], addresses, config, gateway, client, ask, healths }
}

t.test('http: ill, silent, refused; and back', async (t) => {
  const { patients, addresses, gateway, ask, healths } = await hospital(t, {})
  const [first, second] = patients
  await first.probed(2)
  t.equal(await ask(6), '012')
  first.health = '503 No'
  await until('it to be out', async () => (await healths()) === 'unhealthy up up')
  t.equal(await ask(10), '12')
  t.match(await endpointsOf(gateway), [{ health: 'unhealthy', reason: 'status 503', until: null }, { reason: null }, {}])
  const explained = await gateway.gateway.explain({ url: 'http://a/' })
  t.match(explained.endpoints, [{ eligible: false, why: 'unhealthy: status 503' }, { eligible: true }, { eligible: true }])
  t.equal(await gateway.metric('endpoint_up', { endpoint: `${addresses[0]}` }), 0)
  t.equal(await gateway.metric('endpoint_up'), 2)
  t.ok((await gateway.metric('health_checks_total', { result: 'ok' })) > 4)
  t.ok((await gateway.metric('health_checks_total', { result: 'failed' })) >= 2)

  second.health = ''
  await until('the second to be out', async () => (await healths()) === 'unhealthy unhealthy up')
  t.equal((await endpointsOf(gateway))[1]?.reason, 'no answer in 500ms')
  t.equal(await ask(5), '2')

  first.health = '200 OK'
  await until('the first to be back', async () => (await healths()) === 'up unhealthy up')
  t.equal(await ask(6), '02')
  const port = Number(addresses[0]?.split(':')[1])
  await first.endpoint.close()
  await until('the first to be gone', async () => (await endpointsOf(gateway))[0]?.reason === 'connection refused')
  await first.endpoint.listen(port)
  second.health = '204 Fine'
  await until('everybody', async () => (await healths()) === 'up up up')
  t.equal(await ask(9), '012')
})

t.test('panic: when all are ill they are all used', async (t) => {
  const { patients, gateway, ask, healths } = await hospital(t, {})
  for (const patient of patients) patient.health = '500 No'
  await until('all to be out', async () => (await healths()) === 'unhealthy unhealthy unhealthy')
  t.equal(await ask(9), '012')
  t.equal(await gateway.metric('panic'), 1)
})

t.test('without panic nobody is left, and traffic is back when one is', async (t) => {
  const { patients, client, ask, healths } = await hospital(t, {}, { upstream: { panic: '0%' } })
  for (const patient of patients) patient.health = '500 No'
  await until('all to be out', async () => (await healths()) === 'unhealthy unhealthy unhealthy')
  const { status, head } = await client.ask('GET /')
  t.equal(status, 503)
  t.match(head, /x-headgate-reason: no-endpoint/)
  patients[1].health = '200 OK'
  await until('one to be back', async () => (await healths()) === 'unhealthy up unhealthy')
  t.equal(await ask(4), '1')
})

t.test('initial: down is out until its first good probe; one failed probe is enough for a new one', async (t) => {
  const { patients, addresses, config, gateway, ask, healths } = await hospital(t, { initial: 'down' })
  await until('all to be in', async () => (await healths()) === 'up up up')
  const [first] = patients
  // Gone, and back as a new one that does not answer yet.
  first.health = ''
  await gateway.apply(config({}, addresses.slice(1)))
  await gateway.apply(config({}, addresses))
  t.equal(await healths(), 'unhealthy up up')
  t.equal((await endpointsOf(gateway))[0]?.reason, 'not probed yet')
  t.equal(await ask(6), '12')
  first.health = '503 No'
  await first.probed(1)
  first.health = '200 OK'
  await until('it to be in', async () => (await healths()) === 'up up up')
  await gateway.apply(config({}, addresses.slice(1)))
  first.health = '503 No'
  await gateway.apply(config({ health: { ...HEALTH, initial: 'up', unhealthy: 1000 } }, addresses))
  await until('one failure', async () => (await healths()) === 'unhealthy up up')
})

t.test('a reload: what did not change is known, what changed is probed anew, what is gone is not probed', async (t) => {
  const { patients, addresses, config, gateway, healths } = await hospital(t, {})
  const [first, second] = patients
  first.health = '503 No'
  await until('it to be out', async () => (await healths()) === 'unhealthy up up')
  await gateway.apply(config({ slowStart: '1s' }))
  t.equal(await healths(), 'unhealthy up up', 'the same checks')
  await gateway.apply(config({ health: { ...HEALTH, unhealthy: 3 } }))
  t.equal(await healths(), 'up up up', 'other checks: nothing is known from them')
  await until('the first probe', async () => (await healths()) === 'unhealthy up up')
  await gateway.apply(config({ health: 'off' }))
  t.equal(await healths(), 'up up up')
  const before = first.probes + second.probes
  await gateway.apply(config({}, addresses.slice(0, 1)))
  await first.probed(3)
  t.ok(second.probes - before < 3)
  const still = second.probes
  await first.probed(3)
  t.equal(second.probes, still)
})

t.test('good probes end an ejection for a reset, and no other', async (t) => {
  const { patients, gateway, ask, healths } = await hospital(t, {}, { upstream: { ejection: { baseTime: '5m' } } })
  const [first] = patients
  await first.probed(3)
  const well = first.endpoint.script
  const broken =
    (then: Script): Script =>
    (request, connection, phase) => {
      if (request.target === '/healthz') well(request, connection, phase)
      else then(request, connection, phase)
    }
  first.endpoint.script = broken((_request, connection) => connection.socket.resetAndDestroy())
  t.equal(await ask(6), '12')
  t.equal(await healths(), 'ejected up up')
  first.endpoint.script = well
  await until('it to be back', async () => (await healths()) === 'up up up')
  first.endpoint.script = broken((_request, connection, phase) => phase === 'end' && connection.answer('', [], '503 No'))
  await ask(30)
  t.equal(await healths(), 'ejected up up')
  gateway.advance(10_000)
  await first.probed(5)
  t.equal(await healths(), 'ejected up up')
})

t.test('another port, another host, expected statuses', async (t) => {
  const doctor = await startEndpoint(t)
  const seen: (string | undefined)[] = []
  doctor.script = (request, connection, phase) => {
    if (phase !== 'end') return
    seen.push(request.fields.host)
    connection.answer('', [], '418 Fine')
  }
  const port = Number(doctor.address.split(':')[1])
  const { healths } = await hospital(t, { port, host: 'clinic.test', expect: ['200-299', 418] }, { count: 1 })
  await until('probes', () => seen.length > 2)
  t.equal(await healths(), 'up')
  t.equal(seen[0], 'clinic.test')
})

t.test('tcp', async (t) => {
  const { patients, addresses, ask, healths } = await hospital(t, { type: 'tcp', path: undefined })
  const [first] = patients
  await until('connections', () => first.endpoint.connections.length > 3)
  t.equal(await ask(6), '012')
  await first.endpoint.close()
  await until('it to be out', async () => (await healths()) === 'unhealthy up up')
  t.equal(await ask(6), '12')
  await first.endpoint.listen(Number(addresses[0]?.split(':')[1]))
  await until('it to be back', async () => (await healths()) === 'up up up')
})

t.test('grpc, on a port of its own', async (t) => {
  let serving = 1
  const server = createHttp2()
  server.on('sessionError', () => {})
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {})
    stream.resume()
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(Buffer.from([0, 0, 0, 0, 2, 8, serving]))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = (server as unknown as Server).address() as AddressInfo
  const { gateway, healths } = await hospital(t, { type: 'grpc', path: undefined, port }, { count: 1 })
  await until('probes', async () => (await gateway.metric('health_checks_total', { result: 'ok' })) > 2)
  t.equal(await healths(), 'up')
  serving = 2
  await until('it to be out', async () => (await healths()) === 'unhealthy')
  t.equal((await endpointsOf(gateway))[0]?.reason, 'NOT_SERVING')
})

t.test('a unix socket', async (t) => {
  const path = join(tmpdir(), `headgate-health-${process.pid}.sock`)
  const { createServer } = await import('node:http')
  let status = 200
  const server = createServer((_request, response) => response.writeHead(status).end())
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const gateway = await startGateway(
    t,
    configOf([`unix:${path}`], { upstream: { health: HEALTH }, top: { admin: { bind: '127.0.0.1:0' } } }),
  )
  await until('probes', async () => (await gateway.metric('health_checks_total', { result: 'ok' })) > 2)
  status = 500
  await until('it to be out', async () => (await endpointsOf(gateway))[0]?.health === 'unhealthy')
})

t.test('slow start begins when an endpoint is healthy again', async (t) => {
  const { patients, ask, gateway, healths } = await hospital(t, {}, { upstream: { slowStart: '1h' }, count: 3 })
  const [first] = patients
  await first.probed(2)
  first.health = '503 No'
  await until('it to be out', async () => (await healths()) === 'unhealthy up up')
  first.health = '200 OK'
  await until('it to be back', async () => (await healths()) === 'up up up')
  const before = first.endpoint.requests.length - first.probes
  await ask(42)
  const got = first.endpoint.requests.length - first.probes - before
  t.ok(got >= 1 && got <= 4, `a tenth of what the others get: ${got} of 42`)
  void gateway
})

t.test('probes connect as requests do: TLS, and the PROXY header', async (t) => {
  const ca = authority(t)
  const issued = ca.issue({ sans: ['DNS:users.internal'] })
  const endpoint = await startTlsEndpoint(t, issued)
  const start = (tls: object, health: object = {}, address = endpoint.address) =>
    startGateway(
      t,
      configOf([address], {
        upstream: { tls, health: { ...HEALTH, ...health } },
        top: { admin: { bind: '127.0.0.1:0' } },
      }),
    )
  for (const health of [{}, { type: 'tcp', path: undefined }]) {
    const gateway = await start({ ca: ca.certFile, serverName: 'users.internal' }, health)
    await until('good probes', async () => (await gateway.metric('health_checks_total', { result: 'ok' })) > 2)
    t.equal(await gateway.metric('health_checks_total', { result: 'failed' }), 0)
    await gateway.gateway.close()
  }
  t.equal(endpoint.seen[0]?.serverName, 'users.internal')
  t.ok(
    endpoint.seen.some(({ reused }) => reused),
    'sessions are gone on with',
  )
  const wrong = await start({ ca: ca.certFile, serverName: 'other.internal' })
  await until('it to be out', async () => (await endpointsOf(wrong))[0]?.health === 'unhealthy')
  t.match((await endpointsOf(wrong))[0]?.reason, /^its certificate is for another name/)

  const plain = new Patient(await startEndpoint(t), '')
  const port = Number(plain.endpoint.address.split(':')[1])
  const beside = await start({ ca: ca.certFile, serverName: 'users.internal' }, { port, tls: false })
  await plain.probed(2)
  t.equal((await endpointsOf(beside))[0]?.health, 'up')

  const behind = await startEndpoint(t)
  behind.parses = false
  let heard = ''
  behind.onConnection = ({ socket }) => socket.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')))
  await startGateway(t, configOf([behind.address], { upstream: { proxyProtocol: 'v1', health: HEALTH } }))
  await until('the header', () => heard.includes('\r\n\r\n'))
  t.match(heard, /^PROXY UNKNOWN\r\nGET \/healthz /)
})

t.test('docs/tasks/health-checks.md', async (t) => {
  const page = readFileSync(new URL('../../docs/tasks/health-checks.md', import.meta.url), 'utf8')
  let text = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? ''
  const asked = new Set<string>()
  for (const port of [3001, 3002, 3003, 3101, 3201]) {
    const endpoint = await startEndpoint(t)
    endpoint.onConnection = () => asked.add(String(port))
    endpoint.script = ({ target }, connection, phase) => {
      if (phase === 'end') connection.answer('', [], target === '/healthz' && port === 3002 ? '503 No' : '200 OK')
    }
    text = text.replace(`127.0.0.1:${port}`, endpoint.address)
  }
  const parsed = parseConfig([{ name: 'page', text: `${text.replace(':8080', ':0')}\nadmin: { bind: 127.0.0.1:0 }` }])
  t.same(parsed.warnings, [])
  const written = parse(text.replace(':8080', ':0'))
  const gateway = await startGateway(t, { ...written, admin: { bind: '127.0.0.1:0' } })
  await until('all to be probed', () => asked.size === 5)
  await until('the first probes to decide', async () => {
    const answer = await fetch(`${gateway.admin}/upstreams`)
    const { upstreams } = (await answer.json()) as { upstreams: { name: string; endpoints: Endpoint[] }[] }
    const said = upstreams.map(({ name, endpoints }) => `${name} ${endpoints.map(({ health }) => health).join(' ')}`)
    return said.join(', ') === 'shop up unhealthy up, users unhealthy, search up'
  })
})
