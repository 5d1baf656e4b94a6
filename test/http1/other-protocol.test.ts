// Endpoints that answer in another protocol than their upstream says: the client and the log get its name.

import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import t, { type Test } from 'tap'
import { otherProtocol } from '../../src/http1/other-protocol.ts'
import { configOf, startGateway } from '../support/gateway.ts'

t.test('by the first bytes', async (t) => {
  t.match(otherProtocol('\x15\x03\x01\x00\x02\x02\x46', ''), 'TLS')
  t.match(otherProtocol('\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03', ''), 'TLS')
  t.match(otherProtocol('\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64', ''), 'HTTP/2')
  t.match(otherProtocol('\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x01', ''), 'HTTP/2')
  for (const other of ['', '\x15', 'HTTP/2 200 OK\r\n', '220 mail.test ESMTP\r\n', '\0\0\0\x04\0\0\0\0\x01'])
    t.equal(otherProtocol(other, 'else'), 'else')
})

async function answerOf(t: Test, server: Server, upstream: object = {}): Promise<object> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => new Promise((closed) => server.close(closed)))
  const { port } = server.address() as AddressInfo
  const gateway = await startGateway(t, configOf([`127.0.0.1:${port}`], { upstream, route: { retry: { attempts: 0 } } }))
  return (await (await fetch(`http://127.0.0.1:${gateway.port}/`)).json()) as object
}

t.test('HTTP/2', async (t) => {
  const detail = 'the endpoint speaks HTTP/2: its upstream needs protocol: h2'
  t.match(await answerOf(t, createHttp2Server() as unknown as Server), { status: 502, code: 'protocol', detail })
})

t.test('TLS', async (t) => {
  const alert = Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46])
  const server = createTcpServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(alert)))
  const detail = 'the endpoint speaks TLS: its upstream needs the key tls'
  t.match(await answerOf(t, server), { status: 502, code: 'protocol', detail })
})

t.test('HTTP/1.1 where HTTP/2 is expected', async (t) => {
  const server = createServer((_request, response) => response.end())
  const detail = 'it does not speak HTTP/2 as it should (ERR_HTTP2_ERROR)'
  t.match(await answerOf(t, server, { protocol: 'h2' }), { status: 503, code: 'connect-failure', detail })
})
