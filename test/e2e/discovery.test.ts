// Endpoints that DNS says, followed by a whole gateway in this process: changes under load, a DNS server that dies, reloads.

import t, { type Test } from 'tap'
import { SteadyLoad } from '../supervisor/steady-load.ts'
import { a, type DnsServer, silent, srv, startDns } from '../support/dns-server.ts'
import { configOf, startGateway } from '../support/gateway.ts'
import { type RawEndpoint, startEndpoint } from '../support/raw-endpoint.ts'
import { until } from '../support/until.ts'

const NAME = '_http._tcp.users.test'

const portOf = ({ address }: RawEndpoint): number => Number(address.split(':')[1])

/** The records of a set of endpoints; a TTL of one second. */
const recordsOf = (endpoints: readonly RawEndpoint[]) =>
  endpoints.length === 0
    ? []
    : [...endpoints.map((endpoint) => srv(NAME, 'host.test', portOf(endpoint), 1, 0, 1)), a('host.test', '127.0.0.1', 1)]

const dnsOf = (dns: DnsServer, more: object = {}) => ({ dns: { name: NAME, type: 'srv', resolver: dns.address, ...more } })

const withDns = (dns: DnsServer, more: object = {}) => configOf([], { upstream: { discovery: dnsOf(dns), ...more } })

async function scene(t: Test, endpoints: number) {
  const dns = await startDns(t)
  const all = await Promise.all(Array.from({ length: endpoints }, () => startEndpoint(t)))
  return { dns, all: all as [RawEndpoint, ...RawEndpoint[]] }
}

t.test('type a: the address with the configured port', async (t) => {
  const { dns, all } = await scene(t, 1)
  dns.records = [a('users.test', '127.0.0.1')]
  const discovery = dnsOf(dns, { name: 'users.test', type: 'a', port: portOf(all[0]) })
  const gateway = await startGateway(t, configOf([], { upstream: { discovery } }))
  const client = await gateway.client()
  t.equal((await client.ask('GET /')).status, 200)
  t.equal(await gateway.metric('attempts_total', { upstream: 'all', endpoint: all[0].address, outcome: 'ok' }), 1)
  gateway.closeClients()
})

t.test('sets that change under steady load fail nothing, and what stays keeps its connections', async (t) => {
  const { dns, all } = await scene(t, 3)
  const [stays, second, third] = all as unknown as [RawEndpoint, RawEndpoint, RawEndpoint]
  for (const endpoint of all) endpoint.script = (_request, connection, phase) => phase === 'end' && connection.answer('ok')
  dns.records = recordsOf([stays, second])
  const gateway = await startGateway(t, withDns(dns))
  const load = new SteadyLoad(`http://127.0.0.1:${gateway.port}/`, 8, 1)
  await until('the load', () => load.slowest >= 5 && second.requests.length > 0)
  const opened = stays.connections.length
  for (let i = 0; i < 12; i++) {
    const other = i % 2 === 0 ? third : second
    dns.records = recordsOf(i % 4 === 3 ? [stays, other] : [other, stays])
    const before = other.requests.length
    gateway.advance(1200)
    await until('the other endpoint to be used', () => other.requests.length > before + 4)
  }
  const { lost, wrong } = await load.stop()
  t.same([lost.flat(), wrong], [[], []])
  t.ok(stays.connections.length <= Math.max(opened, 8), 'no connection to it was closed')
  t.equal(stays.connections.filter(({ closed }) => closed).length, 0)
})

t.test('a request that runs on an endpoint that is taken away finishes', async (t) => {
  const { dns, all } = await scene(t, 2)
  const [first, second] = all as unknown as [RawEndpoint, RawEndpoint]
  dns.records = recordsOf([first])
  first.script = () => {}
  const gateway = await startGateway(t, withDns(dns))
  const client = await gateway.client()
  client.request('GET /slow')
  const request = await first.request()
  dns.records = recordsOf([second])
  gateway.advance(1200)
  const other = await gateway.client()
  await until('the change', async () => (await gateway.metric('discovery_lookups_total', { result: 'ok' })) > 1)
  t.equal((await other.ask('GET /')).status, 200)
  t.equal(second.requests.length, 1)
  t.equal(first.requests.length, 1)
  first.connections[0]?.answer(`late ${request.target}`)
  t.match(await client.response(), { status: 200, body: 'late /slow' })
  await until('its connection to be closed', () => first.open.length === 0)
  gateway.closeClients()
})

t.test('a DNS server that dies: what it said last stays, and metrics say so', async (t) => {
  const { dns, all } = await scene(t, 1)
  dns.records = recordsOf(all)
  const gateway = await startGateway(t, withDns(dns))
  await dns.close()
  gateway.advance(1200)
  await until('a failed lookup', async () => (await gateway.metric('discovery_lookups_total', { result: 'failed' })) > 0)
  gateway.advance(1000_000)
  const client = await gateway.client()
  t.equal((await client.ask('GET /')).status, 200)
  t.ok((await gateway.metric('discovery_age_seconds', { upstream: 'all' })) > 1000)
  t.equal(await gateway.metric('discovery_lookups_total', { upstream: 'all', result: 'ok' }), 1)
  gateway.closeClients()
})

t.test('reloads: what does not change is not asked for anew, and no upstream is ever without endpoints', async (t) => {
  const { dns, all } = await scene(t, 2)
  const [first, second] = all as unknown as [RawEndpoint, RawEndpoint]
  dns.records = recordsOf([first])
  const gateway = await startGateway(t, withDns(dns))
  const client = await gateway.client()
  t.equal((await client.ask('GET /')).status, 200)
  const asked = dns.asked.length
  const connection = first.connections.length
  await dns.close()
  await gateway.apply(withDns(dns, { limits: { requests: 7 } }))
  t.equal((await client.ask('GET /')).status, 200)
  t.equal(dns.asked.length, asked)
  t.equal(first.connections.length, connection, 'on the same connection')

  // Another name, which nobody answers: the endpoints of the one before stay.
  await gateway.apply(configOf([], { upstream: { discovery: dnsOf(dns, { name: 'other.test' }) } }))
  t.equal((await client.ask('GET /')).status, 200)
  await gateway.apply(configOf([second.address]))
  t.equal((await client.ask('GET /')).status, 200)
  t.equal(second.requests.length, 1)
  await gateway.apply(withDns(dns))
  t.equal((await client.ask('GET /')).status, 200)
  t.equal(second.requests.length, 2, 'from a list to a name that is not answered')

  await dns.listen(dns.port)
  await gateway.apply(configOf([], { upstream: { discovery: dnsOf(dns, { refresh: '1h' }) } }))
  t.equal((await client.ask('GET /')).status, 200)
  t.equal(first.requests.length, 4, 'found before it came into force')
  gateway.closeClients()
})

t.test('a refused reload leaves the discovery in force alone', async (t) => {
  const { dns, all } = await scene(t, 2)
  const [first, second] = all as unknown as [RawEndpoint, RawEndpoint]
  dns.records = [...recordsOf([first]), srv('other.test', 'host.test', portOf(second))]
  const gateway = await startGateway(t, withDns(dns))
  const taken = await startEndpoint(t)
  const refused = configOf([], {
    upstream: { discovery: dnsOf(dns, { name: 'other.test' }) },
    listener: { bind: ['127.0.0.1:0', taken.address] },
  })
  await t.rejects(gateway.apply(refused), /cannot listen/)
  const client = await gateway.client()
  await client.ask('GET /')
  t.equal(first.requests.length, 1)
  dns.records = recordsOf([second])
  gateway.advance(1200)
  await until('the change', async () => {
    await client.ask('GET /')
    return second.requests.length > 0
  })
  gateway.closeClients()
})

async function ready(url: string): Promise<readonly [number, string]> {
  const answer = await fetch(`${url}/ready`)
  return [answer.status, await answer.text()]
}

for (const end of ['an answer comes', 'ten seconds are over'] as const) {
  t.test(`not ready until ${end}`, async (t) => {
    const { dns, all } = await scene(t, 1)
    dns.records = recordsOf(all)
    dns.trick = silent
    const gateway = await startGateway(t, { ...withDns(dns), admin: { bind: '127.0.0.1:0' } })
    const admin = gateway.admin
    const [status, why] = await ready(admin)
    t.equal(status, 503)
    t.match(why, /the discovery of all has not answered yet/)
    const client = await gateway.client()
    t.equal((await client.ask('GET /')).status, 503, 'no endpoint is known')
    if (end === 'an answer comes') {
      dns.trick = (usual) => usual
      gateway.advance(1600)
    } else gateway.advance(10_000)
    await until('ready', async () => (await ready(admin))[0] === 200)
    t.equal((await client.ask('GET /')).status, end === 'an answer comes' ? 200 : 503)
    gateway.closeClients()
  })
}
