// What gRPC clients are told when it is the gateway that says no, and what is tried again.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { configOf, startGateway } from '../support/gateway.ts'
import { ERRORS, FLAG, FRAME, frame, hpack, uint32 } from '../support/http2-frames.ts'
import { startRawHttp2 } from '../support/http2-raw-endpoint.ts'
import { deadAddress } from '../support/raw-endpoint.ts'
import { until } from '../support/until.ts'
import { echoClient, Metadata, startEcho, status } from './echo-service.ts'

const CALL = Buffer.from('x')
const NO_RETRY = { retry: { attempts: 0 } }

t.test('no route', async (t) => {
  const server = await startEcho(t)
  const match = [{ path: { exact: '/test.Echo/Unary' } }]
  const gateway = await startGateway(t, configOf([server.address], { upstream: { protocol: 'h2' }, route: { match } }))
  const client = echoClient(t, gateway.port)
  t.equal((await client.unary(CALL)).code, status.OK)
  const { code, details, trailing } = await client.unary(CALL, { path: '/test.Other/Unary' })
  t.equal(code, status.UNIMPLEMENTED)
  t.match(details, /No route matches/)
  t.strictSame(trailing?.get('x-headgate-reason'), ['no-route'])
})

t.test('routing by service and method', async (t) => {
  const [one, two] = [await startEcho(t), await startEcho(t)]
  two.unary = (_call, callback) => callback(null, Buffer.from('two'))
  const gateway = await startGateway(t, {
    listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
    routes: [
      { name: 'method', match: [{ path: { exact: '/test.Echo/Unary' }, headers: { 'x-to': 'two' } }], to: 'two' },
      { name: 'service', match: [{ path: { prefix: '/test.Echo' } }], to: 'one' },
    ],
    upstreams: {
      one: { protocol: 'h2', discovery: { static: [one.address] } },
      two: { protocol: 'h2', discovery: { static: [two.address] } },
    },
  })
  const client = echoClient(t, gateway.port)
  t.equal(String((await client.unary(CALL)).message), 'x')
  const metadata = new Metadata()
  metadata.set('x-to', 'two')
  t.equal(String((await client.unary(CALL, { metadata })).message), 'two')
})

t.test('nobody there', async (t) => {
  const gateway = await startGateway(t, configOf([await deadAddress()], { upstream: { protocol: 'h2' }, route: NO_RETRY }))
  const { code, details } = await echoClient(t, gateway.port).unary(CALL)
  t.equal(code, status.UNAVAILABLE)
  t.match(details, /ECONNREFUSED/)
  const terse = await startGateway(
    t,
    configOf([await deadAddress()], { upstream: { protocol: 'h2' }, route: NO_RETRY, top: { errors: { detail: 'minimal' } } }),
  )
  const answer = await echoClient(t, terse.port).unary(CALL)
  t.equal(answer.code, status.UNAVAILABLE)
  t.notMatch(answer.details, /ECONNREFUSED/)
})

t.test('deadlines: ours, and that of the client', async (t) => {
  const server = await startEcho(t)
  server.unary = () => {}
  const gateway = await startGateway(
    t,
    configOf([server.address], {
      upstream: { protocol: 'h2' },
      route: { ...NO_RETRY, timeout: { request: '10s', attempt: '1s' } },
    }),
  )
  const client = echoClient(t, gateway.port)
  for (const [deadline, ours] of [
    [undefined, 11_000],
    [30_000, 11_000],
    [5000, 6000],
  ] as const) {
    const before = server.calls
    const call = client.unary(CALL, deadline === undefined ? {} : { deadline })
    await until('the call', () => server.calls === before + 1)
    gateway.advance(ours)
    const { code, details } = await call
    t.equal(code, status.DEADLINE_EXCEEDED)
    t.match(details, /took too long/, 'it is the gateway that says so')
    await until('the service to be told', () => server.cancelled === before + 1)
  }
})

const ANSWERED: readonly [filter: object, code: number][] = [
  [{ respond: { status: 401, headers: {}, body: 'no' } }, status.UNAUTHENTICATED],
  [{ respond: { status: 403, headers: {}, body: '' } }, status.PERMISSION_DENIED],
  [{ respond: { status: 429, headers: { 'retry-after': '7' }, body: '' } }, status.RESOURCE_EXHAUSTED],
  [{ respond: { status: 418, headers: {}, body: '' } }, status.UNKNOWN],
  [{ respond: { reason: 'invalid-reference' } }, status.UNAVAILABLE],
  [{ respond: { reason: 'refused-object' } }, status.INTERNAL],
  [{ bodyLimit: 3 }, status.RESOURCE_EXHAUSTED],
  [{ faults: { abort: { status: 503, share: '100%' } } }, status.UNAVAILABLE],
  [{ redirect: { path: '/elsewhere' } }, status.UNKNOWN],
  [
    { respond: { status: 200, headers: { 'content-type': 'application/grpc', 'grpc-status': '5' }, body: '' } },
    status.NOT_FOUND,
  ],
]

for (const [filter, code] of ANSWERED) {
  t.test(`answered by a filter: ${JSON.stringify(filter)}`, async (t) => {
    const server = await startEcho(t)
    const gateway = await startGateway(
      t,
      configOf([server.address], { upstream: { protocol: 'h2' }, route: { filters: [filter] } }),
    )
    t.equal((await echoClient(t, gateway.port).unary(CALL)).code, code)
    t.equal(server.calls, 0)
  })
}

t.test('retry.on with gRPC statuses', async (t) => {
  const [one, two] = [await startEcho(t), await startEcho(t)]
  const retry = {
    attempts: 2,
    on: ['grpc-unavailable', 'grpc-resource-exhausted'],
    budget: '100%',
    backoff: { base: '1ms', max: '1ms' },
  }
  const gateway = await startGateway(
    t,
    configOf([one.address, two.address], { upstream: { protocol: 'h2', balancer: 'first' }, route: { retry } }),
  )
  const client = echoClient(t, gateway.port)
  one.unary = (_call, callback) => callback({ code: status.UNAVAILABLE, details: 'busy' })
  t.equal(String((await client.unary(CALL)).message), 'x')
  t.strictSame([one.calls, two.calls], [1, 1])
  t.equal(await gateway.metric('retries_total', { reason: 'grpc-unavailable', result: 'ok' }), 1)
  one.unary = (_call, callback) => callback({ code: status.INVALID_ARGUMENT, details: 'wrong' })
  t.equal((await client.unary(CALL)).code, status.INVALID_ARGUMENT)
  t.equal(two.calls, 1, 'others are passed on')
  one.unary = (call, callback) => {
    call.sendMetadata(new Metadata())
    callback({ code: status.UNAVAILABLE, details: 'late' })
  }
  t.equal((await client.unary(CALL)).code, status.UNAVAILABLE)
  t.equal(two.calls, 1, 'and so is one that comes behind something')
  const busy = (_call: unknown, callback: (error: object) => void) =>
    callback({ code: status.RESOURCE_EXHAUSTED, details: 'busy' })
  one.unary = two.unary = busy as typeof one.unary
  const answer = await client.unary(CALL)
  t.equal(answer.code, status.RESOURCE_EXHAUSTED)
  t.equal(answer.details, 'busy', 'the last real answer of an endpoint')
})

t.test('an endpoint that refuses streams, and one that is no gRPC', async (t) => {
  const web = createServer((_request, response) => response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>no</h1>'))
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  t.teardown(() => web.close())
  const address = `127.0.0.1:${(web.address() as AddressInfo).port}`
  const gateway = await startGateway(t, configOf([address], { upstream: { protocol: 'h2' }, route: NO_RETRY }))
  const client = echoClient(t, gateway.port)
  t.equal((await client.unary(CALL)).code, status.UNAVAILABLE, 'clients know what to make of HTTP statuses')
  client.client.close()
})

t.test('the access log tells the status', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-grpc-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'access.log')
  const server = await startEcho(t)
  const top = { accessLog: { file, fields: ['path', 'status', 'grpcStatus', 'reason'] } }
  const gateway = await startGateway(
    t,
    configOf([server.address], { upstream: { protocol: 'h2' }, route: { match: [{ path: { prefix: '/test.Echo' } }] }, top }),
  )
  const client = echoClient(t, gateway.port)
  await client.unary(CALL)
  server.unary = (_call, callback) => callback({ code: status.NOT_FOUND, details: '' })
  await client.unary(CALL)
  await client.unary(CALL, { path: '/no.Service/Method' })
  const web = await gateway.client()
  await web.ask('GET /no')
  let lines: object[] = []
  await until('the lines', () => {
    lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
    return lines.length === 4
  })
  t.strictSame(lines, [
    { path: '/test.Echo/Unary', status: 200, grpcStatus: 0, reason: null },
    { path: '/test.Echo/Unary', status: 200, grpcStatus: 5, reason: null },
    { path: '/no.Service/Method', status: 200, grpcStatus: 12, reason: 'no-route' },
    { path: '/no', status: 404, grpcStatus: null, reason: 'no-route' },
  ])
})

t.test('in the middle of a stream', async (t) => {
  const server = await startRawHttp2(t)
  let answer: (stream: number) => Buffer[] = () => []
  server.script = ({ type, stream }, connection) => {
    const fields = [
      [':status', '200'],
      ['content-type', 'application/grpc'],
    ] as const
    if (type !== FRAME.HEADERS) return
    connection.send(
      frame(FRAME.HEADERS, FLAG.END_HEADERS, stream, hpack(fields)),
      frame(FRAME.DATA, 0, stream, '\0\0\0\0\x01a'),
      ...answer(stream),
    )
  }
  const gateway = await startGateway(
    t,
    configOf([server.address], { upstream: { protocol: 'h2' }, route: { timeout: { request: '60s', idle: '20s' } } }),
  )
  const client = echoClient(t, gateway.port)
  const told = async (end: () => void) => {
    const call = client.expand(Buffer.from('x'))
    const got: string[] = []
    call.on('data', (part: Buffer) => got.push(String(part)))
    call.on('error', () => {})
    const over = new Promise<{ code: number; details: string }>((resolve) => call.on('status', resolve))
    await until('the first message', () => got.length === 1)
    end()
    const { code, details } = await over
    return `${code} ${details}`
  }
  const reset = (stream: number) => [frame(FRAME.RST_STREAM, 0, stream, uint32(ERRORS.INTERNAL_ERROR))]
  t.match(await told(() => gateway.advance(21_000)), `${status.DEADLINE_EXCEEDED} Nothing came`)
  answer = reset
  t.match(await told(() => {}), `${status.UNAVAILABLE} The endpoint closed`)
  answer = () => [frame(FRAME.GOAWAY, 0, 0, Buffer.concat([uint32(2 ** 31 - 1), uint32(ERRORS.INTERNAL_ERROR)]))]
  t.match(await told(() => {}), `${status.UNAVAILABLE} The endpoint closed`)
  answer = (stream) => [frame(FRAME.DATA, 0, stream, '\0\0\0\0\x09half'), ...reset(stream)]
  t.match(await told(() => {}), `${status.UNAVAILABLE} The endpoint closed`)
  await until('everything to end', async () => (await gateway.metric('requests_in_flight')) === 0)
})
