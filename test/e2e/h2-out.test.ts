// HTTP/2 to endpoints, from HTTP/1.1 clients: real servers of node:http2.

import { createSecureServer, createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import t, { type Test } from 'tap'
import { authority } from '../support/certificates.ts'
import { type Changes, configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { pause, until } from '../support/until.ts'

type Answer = (stream: ServerHttp2Stream, fields: Record<string, string>, server: Endpoint) => void

class Endpoint {
  readonly server: Http2Server
  readonly sessions: ServerHttp2Session[] = []
  readonly streams: ServerHttp2Stream[] = []
  readonly fields: Record<string, string>[] = []
  answer: Answer

  constructor(server: Http2Server, answer: Answer) {
    this.server = server
    this.answer = answer
    server.on('session', (session) => {
      this.sessions.push(session)
      session.on('error', () => {})
    })
    server.on('stream', (stream: ServerHttp2Stream, fields) => {
      stream.on('error', () => {})
      this.streams.push(stream)
      this.fields.push(fields as Record<string, string>)
      this.answer(stream, fields as Record<string, string>, this)
    })
    server.on('error', () => {})
    server.on('sessionError', () => {})
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  get open(): readonly ServerHttp2Session[] {
    return this.sessions.filter(({ destroyed }) => !destroyed)
  }
}

const hello: Answer = (stream, _fields, { sessions }) => {
  stream.respond({ ':status': 200, 'x-session': String(sessions.indexOf(stream.session as ServerHttp2Session)) })
  stream.end('hello')
}

async function listen(t: Test, server: Http2Server, answer: Answer): Promise<Endpoint> {
  const endpoint = new Endpoint(server, answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const session of endpoint.sessions) session.destroy()
    server.close()
  })
  return endpoint
}

async function scene(t: Test, answer: Answer, changes: Changes = {}, settings = {}): Promise<[TestGateway, Endpoint]> {
  const endpoint = await listen(t, createServer({ settings }), answer)
  const gateway = await startGateway(
    t,
    configOf([endpoint.address], { ...changes, upstream: { protocol: 'h2', ...changes.upstream } }),
  )
  return [gateway, endpoint]
}

t.test('a request and its answer', async (t) => {
  const [gateway, endpoint] = await scene(t, hello, { listener: { hosts: [] } })
  const client = await gateway.client()
  const answer = await client.ask('GET /a%20b?q=1', [
    'X-Two: 1',
    'x-two: 2',
    'Connection: x-gone',
    'X-Gone: 1',
    'cookie: a=1; b=2',
  ])
  t.equal(answer.status, 200)
  t.equal(answer.body, 'hello')
  const [fields] = endpoint.fields as [Record<string, string>]
  t.match(fields, {
    ':method': 'GET',
    ':path': '/a%20b?q=1',
    ':scheme': 'http',
    ':authority': 'a.test',
    'x-two': '1, 2',
    cookie: 'a=1; b=2',
    'x-forwarded-for': '127.0.0.1',
    via: '1.1 gate',
  })
  for (const name of ['x-gone', 'connection', 'host', 'te', 'transfer-encoding']) t.notOk(name in fields, name)
})

t.test('sessions are shared and kept', async (t) => {
  const [gateway, endpoint] = await scene(t, hello)
  const clients = await Promise.all(Array.from({ length: 50 }, () => gateway.client()))
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(clients.map((client) => client.ask('GET /')))
    t.ok(answers.every(({ body }) => body === 'hello'))
  }
  t.equal(endpoint.sessions.length, 1)
  await until('it to be idle', async () => (await gateway.metric('upstream_connections', { state: 'idle' })) === 1)
})

t.test('bodies, both ways', async (t) => {
  const echo: Answer = (stream) => {
    stream.respond({ ':status': 200 })
    stream.pipe(stream)
  }
  const [gateway, endpoint] = await scene(t, echo)
  const client = await gateway.client()
  t.equal((await client.ask('POST /', ['content-length: 2'], 'ab')).body, 'ab')
  t.equal(endpoint.fields[0]?.['content-length'], '2')
  t.equal((await client.ask('POST /', ['transfer-encoding: chunked'], '2\r\nab\r\n1\r\nc\r\n0\r\n\r\n')).body, 'abc')
  t.equal((await client.ask('POST /', ['transfer-encoding: chunked'], '0\r\n\r\n')).body, '')
  const large = 'x'.repeat(1_000_000)
  t.ok((await client.ask('PUT /', [`content-length: ${large.length}`], large)).body === large)
  t.equal(endpoint.sessions.length, 1)
})

t.test('answers without a body', async (t) => {
  const bare: Answer = (stream, fields) => {
    const status = Number(fields[':path']?.slice(1))
    stream.respond({ ':status': status, 'content-length': status === 200 ? 5 : undefined }, { endStream: status !== 205 })
    if (status === 205) stream.end()
  }
  const [gateway] = await scene(t, bare)
  const client = await gateway.client()
  t.equal((await client.ask('GET /204')).status, 204)
  t.equal((await client.ask('GET /304')).status, 304)
  t.equal((await client.ask('GET /205')).body, '')
  const head = await client.ask('HEAD /200')
  t.equal(head.status, 200)
  t.equal(head.body, '')
  t.equal((await client.ask('GET /404')).status, 404)
})

t.test('interim answers and trailers', async (t) => {
  const trailing: Answer = (stream) => {
    stream.additionalHeaders({ ':status': 103, link: '</a>' })
    stream.respond({ ':status': 200 }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '7' }))
    stream.end('hello')
  }
  const [gateway] = await scene(t, trailing)
  const client = await gateway.client()
  const answer = await client.ask('GET /', ['te: trailers', 'connection: te'])
  t.equal(answer.body, 'hello')
  t.equal(client.interim[0]?.status, 103)
  t.match(JSON.stringify(client.interim[0]), /link/)
})

t.test('a client that does not read holds the endpoint back', async (t) => {
  let sent = 0
  const endless: Answer = (stream) => {
    // Of a request that is not read Node's server resets the answer, with NO_ERROR, where its end finds the window full.
    stream.resume()
    stream.respond({ ':status': 200 })
    const more = () => {
      while (sent < 24_000_000) {
        sent += 16_384
        if (!stream.write(Buffer.alloc(16_384))) {
          stream.once('drain', more)
          return
        }
      }
      stream.end()
    }
    more()
  }
  const [gateway] = await scene(t, endless)
  const client = await gateway.client()
  client.socket.pause()
  client.request('GET /')
  let before = -1
  await until('nothing to move any more', async () => {
    const still = sent === before && sent > 0
    before = sent
    await pause(50)
    return still
  })
  t.ok(sent < 20_000_000, `${sent} bytes of 24 million`)
  const other = await gateway.client()
  const answer = other.ask('GET /')
  client.socket.resume()
  t.ok((await client.response(0)).body.length > 0)
  await answer
})

t.test('streams are bounded by what the endpoint takes, sessions by limits.connections', async (t) => {
  const held: ServerHttp2Stream[] = []
  const [gateway, endpoint] = await scene(
    t,
    (stream) => held.push(stream),
    { upstream: { limits: { connections: 2 } } },
    { maxConcurrentStreams: 3 },
  )
  const clients = await Promise.all(Array.from({ length: 8 }, () => gateway.client()))
  for (const client of clients) client.request('GET /')
  await until('six streams', () => held.length === 6)
  await pause(30)
  t.equal(held.length, 6)
  t.equal(endpoint.sessions.length, 2)
  for (const stream of held.slice(0, 2)) hello(stream, {}, endpoint)
  await until('the other two', () => held.length === 8)
  for (const stream of held.slice(2)) hello(stream, {}, endpoint)
  await until('all answers', () => clients.every(({ responses }) => responses[0]?.status === 200))
  t.equal(endpoint.sessions.length, 2)
})

t.test('whoever finds no place goes elsewhere', async (t) => {
  const once = { upstream: { limits: { connections: 1 } }, route: { retry: { attempts: 0 } } }
  const [gateway, full] = await scene(t, () => {}, once, { maxConcurrentStreams: 1 })
  const clients = await Promise.all([gateway.client(), gateway.client()])
  for (const client of clients) client.request('POST /', ['content-length: 0'])
  await until('the first', () => full.streams.length === 1)
  await pause(30)
  gateway.advance(3000)
  await until('the answer', () => clients.some(({ responses }) => responses.length > 0))
  const [refused] = clients.filter(({ responses }) => responses.length > 0)
  t.equal(refused?.responses[0]?.status, 503)
  t.match(refused?.responses[0]?.body, /every session is in full use/)
})

t.test('REFUSED_STREAM goes elsewhere, whatever the method', async (t) => {
  const refusing = await listen(t, createServer(), (stream) => stream.close(7))
  const good = await listen(t, createServer(), hello)
  const gateway = await startGateway(t, configOf([refusing.address, good.address], { upstream: { protocol: 'h2' } }))
  const client = await gateway.client()
  for (let i = 0; i < 4; i++) t.equal((await client.ask('POST /', ['content-length: 2'], 'ab')).status, 200)
  t.ok(refusing.streams.length > 1, 'it is no reason to leave it out')
  t.equal(await gateway.metric('attempts_total', { outcome: 'reset' }), refusing.streams.length)
})

t.test('GOAWAY: what runs ends, what is new goes on a new session', async (t) => {
  const held: ServerHttp2Stream[] = []
  const [gateway, endpoint] = await scene(t, (stream) => held.push(stream))
  const [one, two] = [await gateway.client(), await gateway.client()]
  one.request('GET /')
  await until('the first', () => held.length === 1)
  endpoint.sessions[0]?.close()
  await pause(20)
  two.request('POST /', ['content-length: 0'])
  await until('the second', () => held.length === 2)
  t.equal(endpoint.sessions.length, 2)
  for (const stream of held) hello(stream, {}, endpoint)
  t.equal((await one.response(0)).body, 'hello')
  t.equal((await two.response(0)).body, 'hello')
  await until('the old one to go', () => endpoint.open.length === 1)
})

t.test('resets in the course of an answer', async (t) => {
  const cut: Answer = (stream, fields) => {
    if (fields[':path'] === '/early') {
      stream.close(2)
      return
    }
    stream.respond({ ':status': 200 })
    stream.write('part')
    setTimeout(() => {
      if (fields[':path'] === '/session') stream.session?.destroy()
      else stream.destroy()
    }, 20)
  }
  const [gateway] = await scene(t, cut, { route: { retry: { attempts: 0 } } })
  const early = await (await gateway.client()).ask('GET /early')
  t.equal(early.status, 502)
  t.match(early.body, /INTERNAL_ERROR/)
  for (const path of ['/late', '/session']) {
    const client = await gateway.client()
    client.request(`GET ${path}`)
    await until('the cut', () => client.closed || client.ended)
    t.equal(client.responses.filter(({ complete }) => complete).length, 0, `${path}: never a clean end`)
  }
  t.equal(await gateway.metric('attempts_total', { outcome: 'reset' }), 3)
})

t.test('a client that leaves cancels the stream', async (t) => {
  const [gateway, endpoint] = await scene(t, () => {})
  const client = await gateway.client()
  client.request('GET /')
  await until('the stream', () => endpoint.streams.length === 1)
  client.destroy()
  await until('its end', () => endpoint.streams[0]?.closed === true)
  t.equal(endpoint.streams[0]?.rstCode, 8)
  t.equal(endpoint.open.length, 1, 'the session stays')
})

t.test('timeouts', async (t) => {
  const [gateway, endpoint] = await scene(t, () => {}, { route: { timeout: { attempt: '1s' }, retry: { attempts: 0 } } })
  const client = await gateway.client()
  client.request('GET /')
  await until('the stream', () => endpoint.streams.length === 1)
  gateway.advance(1500)
  t.match((await client.response(0)).body, /attempt-timeout/)
  await until('its end', () => endpoint.streams[0]?.closed === true)
})

t.test('an endpoint that is not HTTP/2', async (t) => {
  const { startEndpoint } = await import('../support/raw-endpoint.ts')
  const endpoint = await startEndpoint(t)
  endpoint.parses = false
  endpoint.onConnection = (connection) => connection.send('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n')
  const gateway = await startGateway(
    t,
    configOf([endpoint.address], { upstream: { protocol: 'h2' }, route: { retry: { attempts: 0 } } }),
  )
  const answer = await (await gateway.client()).ask('GET /')
  t.equal(answer.status, 503)
  t.match(answer.body, /connect-failure/)
  endpoint.onConnection = () => {}
  const client = await gateway.client()
  client.request('GET /')
  await pause(30)
  gateway.advance(3000)
  t.match((await client.response(0)).body, /connect-timeout/)
})

t.test('idle sessions are closed; sessions end after maxRequests', async (t) => {
  const [gateway, endpoint] = await scene(t, hello, { upstream: { connection: { keepAlive: '10s', maxRequests: 2 } } })
  const client = await gateway.client()
  const sessions: string[] = []
  for (let i = 0; i < 5; i++) {
    const answer = await client.ask('GET /')
    sessions.push(/x-session: (\d)/.exec(JSON.stringify(answer))?.[1] ?? String(endpoint.sessions.length - 1))
  }
  t.equal(endpoint.sessions.length, 3)
  await until('the used up ones to go', () => endpoint.open.length === 1)
  gateway.advance(11_000)
  await until('the idle one to go', () => endpoint.open.length === 0)
  t.equal((await client.ask('GET /')).status, 200)
})

t.test('a dead session is found by a PING', async (t) => {
  const [gateway, endpoint] = await scene(t, () => {}, {
    upstream: { connection: { tcpKeepAlive: '5s' } },
    route: { retry: { attempts: 0 } },
  })
  const client = await gateway.client()
  client.request('GET /')
  await until('the stream', () => endpoint.streams.length === 1)
  let pings = 0
  endpoint.sessions[0]?.on('ping', () => pings++)
  gateway.advance(6000)
  await until('a PING', () => pings === 1)
  gateway.advance(6000)
  await pause(120)
  t.equal(client.responses.length, 0, 'it was answered')
  t.equal(pings, 1, 'and is not repeated soon: servers of gRPC take that ill')
})

t.test('TLS and ALPN', async (t) => {
  const ca = authority(t)
  const issued = ca.issue({ sans: ['IP:127.0.0.1'] })
  const secure = await listen(t, createSecureServer(issued) as unknown as Http2Server, hello)
  const tls = { ca: ca.cert }
  for (const protocol of ['h2', 'auto']) {
    const gateway = await startGateway(t, configOf([secure.address], { upstream: { protocol, tls } }))
    const clients = await Promise.all([gateway.client(), gateway.client(), gateway.client()])
    const answers = await Promise.all(clients.map((client) => client.ask('GET /')))
    t.ok(
      answers.every(({ body }) => body === 'hello'),
      protocol,
    )
    t.equal(secure.fields.at(-1)?.[':scheme'], 'https')
  }
  t.equal(secure.sessions.length, 2, 'one for each gateway: the connection on which it was asked is used')
  const { startTlsEndpoint } = await import('../support/tls-endpoint.ts')
  const old = await startTlsEndpoint(t, issued)
  const auto = await startGateway(t, configOf([old.address], { upstream: { protocol: 'auto', tls } }))
  const client = await auto.client()
  const { body } = await client.ask('GET /')
  t.match(body, /^connection [01]$/)
  for (let i = 0; i < 3; i++) t.equal((await client.ask('GET /')).body, body)
  const strict = await startGateway(t, configOf([old.address], { upstream: { protocol: 'h2', tls } }))
  t.match((await (await strict.client()).ask('GET /')).body, /connect-failure/)
})

t.test('auto follows an endpoint that changes its mind', async (t) => {
  const ca = authority(t)
  const issued = ca.issue({ sans: ['IP:127.0.0.1'] })
  const { startTlsEndpoint } = await import('../support/tls-endpoint.ts')
  const old = await startTlsEndpoint(t, issued)
  const port = Number(old.address.split(':')[1])
  const gateway = await startGateway(
    t,
    configOf([old.address], { upstream: { protocol: 'auto', tls: { ca: ca.cert } }, route: { retry: { attempts: 3 } } }),
  )
  const client = await gateway.client()
  t.equal((await client.ask('GET /')).status, 200)
  await old.close()
  const server = createSecureServer(issued) as unknown as Http2Server
  const endpoint = new Endpoint(server, hello)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const session of endpoint.sessions) session.destroy()
    server.close()
  })
  await until('an answer', async () => (await client.ask('GET /')).body === 'hello')
  t.pass('over HTTP/2')
})

t.test('a reload retires sessions of endpoints that are gone, and drops nothing', async (t) => {
  const held: ServerHttp2Stream[] = []
  const [gateway, endpoint] = await scene(t, (stream) => held.push(stream))
  const other = await listen(t, createServer(), hello)
  const client = await gateway.client()
  client.request('GET /')
  await until('the stream', () => held.length === 1)
  await gateway.apply(configOf([other.address], { upstream: { protocol: 'h2' } }))
  t.equal((await (await gateway.client()).ask('GET /')).body, 'hello')
  hello(held[0] as ServerHttp2Stream, {}, endpoint)
  t.equal((await client.response(0)).body, 'hello')
  await until('the session to go', () => endpoint.open.length === 0)
})

t.test('auto needs TLS', async (t) => {
  t.rejects(
    async () => startGateway(t, configOf(['127.0.0.1:1'], { upstream: { protocol: 'auto' } })),
    /upstreams.all.protocol: protocol auto is agreed upon in the TLS handshake/,
  )
})

t.test('auto: upgrades have HTTP/1.1 connections of their own', async (t) => {
  const ca = authority(t)
  const server = createSecureServer({ ...ca.issue({ sans: ['IP:127.0.0.1'] }), allowHTTP1: true }) as unknown as Http2Server
  const endpoint = await listen(t, server, hello)
  server.on('upgrade' as never, (_request: unknown, socket: Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n')
    socket.pipe(socket)
    socket.on('error', () => {})
  })
  const upgrade = [
    'connection: upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    `sec-websocket-key: ${'A'.repeat(22)}==`,
  ]
  const gateway = await startGateway(t, configOf([endpoint.address], { upstream: { protocol: 'auto', tls: { ca: ca.cert } } }))
  const client = await gateway.client()
  client.request('GET /', upgrade)
  await until('the switch', () => client.received > 0 && client.interim.length + client.responses.length > 0)
  t.equal([...client.interim, ...client.responses][0]?.status, 101)
  const other = await gateway.client()
  t.equal((await other.ask('GET /')).body, 'hello')
  client.destroy()
})

t.test('a PROXY header in front of the preface: sessions are not shared by clients', async (t) => {
  const { createServer: createTcp, connect } = await import('node:net')
  const endpoint = await listen(t, createServer(), hello)
  const headers: string[] = []
  const before = createTcp((socket) => {
    socket.once('data', (bytes: Buffer) => {
      const end = bytes.indexOf('\r\n') + 2
      headers.push(bytes.toString('latin1', 0, end))
      const on = connect(Number(endpoint.address.split(':')[1]), '127.0.0.1')
      on.write(bytes.subarray(end))
      socket.pipe(on).pipe(socket)
      on.on('error', () => {})
    })
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => before.listen(0, '127.0.0.1', resolve))
  t.teardown(() => before.close())
  const address = `127.0.0.1:${(before.address() as AddressInfo).port}`
  const gateway = await startGateway(t, configOf([address], { upstream: { protocol: 'h2', proxyProtocol: 'v1' } }))
  const [one, two] = [await gateway.client(), await gateway.client()]
  for (const client of [one, two, one, two]) t.equal((await client.ask('GET /')).body, 'hello')
  t.strictSame(
    headers,
    [one, two].map(({ socket }) => `PROXY TCP4 127.0.0.1 127.0.0.1 ${socket.localPort} ${gateway.port}\r\n`),
  )
  t.equal(endpoint.sessions.length, 2)
})
