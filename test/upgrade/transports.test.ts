// Tunnels over what is not plain TCP: TLS towards clients and endpoints, unix sockets.

import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { authority } from '../support/certificates.ts'
import { configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { until } from '../support/until.ts'
import { HANDSHAKE, nothingRuns } from './scene.ts'

const ca = authority(t)
const { cert, key, certFile, keyFile } = ca.issue({ sans: ['DNS:a.test', 'IP:127.0.0.1'] })

async function startEcho(t: Test, tls: boolean): Promise<{ address: string; server: WebSocketServer }> {
  const http = tls ? createHttpsServer({ cert, key }) : createHttpServer()
  const server = new WebSocketServer({ server: http })
  server.on('connection', (socket) => {
    socket.on('error', () => {})
    socket.on('message', (data, binary) => socket.send(data, { binary }))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const client of server.clients) client.terminate()
    http.close()
  })
  return { address: `127.0.0.1:${(http.address() as AddressInfo).port}`, server }
}

async function dial(t: Test, gateway: TestGateway): Promise<WebSocket> {
  const socket = new WebSocket(`wss://127.0.0.1:${gateway.port}/`, { ca: ca.cert, perMessageDeflate: false })
  t.teardown(() => socket.terminate())
  socket.on('error', () => {})
  await once(socket, 'open')
  return socket
}

const HTTPS = { listener: { protocol: 'https', tls: { certificates: [{ cert: certFile, key: keyFile }] } } }

for (const tls of [false, true]) {
  t.test(`wss to ${tls ? 'wss' : 'ws'}`, async (t) => {
    const { address, server } = await startEcho(t, tls)
    const upstream = tls ? { tls: { ca: ca.certFile, serverName: 'a.test' } } : {}
    const gateway = await startGateway(t, configOf([address], { ...HTTPS, upstream }))
    const socket = await dial(t, gateway)
    const large = Buffer.alloc(3 << 20, 'abc')
    for (const data of [Buffer.from('hello'), large]) {
      socket.send(data)
      t.strictSame((await once(socket, 'message'))[0], data)
    }
    socket.close(4002)
    t.equal((await once(socket, 'close'))[0], 4002)
    await nothingRuns(t, gateway)

    const left = await dial(t, gateway)
    const [peer] = server.clients
    left.terminate()
    await once(peer as WebSocket, 'close')
    const broken = await dial(t, gateway)
    const [other] = server.clients
    other?.terminate()
    t.equal((await once(broken, 'close'))[0], 1006)
    await nothingRuns(t, gateway)
  })
}

t.test('draining closes them over TLS too', async (t) => {
  const { address } = await startEcho(t, false)
  const gateway = await startGateway(t, configOf([address], HTTPS))
  const socket = await dial(t, gateway)
  const closed = once(socket, 'close')
  await gateway.gateway.drain(50)
  t.equal((await closed)[0], 1006)
})

t.test('unix sockets on both sides', async (t) => {
  const folder = t.testdir({})
  const [front, back] = [`${folder}/front.sock`, `${folder}/back.sock`]
  const peers: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    peers.push(socket)
    socket.on('error', () => {})
    socket.once('data', () => socket.write('HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'))
  })
  await new Promise<void>((resolve) => server.listen(back, resolve))
  t.teardown(() => server.close())
  const gateway = await startGateway(t, configOf([`unix:${back}`], { listener: { bind: `unix:${front}` } }))
  const open = async (): Promise<{ socket: Socket; text: () => string; over: () => boolean }> => {
    const socket = connect({ path: front, allowHalfOpen: true })
    let text = ''
    let over = false
    socket.on('data', (data) => {
      text += String(data)
    })
    socket.on('error', () => {})
    for (const event of ['end', 'close'])
      socket.on(event, () => {
        over = true
      })
    socket.write(`GET / HTTP/1.1\r\nHost: a.test\r\n${HANDSHAKE.join('\r\n')}\r\n\r\n`)
    await until('the 101', () => text.includes('\r\n\r\n'))
    return { socket, text: () => text, over: () => over }
  }
  const first = await open()
  peers[0]?.write('hi')
  await until('hi', () => first.text().endsWith('hi'))
  // There is no reset here: both ways to break off are an end.
  peers[0]?.destroy()
  await until('the end', first.over)
  first.socket.destroy()
  const second = await open()
  second.socket.destroy()
  await until('the end', () => peers[1]?.readableEnded === true || peers[1]?.destroyed === true)
  peers[1]?.destroy()
  const third = await open()
  await gateway.gateway.drain(50)
  await until('the end', third.over)
  third.socket.destroy()
  for (const peer of peers) peer.destroy()
})
