// A tunnel from its 101 to its end, on raw sockets.

import { pause, until } from '../support/until.ts'
import { HANDSHAKE, openTunnel, tunnelScene } from './scene.ts'

tunnelScene('bytes pass in both directions, whatever they are', {}, async (t, { gateway, endpoint }) => {
  const [client, peer] = await openTunnel(gateway, endpoint)
  t.match(peer.head, /^GET \/socket HTTP\/1\.1\r\n/)
  t.match(peer.head, /\r\nconnection: Upgrade\r\nupgrade: websocket\r\n/)
  t.match(peer.head, /\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n/)
  t.equal(peer.head.match(/upgrade:/gi)?.length, 1)
  t.strictSame(client.interim[0]?.status, 101)
  t.equal(client.interim[0]?.fields.upgrade, 'websocket')
  t.equal(client.interim[0]?.fields.connection?.toLowerCase(), 'upgrade')
  client.send('GET /admin HTTP/1.1\r\nhost: a\r\n\r\n\x00\xff')
  await peer.got('GET /admin HTTP/1.1\r\nhost: a\r\n\r\n\x00\xff')
  peer.send('\x81\x05hello')
  await until('the answer', () => client.rest === '\x81\x05hello')
})

tunnelScene('what the endpoint says with its 101 follows it', {}, async (t, { gateway, endpoint }) => {
  endpoint.answer =
    'HTTP/1.1 101 Web Socket\r\nupgrade: WebSocket\r\nConnection: x-y, UPGRADE\r\nX-Y: 1\r\nX-Z: 2\r\n\r\n\x81\x02hi'
  const [client] = await openTunnel(gateway, endpoint)
  await until('the first frame', () => client.rest === '\x81\x02hi')
  t.equal(client.interim[0]?.line, 'HTTP/1.1 101 Web Socket')
  t.equal(client.interim[0]?.fields['x-y'], undefined, 'hop by hop')
  t.equal(client.interim[0]?.fields['x-z'], '2')
})

tunnelScene('frames sent before the 101 wait for it', {}, async (t, { gateway, endpoint }) => {
  endpoint.answer = null
  const client = await gateway.client()
  client.request('GET /', HANDSHAKE, 'early')
  const peer = await endpoint.peer()
  const before = await gateway.metric('bytes_total', { direction: 'in' })
  client.send(' bird')
  await until('it', async () => (await gateway.metric('bytes_total', { direction: 'in' })) === before + 5)
  t.equal(peer.bytes, '')
  peer.send('HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
  await peer.got('early bird')
})

tunnelScene('no more than 64 KiB wait, the rest is not read', {}, async (t, { gateway, endpoint }) => {
  endpoint.answer = null
  const client = await gateway.client()
  client.request('GET /', HANDSHAKE)
  const peer = await endpoint.peer()
  const piece = 'x'.repeat(1 << 20)
  for (let i = 0; i < 16; i++) client.send(piece)
  await until('it to be held back', async () => {
    const before = await gateway.metric('bytes_total', { direction: 'in' })
    await pause(20)
    return before > 65536 && before === (await gateway.metric('bytes_total', { direction: 'in' }))
  })
  t.ok((await gateway.metric('bytes_total', { direction: 'in' })) < 65536 * 3)
  t.equal(peer.bytes, '')
  peer.send('HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
  await until('all of it', () => peer.bytes.length === 16 << 20)
})

tunnelScene('each direction ends by itself', { endpoints: 1 }, async (t, { gateway, endpoint }) => {
  const [client, peer] = await openTunnel(gateway, endpoint)
  client.send('last words')
  client.fin()
  await until('the FIN', () => peer.ended)
  await peer.got('last words')
  peer.send('still here')
  await until('the answer', () => client.rest === 'still here')
  t.equal(client.ended, false)
  peer.socket.end('goodbye')
  await client.end()
  t.equal(client.rest, 'still heregoodbye')
  t.equal(client.error, '')

  const [second, other] = await openTunnel(gateway, endpoint)
  other.socket.end('first')
  await second.end()
  t.equal(second.rest, 'first')
  second.send('and now me')
  await other.got('and now me')
  t.equal(other.ended, false)
  second.fin()
  await until('the FIN', () => other.ended && other.closed)
  t.equal(other.error, '')
})

tunnelScene('who is gone takes the other one along', {}, async (t, { gateway, endpoint }) => {
  const [client, peer] = await openTunnel(gateway, endpoint)
  client.reset()
  await until('the endpoint to see it', () => peer.closed)
  t.equal(peer.error, 'ECONNRESET')

  const [second, other] = await openTunnel(gateway, endpoint)
  other.socket.resetAndDestroy()
  await until('the client to see it', () => second.closed)
  t.equal(second.error, 'ECONNRESET')
})

tunnelScene('who does not read is waited for, with bounded memory', {}, async (t, { gateway, endpoint }) => {
  const [client, peer] = await openTunnel(gateway, endpoint)
  const piece = Buffer.alloc(1 << 20, 'x')
  for (const [from, to] of [
    [peer.socket, client.socket],
    [client.socket, peer.socket],
  ] as const) {
    let received = 0
    to.removeAllListeners('data')
    to.setEncoding()
    to.pause()
    for (let i = 0; i < 32; i++) from.write(piece)
    // What is not here lies in the buffers of four sockets.
    await steady('the sender to be held back', () => from.writableLength)
    t.ok(from.writableLength > 8 << 20, `${from.writableLength}`)
    to.on('data', (bytes) => {
      received += bytes.length
    })
    to.resume()
    await until('all of it', () => received === 32 << 20)
  }
})

/** Waits until a number above 0 stays the same for a while. */
async function steady(what: string, number: () => number): Promise<void> {
  await until(what, async () => {
    const before = number()
    await pause(30)
    return before > 0 && before === number()
  })
}
