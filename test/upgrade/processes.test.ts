// Tunnels in real worker processes: a reload leaves them alone, the end of a drain does not.

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { simpleConfig, startGateway, until } from '../supervisor/gateway-process.ts'

t.test('reload and SIGTERM', async (t) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', (socket) => {
    socket.on('error', () => {})
    socket.on('message', (data, binary) => socket.send(data, { binary }))
  })
  await once(server, 'listening')
  t.teardown(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const config = (more: object) => simpleConfig(endpoint, { workers: 2, drain: { timeout: '500ms' }, ...more })
  const gateway = await startGateway(t, config({}))
  const sockets = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const socket = new WebSocket(gateway.url('/').replace('http', 'ws'))
      t.teardown(() => socket.terminate())
      await once(socket, 'open')
      return socket
    }),
  )
  const echo = async (text: string): Promise<void> => {
    await Promise.all(
      sockets.map(async (socket) => {
        socket.send(text)
        t.equal(String((await once(socket, 'message'))[0]), text)
      }),
    )
  }
  await echo('before')
  await gateway.write(
    config({
      routes: [{ name: 'other', filters: [{ respond: { status: 200, body: 'other' } }] }],
      upstreams: {},
    }),
  )
  gateway.kill('SIGHUP')
  await until(async () => (await (await fetch(gateway.url('/'))).text()) === 'other')
  await echo('after')
  const closed = Promise.all(sockets.map((socket) => once(socket, 'close')))
  gateway.kill('SIGTERM')
  await closed
  t.same(await gateway.exited, { code: 0, signal: null })
})
