// Endpoints that die in the middle of an answer: whatever the two sides speak, no client may take half of it for all.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import t, { type Test } from 'tap'
import { authority, type Issued } from '../support/certificates.ts'
import { configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { ERRORS, FLAG, FRAME, type Frame, frame, hpack, settings, uint32 } from '../support/http2-frames.ts'
import { RawHttp2, request } from '../support/http2-raw.ts'
import { RawHttp2Connection } from '../support/http2-raw-endpoint.ts'
import { secureClient } from '../support/secure-client.ts'
import { until } from '../support/until.ts'

const PART = 'x'.repeat(70_000)

type Cut = (socket: Socket) => void

const h1 =
  (head: string, end: Cut): Cut =>
  (socket) => {
    socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n${head}`, () => setTimeout(end, 20, socket)))
  }

const h2 =
  (fields: readonly (readonly [string, string])[], ...end: readonly ((stream: number) => Buffer)[]): Cut =>
  (socket) => {
    const connection = new RawHttp2Connection(socket)
    const seen = ({ type, flags, stream }: Frame) => {
      if (type === FRAME.SETTINGS && (flags & FLAG.ACK) === 0) connection.send(frame(FRAME.SETTINGS, FLAG.ACK, 0))
      if (type !== FRAME.HEADERS) return
      connection.send(
        frame(FRAME.HEADERS, FLAG.END_HEADERS, stream, hpack([[':status', '200'], ...fields])),
        ...Array.from({ length: 7 }, () => frame(FRAME.DATA, 0, stream, PART.slice(0, 10_000))),
      )
      setTimeout(() => {
        if (end.length === 0) socket.destroy()
        else connection.send(...end.map((make) => make(stream)))
      }, 20)
    }
    connection.send(settings())
    socket.on('data', (bytes: Buffer) => connection.feed(bytes, seen))
  }

const reset = (code: number) => (stream: number) => frame(FRAME.RST_STREAM, 0, stream, uint32(code))
const goAway = (last: number, code: number) => () => frame(FRAME.GOAWAY, 0, 0, Buffer.concat([uint32(last), uint32(code)]))

const CUTS: readonly [what: string, protocol: string, cut: Cut][] = [
  ['HTTP/1.1, content-length, FIN', 'http1', h1(`content-length: 100000\r\n\r\n${PART}`, (s) => s.end())],
  ['HTTP/1.1, content-length, destroyed', 'http1', h1(`content-length: 100000\r\n\r\n${PART}`, (s) => s.destroy())],
  ['HTTP/1.1, chunks, FIN', 'http1', h1(`transfer-encoding: chunked\r\n\r\n11170\r\n${PART}\r\n`, (s) => s.end())],
  ['HTTP/1.1, in a chunk, FIN', 'http1', h1(`transfer-encoding: chunked\r\n\r\n21170\r\n${PART}`, (s) => s.end())],
  ['HTTP/1.1, half a last chunk', 'http1', h1(`transfer-encoding: chunked\r\n\r\n11170\r\n${PART}\r\n0\r\n`, (s) => s.end())],
  ['HTTP/1.1, a wrong chunk', 'http1', h1(`transfer-encoding: chunked\r\n\r\n11170\r\n${PART}\r\nzz\r\n`, () => {})],
  ['HTTP/2, destroyed', 'h2', h2([])],
  ['HTTP/2, content-length, destroyed', 'h2', h2([['content-length', '100000']])],
  ['HTTP/2, INTERNAL_ERROR', 'h2', h2([], reset(ERRORS.INTERNAL_ERROR))],
  ['HTTP/2, NO_ERROR', 'h2', h2([], reset(ERRORS.NO_ERROR))],
  ['HTTP/2, CANCEL', 'h2', h2([], reset(ERRORS.CANCEL))],
  ['HTTP/2, REFUSED_STREAM', 'h2', h2([], reset(ERRORS.REFUSED_STREAM))],
  ['HTTP/2, GOAWAY with an error', 'h2', h2([], goAway(2 ** 31 - 1, ERRORS.INTERNAL_ERROR))],
  ['HTTP/2, GOAWAY that forgets it', 'h2', h2([], goAway(0, ERRORS.NO_ERROR), reset(ERRORS.NO_ERROR))],
  [
    'HTTP/2, content-length, ended too early',
    'h2',
    h2([['content-length', '100000']], (s) => frame(FRAME.DATA, FLAG.END_STREAM, s)),
  ],
  ['HTTP/2, a frame of rubbish', 'h2', h2([], () => frame(FRAME.PING, 0, 0, 'short'))],
]

async function start(t: Test, cut: Cut, tls: Issued | null): Promise<string> {
  const sockets = new Set<Socket>()
  const serve = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    cut(socket)
  }
  const server: Server =
    tls === null
      ? createServer({ noDelay: true, allowHalfOpen: true }, serve)
      : createTlsServer({ cert: tls.cert, key: tls.key, ALPNProtocols: ['h2', 'http/1.1'], noDelay: true }, serve)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

interface Verdict {
  /** What the client has at its end: 'whole' is what it must never be. */
  end: string
  bytes: number
}

type Client = (t: Test, gateway: TestGateway) => Promise<Verdict>

const http1 =
  (tls: boolean, line: string): Client =>
  async (t, gateway) => {
    const client = tls ? (await secureClient(t, gateway.ports.safe as number)).client : await gateway.client()
    client.request(line, ['host: a.test'])
    await until('an end', () => client.closed || client.ended || client.responses.some(({ complete }) => complete))
    if (line.endsWith('1.0')) {
      await until('the close', () => client.closed)
      return { end: client.error === '' ? 'whole' : 'cut', bytes: client.received }
    }
    return { end: client.responses.some(({ complete }) => complete) ? 'whole' : 'cut', bytes: client.received }
  }

const http2 =
  (tls: boolean): Client =>
  async (t, gateway) => {
    const client = await RawHttp2.open((tls ? gateway.ports.safe : gateway.port) as number, { tls })
    t.teardown(() => client.destroy())
    const id = client.headers(request({ ':scheme': tls ? 'https' : 'http', ':authority': 'a.test' }))
    await until('an end', () => client.closed || client.ended(id) || client.resetCode(id) !== null)
    return { end: client.ended(id) ? 'whole' : `reset ${client.resetCode(id)}`, bytes: client.body(id).length }
  }

const CLIENTS: readonly [what: string, client: Client][] = [
  ['HTTP/1.1', http1(false, 'GET / HTTP/1.1')],
  ['HTTP/1.0', http1(false, 'GET / HTTP/1.0')],
  ['HTTP/1.1 over TLS', http1(true, 'GET / HTTP/1.1')],
  ['HTTP/2', http2(false)],
  ['HTTP/2 over TLS', http2(true)],
]

const ca = authority(t)
const own = ca.issue({ sans: ['DNS:a.test', 'IP:127.0.0.1'] })
for (const [i, [what, protocol, cut]] of CUTS.entries()) {
  for (const secure of i % 3 === 0 ? [false, true] : [false]) {
    t.test(`${what}${secure ? ', over TLS' : ''}`, async (t) => {
      const address = await start(t, cut, secure ? own : null)
      const upstream = { protocol, ...(secure ? { tls: { ca: ca.certFile } } : {}) }
      const listener = {
        name: 'safe',
        bind: '127.0.0.1:0',
        protocol: 'https',
        tls: { certificates: [{ cert: own.certFile, key: own.keyFile }] },
      }
      const config = configOf([address], { upstream })
      const gateway = await startGateway(t, { ...config, listeners: [...(config.listeners ?? []), listener] } as typeof config)
      for (const [who, client] of CLIENTS) {
        const { end, bytes } = await client(t, gateway)
        t.not(end, 'whole', who)
        t.ok(bytes >= 10_000, `what had come by then is passed on: ${bytes}`)
        await until('its place to be free', async () => (await gateway.metric('requests_in_flight')) === 0)
      }
    })
  }
}
