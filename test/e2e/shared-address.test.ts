// Several listeners on one address: by Host in cleartext, by SNI with TLS; 421 for what belongs to another one, 404 for nobody's.

import t, { type Test } from 'tap'
import { authority, type Issued } from '../support/certificates.ts'
import { configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { startEndpoint } from '../support/raw-endpoint.ts'
import { secureClient } from '../support/secure-client.ts'
import { until } from '../support/until.ts'

const ca = authority(t)
const wide = ca.issue({ sans: ['DNS:*.test', 'DNS:*.b.test'] })
const pair = ({ certFile, keyFile }: Issued) => ({ cert: certFile, key: keyFile })

const HOSTS: readonly (readonly [name: string, hosts: readonly string[]])[] = [
  ['a', ['a.test']],
  ['b', ['*.b.test']],
  ['deep', ['*.x.b.test', 'y.b.test']],
]

/** Listeners of one address, each with a route of its own that says its name. */
function config(of: readonly (readonly [string, readonly string[]])[], listener: (name: string) => object = () => ({})) {
  return configOf([], {
    top: {
      listeners: of.map(([name, hosts]) => ({ name, bind: '127.0.0.1:0', hosts, ...listener(name) })),
      routes: of.map(([name]) => ({ name, listeners: [name], filters: [{ respond: { body: name } }] })),
      upstreams: {},
    },
  })
}

const secure = () => ({ protocol: 'https', tls: { certificates: [pair(wide)] } })

async function ask(gateway: TestGateway, port: number, host: string): Promise<string> {
  const client = await gateway.client(port)
  const { status, body } = await client.ask('GET /', [`host: ${host}`])
  client.destroy()
  return status === 200 ? body : String(status)
}

t.test('by Host', async (t) => {
  const gateway = await startGateway(t, config(HOSTS))
  const port = gateway.ports.a as number
  t.strictSame(Object.values(gateway.ports), [port, port, port], 'one address')
  const expected = {
    'a.test': 'a',
    'A.test:80': 'a',
    'q.b.test': 'b',
    'y.b.test': 'deep',
    'q.x.b.test': 'deep',
    'x.b.test': 'b',
  }
  for (const [host, name] of Object.entries(expected)) t.equal(await ask(gateway, port, host), name, host)
  for (const host of ['b.test', 'other.test', 'test']) t.equal(await ask(gateway, port, host), '404', host)
  const client = await gateway.client(port)
  const bodies: string[] = []
  for (const host of ['a.test', 'q.b.test', 'zzz', 'y.b.test', 'a.test'])
    bodies.push((await client.ask('GET /', [`host: ${host}`])).body.slice(0, 4))
  t.strictSame(bodies, ['a', 'b', '{"ty', 'deep', 'a'], 'each request of a connection on its own')
  t.equal(await gateway.metric('requests_total', { listener: 'b' }), 3)
  t.equal(await gateway.metric('requests_total', { listener: 'deep' }), 3)
})

t.test('how a path is read is the business of who serves the host', async (t) => {
  const gateway = await startGateway(
    t,
    config(HOSTS, (name) => ({
      paths: { encodedSlash: name === 'b' ? 'keep' : 'reject' },
      limits: { bodyBytes: name === 'b' ? 10 : 5 },
    })),
  )
  const port = gateway.ports.a as number
  const client = await gateway.client(port)
  t.equal((await client.ask('GET /x%2fy', ['host: q.b.test'])).body, 'b')
  t.equal((await client.ask('POST /', ['host: q.b.test', 'content-length: 10'], '0123456789')).body, 'b')
  t.equal((await client.ask('GET /x%2fy', ['host: a.test'])).status, 400)
  const other = await gateway.client(port)
  t.equal((await other.ask('POST /', ['host: a.test', 'content-length: 10'], '0123456789')).status, 413)
})

t.test('one for every other host', async (t) => {
  const gateway = await startGateway(t, config([...HOSTS, ['rest', []]]))
  const port = gateway.ports.a as number
  for (const [host, name] of Object.entries({ 'a.test': 'a', 'b.test': 'rest', 'other.test': 'rest', 'y.b.test': 'deep' }))
    t.equal(await ask(gateway, port, host), name, host)
})

const FALLBACK: readonly (readonly [servername: string, host: string, answer: string])[] = [
  ['a.test', 'a.test', 'a'],
  ['q.b.test', 'q.b.test', 'b'],
  ['q.b.test', 'w.b.test', 'b'],
  ['q.b.test', 'y.b.test', '421'],
  ['q.b.test', 'a.test', '421'],
  ['a.test', 'other.test', '404'],
  ['', 'a.test', 'a'],
  ['', 'q.b.test', '421'],
  ['other.test', 'other.test', '404'],
  ['other.test', 'a.test', 'a'],
]

async function askSecurely(t: Test, port: number, servername: string, host: string): Promise<string> {
  const { client } = await secureClient(t, port, { servername })
  const { status, body } = await client.ask('GET /', [`host: ${host}`])
  client.destroy()
  return status === 200 ? body : String(status)
}

t.test('by SNI', async (t) => {
  const gateway = await startGateway(t, config(HOSTS, secure))
  for (const [servername, host, answer] of FALLBACK)
    t.equal(await askSecurely(t, gateway.ports.a as number, servername, host), answer, `SNI ${servername}, Host ${host}`)
})

t.test('by SNI, with one for every other name', async (t) => {
  const gateway = await startGateway(t, config([...HOSTS, ['rest', []]], secure))
  const port = gateway.ports.a as number
  for (const [servername, host, answer] of [
    ['', 'other.test', 'rest'],
    ['other.test', 'other.test', 'rest'],
    ['other.test', 'a.test', '421'],
    ['a.test', 'other.test', '421'],
    ['a.test', 'a.test', 'a'],
  ] as const)
    t.equal(await askSecurely(t, port, servername, host), answer, `SNI ${servername}, Host ${host}`)
})

t.test('who shares an address may change', async (t) => {
  const gateway = await startGateway(t, config([['a', []]]))
  const port = gateway.ports.a as number
  const stays = await gateway.client(port)
  t.equal((await stays.ask('GET /', ['host: q.b.test'])).body, 'a')
  await gateway.apply(config(HOSTS))
  t.equal(gateway.ports.a, port)
  t.equal((await stays.ask('GET /', ['host: q.b.test'])).body, 'b', 'also on connections that are open')
  await gateway.apply(config([['b', []]]))
  t.equal(gateway.ports.b, port)
  await until('those of the listener that is gone to be closed', () => stays.closed || stays.ended)
  t.equal(await ask(gateway, port, 'a.test'), 'b')
})

t.test('limits of connections hold for all of them together', async (t) => {
  const endpoint = await startEndpoint(t)
  const gateway = await startGateway(t, {
    ...config(HOSTS, () => ({ limits: { connections: 2 } })),
    upstreams: { all: { discovery: { static: [endpoint.address] } } },
  })
  const port = gateway.ports.a as number
  const [one, two] = [await gateway.client(port), await gateway.client(port)]
  t.equal((await one.ask('GET /', ['host: a.test'])).body, 'a')
  t.equal((await two.ask('GET /', ['host: q.b.test'])).body, 'b')
  t.equal(await ask(gateway, port, 'y.b.test'), '503')
})
