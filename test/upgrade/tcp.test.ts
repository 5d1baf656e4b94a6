// Listeners with protocol tcp: bytes to and from an endpoint.

import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { GatewayConfigInput } from '../../src/index.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { deadAddress } from '../support/raw-endpoint.ts'
import { startTunnelEndpoint, type TunnelEndpoint } from '../support/tunnel-endpoint.ts'
import { pause, until } from '../support/until.ts'
import { nothingRuns } from './scene.ts'

interface Changes {
  readonly endpoints?: number
  readonly dead?: boolean
  readonly listener?: object
  readonly route?: object
  readonly upstream?: object
  readonly top?: object
}

function tcpConfig(addresses: readonly string[], { listener, route, upstream, top }: Changes = {}): GatewayConfigInput {
  return {
    listeners: [{ name: 'web', bind: '127.0.0.1:0', protocol: 'tcp', ...listener }],
    routes: [{ name: 'all', listeners: ['web'], to: 'all', ...route }],
    upstreams: { all: { discovery: { static: [...addresses] }, ejection: 'off', ...upstream } },
    ...top,
  } as GatewayConfigInput
}

interface Scene {
  readonly gateway: TestGateway
  readonly endpoint: TunnelEndpoint
  readonly endpoints: readonly TunnelEndpoint[]
}

function tcpScene(name: string, changes: Changes, body: (t: Test, scene: Scene) => Promise<void>): void {
  t.test(name, async (t) => {
    const endpoints: TunnelEndpoint[] = []
    for (let i = 0; i < (changes.endpoints ?? 1); i++) endpoints.push(await startTunnelEndpoint(t))
    for (const endpoint of endpoints) endpoint.heads = false
    const addresses = endpoints.map(({ address }) => address)
    if (changes.dead === true) addresses.unshift(await deadAddress())
    const gateway = await startGateway(t, tcpConfig(addresses, changes))
    await body(t, { gateway, endpoint: endpoints[0] as TunnelEndpoint, endpoints })
    gateway.closeClients()
    for (const { peers } of endpoints) for (const { socket } of peers) socket.end()
    await nothingRuns(t, gateway)
  })
}

tcpScene(
  'a route that is refused closes its connections',
  { route: { to: undefined, filters: [{ respond: { reason: 'invalid-reference' } }] } },
  async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    await until('its end', () => client.ended)
    t.equal(client.rest, '')
    t.equal(endpoint.peers.length, 0)
    t.equal(await gateway.metric('rejected_total', { reason: 'invalid-reference' }), 1)
    t.equal(await gateway.metric('requests_total', { route: 'all', code: '500' }), 1)
  },
)

tcpScene('who speaks first does not matter', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  const peer = await endpoint.peer()
  peer.send('220 ready\r\n')
  await until('the greeting', () => client.rest === '220 ready\r\n')
  client.send('HELO\r\n')
  await peer.got('HELO\r\n')
  const eager = await gateway.client()
  eager.send('GET / HTTP/1.1\r\n\r\n')
  const other = await endpoint.peer(1)
  await other.got('GET / HTTP/1.1\r\n\r\n')
  t.equal(await gateway.metric('connections', { listener: 'web' }), 2)
  t.equal(await gateway.metric('requests_in_flight', { upstream: 'all' }), 2)
})

tcpScene('half-closed in either direction', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  const peer = await endpoint.peer()
  client.send('question')
  client.fin()
  await until('the FIN', () => peer.ended)
  await peer.got('question')
  peer.socket.end('answer')
  await client.end()
  t.equal(client.rest, 'answer')
  t.equal(client.error, '')
  await until('the end', () => peer.closed)
  t.equal(peer.error, '')

  const second = await gateway.client()
  const other = await endpoint.peer(1)
  other.socket.end('bye')
  await second.end()
  second.send('wait')
  await other.got('wait')
  second.fin()
  await until('the end', () => other.closed && second.closed)
  t.equal(second.error, '')
})

tcpScene('a FIN that came before the connection stood', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  client.send('all I have')
  client.fin()
  const peer = await endpoint.peer()
  await until('all of it', () => peer.ended)
  await peer.got('all I have')
  peer.socket.end('thanks')
  await client.end()
  t.equal(client.rest, 'thanks')
})

tcpScene('a reset travels on', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  const peer = await endpoint.peer()
  client.send('x')
  await peer.got('x')
  client.reset()
  await until('the reset', () => peer.closed)
  t.equal(peer.error, 'ECONNRESET')
  const second = await gateway.client()
  const other = await endpoint.peer(1)
  other.socket.resetAndDestroy()
  await until('the reset', () => second.closed)
  t.equal(second.error, 'ECONNRESET')
})

tcpScene(
  'who cannot be connected is passed over',
  { dead: true, upstream: { balancer: 'first' } },
  async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    client.send('hello')
    const peer = await endpoint.peer()
    await peer.got('hello')
    t.equal(await gateway.metric('attempts_total', { outcome: 'connect-failure' }), 1)
    t.equal(await gateway.metric('attempts_total', { outcome: 'ok' }), 1)
    t.equal(await gateway.metric('retries_total', { result: 'ok' }), 1)
  },
)

t.test('nobody can be connected: closed, counted, logged', async (t) => {
  const file = `${t.testdir({})}/access.log`
  const gateway = await startGateway(t, tcpConfig([await deadAddress()], { top: { accessLog: { file } } }))
  const client = await gateway.client()
  await client.end()
  t.equal(client.received, 0)
  await nothingRuns(t, gateway)
  t.equal(await gateway.metric('rejected_total', { reason: 'connect-failure' }), 1)
  t.equal(await gateway.metric('requests_total', { code: '503' }), 1)
  await gateway.gateway.close()
  const record = JSON.parse(readFileSync(file, 'utf8'))
  t.match(record, { protocol: 'TCP', method: '', path: '', status: 503, reason: 'connect-failure', route: 'all', bytesIn: 0 })
})

t.test('metrics and log of one that went well', async (t) => {
  const file = `${t.testdir({})}/access.log`
  const endpoint = await startTunnelEndpoint(t)
  endpoint.heads = false
  const gateway = await startGateway(t, tcpConfig([endpoint.address], { top: { accessLog: { file } } }))
  const client = await gateway.client()
  const peer = await endpoint.peer()
  client.send('12345')
  await peer.got('12345')
  peer.socket.end('123')
  client.fin()
  await client.end()
  await nothingRuns(t, gateway)
  t.equal(await gateway.metric('requests_total', { code: '', route: 'all', upstream: 'all' }), 1)
  t.equal(await gateway.metric('bytes_total', { direction: 'in' }), 5)
  t.equal(await gateway.metric('bytes_total', { direction: 'out' }), 3)
  await gateway.gateway.close()
  const record = JSON.parse(readFileSync(file, 'utf8'))
  t.match(record, { protocol: 'TCP', status: 0, reason: null, bytesIn: 5, bytesOut: 3, client: '127.0.0.1', listener: 'web' })
  t.match(record.attempts, [{ outcome: 'ok', endpoint: endpoint.address }])
})

tcpScene(
  'limits: a connection waits for its place, or is closed',
  {
    upstream: { limits: { connections: 1, pending: 1 } },
  },
  async (t, { gateway, endpoint }) => {
    const first = await gateway.client()
    const peer = await endpoint.peer()
    const second = await gateway.client()
    second.send('second')
    await until('it to wait', async () => (await gateway.metric('requests_pending')) === 1)
    const third = await gateway.client()
    await third.end()
    t.equal(await gateway.metric('rejected_total', { reason: 'limit-pending' }), 1)
    first.fin()
    peer.socket.end()
    await (await endpoint.peer(1)).got('second')
  },
)

tcpScene('timeout.tunnel', { route: { timeout: { tunnel: '10s' } } }, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  const peer = await endpoint.peer()
  gateway.advance(9000)
  await pause(120)
  peer.send('x')
  await until('it', () => client.rest === 'x')
  gateway.advance(9000)
  await pause(120)
  t.notOk(client.ended)
  gateway.advance(2000)
  await until('its end', () => client.ended && peer.ended)
  t.equal(await gateway.metric('rejected_total', { reason: 'tunnel-timeout' }), 1)
})

tcpScene(
  'the same client, the same endpoint',
  {
    endpoints: 4,
    upstream: { balancer: { type: 'maglev' } },
  },
  async (t, { gateway, endpoints }) => {
    for (let i = 0; i < 8; i++) await gateway.client()
    await until('all of them', () => endpoints.reduce((sum, { peers }) => sum + peers.length, 0) === 8)
    t.equal(Math.max(...endpoints.map(({ peers }) => peers.length)), 8)
  },
)

tcpScene('weights of several upstreams, turns of endpoints', { endpoints: 2 }, async (t, { gateway, endpoints }) => {
  for (let i = 0; i < 6; i++) await gateway.client()
  await until('all of them', () => endpoints.every(({ peers }) => peers.length === 3))
  t.pass()
})

tcpScene('bytes wait for who is slow', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  const peer = await endpoint.peer()
  const piece = Buffer.alloc(1 << 20, 'x')
  for (const [from, to] of [
    [peer.socket, client.socket],
    [client.socket, peer.socket],
  ] as const) {
    let received = 0
    to.removeAllListeners('data')
    to.pause()
    for (let i = 0; i < 32; i++) from.write(piece)
    await until('the sender to be held back', async () => {
      const before = from.writableLength
      await pause(30)
      return before > 8 << 20 && before === from.writableLength
    })
    to.on('data', (bytes) => {
      received += bytes.length
    })
    to.resume()
    await until('all of it', () => received === 32 << 20)
  }
  t.pass()
})

t.test('a connection outlives reloads, not the end of a drain', async (t) => {
  const endpoint = await startTunnelEndpoint(t)
  endpoint.heads = false
  const gateway = await startGateway(t, tcpConfig([endpoint.address]))
  const client = await gateway.client()
  const peer = await endpoint.peer()
  await gateway.gateway.apply(tcpConfig([await deadAddress()], { listener: { name: 'else' }, route: { listeners: ['else'] } }))
  client.send('still')
  await peer.got('still')
  await gateway.gateway.drain(100)
  await until('the end', () => client.ended && peer.ended)
  t.pass()
})

t.test('an ejected endpoint is left out', async (t) => {
  const endpoint = await startTunnelEndpoint(t)
  endpoint.heads = false
  const addresses = [await deadAddress(), endpoint.address]
  const gateway = await startGateway(t, tcpConfig(addresses, { upstream: { balancer: 'first', ejection: {} } }))
  for (let i = 0; i < 4; i++) {
    await gateway.client()
    await endpoint.peer(i)
  }
  t.equal(await gateway.metric('attempts_total', { outcome: 'connect-failure' }), 1)
})
