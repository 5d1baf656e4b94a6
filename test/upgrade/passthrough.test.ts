// Listeners with protocol tls: the name of the ClientHello decides, the bytes are the endpoint's.

import { readFileSync } from 'node:fs'
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer } from 'node:net'
import { type ConnectionOptions, connect, createServer, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import type { GatewayConfigInput } from '../../src/index.ts'
import { authority } from '../support/certificates.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { startTunnelEndpoint } from '../support/tunnel-endpoint.ts'
import { pause, until } from '../support/until.ts'
import { nothingRuns } from './scene.ts'

const ca = authority(t)
const own = ca.issue({ sans: ['DNS:own.test'] })

/** Ends TLS under a name, greets with it, and sends back what it gets. */
async function startSecure(t: Test, name: string): Promise<string> {
  const { cert, key } = ca.issue({ sans: [`DNS:${name}`, `DNS:x.${name}`] })
  const server = createServer({ cert, key }, (socket) => {
    socket.on('error', () => {})
    socket.write(`${name} ${socket.servername || '-'}\n`)
    socket.pipe(socket)
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

interface Secure {
  readonly socket: TLSSocket
  text: string
}

function dial(t: Test, port: number, servername: string, options: ConnectionOptions = {}): Promise<Secure> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername, ca: ca.cert, rejectUnauthorized: false, ...options })
    const secure: Secure = { socket, text: '' }
    t.teardown(() => socket.destroy())
    socket.on('data', (data) => {
      secure.text += data
    })
    socket.once('error', reject)
    socket.once('secureConnect', () => resolve(secure))
  })
}

const passing = (a: string, b: string, any?: string): GatewayConfigInput => ({
  listeners: [{ name: 'web', bind: '127.0.0.1:0', protocol: 'tls' }],
  routes: [
    { name: 'a', listeners: ['web'], hosts: ['a.test'], to: 'a' },
    { name: 'b', listeners: ['web'], hosts: ['*.b.test'], to: 'b' },
    ...(any === undefined ? [] : [{ name: 'any', listeners: ['web'], to: 'any' }]),
  ],
  upstreams: Object.fromEntries(
    Object.entries({ a, b, ...(any === undefined ? {} : { any }) }).map(([name, address]) => [
      name,
      { discovery: { static: [address] }, ejection: 'off' },
    ]),
  ) as GatewayConfigInput['upstreams'],
})

const refusal = (t: Test, gateway: TestGateway, name: string): Promise<string> =>
  dial(t, gateway.port, name).then(
    () => 'connected',
    (error: NodeJS.ErrnoException) => error.code ?? '',
  )

t.test('the name decides which endpoint shakes hands', async (t) => {
  const [a, b, any] = [await startSecure(t, 'a.test'), await startSecure(t, 'b.test'), await startSecure(t, 'any.test')]
  const gateway = await startGateway(t, passing(a, b, any))
  for (const [name, greeting] of [
    ['a.test', 'a.test a.test\n'],
    ['A.Test', 'a.test A.Test\n'],
    ['x.b.test', 'b.test x.b.test\n'],
    ['y.x.b.test', 'b.test y.x.b.test\n'],
    ['b.test', 'any.test b.test\n'],
    ['', 'any.test -\n'],
  ] as const) {
    const seen = await dial(t, gateway.port, name)
    await until(`the greeting to ${name}`, () => seen.text.endsWith('\n'))
    t.equal(seen.text.toLowerCase(), greeting.toLowerCase())
    seen.socket.write('hello')
    await until('the echo', () => seen.text.endsWith('hello'))
    seen.socket.destroy()
  }
  t.equal(await gateway.metric('requests_total', { route: 'a', code: '' }), 2)
  await nothingRuns(t, gateway)
})

t.test('a name that nobody has is refused: the connection is closed', async (t) => {
  const [a, b] = [await startSecure(t, 'a.test'), await startSecure(t, 'b.test')]
  const gateway = await startGateway(t, passing(a, b))
  t.equal(await refusal(t, gateway, 'c.test'), 'ECONNRESET')
  t.equal(await refusal(t, gateway, ''), 'ECONNRESET')
  t.equal(await gateway.metric('rejected_total', { reason: 'no-route' }), 2)
  await nothingRuns(t, gateway)
})

t.test('nobody there: the connection is closed', async (t) => {
  const gateway = await startGateway(t, passing('127.0.0.1:1', '127.0.0.1:1'))
  t.equal(await refusal(t, gateway, 'a.test'), 'ECONNRESET')
  t.equal(await gateway.metric('rejected_total', { reason: 'connect-failure' }), 1)
  await nothingRuns(t, gateway)
})

/** The first bytes that a client of Node sends. */
async function clientHello(t: Test, options: ConnectionOptions): Promise<Buffer> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const bytes = new Promise<Buffer>((resolve) => {
    server.on('connection', (socket) => {
      socket.on('error', () => {})
      socket.once('data', (data: Buffer) => {
        resolve(data)
        socket.destroy()
      })
    })
  })
  connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', ...options }).on('error', () => {})
  return bytes
}

t.test('the endpoint gets the very bytes, however they come', async (t) => {
  const endpoint = await startTunnelEndpoint(t)
  endpoint.heads = false
  const gateway = await startGateway(t, passing(endpoint.address, endpoint.address))
  const hello = await clientHello(t, { servername: 'a.test', ALPNProtocols: ['h2', 'http/1.1'] })
  const cuts = [[hello], [hello.subarray(0, 1), hello.subarray(1)], [...hello].map((byte) => Buffer.from([byte]))]
  for (const [i, pieces] of cuts.entries()) {
    const client = await gateway.client()
    for (const piece of pieces) {
      client.send(piece)
      await pause(0)
    }
    const peer = await endpoint.peer(i)
    await peer.got(hello.toString('latin1'))
    client.send('and more')
    await peer.got(`${hello.toString('latin1')}and more`)
    peer.send('\x16\x03\x03')
    await until('the answer', () => client.rest === '\x16\x03\x03')
    client.reset()
  }
  // With what follows in the same piece.
  const client = await gateway.client()
  client.send(Buffer.concat([hello, Buffer.from('early data')]))
  await (await endpoint.peer(cuts.length)).got(`${hello.toString('latin1')}early data`)
})

t.test('what is no ClientHello, or takes too long', async (t) => {
  const endpoint = await startTunnelEndpoint(t)
  endpoint.heads = false
  const gateway = await startGateway(t, passing(endpoint.address, endpoint.address))
  const plain = await gateway.client()
  plain.send('\x17\x03\x03\x00\x05hello')
  await plain.end()
  const slow = await gateway.client()
  slow.send('\x16\x03\x01')
  const silent = await gateway.client()
  await until('both', async () => (await gateway.metric('bytes_total')) >= 0)
  await pause(20)
  gateway.advance(6000)
  await slow.end()
  await silent.end()
  t.equal(endpoint.peers.length, 0)
  t.equal(await gateway.metric('rejected_total', { reason: 'handshake-timeout' }), 1)
})

t.test('tls and https share an address', async (t) => {
  const a = await startSecure(t, 'a.test')
  const gateway = await startGateway(t, {
    listeners: [
      { name: 'web', bind: '127.0.0.1:0', protocol: 'tls', hosts: ['a.test'] },
      {
        name: 'own',
        bind: '127.0.0.1:0',
        protocol: 'https',
        hosts: ['own.test'],
        tls: { certificates: [{ cert: own.certFile, key: own.keyFile }] },
      },
    ],
    routes: [
      { name: 'a', listeners: ['web'], to: 'a' },
      { name: 'own', hosts: ['own.test'], filters: [{ respond: { status: 200, body: 'mine' } }] },
    ],
    upstreams: { a: { discovery: { static: [a] } } },
  } as GatewayConfigInput)
  t.equal(gateway.ports.web, gateway.ports.own)
  const passed = await dial(t, gateway.port, 'a.test')
  await until('the greeting', () => passed.text === 'a.test a.test\n')
  const ended = await dial(t, gateway.port, 'own.test')
  ended.socket.write('GET / HTTP/1.1\r\nhost: own.test\r\nconnection: close\r\n\r\n')
  await until('the answer', () => ended.text.endsWith('mine'))
  t.equal(await refusal(t, gateway, 'c.test'), 'ECONNRESET', 'nobody has it')
})

t.test('the log says TLS and the name', async (t) => {
  const file = `${t.testdir({})}/access.log`
  const a = await startSecure(t, 'a.test')
  const gateway = await startGateway(t, { ...passing(a, a), accessLog: { file } })
  const seen = await dial(t, gateway.port, 'a.test')
  await until('the greeting', () => seen.text !== '')
  seen.socket.end()
  await nothingRuns(t, gateway)
  await gateway.gateway.close()
  t.match(JSON.parse(readFileSync(file, 'utf8')), { protocol: 'TLS', host: 'a.test', route: 'a', status: 0, reason: null })
})

t.test('a PROXY header comes first', async (t) => {
  const endpoint = await startTunnelEndpoint(t)
  endpoint.heads = false
  const config = passing(endpoint.address, endpoint.address)
  const gateway = await startGateway(t, {
    ...config,
    trustedProxies: ['127.0.0.1'],
    listeners: [{ name: 'web', bind: '127.0.0.1:0', protocol: 'tls', proxyProtocol: 'require' }],
    upstreams: { ...config.upstreams, a: { discovery: { static: [endpoint.address] }, proxyProtocol: 'v1' } },
  } as GatewayConfigInput)
  const hello = await clientHello(t, { servername: 'a.test' })
  const socket = connectTcp(gateway.port, '127.0.0.1')
  socket.on('error', () => {})
  t.teardown(() => socket.destroy())
  socket.write('PROXY TCP4 192.0.2.7 192.0.2.8 1234 443\r\n')
  socket.write(hello)
  const peer = await endpoint.peer()
  await until('all of it', () => peer.bytes.length >= hello.length + 20)
  t.equal(peer.bytes, `PROXY TCP4 192.0.2.7 192.0.2.8 1234 443\r\n${hello.toString('latin1')}`)
})
