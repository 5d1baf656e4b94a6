// WebSocket as programs use it: a client and a server that are not ours, with the gateway between them and without.

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws'
import { configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { until } from '../support/until.ts'
import { nothingRuns } from './scene.ts'

interface Ends {
  readonly gateway: TestGateway
  readonly server: WebSocketServer
  readonly connect: (options?: ClientOptions, protocols?: string[]) => Promise<WebSocket>
}

/** A server that sends back what it gets; with `/close/CODE` it closes at once. */
async function startEcho(t: Test, deflate = false): Promise<WebSocketServer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: deflate, maxPayload: 8 << 20 })
  server.on('connection', (socket, request) => {
    const code = /^\/close\/(\d+)/.exec(request.url ?? '')?.[1]
    if (code !== undefined) socket.close(Number(code), 'as asked')
    socket.on('error', () => {})
    socket.on('message', (data, binary) => socket.send(data, { binary }))
  })
  await once(server, 'listening')
  t.teardown(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  return server
}

async function ends(t: Test, deflate = false): Promise<Ends> {
  const server = await startEcho(t, deflate)
  const gateway = await startGateway(t, configOf([`127.0.0.1:${(server.address() as AddressInfo).port}`]))
  return {
    gateway,
    server,
    connect: async (options, protocols = []) => {
      const { path = '/', ...rest } = (options ?? {}) as ClientOptions & { path?: string }
      const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`, protocols, { perMessageDeflate: deflate, ...rest })
      t.teardown(() => socket.terminate())
      await once(socket, 'open')
      return socket
    },
  }
}

async function echoed(socket: WebSocket, data: string | Buffer): Promise<string | Buffer> {
  socket.send(data)
  const [answer, binary] = (await once(socket, 'message')) as [Buffer, boolean]
  return binary ? answer : answer.toString()
}

t.test('text, binary, fragments, large messages, pings', async (t) => {
  const { gateway, connect } = await ends(t)
  const socket = await connect()
  t.equal(await echoed(socket, 'hällo'), 'hällo')
  t.strictSame(await echoed(socket, Buffer.from([0, 255, 13, 10])), Buffer.from([0, 255, 13, 10]))
  const large = Buffer.alloc(1 << 20, 'abcdefgh')
  t.strictSame(await echoed(socket, large), large)
  const answer = once(socket, 'message')
  socket.send('one ', { fin: false })
  socket.send('two ', { fin: false })
  socket.send('three', { fin: true })
  t.equal(String((await answer)[0]), 'one two three')
  socket.ping('are you there')
  t.equal(String((await once(socket, 'pong'))[0]), 'are you there')
  let got = 0
  socket.on('message', () => {
    got++
  })
  for (let i = 0; i < 2000; i++) socket.send(`message ${i}`)
  await until('all of them', () => got === 2000)
  socket.close(4001, 'bye')
  const [code, reason] = await once(socket, 'close')
  t.equal(code, 4001)
  t.equal(String(reason), 'bye')
  await nothingRuns(t, gateway)
})

t.test('compression and subprotocols are between the two', async (t) => {
  const { connect, server } = await ends(t, true)
  server.options.handleProtocols = (protocols) => (protocols.has('b') ? 'b' : false)
  const socket = await connect({}, ['a', 'b'])
  t.match(socket.extensions, /permessage-deflate/)
  t.equal(socket.protocol, 'b')
  const text = 'the same again '.repeat(10_000)
  t.equal(await echoed(socket, text), text)
})

t.test('close codes from the server', async (t) => {
  const { gateway, connect } = await ends(t)
  for (const code of [1000, 1001, 1011, 4999]) {
    const socket = await connect({ path: `/close/${code}` } as ClientOptions)
    const [seen, reason] = await once(socket, 'close')
    t.equal(seen, code)
    t.equal(String(reason), 'as asked')
  }
  await nothingRuns(t, gateway)
})

t.test('who breaks off is noticed on the other side', async (t) => {
  const { gateway, connect, server } = await ends(t)
  const socket = await connect()
  const [peer] = server.clients
  socket.terminate()
  await once(peer as WebSocket, 'close')
  const second = await connect()
  const [other] = server.clients
  other?.terminate()
  t.equal((await once(second, 'close'))[0], 1006)
  await nothingRuns(t, gateway)
})

t.test('a hundred at a time keep to themselves', async (t) => {
  const { gateway, connect } = await ends(t)
  const sockets = await Promise.all(Array.from({ length: 100 }, () => connect()))
  t.equal(await gateway.metric('requests_in_flight'), 100)
  t.equal(await gateway.metric('requests_total', { code: '101' }), 100)
  await Promise.all(
    sockets.map(async (socket, i) => {
      for (let n = 0; n < 20; n++) {
        const text = `${i} ${n} ${'x'.repeat(i * n)}`
        if ((await echoed(socket, text)) !== text) t.fail(text)
      }
      socket.close()
      await once(socket, 'close')
    }),
  )
  await nothingRuns(t, gateway)
})

t.test("Node's own client", async (t) => {
  const { gateway } = await ends(t)
  const socket = new globalThis.WebSocket(`ws://127.0.0.1:${gateway.port}/`)
  await once(socket, 'open')
  socket.send('hello')
  const [event] = (await once(socket, 'message')) as [MessageEvent]
  t.equal(event.data, 'hello')
  socket.close()
  await once(socket, 'close')
})
