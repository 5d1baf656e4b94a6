// The PROXY header that endpoints get: one for each connection, and no connection for two clients.

import t from 'tap'
import { authority } from '../support/certificates.ts'
import { configOf, scene, startGateway, type TestGateway } from '../support/gateway.ts'
import type { RawClient } from '../support/raw-client.ts'
import type { EndpointConnection, RawEndpoint } from '../support/raw-endpoint.ts'
import { startBehindHeader, startTlsEndpoint } from '../support/tls-endpoint.ts'
import { until } from '../support/until.ts'

/** Takes the header off each connection and answers what follows with the number of the connection. */
function behindHeader(endpoint: RawEndpoint): string[] {
  const headers: string[] = []
  endpoint.parses = false
  endpoint.onConnection = (connection: EndpointConnection) => {
    let text = ''
    let began = false
    connection.socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1')
      if (!began) {
        const end = text.startsWith('PROXY') ? text.indexOf('\r\n') + 2 : text.length < 16 ? 0 : 16 + text.charCodeAt(15)
        if (end < 2 || text.length < end) return
        headers.push(text.slice(0, end))
        text = text.slice(end)
        began = true
      }
      for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
        text = text.slice(end + 4)
        connection.answer(String(connection.index))
      }
    })
  }
  return headers
}

const lineOf = (client: RawClient, gateway: TestGateway) =>
  `PROXY TCP4 127.0.0.1 127.0.0.1 ${client.socket.localPort} ${gateway.port}\r\n`

scene('v1: each client has connections of its own', { upstream: { proxyProtocol: 'v1' } }, async (t, { gateway, endpoint }) => {
  const headers = behindHeader(endpoint)
  const one = await gateway.client()
  const two = await gateway.client()
  t.equal((await one.ask('GET /')).body, '0')
  t.equal((await two.ask('GET /')).body, '1')
  t.equal((await one.ask('GET /')).body, '0', 'and uses them again')
  t.equal((await two.ask('GET /')).body, '1')
  t.strictSame(headers, [lineOf(one, gateway), lineOf(two, gateway)])
})

scene('v2', { upstream: { proxyProtocol: 'v2' } }, async (t, { gateway, endpoint }) => {
  const headers = behindHeader(endpoint)
  const client = await gateway.client()
  t.equal((await client.ask('GET /')).status, 200)
  const header = Buffer.from(headers[0] ?? '', 'latin1')
  t.equal(header.toString('hex', 12, 16), '2111000c')
  t.equal(header.readUInt16BE(24), client.socket.localPort)
})

scene(
  'connections of clients that are gone make room',
  { upstream: { proxyProtocol: 'v1', connection: { maxIdlePerEndpoint: 2 } } },
  async (t, { gateway, endpoint }) => {
    behindHeader(endpoint)
    for (let i = 0; i < 5; i++) {
      const client = await gateway.client()
      t.equal((await client.ask('GET /')).body, String(i))
      t.equal((await client.ask('GET /')).body, String(i), 'the newest is kept')
      client.destroy()
    }
    await until('only two to be left', () => endpoint.open.length === 2)
    t.equal(await gateway.metric('upstream_connections', { state: 'idle' }), 2)
  },
)

scene('a retry has a header too', { endpoints: 2, upstream: { proxyProtocol: 'v1' } }, async (t, { gateway, endpoints }) => {
  const [first, second] = endpoints as [RawEndpoint, RawEndpoint]
  await first.close()
  const headers = behindHeader(second)
  const client = await gateway.client()
  for (let i = 0; i < 2; i++) t.equal((await client.ask('GET /')).status, 200)
  t.strictSame(headers, [lineOf(client, gateway)])
})

t.test('in front of the TLS handshake', async (t) => {
  const ca = authority(t)
  const endpoint = await startTlsEndpoint(t, ca.issue({ sans: ['IP:127.0.0.1'] }))
  const { address, headers } = await startBehindHeader(t, endpoint)
  const gateway = await startGateway(t, configOf([address], { upstream: { tls: { ca: ca.cert }, proxyProtocol: 'v1' } }))
  const client = await gateway.client()
  for (let i = 0; i < 3; i++) t.equal((await client.ask('GET /')).body, 'connection 0')
  t.strictSame(headers.map(String), [lineOf(client, gateway)])
  const bad = await startGateway(t, configOf([address], { upstream: { tls: {}, proxyProtocol: 'v1' } }))
  const answer = await (await bad.client()).ask('GET /')
  t.match(answer.body, /connect-failure.*CA that is not trusted/)
})
