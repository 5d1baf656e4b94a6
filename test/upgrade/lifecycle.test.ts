// Tunnels among everything else: counting, balancing, limits, time, retries, reloads, draining.

import { readFileSync } from 'node:fs'
import t from 'tap'
import { configOf, startGateway } from '../support/gateway.ts'
import { deadAddress } from '../support/raw-endpoint.ts'
import { startTunnelEndpoint } from '../support/tunnel-endpoint.ts'
import { pause, until } from '../support/until.ts'
import { HANDSHAKE, nothingRuns, openTunnel, tunnelScene } from './scene.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

t.test('a tunnel is counted while it is open, and logged when it ends', async (t) => {
  const file = `${t.testdir({})}/access.log`
  const endpoint = await startTunnelEndpoint(t)
  const gateway = await startGateway(t, configOf([endpoint.address], { top: { accessLog: { file } } }))
  const [client, peer] = await openTunnel(gateway, endpoint)
  t.equal(await gateway.metric('requests_in_flight', { upstream: 'all' }), 1)
  t.equal(await gateway.metric('upstream_connections', { state: 'active' }), 1)
  t.equal(await gateway.metric('requests_total', { code: '101', route: 'all' }), 1, 'as soon as it is one')
  t.equal(await gateway.metric('attempts_total', { outcome: 'ok' }), 1)
  t.equal(await gateway.metric('request_duration_seconds_count'), 1)
  const out = await gateway.metric('bytes_total', { direction: 'out' })
  const come = await gateway.metric('bytes_total', { direction: 'in' })
  peer.send('x'.repeat(1000))
  client.send('y'.repeat(500))
  await until('both', () => client.rest.length === 1000 && peer.bytes.length === 500)
  t.equal((await gateway.metric('bytes_total', { direction: 'out' })) - out, 1000, 'while it is open')
  t.equal((await gateway.metric('bytes_total', { direction: 'in' })) - come, 500)
  gateway.advance(5000)
  peer.socket.end()
  client.fin()
  await nothingRuns(t, gateway)
  t.equal(await gateway.metric('requests_total'), 1)
  t.equal(await gateway.metric('request_duration_seconds_count'), 1)
  t.equal(await gateway.metric('attempts_total'), 1)
  t.equal((await gateway.metric('bytes_total', { direction: 'out' })) - out, 1000)
  await gateway.gateway.close()
  const [line] = readFileSync(file, 'utf8').trim().split('\n')
  const record = JSON.parse(line as string)
  t.match(record, { status: 101, reason: null, route: 'all', upstream: 'all', endpoint: endpoint.address, path: '/socket' })
  t.match(record.attempts, [{ outcome: 'ok', status: 101 }])
  t.ok(record.durationMs >= 5000)
  t.ok(record.bytesIn > 500 && record.bytesOut > 1000)
})

tunnelScene(
  'least-requests goes by the tunnels that are open',
  {
    endpoints: 2,
    upstream: { balancer: 'least-requests' },
  },
  async (t, { gateway, endpoints }) => {
    const clients = []
    for (let i = 0; i < 6; i++) {
      const client = await gateway.client()
      client.request('GET /', HANDSHAKE)
      await until('the 101', () => client.interim.length === 1)
      clients.push(client)
    }
    t.strictSame(
      endpoints.map(({ peers }) => peers.length),
      [3, 3],
    )
  },
)

tunnelScene(
  'a tunnel is a connection of the upstream',
  {
    upstream: { limits: { connections: 1, pending: 1 } },
  },
  async (t, { gateway, endpoint }) => {
    const [client, peer] = await openTunnel(gateway, endpoint)
    const waiting = await gateway.client()
    waiting.request('GET /', HANDSHAKE)
    await until('it to wait', async () => (await gateway.metric('requests_pending')) === 1)
    t.equal((await (await gateway.client()).ask('GET /', HANDSHAKE)).fields['x-headgate-reason'], 'limit-pending')
    client.fin()
    peer.socket.end()
    await until('its turn', () => waiting.interim.length === 1)
    t.equal(endpoint.peers.length, 2)
  },
)

tunnelScene('a connection that was a tunnel serves nobody else', {}, async (t, { gateway, endpoint }) => {
  const [client, peer] = await openTunnel(gateway, endpoint)
  peer.socket.end()
  client.fin()
  await until('the end', () => client.closed && peer.closed)
  await openTunnel(gateway, endpoint)
  t.equal(endpoint.peers.length, 2)
  t.equal(await gateway.metric('upstream_connections', { state: 'idle' }), 0)
})

tunnelScene(
  'nothing but the idle time limits it',
  {
    route: { timeout: { request: '2s', attempt: '1s', idle: '3s', tunnel: '1m' } },
  },
  async (t, { gateway, endpoint }) => {
    const [client, peer] = await openTunnel(gateway, endpoint)
    for (let i = 0; i < 4; i++) {
      gateway.advance(50_000)
      await pause(120)
      if (i % 2 === 0) client.send('x')
      else peer.send('y')
      await until('it', () => client.rest.length + peer.bytes.length === i + 1)
    }
    t.notOk(client.closed)
    gateway.advance(61_000)
    await until('its end', () => client.ended && peer.ended)
    t.equal(client.error, '')
    t.equal(await gateway.metric('rejected_total', { reason: 'tunnel-timeout' }), 1)
  },
)

tunnelScene('an hour by default', {}, async (t, { gateway, endpoint }) => {
  const [client] = await openTunnel(gateway, endpoint)
  gateway.advance(HOUR - MINUTE)
  await pause(150)
  t.notOk(client.closed)
  gateway.advance(2 * MINUTE)
  await until('its end', () => client.ended)
})

tunnelScene('off: for ever', { route: { timeout: { tunnel: 'off' } } }, async (t, { gateway, endpoint }) => {
  const [client] = await openTunnel(gateway, endpoint)
  gateway.advance(100 * HOUR)
  await pause(150)
  t.notOk(client.closed)
})

tunnelScene('of one that is half closed the usual idle time is enough', {}, async (_t, { gateway, endpoint }) => {
  const [client, peer] = await openTunnel(gateway, endpoint)
  peer.socket.end()
  await client.end()
  gateway.advance(2 * MINUTE)
  await until('its end', () => peer.closed)
  const [second, other] = await openTunnel(gateway, endpoint)
  second.fin()
  await until('the FIN', () => other.ended)
  gateway.advance(2 * MINUTE)
  await until('its end', () => second.ended)
})

tunnelScene('who does not read for too long is given up', {}, async (_t, { gateway, endpoint }) => {
  const [client, peer] = await openTunnel(gateway, endpoint)
  client.socket.pause()
  const piece = Buffer.alloc(1 << 20)
  for (let i = 0; i < 32; i++) peer.socket.write(piece)
  await until('the client to be full', async () => {
    const before = peer.socket.writableLength
    await pause(30)
    return before > 0 && before === peer.socket.writableLength
  })
  gateway.advance(31_000)
  await until('the end of the client', () => peer.closed)

  const [second, other] = await openTunnel(gateway, endpoint)
  other.socket.pause()
  for (let i = 0; i < 32; i++) second.socket.write(piece)
  await until('the endpoint to be full', async () => {
    const before = second.socket.writableLength
    await pause(30)
    return before > 0 && before === second.socket.writableLength
  })
  gateway.advance(61_000)
  await until('the end of the endpoint', () => second.closed)
})

t.test('before the 101 it is tried elsewhere, after it never', async (t) => {
  const [one, two] = [await startTunnelEndpoint(t), await startTunnelEndpoint(t)]
  const addresses = [await deadAddress(), one.address, two.address]
  const gateway = await startGateway(t, configOf(addresses, { upstream: { balancer: 'first' }, route: { retry: {} } }))
  one.answer = 'HTTP/1.1 503 x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'
  const client = await gateway.client()
  client.request('GET /', HANDSHAKE)
  await until('the 101', () => client.interim.length === 1)
  t.equal(one.peers.length, 1)
  const peer = await two.peer()
  peer.socket.resetAndDestroy()
  await until('the end', () => client.closed)
  t.equal(client.responses.length, 0)
  t.equal(one.peers.length + two.peers.length, 2)
  await nothingRuns(t, gateway)
})

t.test('a copy of the traffic has no tunnels', async (t) => {
  const [main, shadow] = [await startTunnelEndpoint(t), await startTunnelEndpoint(t)]
  const config = configOf([main.address], { route: { mirror: { upstream: 'shadow' } } })
  const gateway = await startGateway(t, {
    ...config,
    upstreams: { ...config.upstreams, shadow: { discovery: { static: [shadow.address] } } },
  })
  await openTunnel(gateway, main)
  await pause(20)
  t.equal(shadow.peers.length, 0)
})

t.test('a tunnel outlives what it was made from', async (t) => {
  const [one, two] = [await startTunnelEndpoint(t), await startTunnelEndpoint(t)]
  const gateway = await startGateway(t, configOf([one.address]))
  const [client, peer] = await openTunnel(gateway, one)
  const alive = async (what: string): Promise<void> => {
    const before = [client.rest.length, peer.bytes.length] as const
    client.send('.')
    peer.send('.')
    await until(what, () => client.rest.length === before[0] + 1 && peer.bytes.length === before[1] + 1)
  }
  await gateway.apply(configOf([one.address]))
  await alive('an unchanged configuration')
  await gateway.apply(configOf([two.address]))
  await alive('another endpoint')
  t.equal(await gateway.metric('requests_in_flight'), 1)
  await gateway.apply({
    ...configOf([two.address]),
    routes: [{ name: 'else', to: 'else' }],
    upstreams: { else: { discovery: { static: [two.address] } } },
  })
  await alive('another route and upstream')
  const other = configOf([two.address], { listener: { name: 'other' } })
  await gateway.gateway.apply(other)
  await alive('another listener')
  client.fin()
  peer.socket.end()
  await nothingRuns(t, gateway)
})

t.test('draining waits for tunnels, but not beyond its time', async (t) => {
  const endpoint = await startTunnelEndpoint(t)
  const gateway = await startGateway(t, configOf([endpoint.address]))
  const [client, peer] = await openTunnel(gateway, endpoint)
  const done = gateway.gateway.drain(400)
  await pause(150)
  client.send('still')
  await peer.got('still')
  t.notOk(client.closed)
  await done
  await until('the end of both', () => client.ended && peer.ended)

  const second = await startGateway(t, configOf([endpoint.address]))
  const [early, other] = await openTunnel(second, endpoint)
  const waiting = second.gateway.drain(60_000)
  early.fin()
  other.socket.end()
  await waiting
  t.pass('who ends by itself is not waited for')
})
