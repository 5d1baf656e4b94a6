// gRPC through the gateway, with the client and the server of grpc-js, in clear and in TLS.

import t, { type Test } from 'tap'
import { authority, type Issued } from '../support/certificates.ts'
import { configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { pause, until } from '../support/until.ts'
import { type EchoClient, type EchoServer, echoClient, Metadata, startEcho, status } from './echo-service.ts'

const ca = authority(t)
const issued = ca.issue({ sans: ['IP:127.0.0.1', 'DNS:echo.test'] })

interface Lab {
  readonly gateway: TestGateway
  readonly server: EchoServer
  readonly client: EchoClient
}

async function lab(t: Test, tls: Issued | null, route: object = {}): Promise<Lab> {
  const server = await startEcho(t, tls)
  const secured = tls === null ? {} : { protocol: 'https', tls: { certificates: [{ cert: tls.certFile, key: tls.keyFile }] } }
  const gateway = await startGateway(
    t,
    configOf([server.address], {
      listener: secured,
      route,
      upstream: { protocol: 'h2', ...(tls === null ? {} : { tls: { ca: ca.certFile } }) },
    }),
  )
  return { gateway, server, client: echoClient(t, gateway.port, tls === null ? null : ca.cert) }
}

for (const [where, tls] of [
  ['in clear', null],
  ['in TLS', issued],
] as const) {
  t.test(`a call, ${where}`, async (t) => {
    const { client, server } = await lab(t, tls)
    const metadata = new Metadata()
    metadata.set('x-text', 'a b')
    metadata.add('x-twice', '1')
    metadata.add('x-twice', '2')
    metadata.set('x-bytes-bin', Buffer.from([0, 255, 10, 13]))
    const { code, message, trailing } = await client.unary(Buffer.from('hello'), { metadata })
    t.equal(code, status.OK)
    t.equal(String(message), 'hello')
    t.strictSame(trailing?.get('x-trailing'), ['behind'])
    t.strictSame(trailing?.get('x-trailing-bin'), [Buffer.from([0, 1, 254, 255])])
    t.strictSame(server.metadata?.get('x-text'), ['a b'])
    t.strictSame(server.metadata?.get('x-twice').join(', '), '1, 2')
    t.strictSame(server.metadata?.get('x-bytes-bin'), [Buffer.from([0, 255, 10, 13])])
    t.strictSame(server.metadata?.get('x-forwarded-for'), ['127.0.0.1'])
  })

  t.test(`large messages, ${where}`, async (t) => {
    const { client } = await lab(t, tls)
    for (const bytes of [0, 1, 65_536, 4 * 1024 * 1024]) {
      const message = Buffer.alloc(bytes, 'x')
      const answer = await client.unary(message)
      t.equal(answer.code, status.OK)
      t.ok(answer.message?.equals(message), `${bytes} bytes`)
    }
    const all = await Promise.all(Array.from({ length: 20 }, (_, i) => client.unary(Buffer.alloc(100_000, i))))
    t.ok(all.every(({ message }, i) => message?.length === 100_000 && message[99_999] === i))
  })

  t.test(`streams of the client, ${where}`, async (t) => {
    const { client } = await lab(t, tls)
    const parts = Array.from({ length: 200 }, (_, i) => Buffer.alloc(10_000, i))
    t.ok((await client.collect(parts)).equals(Buffer.concat(parts)))
  })

  t.test(`streams of the server, ${where}`, async (t) => {
    const { client } = await lab(t, tls)
    const call = client.expand(Buffer.from('abcdef'))
    const got: string[] = []
    call.on('data', (part: Buffer) => got.push(String(part)))
    await new Promise((resolve) => call.on('end', resolve))
    t.equal(got.join(''), 'abcdef')
  })

  t.test(`streams of both, ${where}`, async (t) => {
    const { client } = await lab(t, tls)
    const call = client.chat()
    const got: string[] = []
    call.on('data', (part: Buffer) => got.push(String(part)))
    for (const word of ['one', 'two', 'three']) {
      call.write(Buffer.from(word))
      await until(`${word} to come back`, () => got.at(-1) === word)
    }
    call.end()
    const { code } = await new Promise<{ code: number }>((resolve) => call.on('status', resolve))
    t.equal(code, status.OK)
    t.strictSame(got, ['one', 'two', 'three'])
  })

  t.test(`a client that gives up, ${where}`, async (t) => {
    const { client, server, gateway } = await lab(t, tls)
    const call = client.chat()
    call.on('error', () => {})
    const got: Buffer[] = []
    call.on('data', (part: Buffer) => got.push(part))
    call.write(Buffer.from('x'))
    await until('the stream', () => got.length === 1)
    const began = performance.now()
    call.cancel()
    await until('the server to know', () => server.cancelled === 1)
    t.ok(performance.now() - began < 100, 'within 100 ms')
    server.unary = () => {}
    const { code } = await client.unary(Buffer.from('x'), { deadline: 80 })
    t.equal(code, status.DEADLINE_EXCEEDED)
    await until('the server to know', () => server.cancelled === 2)
    await until('everything to end', async () => (await gateway.metric('requests_in_flight')) === 0)
  })
}

t.test('what the service answers stays as it is', async (t) => {
  const { client, server } = await lab(t, null)
  for (const code of [status.INVALID_ARGUMENT, status.UNAVAILABLE, status.UNIMPLEMENTED]) {
    server.unary = (_call, callback) => callback({ code, details: `no: ${code} ü%` })
    const answer = await client.unary(Buffer.from('x'))
    t.equal(answer.code, code)
    t.equal(answer.details, `no: ${code} ü%`)
  }
  server.unary = (call, callback) => {
    const initial = new Metadata()
    initial.set('x-initial', 'before')
    call.sendMetadata(initial)
    callback({ code: status.ABORTED, details: 'late' })
  }
  const answer = await client.unary(Buffer.from('x'))
  t.equal(answer.code, status.ABORTED)
  t.strictSame(answer.initial?.get('x-initial'), ['before'])
})

t.test('the deadline of the client is the request timeout', async (t) => {
  const { client, server, gateway } = await lab(t, null)
  server.unary = () => {}
  await client.unary(Buffer.from('x'), { deadline: 40 })
  t.ok(server.deadline !== null && server.deadline <= 40, 'the service knows it')
  await until('it to be over here too', async () => (await gateway.metric('requests_in_flight')) === 0)
})

t.test('streams outlive attempt, not idle', async (t) => {
  const { client, gateway } = await lab(t, null, { timeout: { attempt: '1s', idle: '20s' } })
  const call = client.chat()
  const got: string[] = []
  call.on('data', (part: Buffer) => got.push(String(part)))
  call.on('error', () => {})
  const over = new Promise<{ code: number; details: string }>((resolve) => call.on('status', resolve))
  call.write(Buffer.from('one'))
  await until('one', () => got.length === 1)
  gateway.advance(15_000)
  await pause(120)
  call.write(Buffer.from('two'))
  await until('two', () => got.length === 2)
  gateway.advance(21_000)
  const { code } = await over
  t.not(code, status.OK)
})
