// TLS of clients: which certificate they are shown, what is spoken, what endpoints and logs are told, and what is refused.

import { connect as connectTcp } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import t, { type Test } from 'tap'
import { authority, type Issued } from '../support/certificates.ts'
import { type Changes, configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { RawClient } from '../support/raw-client.ts'
import { type RawEndpoint, startEndpoint } from '../support/raw-endpoint.ts'
import { secureClient } from '../support/secure-client.ts'
import { pause, until } from '../support/until.ts'

const ca = authority(t)
const ecA = ca.issue({ sans: ['DNS:a.test', 'DNS:*.w.test'] })
const rsaA = ca.issue({ sans: ['DNS:a.test'], algorithm: 'rsa' })
const rsaB = ca.issue({ sans: ['DNS:b.test'], algorithm: 'rsa' })
const ecExact = ca.issue({ sans: ['DNS:x.w.test'] })

const pair = ({ certFile, keyFile }: Issued) => ({ cert: certFile, key: keyFile })

/** Settings of the listener `web`. */
const https = (tls: object = {}, listener: object = {}): Changes => ({
  listener: { protocol: 'https', tls: { certificates: [ecA, rsaA, rsaB, ecExact].map(pair), ...tls }, ...listener },
})

async function start(t: Test, changes: Changes): Promise<{ gateway: TestGateway; endpoint: RawEndpoint }> {
  const endpoint = await startEndpoint(t)
  return { endpoint, gateway: await startGateway(t, configOf([endpoint.address], changes)) }
}

const TLS12: ConnectionOptions = { maxVersion: 'TLSv1.2' }
const ONLY_RSA: ConnectionOptions = { sigalgs: 'RSA-PSS+SHA256:RSA+SHA256' }
const ONLY_RSA_12: ConnectionOptions = { ...TLS12, ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }
const ONLY_ECDSA: ConnectionOptions = { sigalgs: 'ECDSA+SHA256' }

const A = 'DNS:a.test, DNS:*.w.test'
const CHOICES: readonly (readonly [servername: string, options: ConnectionOptions, names: string, keyType: string])[] = [
  ['a.test', {}, A, 'ec'],
  ['a.test', TLS12, A, 'ec'],
  ['A.TEST', {}, A, 'ec'],
  ['a.test', ONLY_RSA, 'DNS:a.test', 'rsa'],
  ['a.test', ONLY_RSA_12, 'DNS:a.test', 'rsa'],
  ['a.test', { ...TLS12, ...ONLY_RSA }, 'DNS:a.test', 'rsa'],
  ['a.test', ONLY_ECDSA, A, 'ec'],
  ['a.test', { ...TLS12, ...ONLY_ECDSA }, A, 'ec'],
  ['b.test', {}, 'DNS:b.test', 'rsa'],
  ['b.test', TLS12, 'DNS:b.test', 'rsa'],
  ['b.test', ONLY_RSA_12, 'DNS:b.test', 'rsa'],
  ['y.w.test', {}, A, 'ec'],
  ['x.w.test', {}, 'DNS:x.w.test', 'ec'],
  ['deep.y.w.test', {}, A, 'ec'],
  ['unheard.test', {}, A, 'ec'],
  ['', {}, A, 'ec'],
  ['', ONLY_RSA, 'DNS:a.test', 'rsa'],
]

t.test('certificates', async (t) => {
  const { gateway } = await start(t, https())
  for (const [servername, options, names, keyType] of CHOICES) {
    const seen = await secureClient(t, gateway.port, { servername, ...options })
    t.match(seen, { names, keyType }, `${servername} ${JSON.stringify(options)}`)
    t.equal((await seen.client.ask('GET /', ['host: a.test'])).status, 200)
    seen.client.destroy()
  }
})

t.test('a name without a certificate', async (t) => {
  const { gateway } = await start(t, https({ strictSni: true }))
  t.equal((await secureClient(t, gateway.port, { servername: 'y.w.test' })).names, A)
  for (const servername of ['unheard.test', 'deep.y.w.test', 'w.test', ''])
    await t.rejects(secureClient(t, gateway.port, { servername }), { message: /unrecognized name/ }, servername)
  t.equal(await gateway.metric('rejected_total', { reason: 'tls-name' }), 4)
})

t.test('greetings of any length', async (t) => {
  const { gateway } = await start(t, https())
  for (let names = 0; names <= 24; names += 3) {
    const ALPNProtocols = ['http/1.1', ...Array.from({ length: names }, (_, i) => String(i).padEnd(250, '.'))]
    for (const options of [{}, TLS12]) {
      const { client } = await secureClient(t, gateway.port, { servername: 'a.test', ALPNProtocols, ...options })
      t.equal((await client.ask('GET /', ['host: a.test'])).status, 200, `${names} long names`)
      client.destroy()
    }
  }
})

t.test('versions, ciphers and protocols', async (t) => {
  const { gateway } = await start(t, https({ alpn: ['http/1.1'] }))
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  await t.rejects(secureClient(t, gateway.port, old), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' })
  for (const ciphers of [
    'AES128-SHA',
    'AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES128-SHA256',
    'ECDHE-RSA-AES128-SHA',
    'DHE-RSA-AES128-GCM-SHA256',
  ])
    await t.rejects(secureClient(t, gateway.port, { ...TLS12, ciphers }), { message: /handshake failure/ }, ciphers)
  await t.rejects(secureClient(t, gateway.port, { ALPNProtocols: ['h2'] }), { message: /no application protocol/ })
  const { tls } = await secureClient(t, gateway.port, { ALPNProtocols: ['h2', 'http/1.1'] })
  t.equal(tls.alpnProtocol, 'http/1.1')
  t.equal(tls.getProtocol(), 'TLSv1.3')
  const none = await secureClient(t, gateway.port, { ALPNProtocols: [] })
  t.equal((await none.client.ask('GET /')).status, 200, 'without ALPN it is HTTP/1.1')

  const newer = await start(t, https({ minVersion: '1.3' }))
  await t.rejects(secureClient(t, newer.gateway.port, TLS12), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' })
  const own = await start(t, https({ ciphers: 'ECDHE-RSA-AES256-GCM-SHA384' }))
  t.match((await secureClient(t, own.gateway.port, TLS12)).tls.getCipher(), { name: 'ECDHE-RSA-AES256-GCM-SHA384' })
})

t.test('what endpoints are told', async (t) => {
  const { gateway, endpoint } = await start(t, https())
  const { client } = await secureClient(t, gateway.port, { servername: 'a.test' })
  await client.ask('GET /x', [
    'host: a.test',
    'x-forwarded-proto: gopher',
    'x-forwarded-client-cert: Hash=00',
    'X_Forwarded_Client_Cert: 1',
  ])
  const { fields, head } = await endpoint.request(0)
  t.match(fields, { 'x-forwarded-proto': 'https', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-port': String(gateway.port) })
  t.notMatch(head, /client.cert/i)
  t.equal((await client.ask('GET https://a.test/y', ['host: b.test'])).status, 400, 'another host than in the Host field')
  const again = (await secureClient(t, gateway.port)).client
  t.equal((await again.ask('GET https://a.test/y', ['host: a.test'])).body, 'GET /y')
  t.equal((await again.ask('GET https://a.test:443/y', ['host: a.test'])).status, 200, 'its usual port')
})

t.test('sizes, pipelining and the end of a connection', async (t) => {
  const { gateway, endpoint } = await start(t, https())
  endpoint.script = (request, connection, phase) => {
    if (phase === 'end') connection.answer(request.target === '/big' ? 'x'.repeat(3_000_000) : request.body.slice(0, 100))
  }
  const { client, tls } = await secureClient(t, gateway.port)
  t.equal((await client.ask('GET /big')).body.length, 3_000_000)
  t.equal((await client.ask('POST /', ['content-length: 500000'], 'y'.repeat(500_000))).body, 'y'.repeat(100))
  for (let i = 0; i < 50; i++) client.request(`GET /${i}`)
  await client.response(51)
  t.equal(client.responses.length, 52)
  t.equal((await client.ask('GET /last', ['connection: close'])).status, 200)
  await client.end()
  t.equal(client.error, '', 'closed in order')
  t.ok(tls.readableEnded, 'with a close_notify')
})

t.test('a response that is cut is seen to be', async (t) => {
  const { gateway, endpoint } = await start(t, { ...https(), route: { retry: { attempts: 0 } } })
  endpoint.script = (_request, connection, phase) => {
    if (phase !== 'end') return
    connection.send('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf')
    setImmediate(() => connection.socket.destroy())
  }
  for (const version of ['HTTP/1.1', 'HTTP/1.0']) {
    const { client } = await secureClient(t, gateway.port)
    client.request(`GET / ${version}`)
    await until('the end', () => client.closed || client.ended)
    t.not(client.responses[0]?.complete, true, version)
  }
})

t.test('what is not TLS', async (t) => {
  const { gateway } = await start(t, https({}, { timeouts: { handshake: '5s' } }))
  const http = await gateway.client()
  const answer = await http.ask('GET /')
  t.equal(answer.status, 400)
  t.match(JSON.parse(answer.body), { code: 'bad-request', detail: /https:/ })
  await http.end()
  const alert = async (bytes: Buffer): Promise<string> => {
    const socket = connectTcp({ port: gateway.port, host: '127.0.0.1' })
    const got: Buffer[] = []
    socket.on('data', (data: Buffer) => got.push(data))
    socket.on('error', () => {})
    socket.write(bytes)
    await new Promise((resolve) => socket.once('close', resolve))
    return Buffer.concat(got).toString('hex')
  }
  t.equal(await alert(Buffer.from([22, 3, 1, 0x40, 1])), '15030300020216', 'record_overflow')
  t.equal(await alert(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])), '15030300020232', 'decode_error')
  t.equal(await alert(Buffer.from('\x80\x2e\x01\x03\x01', 'latin1')), '', 'SSL 2')
  t.equal(await alert(Buffer.alloc(300, 0xff)), '', 'noise')
  t.equal(await gateway.metric('rejected_total', { reason: 'tls-handshake' }), 5)
  t.equal((await (await secureClient(t, gateway.port)).client.ask('GET /')).status, 200, 'others are served')
  t.equal(await gateway.metric('connections'), 1)
})

t.test('slow handshakes', async (t) => {
  const { gateway } = await start(t, https({}, { timeouts: { handshake: '2s' } }))
  const silent = await gateway.client()
  const half = await gateway.client()
  half.send(Buffer.from([22, 3, 1, 1, 0, 1]))
  // A ClientHello, and then nothing: the server has answered and waits.
  const stalled = await gateway.client()
  const flight = await new Promise<Buffer>((resolve) => {
    const spy = connectTcp({ port: gateway.port, host: '127.0.0.1' })
    spy.destroy()
    import('node:net').then(({ createServer }) => {
      const server = createServer((socket) => {
        socket.on('error', () => {})
        socket.once('data', (bytes: Buffer) => {
          socket.destroy()
          server.close()
          resolve(bytes)
        })
      }).listen(0, '127.0.0.1', async () => {
        const { connect } = await import('node:tls')
        connect({ port: (server.address() as { port: number }).port, host: '127.0.0.1' }).on('error', () => {})
      })
    })
  })
  stalled.send(flight)
  await until('the server to answer', () => stalled.received > 100)
  const { client } = await secureClient(t, gateway.port)
  gateway.advance(2100)
  await Promise.all([silent.end(), half.end(), stalled.end()])
  t.equal(silent.received + half.received, 0, 'closed silently')
  t.equal((await client.ask('GET /')).status, 200, 'who has shaken hands is not in a hurry')
  t.equal(await gateway.metric('rejected_total', { reason: 'handshake-timeout' }), 2, 'who said nothing is not counted')
})

t.test('too many connections', async (t) => {
  const { gateway } = await start(t, https({}, { limits: { connections: 2 } }))
  const [one, two] = [await secureClient(t, gateway.port), await gateway.client()]
  await t.rejects(secureClient(t, gateway.port), 'one in its handshake counts too')
  two.destroy()
  await until('room', async () => {
    const third = await secureClient(t, gateway.port).catch(() => null)
    third?.client.destroy()
    return third !== null
  })
  t.equal((await one.client.ask('GET /')).status, 200)
})

t.test('more connections that say nothing than may wait', async (t) => {
  const { gateway } = await start(t, https())
  const silent = Array.from({ length: 1024 }, () => connectTcp(gateway.port, '127.0.0.1').on('error', () => {}))
  t.teardown(() => {
    for (const socket of silent) socket.destroy()
  })
  await until('all of them', () => silent.every(({ connecting }) => !connecting))
  gateway.advance(120)
  await pause(100)
  for (let i = 0; i < 5; i++) {
    const { client } = await secureClient(t, gateway.port)
    t.equal((await client.ask('GET /')).status, 200)
    client.destroy()
  }
})

t.test('many handshakes at once, and one who waits for an answer', async (t) => {
  const { gateway } = await start(t, https())
  const { client } = await secureClient(t, gateway.port)
  const crowd = Promise.all(Array.from({ length: 100 }, () => secureClient(t, gateway.port)))
  for (let i = 0; i < 20; i++) t.equal((await client.ask('GET /')).status, 200)
  const all = await crowd
  const answers = await Promise.all(all.map((each) => each.client.ask('GET /')))
  t.ok(answers.every(({ status }) => status === 200))
  for (const each of all) each.client.destroy()
  await until('everybody to be gone', async () => (await gateway.metric('connections')) === 1)
})

t.test('unix sockets, several handshakes at a time', async (t) => {
  const path = `${ca.folder}/tls.sock`
  await start(t, https({}, { bind: `unix:${path}` }))
  const { connect } = await import('node:tls')
  const clients = await Promise.all(
    Array.from({ length: 5 }, async (_, i) => {
      const socket = connectTcp(path)
      const tls = connect({ socket, servername: i % 2 === 0 ? 'a.test' : 'b.test', rejectUnauthorized: false })
      t.teardown(() => tls.destroy())
      await new Promise((resolve) => tls.once('secureConnect', resolve))
      return { names: tls.getPeerX509Certificate()?.subjectAltName, client: new RawClient(tls) }
    }),
  )
  for (const [i, { names, client }] of clients.entries()) {
    t.equal(names, i % 2 === 0 ? A : 'DNS:b.test')
    t.equal((await client.ask(`GET /${i}`)).body, `GET /${i}`)
  }
})
