// Traces from the client through the gateway to endpoints and a collector, on real sockets.
/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates of the configuration */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { echoClient, startEcho } from '../grpc/echo-service.ts'
import { type Changes, configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { startGrpcCollector } from '../support/grpc-collector.ts'
import { RawHttp2, request } from '../support/http2-raw.ts'
import { type CollectedSpan, type Collector, startCollector } from '../support/otlp-collector.ts'
import { deadAddress, type RawEndpoint, startEndpoint } from '../support/raw-endpoint.ts'
import { startTunnelEndpoint } from '../support/tunnel-endpoint.ts'
import { pause, until } from '../support/until.ts'
import { openTunnel } from '../upgrade/scene.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const SERVER = 2
const CLIENT = 3

interface Stage {
  readonly gateway: TestGateway
  readonly endpoint: RawEndpoint
  readonly collector: Collector
}

const tracingTo = (collector: Collector, more: object = {}, otlp: object = {}): object => ({
  otlp: { endpoint: collector.url, interval: '100ms', ...otlp },
  ...more,
})

async function stage(t: Test, more: object = {}, changes: Changes = {}, otlp: object = {}): Promise<Stage> {
  const [collector, endpoint] = [await startCollector(t), await startEndpoint(t)]
  const top = { tracing: tracingTo(collector, more, otlp), ...changes.top }
  return { collector, endpoint, gateway: await startGateway(t, configOf([endpoint.address], { ...changes, top })) }
}

const parent = (request: { readonly fields: Readonly<Record<string, string>> }): string[] =>
  (request.fields.traceparent ?? '').split('-')

const ofKind = (spans: readonly CollectedSpan[], kind: number): CollectedSpan[] => spans.filter((span) => span.kind === kind)

t.test('a trace that begins here', async (t) => {
  const { gateway, endpoint, collector } = await stage(t, { service: 'edge' })
  const client = await gateway.client()
  const before = BigInt(Date.now()) * 1_000_000n
  t.equal(
    (
      await client.ask('GET /a/./b?x=1&sig=hush&X-Amz-Signature=hush&design=y&X-Amz-Security-Token=', [
        'user-agent: test/1',
        'host: A.test:81',
      ])
    ).status,
    200,
  )
  const [server, attempt] = await collector.wait(2)
  const [version, traceId, spanId, flags] = parent(await endpoint.request())
  t.same([version, flags], ['00', '03'])
  t.match(server, { service: 'edge', traceId, parentId: '', name: 'GET all', kind: SERVER, status: 0 })
  t.match(attempt, { traceId, spanId, parentId: server?.spanId, name: 'GET', kind: CLIENT, status: 0 })
  t.ok(server && server.start >= before - 1_000_000n && server.end >= server.start)
  t.ok(server && attempt && attempt.start >= server.start && attempt.end <= server.end + 1_000_000n)
  const { attributes } = server as CollectedSpan
  t.match(attributes, {
    'http.request.method': 'GET',
    'url.scheme': 'http',
    'url.path': '/a/b',
    'url.query': 'x=1&sig=REDACTED&X-Amz-Signature=REDACTED&design=y&X-Amz-Security-Token=REDACTED',
    'server.address': 'a.test',
    'server.port': 81,
    'client.address': '127.0.0.1',
    'network.peer.address': '127.0.0.1',
    'network.protocol.version': '1.1',
    'user_agent.original': 'test/1',
    'http.response.status_code': 200,
    'http.route': 'all',
    'headgate.listener': 'web',
    'headgate.upstream': 'all',
    'headgate.endpoint': endpoint.address,
  })
  t.ok((attributes['headgate.ttfb_ms'] as number) >= 0)
  t.notHas(attributes, { 'error.type': String })
  t.match(attempt?.attributes, {
    'http.request.method': 'GET',
    'server.address': '127.0.0.1',
    'server.port': Number(endpoint.address.split(':')[1]),
    'url.full': `http://${endpoint.address}/a/b?x=1&sig=REDACTED&X-Amz-Signature=REDACTED&design=y&X-Amz-Security-Token=REDACTED`,
    'http.response.status_code': 200,
    'headgate.outcome': 'ok',
  })
  t.match(server?.events, [
    { name: 'decision', attributes: { 'headgate.decision.route': /^best match: every host, every path/ } },
  ])
  t.equal(collector.requests[0]?.path, '/v1/traces')
  t.equal(collector.requests[0]?.headers['content-type'], 'application/x-protobuf')
})

t.test('a trace that the client has begun goes on, with its state', async (t) => {
  const { gateway, endpoint, collector } = await stage(t, { sample: '0%' })
  const client = await gateway.client()
  await client.ask('GET /', [`traceparent: 00-${TRACE}-${SPAN}-01`, 'tracestate: a=1', 'tracestate: b=2'])
  const [server, attempt] = await collector.wait(2)
  t.match(server, { traceId: TRACE, parentId: SPAN })
  const seen = await endpoint.request()
  t.same(parent(seen), ['00', TRACE, attempt?.spanId, '01'])
  t.equal(seen.fields.tracestate, 'a=1,b=2')
})

t.test('whoever has decided not to sample is followed: no span, and the same line goes on', async (t) => {
  const { gateway, endpoint, collector } = await stage(t)
  const client = await gateway.client()
  await client.ask('GET /', [`traceparent: 00-${TRACE}-${SPAN}-00`, 'tracestate: a=1'])
  const seen = await endpoint.request()
  t.equal(seen.fields.traceparent, `00-${TRACE}-${SPAN}-00`)
  t.equal(seen.fields.tracestate, 'a=1')
  await client.ask('GET /sampled')
  const spans = await collector.wait(2)
  t.equal(spans.length, 2)
  t.ok(spans.every(({ traceId }) => traceId !== TRACE))
})

t.test('not sampled by chance: endpoints are told so all the same', async (t) => {
  const file = `${t.testdir()}/access.log`
  const top = { accessLog: { file, fields: ['traceId'] } }
  const { gateway, endpoint, collector } = await stage(t, { sample: '0%' }, { top })
  const client = await gateway.client()
  await client.ask('GET /')
  await client.ask('GET /')
  const [one, two] = [parent(await endpoint.request(0)), parent(await endpoint.request(1))]
  t.match(one, ['00', /^[0-9a-f]{32}$/, /^[0-9a-f]{16}$/, '02'])
  t.not(one[1], two[1])
  await gateway.gateway.close()
  t.equal(collector.requests.length, 0)
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  t.same(
    lines.map((line) => JSON.parse(line).traceId),
    [one[1], two[1]],
    'the log knows it',
  )
})

t.test('what is not valid begins a new trace, and nothing of it goes on', async (t) => {
  const { gateway, endpoint, collector } = await stage(t)
  const client = await gateway.client()
  for (const lines of [
    [`traceparent: 00-${TRACE.toUpperCase()}-${SPAN}-01`, 'tracestate: a=1'],
    [`traceparent: 00-${TRACE}-${SPAN}-01`, `traceparent: 00-${TRACE}-${SPAN}-01`, 'tracestate: a=1'],
    ['tracestate: a=1'],
  ])
    await client.ask('GET /', lines)
  const spans = ofKind(await collector.wait(6), SERVER)
  t.ok(spans.every(({ traceId, parentId }) => traceId !== TRACE && parentId === ''))
  for (let i = 0; i < 3; i++) {
    const { fields } = await endpoint.request(i)
    t.match(fields.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-03$/)
    t.equal(fields.tracestate, undefined)
  }
  await client.ask('GET /', [`traceparent: 00-${TRACE}-${SPAN}-01`, 'tracestate: not valid at all'])
  const { fields } = await endpoint.request(3)
  t.equal(fields.traceparent?.split('-')[1], TRACE)
  t.equal(fields.tracestate, undefined, 'the state alone is dropped')
})

t.test('B3 is understood whatever is said to endpoints', async (t) => {
  const { gateway, endpoint, collector } = await stage(t, { sample: '0%' })
  const client = await gateway.client()
  await client.ask('GET /', [`b3: ${TRACE}-${SPAN}-1`])
  const [server] = await collector.wait(2)
  t.match(server, { traceId: TRACE, parentId: SPAN })
  t.equal(parent(await endpoint.request())[1], TRACE)
  await client.ask('GET /', [`X-B3-TraceId: ${TRACE}`, `X-B3-SpanId: ${SPAN}`, 'X-B3-Sampled: 0'])
  t.same(parent(await endpoint.request(1)), ['00', TRACE, SPAN, '00'])
  await client.ask('GET /', [`traceparent: 00-${'a'.repeat(32)}-${SPAN}-01`, `b3: ${TRACE}-${SPAN}-0`])
  t.equal(parent(await endpoint.request(2))[1], 'a'.repeat(32), 'what stands first is believed first')
})

t.test('B3 is said where it is configured, in the form that the client used', async (t) => {
  const { gateway, endpoint, collector } = await stage(t, { propagation: ['b3', 'w3c'] })
  const client = await gateway.client()
  const multi = [`X-B3-TraceId: ${TRACE}`, `X-B3-SpanId: ${SPAN}`, 'X-B3-ParentSpanId: 1111111111111111', 'X-B3-Sampled: 1']
  await client.ask('GET /', multi)
  const [server, attempt] = await collector.wait(2)
  const { fields } = await endpoint.request()
  t.match(fields, {
    'x-b3-traceid': TRACE,
    'x-b3-spanid': attempt?.spanId,
    'x-b3-parentspanid': server?.spanId,
    'x-b3-sampled': '1',
    traceparent: `00-${TRACE}-${attempt?.spanId}-01`,
  })
  await client.ask('GET /', [`b3: ${TRACE}-${SPAN}-0-1111111111111111`])
  const second = await endpoint.request(1)
  t.equal(second.fields.b3, `${TRACE}-${SPAN}-0`)
  t.equal(second.fields.traceparent, `00-${TRACE}-${SPAN}-00`)
  await client.ask('GET /', ['b3: 0'])
  const third = await endpoint.request(2)
  t.match(third.fields.b3, /^[0-9a-f]{32}-[0-9a-f]{16}-0$/)
})

/** Each has to be noticed alone: what is not noticed goes on to endpoints beside what the gateway says. */
const TRACE_FIELDS = [
  'traceparent',
  'tracestate',
  'b3',
  'X-B3-TraceId',
  'x-b3-spanid',
  'X-B3-PARENTSPANID',
  'x-b3-sampled',
  'X-b3-Flags',
]
const NOT_OF_A_TRACE = ['trace', 'traceparent2', 'x_b3_traceid', 'b33', 'b', 'x-b3', 'x-b3-', 'x-b3-traceids', 'traceparent_']

t.test('whatever a request says of a trace is noticed, and nothing else', async (t) => {
  const { gateway, endpoint } = await stage(t, { sample: '0%', propagation: ['w3c', 'b3'] }, { listener: { http2: true } })
  const [client, h2] = [await gateway.client(), await RawHttp2.open(gateway.port)]
  t.teardown(() => h2.destroy())
  let asked = 0
  for (const written of TRACE_FIELDS) {
    for (const name of [written, written.toLowerCase(), written.toUpperCase()]) {
      await client.ask('GET /', [`${name}: old`, `${name}: old`])
      t.notMatch((await endpoint.request(asked++)).head, /: old/, name)
    }
    t.equal(await h2.outcome(h2.headers(request({}, [written.toLowerCase(), 'old']))), '200')
    t.notMatch((await endpoint.request(asked++)).head, /: old/, `${written} over HTTP/2`)
  }
  for (const name of NOT_OF_A_TRACE) {
    await client.ask('GET /', [`${name}: old`])
    t.match((await endpoint.request(asked++)).fields, { [name]: 'old', traceparent: /-02$/ }, name)
    t.equal(await h2.outcome(h2.headers(request({}, [name, 'old']))), '200')
    t.match((await endpoint.request(asked++)).fields, { [name]: 'old', traceparent: /-02$/ }, `${name} over HTTP/2`)
  }
  await client.ask('GET /', [`traceparent: 00-${TRACE}-${SPAN}-01`, 'connection: traceparent'])
  t.not(parent(await endpoint.request(asked))[1], TRACE, 'one that ends at this hop says nothing to the next one')
})

t.test('each try is a span of its own, and says so to its endpoint', async (t) => {
  const [collector, good] = [await startCollector(t), await startEndpoint(t)]
  const bad = await startEndpoint(t)
  bad.script = (_request, connection, phase) => {
    if (phase === 'end') connection.answer('no', [], '503 Service Unavailable')
  }
  const dead = await deadAddress()
  const gateway = await startGateway(
    t,
    configOf([dead, bad.address, good.address], {
      upstream: { balancer: 'first' },
      route: { retry: { attempts: 2, on: ['503', 'connect-failure'], backoff: { base: '1ms', max: '1ms' } } },
      top: { tracing: tracingTo(collector) },
    }),
  )
  t.equal((await (await gateway.client()).ask('GET /')).status, 200)
  const spans = await collector.wait(4)
  const [server, ...attempts] = spans
  t.same(
    attempts.map(({ attributes }) => [
      attributes['headgate.endpoint'],
      attributes['headgate.outcome'],
      attributes['http.request.resend_count'],
      attributes['headgate.retry.reason'],
      attributes['error.type'],
    ]),
    [
      [dead, 'connect-failure', undefined, undefined, 'connect-failure'],
      [bad.address, 'ok', 1, 'connect-failure', '503'],
      [good.address, 'ok', 2, '503', undefined],
    ],
  )
  t.same(
    attempts.map(({ parentId, status }) => [parentId, status]),
    [
      [server?.spanId, 2],
      [server?.spanId, 2],
      [server?.spanId, 0],
    ],
  )
  t.equal(parent(await bad.request())[2], attempts[1]?.spanId)
  t.equal(parent(await good.request())[2], attempts[2]?.spanId)
})

t.test('a hedge: two at a time, and neither says that it is the other', async (t) => {
  const [collector, one, two] = [await startCollector(t), await startEndpoint(t), await startEndpoint(t)]
  one.script = () => {}
  const gateway = await startGateway(
    t,
    configOf([one.address, two.address], {
      upstream: { balancer: 'first' },
      route: { hedge: { after: '20ms' } },
      top: { tracing: tracingTo(collector) },
    }),
  )
  t.equal((await (await gateway.client()).ask('GET /')).status, 200)
  const attempts = ofKind(await collector.wait(3), CLIENT)
  const of = (address: string) => attempts.find(({ attributes }) => attributes['headgate.endpoint'] === address)
  t.equal(parent(await one.request())[2] ?? '', of(one.address)?.spanId)
  t.equal(parent(await two.request())[2], of(two.address)?.spanId)
  t.match(of(one.address)?.attributes, { 'headgate.outcome': 'cancelled' })
  t.match(of(two.address)?.attributes, { 'headgate.outcome': 'ok', 'headgate.retry.reason': 'hedge' })
})

t.test('answers of the gateway itself, and requests that cannot be read', async (t) => {
  const route = { match: [{ path: { prefix: '/a' } }], filters: [{ respond: { status: 204 } }] }
  const { gateway, collector } = await stage(t, {}, { route })
  const client = await gateway.client()
  await client.ask('GET /a')
  await client.ask('BREW /none')
  const broken = await gateway.client()
  broken.send('GET / HTTP/1.1\r\nhost: a b\r\n\r\n')
  await until('an answer', () => broken.responses.length === 1)
  const spans = await collector.wait(3)
  const of = (status: number) => spans.find(({ attributes }) => attributes['http.response.status_code'] === status)
  t.match(of(204), { name: 'GET all', status: 0 })
  t.match(of(204)?.events[0]?.attributes, { 'headgate.decision.filters': ['respond: answered 204'] })
  t.match(of(404), {
    name: 'HTTP',
    status: 0,
    attributes: {
      'http.request.method': '_OTHER',
      'http.request.method_original': 'BREW',
      'headgate.reason': 'no-route',
    },
  })
  t.match(of(400), { parentId: '', attributes: { 'headgate.reason': 'bad-request' } })
})

t.test('a request that fails is an error, a client that leaves too', async (t) => {
  const { gateway, endpoint, collector } = await stage(t, {}, { route: { retry: { attempts: 0 } } })
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') connection.socket.resetAndDestroy()
  }
  const client = await gateway.client()
  t.equal((await client.ask('GET /')).status, 502)
  const [server, attempt] = await collector.wait(2)
  t.match(server, { status: 2, attributes: { 'error.type': 'reset', 'headgate.reason': 'reset' } })
  t.match(server?.events[0]?.attributes, { 'headgate.decision.no_retry': 'the route allows none' })
  t.match(attempt, { status: 2, attributes: { 'error.type': 'reset' } })
  endpoint.script = () => {}
  const impatient = await gateway.client()
  impatient.request('GET /slow')
  await endpoint.request(1)
  impatient.reset()
  const spans = await collector.wait(4)
  const gone = spans.find(({ attributes }) => attributes['http.response.status_code'] === 499)
  t.match(gone, { status: 2, attributes: { 'error.type': 'client-gone' } })
})

t.test('a filter may take the context out, or see it', async (t) => {
  const route = {
    filters: [{ requestHeaders: { set: { 'x-seen': '${request.header.traceparent}' }, remove: ['traceparent'] } }],
  }
  const { gateway, endpoint, collector } = await stage(t, {}, { route })
  await (await gateway.client()).ask('GET /')
  const { fields } = await endpoint.request()
  t.equal(fields.traceparent, undefined)
  const [server] = await collector.wait(2)
  t.equal(fields['x-seen'], `00-${server?.traceId}-${server?.spanId}-03`)
})

t.test('gRPC over HTTP/2, to an endpoint of HTTP/2', async (t) => {
  const [collector, server] = [await startCollector(t), await startEcho(t)]
  let seen = ''
  server.unary = (call, callback) => {
    seen = String(call.metadata.get('traceparent')[0])
    callback(null, call.request)
  }
  const gateway = await startGateway(
    t,
    configOf([server.address], { upstream: { protocol: 'h2' }, top: { tracing: tracingTo(collector) } }),
  )
  await echoClient(t, gateway.port).unary(Buffer.from('x'))
  const [span, attempt] = await collector.wait(2)
  t.match(span?.attributes, {
    'network.protocol.version': '2',
    'rpc.system.name': 'grpc',
    'rpc.method': 'test.Echo/Unary',
    'rpc.status_code': 'OK',
    'error.type': undefined,
  })
  t.equal(seen, `00-${span?.traceId}-${attempt?.spanId}-03`)
})

t.test('a gRPC status that is a fault of the endpoint is an error, in the log too', async (t) => {
  const [collector, server] = [await startCollector(t), await startEcho(t)]
  const statuses = [14, 12, 5]
  server.unary = (_call, callback) => callback({ code: statuses.shift() as number })
  const file = join(t.testdir(), 'access.log')
  const accessLog = { file, sample: '0%', fields: ['grpcStatus'] }
  const gateway = await startGateway(
    t,
    configOf([server.address], { upstream: { protocol: 'h2' }, top: { tracing: tracingTo(collector), accessLog } }),
  )
  const client = echoClient(t, gateway.port)
  for (let i = 0; i < 3; i++) await client.unary(Buffer.from('x'))
  const spans = ofKind(await collector.wait(6), SERVER)
  t.same(
    spans.map(({ status, attributes: a }) => [status, a['rpc.status_code'], a['error.type'], a['rpc.method']]),
    [
      [2, 'UNAVAILABLE', 'UNAVAILABLE', 'test.Echo/Unary'],
      [2, 'UNIMPLEMENTED', 'UNIMPLEMENTED', '_OTHER'],
      [0, 'NOT_FOUND', undefined, 'test.Echo/Unary'],
    ],
  )
  t.equal(spans[1]?.attributes['rpc.method_original'], 'test.Echo/Unary')
  await until('two lines', () => readFileSync(file, 'utf8') === '{"grpcStatus":14}\n{"grpcStatus":12}\n')
})

t.test('a tunnel is one span for as long as it is open', async (t) => {
  const [collector, endpoint] = [await startCollector(t), await startTunnelEndpoint(t)]
  const gateway = await startGateway(t, configOf([endpoint.address], { top: { tracing: tracingTo(collector) } }))
  const [client, peer] = await openTunnel(gateway, endpoint)
  client.send('hello')
  await until('the bytes', () => peer.bytes === 'hello')
  await pause(150)
  t.equal(collector.spans.length, 0)
  peer.socket.end()
  client.fin()
  const [span] = await collector.wait(2)
  t.match(span?.attributes, { 'http.response.status_code': 101, 'headgate.upgrade': 'websocket' })
})

t.test('as JSON, with credentials of the collector', async (t) => {
  const otlp = { protocol: 'http/json', headers: { authorization: 'Bearer x' } }
  const { gateway, collector } = await stage(t, {}, {}, otlp)
  await (await gateway.client()).ask('GET /a')
  const [server, attempt] = await collector.wait(2)
  t.match(server, { name: 'GET all', kind: SERVER, attributes: { 'url.path': '/a' } })
  t.equal(attempt?.parentId, server?.spanId)
  t.match(collector.requests[0]?.headers, { authorization: 'Bearer x', 'content-type': 'application/json' })
})

t.test('by gRPC', async (t) => {
  const { url, spans, teams } = await startGrpcCollector(t)
  const endpoint = await startEndpoint(t)
  const otlp = { endpoint: url, protocol: 'grpc', headers: { 'x-team': 'a' }, interval: '100ms' }
  const gateway = await startGateway(t, configOf([endpoint.address], { top: { tracing: { otlp } } }))
  await (await gateway.client()).ask('GET /')
  await until('spans', () => spans.length === 2)
  t.equal(teams[0], 'a')
  t.equal(ofKind(spans, CLIENT)[0]?.parentId, ofKind(spans, SERVER)[0]?.spanId)
})

t.test('what waits when the gateway ends is sent', async (t) => {
  const { gateway, collector } = await stage(t, {}, {}, { interval: '60s' })
  await (await gateway.client()).ask('GET /')
  gateway.closeClients()
  await gateway.gateway.drain(1000)
  t.equal(collector.spans.length, 2)
})

t.test('a reload: what began before ends where it began', async (t) => {
  const { gateway, endpoint, collector } = await stage(t)
  const held: (() => void)[] = []
  endpoint.script = (request, connection, phase) => {
    if (phase === 'end') held.push(() => connection.answer(request.target))
  }
  const client = await gateway.client()
  client.request('GET /before')
  await until('the request', () => held.length === 1)
  const other = await startCollector(t)
  await gateway.apply(configOf([endpoint.address], { top: { tracing: tracingTo(other) } }))
  held[0]?.()
  await client.response()
  t.equal((await collector.wait(2))[0]?.attributes['url.path'], '/before')
  await gateway.apply(configOf([endpoint.address], {}))
  client.request('GET /after')
  await until('the request', () => held.length === 2)
  held[1]?.()
  await client.response(1)
  t.equal(endpoint.requests[1]?.fields.traceparent, undefined, 'off')
  t.equal(other.spans.length, 0)
})

t.test('a collector that takes nothing costs spans, and that is said once', async (t) => {
  const collector = await startCollector(t)
  collector.status = 400
  const said: string[] = []
  const { createGateway } = await import('../../src/index.ts')
  const endpoint = await startEndpoint(t)
  const config = configOf([endpoint.address], { top: { tracing: tracingTo(collector) } })
  const gateway = createGateway(config, { log: (level, message) => said.push(`${level} ${message}`) })
  t.teardown(() => gateway.close())
  const { listeners } = await gateway.start()
  const url = listeners.web as string
  for (let i = 0; i < 5; i++) t.equal((await fetch(url)).status, 200)
  const dropped = async () => Number(/^headgate_spans_dropped_total (\d+)/m.exec(await gateway.metrics())?.[1])
  await until('all to be given up', async () => (await dropped()) === 10)
  await until('it to be said', () => said.length === 1)
  t.same(said, ['warn the collector does not take spans'])
  collector.status = 200
  await fetch(url)
  await until('the words', () => said.length === 2)
  t.equal(said[1], 'info the collector takes spans again')
  t.equal(await dropped(), 10)
})

t.test('a gateway without tracing leaves the context alone', async (t) => {
  const endpoint = await startEndpoint(t)
  const gateway = await startGateway(t, configOf([endpoint.address]))
  await (await gateway.client()).ask('GET /', ['traceparent: whatever', 'b3: 1'])
  t.match((await endpoint.request()).fields, { traceparent: 'whatever', b3: '1' })
  await (await gateway.client()).ask('GET /')
  t.equal((await endpoint.request(1)).fields.traceparent, undefined)
})
