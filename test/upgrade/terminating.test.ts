// Listeners with protocol tls that end TLS: the name decides, the endpoint gets what was in it.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { type ConnectionOptions, connect, createServer as createTlsServer, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import type { GatewayConfigInput } from '../../src/index.ts'
import { authority, type Issued } from '../support/certificates.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { startTunnelEndpoint, type TunnelEndpoint } from '../support/tunnel-endpoint.ts'
import { pause, until } from '../support/until.ts'
import { nothingRuns } from './scene.ts'

const ca = authority(t)
const pair = ({ certFile, keyFile }: Issued) => ({ cert: certFile, key: keyFile })
const mine = ca.issue({ sans: ['DNS:a.test', 'DNS:*.b.test'] })
const renewed = ca.issue({ sans: ['DNS:a.test'] })
const theirs = ca.issue({ sans: ['DNS:passed.test'] })

/** An option that Node has and its types do not know here. */
const HALF_OPEN: object = { allowHalfOpen: true }

class Client {
  readonly socket: TLSSocket
  text = ''
  ended = false
  closed = false

  constructor(socket: TLSSocket) {
    this.socket = socket
    socket.on('data', (data: Buffer) => {
      this.text += data.toString('latin1')
    })
    socket.on('end', () => {
      this.ended = true
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
    })
  }
}

/** One end may be over before the other. */
function dial(t: Test, port: number, servername: string, options: ConnectionOptions = {}): Promise<Client> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername, ca: ca.cert, ...HALF_OPEN, ...options })
    const client = new Client(socket)
    t.teardown(() => socket.destroy())
    socket.once('error', reject)
    socket.once('secureConnect', () => resolve(client))
  })
}

const ending = (address: string, { tls = {}, listener = {}, route = {}, upstream = {}, top = {} } = {}): GatewayConfigInput =>
  ({
    listeners: [
      { name: 'web', bind: '127.0.0.1:0', protocol: 'tls', tls: { certificates: [pair(mine)], ...tls }, ...listener },
    ],
    routes: [{ name: 'a', listeners: ['web'], to: 'a', ...route }],
    upstreams: { a: { discovery: { static: [address] }, ejection: 'off', ...upstream } },
    ...top,
  }) as GatewayConfigInput

async function plainEndpoint(t: Test): Promise<TunnelEndpoint> {
  const endpoint = await startTunnelEndpoint(t)
  endpoint.heads = false
  return endpoint
}

t.test('bytes in both directions, whoever speaks first', async (t) => {
  const endpoint = await plainEndpoint(t)
  const gateway = await startGateway(t, ending(endpoint.address))
  const client = await dial(t, gateway.port, 'a.test')
  const peer = await endpoint.peer()
  peer.send('220 ready\r\n')
  await until('the greeting', () => client.text === '220 ready\r\n')
  client.socket.write('HELO\r\n')
  await peer.got('HELO\r\n')
  client.socket.end()
  await until('the end', () => peer.ended)
  peer.socket.end()
  await nothingRuns(t, gateway)

  const eager = connect({ port: gateway.port, host: '127.0.0.1', servername: 'a.test', ca: ca.cert })
  t.teardown(() => eager.destroy())
  eager.write('before anybody has answered')
  await (await endpoint.peer(1)).got('before anybody has answered')
  t.equal(await gateway.metric('requests_total', { route: 'a', code: '' }), 2)
  t.ok((await gateway.metric('bytes_total', { listener: 'web' })) > 0)
})

t.test('half-closed in either direction', async (t) => {
  const endpoint = await plainEndpoint(t)
  const gateway = await startGateway(t, ending(endpoint.address))
  const client = await dial(t, gateway.port, 'a.test')
  const peer = await endpoint.peer()
  client.socket.end('question')
  await until('the end', () => peer.ended)
  t.equal(peer.bytes, 'question')
  peer.socket.end('answer')
  await until('the answer', () => client.ended)
  t.equal(client.text, 'answer')
  await until('the close', () => peer.closed && client.closed)

  const second = await dial(t, gateway.port, 'a.test')
  const other = await endpoint.peer(1)
  other.socket.end('bye')
  await until('bye', () => second.ended)
  second.socket.write('wait')
  await other.got('wait')
  second.socket.end()
  await until('the close', () => other.closed && second.closed)
  t.equal(other.error, '')
  await nothingRuns(t, gateway)
})

t.test('large bodies, and a side that does not read', async (t) => {
  const sent = randomBytes(8 << 20)
  const echo = createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => {}).pipe(socket))
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  t.teardown(() => echo.close())
  const gateway = await startGateway(t, ending(`127.0.0.1:${(echo.address() as AddressInfo).port}`))
  const socket = connect({ port: gateway.port, host: '127.0.0.1', servername: 'a.test', ca: ca.cert, ...HALF_OPEN })
  t.teardown(() => socket.destroy())
  await once(socket, 'secureConnect')
  const got: Buffer[] = []
  let taken = 0
  // Nothing is read before all that finds room is on its way.
  socket.end(sent)
  await until('what is held to be bounded', async () => (await gateway.metric('bytes_total', { direction: 'in' })) > 1 << 16)
  await until('it to stand still', async () => {
    const before = await gateway.metric('bytes_total', { direction: 'in' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    return before === (await gateway.metric('bytes_total', { direction: 'in' }))
  })
  socket.on('data', (bytes: Buffer) => {
    got.push(bytes)
    taken += bytes.length
  })
  await until('all of it', () => taken === sent.length)
  t.ok(Buffer.concat(got).equals(sent))
})

t.test('an endpoint that breaks off, one that is not there, a route that there is not', async (t) => {
  const endpoint = await plainEndpoint(t)
  const gateway = await startGateway(t, ending(endpoint.address, { route: { hosts: ['a.test'] } }))
  const client = await dial(t, gateway.port, 'a.test')
  ;(await endpoint.peer()).socket.resetAndDestroy()
  await until('the end', () => client.ended)
  const stranger = await dial(t, gateway.port, 'x.b.test')
  await until('the end', () => stranger.ended)
  t.equal(await gateway.metric('rejected_total', { reason: 'no-route' }), 1)
  await endpoint.close()
  const alone = await dial(t, gateway.port, 'a.test')
  await until('the end', () => alone.ended)
  t.equal(await gateway.metric('rejected_total', { reason: 'connect-failure' }), 1)
  for (const each of [client, stranger, alone]) each.socket.destroy()
  await nothingRuns(t, gateway)
})

t.test('the name decides where bytes go', async (t) => {
  const [one, two] = [await plainEndpoint(t), await plainEndpoint(t)]
  const gateway = await startGateway(t, {
    ...ending(one.address),
    routes: [
      { name: 'a', listeners: ['web'], hosts: ['a.test'], to: 'a' },
      { name: 'b', listeners: ['web'], hosts: ['*.b.test'], to: 'b' },
    ],
    upstreams: { a: { discovery: { static: [one.address] } }, b: { discovery: { static: [two.address] } } },
  })
  for (const [name, endpoint] of [
    ['a.test', one],
    ['A.Test', one],
    ['x.b.test', two],
  ] as const) {
    const client = await dial(t, gateway.port, name, { rejectUnauthorized: false })
    const peer = await endpoint.peer(endpoint.peers.length)
    client.socket.write(name)
    await peer.got(name)
    client.socket.destroy()
  }
  t.strictSame([one.peers.length, two.peers.length], [2, 1])
  const told = await gateway.gateway.explain({ url: `tls://x.b.test:${gateway.port}` })
  t.match(told, { listener: 'web', route: 'b', endpoint: two.address })
  t.ok(told.notes.includes('listener web ends TLS and passes bytes: of a request only the name is seen'))
})

async function startPassed(t: Test): Promise<string> {
  const { cert, key } = theirs
  const server = createTlsServer({ cert, key }, (socket) => socket.on('error', () => {}).end('passed'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('beside https and what is passed through, on one address', async (t) => {
  const [endpoint, passed] = [await plainEndpoint(t), await startPassed(t)]
  const wide = ca.issue({ sans: ['DNS:own.test'] })
  const bind = '127.0.0.1:0'
  const gateway = await startGateway(t, {
    listeners: [
      { name: 'web', bind, protocol: 'tls', hosts: ['a.test'], tls: { certificates: [pair(mine)] } },
      { name: 'passed', bind, protocol: 'tls', hosts: ['passed.test'] },
      { name: 'own', bind, protocol: 'https', hosts: ['own.test'], tls: { certificates: [pair(wide)] } },
    ],
    routes: [
      { name: 'a', listeners: ['web'], to: 'a' },
      { name: 'passed', listeners: ['passed'], to: 'passed' },
      { name: 'own', hosts: ['own.test'], filters: [{ respond: { body: 'mine' } }] },
    ],
    upstreams: { a: { discovery: { static: [endpoint.address] } }, passed: { discovery: { static: [passed] } } },
  } as GatewayConfigInput)
  t.strictSame(new Set(Object.values(gateway.ports)).size, 1)
  const raw = await dial(t, gateway.port, 'a.test')
  raw.socket.write('GET / HTTP/1.1\r\n')
  await (await endpoint.peer()).got('GET / HTTP/1.1\r\n')
  const other = await dial(t, gateway.port, 'passed.test')
  await until('passed', () => other.text === 'passed')
  const own = await dial(t, gateway.port, 'own.test')
  own.socket.write('GET / HTTP/1.1\r\nhost: own.test\r\n\r\n')
  await until('the answer', () => own.text.endsWith('mine'))
  // What only the name chose has no Host: requests for it that come to others are misdirected.
  own.socket.write('GET / HTTP/1.1\r\nhost: a.test\r\n\r\n')
  await until('421', () => own.text.includes('HTTP/1.1 421'))
})

t.test('any protocol may be agreed upon in it: none is offered here', async (t) => {
  const endpoint = await plainEndpoint(t)
  const gateway = await startGateway(t, ending(endpoint.address))
  for (const ALPNProtocols of [['imap'], ['h2', 'http/1.1'], []]) {
    const { socket } = await dial(t, gateway.port, 'a.test', { ALPNProtocols })
    t.equal(socket.alpnProtocol, false)
    socket.destroy()
  }
})

t.test('client certificates', async (t) => {
  const endpoint = await plainEndpoint(t)
  const tls = { clientAuth: { mode: 'require', ca: ca.certFile } }
  const gateway = await startGateway(t, ending(endpoint.address, { tls }))
  const { cert, key } = ca.issue({ commonName: 'alice' })
  const known = await dial(t, gateway.port, 'a.test', { cert, key })
  known.socket.write('hi')
  await (await endpoint.peer()).got('hi')
  const unknown = await dial(t, gateway.port, 'a.test').catch(() => null)
  if (unknown !== null) await until('the refusal', () => unknown.ended || unknown.closed)
  t.equal(endpoint.peers.length, 1)
})

t.test('silent for too long', async (t) => {
  const endpoint = await plainEndpoint(t)
  const gateway = await startGateway(t, ending(endpoint.address, { route: { timeout: { tunnel: '10s' } } }))
  const client = await dial(t, gateway.port, 'a.test')
  const peer = await endpoint.peer()
  peer.send('x')
  await until('it', () => client.text === 'x')
  gateway.advance(9000)
  // A tick, so that what comes is known to come later.
  await pause(120)
  client.socket.write('y')
  await peer.got('y')
  gateway.advance(9000)
  await pause(120)
  client.socket.write('z')
  await peer.got('yz')
  gateway.advance(11_000)
  await until('the end', () => client.ended && (peer.ended || peer.closed))
  t.equal(await gateway.metric('rejected_total', { reason: 'tunnel-timeout' }), 1)
})

t.test('it outlives a new certificate, and who comes next sees that one', async (t) => {
  const endpoint = await plainEndpoint(t)
  const gateway = await startGateway(t, ending(endpoint.address))
  const client = await dial(t, gateway.port, 'a.test')
  const peer = await endpoint.peer()
  await gateway.apply(ending(endpoint.address, { tls: { certificates: [pair(renewed)] } }))
  client.socket.write('still here')
  await peer.got('still here')
  const next = await dial(t, gateway.port, 'a.test')
  t.equal(next.socket.getPeerX509Certificate()?.toString(), renewed.cert)
})

t.test('a PROXY header in front, one behind, TLS again to the endpoint', async (t) => {
  const endpoint = await plainEndpoint(t)
  const gateway = await startGateway(t, ending(endpoint.address, { upstream: { proxyProtocol: 'v1' } }))
  const client = await dial(t, gateway.port, 'a.test')
  client.socket.write('hello')
  const peer = await endpoint.peer()
  await until('all of it', () => peer.bytes.endsWith('hello'))
  t.match(peer.bytes, /^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\nhello$/)

  const address = await startPassed(t)
  const again = await startGateway(t, ending(address, { upstream: { tls: { ca: ca.certFile, serverName: 'passed.test' } } }))
  const through = await dial(t, again.port, 'a.test')
  await until('it', () => through.text === 'passed')
})

t.test('the log says TLS, the name, and what was agreed upon', async (t) => {
  const file = `${t.testdir({})}/access.log`
  const endpoint = await plainEndpoint(t)
  const accessLog = { file, fields: ['protocol', 'host', 'route', 'status', 'sni', 'tlsVersion', 'bytesIn', 'bytesOut'] }
  const gateway = await startGateway(t, ending(endpoint.address, { top: { accessLog } }))
  const client = await dial(t, gateway.port, 'a.test')
  const peer = await endpoint.peer()
  client.socket.end('12345')
  await until('the end', () => peer.ended)
  peer.socket.end('123')
  await nothingRuns(t, gateway)
  await gateway.gateway.close()
  t.strictSame(JSON.parse(readFileSync(file, 'utf8')), {
    protocol: 'TLS',
    host: 'a.test',
    route: 'a',
    status: 0,
    sni: 'a.test',
    tlsVersion: 'TLSv1.3',
    bytesIn: 5,
    bytesOut: 3,
  })
})

t.test('a refused route closes it', async (t) => {
  const gateway = await startGateway(
    t,
    ending('127.0.0.1:1', { route: { to: undefined, filters: [{ respond: { reason: 'invalid-reference' } }] } }),
  )
  const client = await dial(t, gateway.port, 'a.test')
  await until('the end', () => client.ended)
  t.equal(await gateway.metric('rejected_total', { reason: 'invalid-reference' }), 1)
})

t.test('draining ends it', async (t) => {
  const endpoint = await plainEndpoint(t)
  const gateway: TestGateway = await startGateway(t, ending(endpoint.address))
  const client = await dial(t, gateway.port, 'a.test')
  await endpoint.peer()
  await gateway.gateway.drain(50)
  await until('the end', () => client.ended)
})
