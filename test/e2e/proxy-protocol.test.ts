// PROXY headers of hops in front of the gateway: who is believed, what endpoints are told then, and what is refused (XF-03).

import { isIPv4 } from 'node:net'
import { connect } from 'node:tls'
import t, { type Test } from 'tap'
import { authority } from '../support/certificates.ts'
import { configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { RawClient } from '../support/raw-client.ts'
import { type RawEndpoint, startEndpoint } from '../support/raw-endpoint.ts'
import { until } from '../support/until.ts'

const ca = authority(t)
const issued = ca.issue({ sans: ['DNS:a.test'] })
const TLS = { protocol: 'https', tls: { certificates: [{ cert: issued.certFile, key: issued.keyFile }] } }

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const FOUR = Buffer.from([192, 0, 2, 7, 10, 0, 0, 1, 0x9c, 0x40, 1, 0xbb])
const V1 = 'PROXY TCP4 192.0.2.7 10.0.0.1 40000 443\r\n'
const V2 = v2(0x21, 0x11, FOUR)
const REQUEST = 'GET /x HTTP/1.1\r\nhost: a.test\r\nx-forwarded-for: 9.9.9.9\r\n\r\n'

function v2(command: number, family: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([SIGNATURE, Buffer.from([command, family, body.length >> 8, body.length & 255]), body])
}

async function start(t: Test, listener: object, trustedProxies: readonly string[] = ['127.0.0.0/8']) {
  const endpoint = await startEndpoint(t)
  const gateway = await startGateway(t, configOf([endpoint.address], { listener, top: { trustedProxies } }))
  return { endpoint, gateway }
}

/** What the endpoint is told about the client; null = the connection was closed without an answer. */
async function told(gateway: TestGateway, endpoint: RawEndpoint, bytes: Buffer, pieces = 1): Promise<string | null> {
  const client = await gateway.client()
  const before = endpoint.requests.length
  const size = Math.ceil(bytes.length / pieces)
  for (let at = 0; at < bytes.length; at += size) {
    client.send(bytes.subarray(at, at + size))
    if (pieces > 1) await new Promise((resolve) => setImmediate(resolve))
  }
  await until('an answer or the end', () => client.responses[0]?.complete === true || client.ended || client.closed)
  const [answer = null] = client.responses
  client.destroy()
  if (answer === null) return null
  if (answer.status !== 200) return String(answer.status)
  const { fields } = endpoint.requests[before] as { fields: Record<string, string> }
  return `${fields['x-forwarded-for']} ${fields['x-forwarded-port']}`
}

const after = (header: string | Buffer, request = REQUEST): Buffer =>
  Buffer.concat([Buffer.from(header as string), Buffer.from(request)])

for (const proxyProtocol of ['accept', 'require']) {
  t.test(`${proxyProtocol}: from who is trusted`, async (t) => {
    const { gateway, endpoint } = await start(t, { proxyProtocol })
    t.equal(await told(gateway, endpoint, after(V1)), '192.0.2.7 443', 'the client is not trusted: what it says is replaced')
    t.equal(await told(gateway, endpoint, after(V2)), '192.0.2.7 443')
    t.equal(await told(gateway, endpoint, after(V2), 8), '192.0.2.7 443')
    t.equal(await told(gateway, endpoint, after(V1), 60), '192.0.2.7 443')
    const own = `9.9.9.9, 127.0.0.1 ${gateway.port}`
    t.equal(await told(gateway, endpoint, after('PROXY UNKNOWN\r\n')), own, 'the hop speaks for itself')
    t.equal(await told(gateway, endpoint, after(v2(0x20, 0))), own)
    t.equal(await told(gateway, endpoint, after(v2(0x21, 0, Buffer.from('xyz')))), own)
    for (const [what, header] of [
      ['TLV overflow', v2(0x21, 0x11, FOUR, Buffer.from([1, 0xff, 0xff]))],
      ['a family that there is not', v2(0x21, 0x91, FOUR)],
      ['a wrong address', 'PROXY TCP4 a b 1 2\r\n'],
      ['endless', `PROXY ${'x'.repeat(300)}`],
    ] as const)
      t.equal(await told(gateway, endpoint, after(header)), null, what)
    t.equal(await told(gateway, endpoint, after(V1 + V1)), '400', 'a second header is no request')
    t.equal(await told(gateway, endpoint, after('')), proxyProtocol === 'accept' ? own : null, 'no header')
    t.equal(await gateway.metric('rejected_total', { reason: 'proxy-header' }), proxyProtocol === 'accept' ? 4 : 5)
    await until('everybody to be gone', async () => (await gateway.metric('connections')) === 0)
  })

  t.test(`${proxyProtocol}: from anybody else`, async (t) => {
    const { gateway, endpoint } = await start(t, { proxyProtocol }, ['10.0.0.0/8'])
    t.equal(await told(gateway, endpoint, after(V1)), proxyProtocol === 'accept' ? '400' : null)
    t.equal(await told(gateway, endpoint, after(V2)), proxyProtocol === 'accept' ? '400' : null)
    t.equal(await told(gateway, endpoint, after('')), proxyProtocol === 'accept' ? `127.0.0.1 ${gateway.port}` : null)
  })
}

t.test('off: it is no header', async (t) => {
  const { gateway, endpoint } = await start(t, {})
  t.equal(await told(gateway, endpoint, after(V1)), '400')
  t.equal(await told(gateway, endpoint, after(V2)), '400')
})

t.test('a header that does not end', async (t) => {
  const { gateway } = await start(t, { proxyProtocol: 'require', timeouts: { handshake: '2s', header: '5s' } })
  const [half, silent, late] = [await gateway.client(), await gateway.client(), await gateway.client()]
  half.send(V1.slice(0, 20))
  late.send(V1)
  await new Promise((resolve) => setTimeout(resolve, 50))
  gateway.advance(2200)
  await Promise.all([half.end(), silent.end()])
  t.equal(half.received + silent.received, 0)
  t.equal((await late.ask('GET /')).status, 200, 'behind the header the time of a request begins')
})

t.test('TLS behind the header', async (t) => {
  for (const proxyProtocol of ['accept', 'require']) {
    const { gateway, endpoint } = await start(t, { ...TLS, proxyProtocol })
    for (const [header, address] of [
      [V1, '192.0.2.7'],
      [V2, '192.0.2.7'],
      ['', '127.0.0.1'],
    ] as const) {
      if (header === '' && proxyProtocol === 'require') continue
      const hop = await gateway.client()
      hop.socket.removeAllListeners('data')
      if (header !== '') hop.send(header as string)
      const tls = connect({ socket: hop.socket, servername: 'a.test', ca: ca.cert, ALPNProtocols: ['http/1.1'] })
      await new Promise((resolve, reject) => tls.once('secureConnect', resolve).once('error', reject))
      const client = new RawClient(tls)
      t.equal((await client.ask(`GET /${address}`)).status, 200)
      const { fields } = endpoint.requests.at(-1) as { fields: Record<string, string> }
      t.match(fields, { 'x-forwarded-for': address, 'x-forwarded-proto': 'https' })
      t.ok(isIPv4(fields['x-forwarded-for'] ?? ''))
      tls.destroy()
    }
    const plain = await gateway.client()
    plain.send(V1 + REQUEST)
    t.equal((await plain.response()).status, 400, 'cleartext behind it')
  }
})

t.test('who is trusted behind the header may say who its client is', async (t) => {
  const { gateway, endpoint } = await start(t, { proxyProtocol: 'require' }, ['127.0.0.0/8', '192.0.2.0/24'])
  t.equal(await told(gateway, endpoint, after(V1)), '9.9.9.9, 192.0.2.7 443')
})
