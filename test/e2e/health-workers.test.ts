// Health checks of the real command with workers: the supervisor probes, workers follow, and go on with what they know.

import t, { type Test } from 'tap'
import {
  type GatewayProcess,
  isAlive,
  simpleConfig,
  startEndpoint,
  startGateway,
  until,
} from '../supervisor/gateway-process.ts'
import { a, startDns } from '../support/dns-server.ts'
import { pause } from '../support/until.ts'

const HEALTH = { path: '/healthz', interval: '100ms', jitter: '10%', timeout: '500ms', healthy: 2, unhealthy: 2 }

class Ward {
  readonly addresses: string[] = []
  readonly ill = [false, false, false]
  readonly probes = [0, 0, 0]

  static async open(t: Test): Promise<Ward> {
    const ward = new Ward()
    for (let i = 0; i < 3; i++) {
      const address = await startEndpoint(t, (request, response) => {
        if (request.url !== '/healthz') response.end(String(i))
        else {
          ward.probes[i] = (ward.probes[i] as number) + 1
          response.writeHead(ward.ill[i] ? 503 : 200).end()
        }
      })
      ward.addresses.push(address)
    }
    return ward
  }
}

/** Who answers, over many connections and so from every worker. */
async function answering(gateway: GatewayProcess): Promise<string> {
  const texts = await Promise.all(
    Array.from({ length: 40 }, async () => (await fetch(gateway.url('/'), { headers: { connection: 'close' } })).text()),
  )
  return [...new Set(texts)].sort().join('')
}

t.test('workers: 2', async (t) => {
  const ward = await Ward.open(t)
  const config = (more: object = {}) =>
    simpleConfig('', {
      watch: false,
      upstreams: { all: { discovery: { static: ward.addresses }, health: HEALTH, ...more } },
    })
  const gateway = await startGateway(t, config())
  await until(() => ward.probes.every((probes) => probes > 2))
  t.equal(await answering(gateway), '012')
  ward.ill[0] = true
  await gateway.until(() => gateway.said('an endpoint is unhealthy') === 1)
  await until(async () => (await answering(gateway)) === '12')

  await gateway.write(config({ slowStart: '1s' }))
  gateway.kill('SIGHUP')
  await gateway.until(() => gateway.said('configuration reloaded') === 1)
  t.equal(await answering(gateway), '12', 'a reload forgets nothing')

  for (const pid of gateway.workers.slice(0, 2)) process.kill(pid, 'SIGKILL')
  await gateway.until(() => gateway.workers.length === 4)
  t.equal(await answering(gateway), '12', 'replacements begin with what is known')
  const { upstreams } = (await (await fetch(gateway.url('/upstreams', 'admin'))).json()) as {
    upstreams: { endpoints: { health: string; reason: string }[] }[]
  }
  t.match(upstreams[0]?.endpoints, [{ health: 'unhealthy', reason: 'status 503' }, { health: 'up' }, { health: 'up' }])

  ward.ill[1] = true
  await gateway.until(() => gateway.said('an endpoint is unhealthy') === 2)
  await until(async () => (await answering(gateway)) === '2')
  ward.ill[0] = false
  await gateway.until(() => gateway.said('an endpoint is healthy') === 1)
  await until(async () => (await answering(gateway)) === '02')

  const workers = gateway.workers.slice(2)
  gateway.stopListening()
  gateway.kill('SIGKILL')
  await gateway.exited
  const before = [...ward.probes]
  await pause(300)
  t.same(ward.probes, before, 'nobody probes any more')
  t.equal(await answering(gateway), '02', 'and what was known holds')
  for (const pid of workers) process.kill(pid, 'SIGTERM')
  await until(() => !gateway.workers.some(isAlive))
})

t.test('endpoints that discovery takes away are not probed any more', async (t) => {
  const dns = await startDns(t)
  const probes: Record<string, number> = {}
  const port = Number(
    (
      await startEndpoint(t, (request, response) => {
        if (request.url === '/healthz') probes[String(request.headers.host)] = (probes[String(request.headers.host)] ?? 0) + 1
        response.end('fine')
      })
    ).split(':')[1],
  )
  dns.records = [a('users.test', '127.0.0.1', 1), a('users.test', '127.0.0.2', 1)]
  const gateway = await startGateway(
    t,
    simpleConfig('', {
      workers: 1,
      watch: false,
      upstreams: {
        all: { discovery: { dns: { name: 'users.test', port, resolver: dns.address, refresh: '1s' } }, health: HEALTH },
      },
    }),
  )
  const first = `127.0.0.1:${port}`
  await until(() => (probes[first] ?? 0) > 2)
  // Nobody listens there.
  await gateway.until(() => gateway.said('an endpoint is unhealthy') === 1)
  dns.records = [a('users.test', '127.0.0.2', 1)]
  await gateway.until(() => gateway.said('endpoints changed') === 2)
  await pause(200)
  const before = probes[first]
  await pause(400)
  t.equal(probes[first], before)
  dns.records = [a('users.test', '127.0.0.1', 1)]
  await until(() => (probes[first] as number) > (before as number))
})
