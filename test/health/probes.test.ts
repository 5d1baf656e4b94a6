// Each kind of probe against real sockets: well, ill, gone, silent, and talking nonsense.

import { once } from 'node:events'
import { createServer as createHttp } from 'node:http'
import { createServer as createHttp2, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { grpcProbe } from '../../src/health/grpc-probe.ts'
import { httpProbe } from '../../src/health/http-probe.ts'
import { http2Probe } from '../../src/health/http2-probe.ts'
import type { ProbeOf } from '../../src/health/probe.ts'
import { tcpProbe } from '../../src/health/tcp-probe.ts'
import type { Place } from '../../src/model/dial.ts'
import { until } from '../support/until.ts'

const HTTP = { path: '/healthz?full=1', host: null, expect: [[200, 399]] as const }
const GRPC = { service: '', host: null }

async function listen(t: Test, server: Server, path?: string): Promise<Place> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(path === undefined ? { port: 0, host: '127.0.0.1' } : { path })
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return path === undefined ? { host: '127.0.0.1', port: (server.address() as AddressInfo).port } : { path }
}

async function nobody(t: Test): Promise<Place> {
  const server = createServer()
  const place = await listen(t, server)
  server.close()
  await once(server, 'close')
  return place
}

/** Everything that the probe says; more than one word is a mistake of the caller to ignore, none a timeout. */
function ask(probeOf: ProbeOf, place: Place): Promise<string> {
  return new Promise((resolve) => {
    let giveUp = (): void => {}
    giveUp = probeOf({ place, tls: null, proxy: null })((failure) => {
      resolve(failure)
      setImmediate(() => giveUp())
    })
  })
}

/** An endpoint that sends these bytes to whoever says something, and ends the connection or not. */
async function saying(t: Test, bytes: string | Buffer, end = true): Promise<Place> {
  return listen(
    t,
    createServer((socket) => {
      socket.on('data', () => {
        if (end) socket.end(bytes)
        else socket.write(bytes)
      })
    }),
  )
}

t.test('http', async (t) => {
  let answer = 200
  const seen: (string | undefined)[][] = []
  const server = createHttp((request, response) => {
    seen.push([request.method, request.url, request.headers.host, request.headers.connection, request.headers['user-agent']])
    response.writeHead(answer).end('x'.repeat(1000))
  })
  const place = await listen(t, server)
  t.equal(await ask(httpProbe(HTTP), place), '')
  t.same(seen, [['GET', '/healthz?full=1', `127.0.0.1:${(place as { port: number }).port}`, 'close', 'headgate']])
  await ask(httpProbe({ ...HTTP, host: 'users.internal' }), place)
  t.equal(seen[1]?.[2], 'users.internal')
  answer = 503
  t.equal(await ask(httpProbe(HTTP), place), 'status 503')
  t.equal(
    await ask(
      httpProbe({
        ...HTTP,
        expect: [
          [200, 200],
          [503, 503],
        ],
      }),
      place,
    ),
    '',
  )
  answer = 302
  t.equal(await ask(httpProbe(HTTP), place), '', 'redirects are answers')
  t.equal(await ask(httpProbe({ ...HTTP, expect: [[200, 299]] }), place), 'status 302')
  t.equal(await ask(httpProbe(HTTP), await nobody(t)), 'connection refused')
  server.close()
})

t.test('http: what is not an answer', async (t) => {
  t.equal(await ask(httpProbe(HTTP), await saying(t, 'SSH-2.0-OpenSSH\r\n')), 'not an HTTP answer')
  t.equal(await ask(httpProbe(HTTP), await saying(t, '')), 'connection closed')
  t.equal(await ask(httpProbe(HTTP), await saying(t, 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf')), 'connection closed')
  t.equal(await ask(httpProbe(HTTP), await saying(t, `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`)), 'answer head too large')
  t.equal(await ask(httpProbe(HTTP), await saying(t, 'HTTP/1.0 200 OK\r\n\r\nto the end')), '', 'until it closes')
  t.match(
    await ask(
      httpProbe(HTTP),
      await saying(t, 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    ),
    /./,
  )
  const early = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n'
  t.equal(await ask(httpProbe(HTTP), await saying(t, early)), 'status 503')
  const reset = await listen(
    t,
    createServer((socket) => socket.on('data', () => socket.resetAndDestroy())),
  )
  t.match(await ask(httpProbe(HTTP), reset), /^connection (reset|closed)$/)
})

t.test('http: of an endless answer only the first of it is read', async (t) => {
  let sent = 0
  let gone = false
  const place = await listen(
    t,
    createServer((socket) => {
      const more = (): void => {
        while (!socket.destroyed && socket.write('1000\r\n'.concat('x'.repeat(4096), '\r\n'))) sent += 4096
      }
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
        more()
      })
      socket.on('drain', more)
      socket.on('close', () => {
        gone = true
      })
    }),
  )
  t.equal(await ask(httpProbe(HTTP), place), '')
  await until('the connection to be closed', () => gone)
  t.ok(sent < 64 * 1024 * 1024)
})

for (const [name, probeOf] of Object.entries({ http: httpProbe(HTTP), http2: http2Probe(HTTP), grpc: grpcProbe(GRPC) })) {
  t.test(`${name}: whoever is silent is given up, and the connection with it`, async (t) => {
    let accepted = 0
    let closed = 0
    const place = await listen(
      t,
      createServer((socket) => {
        accepted++
        socket.resume()
        socket.on('close', () => closed++)
      }),
    )
    const said: string[] = []
    const giveUp = probeOf({ place, tls: null, proxy: null })((failure) => said.push(failure))
    await until('the connection', () => accepted === 1)
    t.same(said, [])
    giveUp()
    giveUp()
    await until('its end', () => closed === 1)
  })

  t.test(`${name}: given up before it is connected`, async (t) => {
    const place = await listen(t, createServer())
    probeOf({ place, tls: null, proxy: null })(() => {})()
    await new Promise((resolve) => setImmediate(resolve))
  })
}

t.test('tcp', async (t) => {
  let closed = 0
  const place = await listen(
    t,
    createServer((socket) => socket.resume().on('close', () => closed++)),
  )
  t.equal(await ask(tcpProbe, place), '')
  await until('the connection to be closed', () => closed === 1)
  t.equal(await ask(tcpProbe, await nobody(t)), 'connection refused')
  t.equal(await ask(tcpProbe, { host: 'nowhere.invalid', port: 80 }), 'name not found')
})

t.test('unix sockets', async (t) => {
  const path = join(tmpdir(), `headgate-probe-${process.pid}.sock`)
  const server = createHttp((request, response) => response.end(request.headers.host))
  const place = await listen(t, server, path)
  t.equal(await ask(httpProbe(HTTP), place), '')
  t.equal(await ask(tcpProbe, place), '')
  t.equal(await ask(tcpProbe, { path: `${path}.no` }), 'no such socket')
  t.equal(await ask(httpProbe(HTTP), { path: `${path}.no` }), 'no such socket')
})

/** An HTTP/2 server that answers like this. */
async function grpc(t: Test, answer: (stream: ServerHttp2Stream, body: Buffer, path: string) => void): Promise<Place> {
  const server: Http2Server = createHttp2()
  server.on('sessionError', () => {})
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => answer(stream, Buffer.concat(chunks), `${headers[':authority']} ${headers[':path']}`))
  })
  return listen(t, server as unknown as Server)
}

const frame = (...bytes: number[]): Buffer => Buffer.from([0, 0, 0, 0, bytes.length, ...bytes])

/** A whole answer: message, then status. */
function reply(stream: ServerHttp2Stream, message: Buffer, status = '0'): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }))
  stream.end(message)
}

t.test('http over HTTP/2', async (t) => {
  let status = 200
  const asked: string[] = []
  const place = await grpc(t, (stream, _body, path) => {
    asked.push(path.replace(/:\d+/, ''))
    stream.respond({ ':status': status })
    stream.end('x'.repeat(100_000))
  })
  t.equal(await ask(http2Probe(HTTP), place), '')
  status = 503
  t.equal(await ask(http2Probe({ ...HTTP, host: 'users.internal' }), place), 'status 503')
  t.same(asked, ['127.0.0.1 /healthz?full=1', 'users.internal /healthz?full=1'])
  t.equal(await ask(http2Probe(HTTP), await nobody(t)), 'connection refused')
  t.equal(await ask(http2Probe(HTTP), await saying(t, 'HTTP/1.1 400 Bad Request\r\n\r\n')), 'not valid HTTP/2')
})

t.test('grpc', async (t) => {
  const asked: string[] = []
  let message = frame(8, 1)
  const place = await grpc(t, (stream, body, path) => {
    asked.push(`${path.replace(/:\d+/, '')} ${body.toString('hex')}`)
    reply(stream, message)
  })
  t.equal(await ask(grpcProbe(GRPC), place), '')
  t.equal(await ask(grpcProbe({ ...GRPC, service: 'shop.Users', host: 'users.internal' }), place), '')
  t.same(asked, [
    '127.0.0.1 /grpc.health.v1.Health/Check 0000000000',
    `users.internal /grpc.health.v1.Health/Check 000000000c0a0a${Buffer.from('shop.Users').toString('hex')}`,
  ])
  for (const [bytes, failure] of [
    [frame(8, 2), 'NOT_SERVING'],
    [frame(8, 3), 'SERVICE_UNKNOWN'],
    [frame(), 'UNKNOWN'],
    [frame(8, 9), 'status 9'],
    [frame(0x12, 1, 65, 8, 1), ''],
    [frame(8), 'not an answer of the health protocol'],
    [frame(0x12, 99, 65), 'not an answer of the health protocol'],
    [Buffer.from('hello'), 'not an answer of the health protocol'],
    [Buffer.alloc(0), 'not an answer of the health protocol'],
    [Buffer.alloc(5000), 'not an answer of the health protocol'],
  ] as const) {
    message = Buffer.from(bytes)
    t.equal(await ask(grpcProbe(GRPC), place), failure, bytes.toString('hex').slice(0, 40))
  }
})

t.test('grpc: other answers', async (t) => {
  const trailersOnly = await grpc(t, (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true })
  })
  t.equal(await ask(grpcProbe(GRPC), trailersOnly), 'grpc-status 12')
  const failing = await grpc(t, (stream) => reply(stream, Buffer.alloc(0), '14'))
  t.equal(await ask(grpcProbe(GRPC), failing), 'grpc-status 14')
  const web = await grpc(t, (stream) => {
    stream.respond({ ':status': 404 })
    stream.end('no')
  })
  t.equal(await ask(grpcProbe(GRPC), web), 'status 404')
  const plain = await grpc(t, (stream) => {
    stream.respond({ ':status': 200 })
    stream.end(frame(8, 1))
  })
  t.equal(await ask(grpcProbe(GRPC), plain), 'not a gRPC answer')
  const reset = await grpc(t, (stream: ServerHttp2Stream) => stream.close(2))
  t.match(await ask(grpcProbe(GRPC), reset), /^Stream closed/)
  t.equal(await ask(grpcProbe(GRPC), await nobody(t)), 'connection refused')
  t.equal(await ask(grpcProbe(GRPC), await saying(t, 'HTTP/1.1 400 Bad Request\r\n\r\n')), 'not valid HTTP/2')
  t.match(await ask(grpcProbe(GRPC), await saying(t, '')), /^connection closed$/)
})
