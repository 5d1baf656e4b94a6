// The normalised form: defaults, units, and the several ways to write one thing.

import t from 'tap'
import type { GatewayConfig } from '../../src/config/model.ts'
import { normalizeConfig } from '../../src/config/parse.ts'

function accepted(input: unknown): GatewayConfig {
  const parsed = normalizeConfig(input)
  if (!('config' in parsed)) throw new Error(parsed.errors.map(({ message }) => message).join('\n'))
  return parsed.config
}

const MINIMAL = {
  listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
  routes: [{ name: 'all', to: 'app' }],
  upstreams: { app: { discovery: { static: ['127.0.0.1:3000'] } } },
}

t.test('every default is filled in', async (t) => {
  t.same(accepted(MINIMAL), {
    zone: null,
    workers: 'auto',
    watch: true,
    drain: { timeout: 30_000, delay: 0 },
    admin: { bind: '127.0.0.1:9901', readOnly: false, hosts: [], token: null },
    via: 'auto',
    trustedProxies: [],
    log: { level: 'info', format: 'json' },
    accessLog: null,
    tracing: null,
    plugins: [],
    tests: [],
    kubernetes: null,
    overload: { lag: 250, memory: 0.85, connections: 0.9, buffers: 128 * 1024 ** 2 },
    errors: { detail: 'full' },
    listeners: [
      {
        name: 'web',
        bind: ['127.0.0.1:0'],
        hosts: [],
        protocol: 'http',
        proxyProtocol: 'off',
        tls: null,
        paths: { mergeSlashes: true, encodedSlash: 'reject', caseSensitive: true },
        clientClose: 'abort',
        limits: {
          connections: 65536,
          headerBytes: 32768,
          headerCount: 128,
          requestLine: 8192,
          bodyBytes: null,
          requestsPerConnection: 10000,
        },
        timeouts: { handshake: 5000, header: 10_000, body: 30_000, keepAlive: 75_000, write: 30_000, minRate: 240 },
        http2: true,
        http2Limits: { concurrentStreams: 100, streamWindow: 65_536, connectionWindow: 1_048_576 },
      },
    ],
    routes: [
      {
        name: 'all',
        listeners: [],
        hosts: [],
        match: [],
        filters: [],
        to: [{ upstream: 'app', weight: 1, labels: null, filters: [] }],
        priority: 'normal',
        timeout: { request: null, attempt: 60_000, idle: 60_000, tunnel: 3_600_000 },
        hash: null,
        retry: null,
        hedge: null,
        affinity: null,
        websocket: true,
        upgrades: [],
        mirror: [],
        accessLog: null,
      },
    ],
    upstreams: {
      app: {
        discovery: { static: [{ address: '127.0.0.1:3000', weight: 1, priority: 0, zone: null, labels: {} }] },
        host: 'preserve',
        protocol: 'http1',
        tls: null,
        proxyProtocol: null,
        balancer: { type: 'round-robin', key: null, boundedLoad: null },
        connection: {
          connectTimeout: 2000,
          keepAlive: 60_000,
          maxIdlePerEndpoint: 64,
          maxRequests: null,
          tcpKeepAlive: 30_000,
        },
        limits: { connections: 1024, pending: 1024, requests: 4096, pendingTimeout: 5000 },
        zone: null,
        slowStart: null,
        priorities: { spill: 1.4 },
        panic: 0.1,
        health: null,
        ejection: {
          consecutiveErrors: 5,
          errorPercent: 50,
          minimumRequests: 20,
          window: 10_000,
          latencyFactor: null,
          baseTime: 10_000,
          maxTime: 300_000,
          maxPercent: 50,
          on: ['connect-failure', 'connect-timeout', 'reset', 'timeout', 'protocol', '502', '503', '504'],
        },
        breaker: null,
        adaptive: null,
        failover: [],
      },
    },
  })
})

t.test('what was given out is its own: two configurations share no default', async (t) => {
  const [one, two] = [accepted(MINIMAL), accepted(MINIMAL)]
  t.not(one.listeners[0]?.limits, two.listeners[0]?.limits)
  t.not(one.trustedProxies, two.trustedProxies)
})

t.test('the result survives JSON', async (t) => {
  const config = accepted({ ...MINIMAL, accessLog: {} })
  t.same(JSON.parse(JSON.stringify(config)), config)
})

t.test('an access log that is on has defaults of its own', async (t) => {
  const { accessLog } = accepted({ accessLog: {} })
  t.match(accessLog, { file: 'stdout', format: 'json', sample: 1, slow: 1000 })
  t.ok(accessLog?.fields.includes('durationMs'))
  t.equal(accepted({ accessLog: 'off' }).accessLog, null)
  t.match(accepted({ accessLog: { sample: '12.5%', slow: 'off' } }).accessLog, { sample: 0.125, slow: null })
})

t.test('fields of the access log: names, headers, and words for several', async (t) => {
  const fields = (...fields: string[]) => accepted({ accessLog: { fields } }).accessLog?.fields
  t.same(fields('path', 'header.X-Tenant'), ['path', 'header.x-tenant'])
  t.same(fields('default'), accepted({ accessLog: {} }).accessLog?.fields)
  t.same(fields('status', 'phases'), ['status', 'receivedMs', 'queueMs', 'connectMs', 'upstreamMs', 'ttfbMs', 'transferMs'])
  t.equal(fields('tls')?.[0], 'tlsVersion')
})

t.test('the access log of a route', async (t) => {
  const of = (accessLog: unknown) =>
    accepted({ ...MINIMAL, accessLog: {}, routes: [{ name: 'all', to: 'app', accessLog }] }).routes[0]?.accessLog
  t.equal(of('off'), 'off')
  t.same(of({}), { sample: null, slow: null, fields: null })
  t.same(of({ sample: '1%', slow: 'off', fields: ['tls'] }), {
    sample: 0.01,
    slow: 'off',
    fields: ['tlsVersion', 'tlsCipher', 'alpn', 'sni', 'clientSubject', 'clientVerified', 'clientFingerprint'],
  })
})

t.test('tracing that is on has defaults of its own', async (t) => {
  const endpoint = 'http://127.0.0.1:4318'
  t.same(accepted({ tracing: {} }).tracing, {
    service: 'headgate',
    sample: 1,
    propagation: ['w3c'],
    otlp: { endpoint, protocol: 'http/protobuf', headers: {}, interval: 5000 },
  })
  t.equal(accepted({ tracing: { otlp: { protocol: 'grpc' } } }).tracing?.otlp.endpoint, 'http://127.0.0.1:4317')
  t.equal(accepted({ tracing: 'off' }).tracing, null)
  const headers = { 'X-Key': { env: 'KEY' }, authorization: 'Bearer x' }
  t.same(accepted({ tracing: { otlp: { headers } } }).tracing?.otlp.headers, {
    'x-key': { env: 'KEY' },
    authorization: 'Bearer x',
  })
})

t.test('admin', async (t) => {
  t.equal(accepted({ admin: 'off' }).admin, null)
  t.equal(accepted({ admin: { bind: 'unix:/run/headgate.sock' } }).admin?.bind, 'unix:/run/headgate.sock')
  t.same(accepted({ admin: { bind: '0.0.0.0:9901', token: { env: 'T' } } }).admin?.token, { env: 'T' })
  t.same(accepted({ admin: { token: 'text' } }).admin?.token, 'text')
})

t.test('units', async (t) => {
  const listener = (limits: object, timeouts: object) =>
    accepted({ listeners: [{ name: 'a', bind: '127.0.0.1:0', limits, timeouts }] }).listeners[0]
  t.match(listener({ headerBytes: 512, requestLine: '1.5KiB', bodyBytes: '10MiB', requestsPerConnection: 'off' }, {}), {
    limits: { headerBytes: 512, requestLine: 1536, bodyBytes: 10 * 1024 ** 2, requestsPerConnection: null },
  })
  t.match(listener({}, { header: '250ms', body: '2m', keepAlive: '1h', write: 'off', minRate: 'off', handshake: '1.5s' }), {
    timeouts: { header: 250, body: 120_000, keepAlive: 3_600_000, write: null, minRate: null, handshake: 1500 },
  })
})

t.test('numbers and booleans may come as text, which is what the environment gives', async (t) => {
  t.match(accepted({ workers: '4', watch: 'false' }), { workers: 4, watch: false })
})

t.test('hosts are compared without case and trailing dot', async (t) => {
  const config = accepted({
    ...MINIMAL,
    routes: [{ name: 'r', to: 'app', hosts: ['API.Example.COM.', '*.Example.org', '[::1]', '10.0.0.1'] }],
  })
  t.same(config.routes[0]?.hosts, ['api.example.com', '*.example.org', '[::1]', '10.0.0.1'])
})

t.test('a match is what the route table asks for', async (t) => {
  const match = [
    {
      path: { prefix: '/users' },
      methods: ['GET', 'PURGE'],
      headers: { 'X-Env': 'canary', 'x-v': { regex: '2\\..*' }, 'x-debug': { present: false } },
      query: { V: '2' },
      cookies: { Beta: { exact: '1' } },
    },
    {},
  ]
  t.same(accepted({ ...MINIMAL, routes: [{ name: 'r', to: 'app', match }] }).routes[0]?.match, [
    {
      path: { type: 'prefix', value: '/users' },
      methods: ['GET', 'PURGE'],
      headers: [
        { name: 'x-env', match: { type: 'exact', value: 'canary' } },
        { name: 'x-v', match: { type: 'regex', value: '2\\..*' } },
        { name: 'x-debug', match: { type: 'present', value: false } },
      ],
      query: [{ name: 'V', match: { type: 'exact', value: '2' } }],
      cookies: [{ name: 'Beta', match: { type: 'exact', value: '1' } }],
    },
    { path: null, methods: [], headers: [], query: [], cookies: [] },
  ])
})

t.test('weights, balancers and retries', async (t) => {
  const config = accepted({
    ...MINIMAL,
    routes: [{ name: 'r', to: [{ upstream: 'app', weight: 9 }, { upstream: 'b' }], retry: { attempts: 0 } }],
    upstreams: {
      ...MINIMAL.upstreams,
      b: {
        discovery: { static: [{ address: '[::1]:80', weight: 0 }, 'name:80'] },
        balancer: { type: 'first' },
        host: 'x.internal:8080',
      },
    },
  })
  t.same(config.routes[0]?.to, [
    { upstream: 'app', weight: 9, labels: null, filters: [] },
    { upstream: 'b', weight: 1, labels: null, filters: [] },
  ])
  t.same(config.routes[0]?.retry, {
    attempts: 0,
    on: ['connect-failure', 'refused-stream', 'reset', 'timeout', '502', '503', '504'],
    methods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'],
    backoff: { base: 25, max: 250 },
    budget: 0.2,
    bodyBytes: 65_536,
  })
  t.match(config.upstreams.b, {
    balancer: { type: 'first' },
    host: 'x.internal:8080',
    discovery: { static: [{ weight: 0 }, { weight: 1 }] },
  })
})

t.test('statuses among conditions need no quotes, nor does nothing', async (t) => {
  const config = accepted({
    ...MINIMAL,
    routes: [{ name: 'r', to: 'app', retry: { on: [503, '5xx', 'reset'] } }],
    upstreams: { app: { ...MINIMAL.upstreams.app, ejection: { on: [500, 'reset'] }, priorities: { spill: 0 } } },
  })
  t.same(config.routes[0]?.retry?.on, ['503', '5xx', 'reset'])
  t.same(config.upstreams.app?.ejection?.on, ['500', 'reset'])
  t.equal(config.upstreams.app?.priorities.spill, 0)
})

t.test('paths are kept in the form in which requests are looked up', async (t) => {
  const exact = (path: string) =>
    accepted({ ...MINIMAL, routes: [{ name: 'r', to: 'app', match: [{ path: { exact: path } }] }] }).routes[0]?.match[0]?.path
      ?.value
  t.equal(exact('/adm%69n/%7euser/%c3%a9%2f'), '/admin/~user/%C3%A9%2F')
  t.equal(exact('/a;x=1/b'), '/a;x=1/b')
})
