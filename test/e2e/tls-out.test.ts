// TLS to endpoints: whom the gateway trusts, what it shows of itself, how it goes on with what was agreed.

import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { authority, type Issued } from '../support/certificates.ts'
import { configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { startEndpoint } from '../support/raw-endpoint.ts'
import { startTlsEndpoint } from '../support/tls-endpoint.ts'
import { pause, until } from '../support/until.ts'

const ca = authority(t)
const other = authority(t, 'another authority')
const good = ca.issue({ sans: ['DNS:users.internal', 'URI:spiffe://example.org/users', 'IP:127.0.0.1'] })

async function gatewayTo(t: Test, address: string, tls: object, upstream: object = {}): Promise<TestGateway> {
  return startGateway(t, configOf([address], { upstream: { tls, ...upstream }, route: { retry: { attempts: 0 } } }))
}

/** What a client gets; problem details are read. */
async function get(gateway: TestGateway): Promise<{ status: number; body: string; detail: string; code: string }> {
  const client = await gateway.client()
  const { status, body } = await client.ask('GET /')
  const { detail = '', code = '' } = status === 200 ? {} : JSON.parse(body)
  return { status, body, detail, code }
}

t.test('a certificate that fits', async (t) => {
  const endpoint = await startTlsEndpoint(t, good)
  for (const tls of [
    { ca: ca.certFile, serverName: 'users.internal' },
    { ca: ca.certFile },
    { ca: ca.cert, sans: ['spiffe://example.org/users'] },
    { ca: ca.certFile, serverName: 'elsewhere.test', sans: ['no.test', 'USERS.internal'] },
    { ca: ca.certFile, sans: ['127.0.0.1'] },
  ]) {
    const gateway = await gatewayTo(t, endpoint.address, tls)
    t.equal((await get(gateway)).status, 200, JSON.stringify(tls).slice(0, 80))
  }
  t.strictSame(
    endpoint.seen.map(({ serverName }) => serverName),
    ['users.internal', false, false, 'elsewhere.test', false],
    'an address is not sent as a name',
  )
  t.match(endpoint.requests[0], /^GET \/ HTTP\/1.1\r\nHost: a\.test\r\n/)
})

const REFUSED: readonly [what: string, issued: Issued, tls: object, detail: RegExp][] = [
  ['expired', ca.issue({ sans: ['IP:127.0.0.1'], days: -1 }), { ca: ca.certFile }, /expired/],
  ['self-signed', ca.issue({ sans: ['IP:127.0.0.1'], selfSigned: true }), { ca: ca.certFile }, /self-signed/],
  ['of another authority', other.issue({ sans: ['IP:127.0.0.1'] }), { ca: ca.certFile }, /CA that is not trusted/],
  ['not known to the machine', good, {}, /CA that is not trusted/],
  ['another name', good, { ca: ca.certFile, serverName: 'orders.internal' }, /for another name/],
  ['not the address', ca.issue({ sans: ['DNS:users.internal'] }), { ca: ca.certFile }, /for another name/],
  ['none of the SANs', good, { ca: ca.certFile, sans: ['spiffe://example.org/orders'] }, /for another name/],
  [
    'a name in another kind of SAN',
    ca.issue({ sans: ['URI:users.internal'] }),
    { ca: ca.certFile, serverName: 'users.internal' },
    /another name/,
  ],
]

for (const [what, issued, tls, detail] of REFUSED) {
  t.test(`a certificate that is refused: ${what}`, async (t) => {
    const endpoint = await startTlsEndpoint(t, issued)
    const gateway = await gatewayTo(t, endpoint.address, tls)
    const answer = await get(gateway)
    t.equal(answer.status, 503)
    t.equal(answer.code, 'connect-failure')
    t.match(answer.detail, detail)
    t.strictSame(endpoint.requests, [], 'it has not seen a byte of the request')
    t.equal(await gateway.metric('attempts_total', { outcome: 'connect-failure' }), 1)
    const { endpoints } = await gateway.gateway.explain({ url: 'http://a.test/' })
    t.match(endpoints[0]?.why, detail, 'explain knows it too')
    const lax = await gatewayTo(t, endpoint.address, { ...tls, verify: false })
    t.equal((await get(lax)).status, 200, 'verify: false takes it')
  })
}

t.test('a certificate of our own', async (t) => {
  const mine = ca.issue({ commonName: 'gateway' })
  const asks = { ...good, ca: ca.cert, requestCert: true, rejectUnauthorized: true }
  const endpoint = await startTlsEndpoint(t, asks)
  const gateway = await gatewayTo(t, endpoint.address, { ca: ca.certFile, cert: mine.certFile, key: mine.keyFile })
  t.equal((await get(gateway)).status, 200)
  t.equal(endpoint.seen[0]?.client, 'gateway')
  const without = await gatewayTo(t, endpoint.address, { ca: ca.certFile })
  const answer = await get(without)
  t.not(answer.status, 200)
  t.match(answer.detail, /asks for a certificate|closed|ECONNRESET/)
  const tls12 = await startTlsEndpoint(t, { ...asks, maxVersion: 'TLSv1.2' })
  t.equal((await get(await gatewayTo(t, tls12.address, { ca: ca.certFile }))).code, 'connect-failure')
})

t.test('connections are pooled, sessions go on', async (t) => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const endpoint = await startTlsEndpoint(t, { ...good, maxVersion })
    const gateway = await gatewayTo(t, endpoint.address, { ca: ca.certFile }, { connection: { maxRequests: 2 } })
    const client = await gateway.client()
    for (let i = 0; i < 6; i++) t.equal((await client.ask('GET /')).body, `connection ${i >> 1}`)
    t.strictSame(
      endpoint.seen.map(({ reused }) => reused),
      [false, true, true],
      maxVersion,
    )
  }
})

t.test('bodies, both ways, larger than a record', async (t) => {
  const { createServer } = await import('node:https')
  const server = createServer({ ...good }, (request, response) => request.pipe(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const gateway = await gatewayTo(t, `127.0.0.1:${(server.address() as { port: number }).port}`, { ca: ca.certFile })
  const body = 'x'.repeat(700_000)
  const client = await gateway.client()
  const answer = await client.ask('POST /', [`content-length: ${body.length}`], body)
  t.equal(answer.status, 200)
  t.ok(answer.body === body)
})

t.test('what is not TLS', async (t) => {
  const endpoint = await startEndpoint(t)
  endpoint.parses = false
  endpoint.onConnection = (connection) => connection.send('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello')
  const gateway = await gatewayTo(t, endpoint.address, { ca: ca.certFile })
  const answer = await get(gateway)
  t.equal(answer.code, 'connect-failure')
  t.match(answer.detail, /does not speak TLS/)
})

t.test('plaintext in the middle of a handshake', async (t) => {
  const endpoint = await startEndpoint(t)
  endpoint.parses = false
  const tls = await startTlsEndpoint(t, good)
  endpoint.onConnection = ({ socket }) => {
    const on = connect(Number(tls.address.split(':')[1]), '127.0.0.1')
    socket.on('data', (bytes) => on.write(bytes))
    on.once('data', (bytes: Buffer) => {
      // The whole of its first record: what follows is read as the next one.
      socket.write(bytes.subarray(0, 5 + bytes.readUInt16BE(3)))
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello')
    })
    on.on('error', () => {})
    socket.on('close', () => on.destroy())
  }
  const gateway = await gatewayTo(t, endpoint.address, { ca: ca.certFile })
  t.equal((await get(gateway)).code, 'connect-failure')
})

t.test('connectTimeout covers the handshake', async (t) => {
  const endpoint = await startEndpoint(t)
  endpoint.parses = false
  const gateway = await gatewayTo(t, endpoint.address, { ca: ca.certFile })
  const client = await gateway.client()
  client.request('GET /')
  await until('the connection', () => endpoint.connections[0]?.received !== 0 && endpoint.connections.length === 1)
  gateway.advance(3000)
  await until('the answer', () => client.responses.length === 1)
  t.equal(client.responses[0]?.status, 504)
  t.match(client.responses[0]?.body, /connect-timeout/)
  await until('its end', () => endpoint.connections[0]?.closed === true)
})

t.test('a failed handshake is tried elsewhere, whatever the method', async (t) => {
  const bad = await startTlsEndpoint(t, ca.issue({ sans: ['DNS:wrong'] }))
  const fine = await startTlsEndpoint(t, good)
  const gateway = await startGateway(t, configOf([bad.address, fine.address], { upstream: { tls: { ca: ca.certFile } } }))
  const client = await gateway.client()
  for (let i = 0; i < 4; i++) t.equal((await client.ask('POST /', ['content-length: 2'], 'ab')).status, 200)
})

t.test('new material is for new connections; what runs is not dropped', async (t) => {
  const endpoint = await startTlsEndpoint(t, good)
  const gateway = await gatewayTo(t, endpoint.address, { ca: ca.certFile })
  const client = await gateway.client()
  t.equal((await client.ask('GET /')).body, 'connection 0')
  const same = configOf([endpoint.address], { upstream: { tls: { ca: ca.certFile }, limits: { pending: 7 } } })
  await gateway.apply(same)
  t.equal((await client.ask('GET /')).body, 'connection 0', 'what stays keeps its connections')
  const both = configOf([endpoint.address], { upstream: { tls: { ca: `${ca.cert}${other.cert}` } } })
  await gateway.apply(both)
  await until('the idle one to go', () => endpoint.open === 0)
  t.equal((await client.ask('GET /')).body, 'connection 1')
  t.equal(endpoint.seen[1]?.reused, false, 'what was agreed under the old authorities is forgotten')
  await gateway.apply(configOf([endpoint.address], { upstream: { tls: { ca: other.cert } } }))
  t.equal((await client.ask('GET /')).status, 503)
})

t.test('unix sockets have no name', async (t) => {
  t.rejects(
    async () => startGateway(t, configOf(['unix:/tmp/x.sock'], { upstream: { tls: {} } })),
    /unix:\/tmp\/x.sock has no name to look for/,
  )
})

t.test('nothing is left', async (t) => {
  const endpoint = await startTlsEndpoint(t, good)
  const gateway = await gatewayTo(t, endpoint.address, { ca: ca.certFile })
  await get(gateway)
  gateway.closeClients()
  await pause(20)
  await gateway.gateway.close()
  await until('the connection to go', () => endpoint.open === 0)
})
