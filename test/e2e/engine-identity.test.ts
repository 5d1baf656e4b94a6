// Who is who: what endpoints are told about clients, which Host they get, what names the request, what stops a loop.

import t from 'tap'
import { configOf, scene } from '../support/gateway.ts'

scene('an untrusted client does not speak for itself', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  await client.ask('GET /', [
    'host: a.test:81',
    'x-forwarded-for: 6.6.6.6',
    'x-forwarded-proto: https',
    'x-forwarded-host: evil',
    'x-forwarded-port: 1',
    'forwarded: for=6.6.6.6',
    'x-real-ip: 6.6.6.6',
    'x_forwarded_for: 6.6.6.6',
  ])
  const { fields } = await endpoint.request()
  t.equal(fields['x-forwarded-for'], '127.0.0.1')
  t.equal(fields['x-forwarded-proto'], 'http')
  t.equal(fields['x-forwarded-host'], 'a.test:81')
  t.equal(fields['x-forwarded-port'], String(gateway.port))
  t.equal(fields.forwarded, 'for=127.0.0.1;host="a.test:81";proto=http')
  t.notMatch(endpoint.requests[0]?.head, '6.6.6.6')
  await client.ask('GET /')
  const plain = (await endpoint.request(1)).fields
  t.strictSame([plain['x-forwarded-for'], plain['x-forwarded-host'], plain.forwarded], ['127.0.0.1', 'a.test', undefined])
})

scene(
  'a trusted hop is believed',
  { top: { trustedProxies: ['127.0.0.0/8', '10.0.0.0/8'] } },
  async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    await client.ask('GET /', [
      'x-forwarded-for: 9.9.9.9, 10.0.0.1',
      'x-forwarded-proto: https',
      'x-forwarded-host: shop',
      'x-real-ip: 9.9.9.9',
    ])
    const { fields } = await endpoint.request()
    t.equal(fields['x-forwarded-for'], '9.9.9.9, 10.0.0.1, 127.0.0.1')
    t.equal(fields['x-forwarded-proto'], 'https')
    t.equal(fields['x-forwarded-host'], 'shop')
    t.equal(fields['x-real-ip'], '9.9.9.9')
  },
)

scene(
  'what stands in a body or in the next request is not said by the trusted hop',
  { top: { trustedProxies: ['127.0.0.0/8'] } },
  async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    const body = '\r\nx-forwarded-for: 6.6.6.6\r\nvia: 1.1 gate\r\nforwarded: for=6.6.6.6\r\n'
    const lines = ['via: 1.1 other', 'x-forwarded-for: 9.9.9.9', `content-length: ${body.length}`]
    t.equal((await client.ask('POST /', lines, body)).status, 200)
    t.equal(endpoint.requests[0]?.fields['x-forwarded-for'], '9.9.9.9, 127.0.0.1')
    client.request('GET /', ['x-forwarded-for: 9.9.9.9'])
    client.send('GET / HTTP/1.1\r\nhost: a.test\r\nx-forwarded-for: 6.6.6.6\r\n\r\n')
    await client.response(2)
    t.equal(endpoint.requests[1]?.fields['x-forwarded-for'], '9.9.9.9, 127.0.0.1')
  },
)

scene('Via names the gateway and stops a loop', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  await client.ask('GET /', ['via: 1.0 other'])
  t.equal(endpoint.requests[0]?.fields.via, '1.0 other, 1.1 gate')
  await client.ask('GET / HTTP/1.0', ['connection: keep-alive'])
  t.equal(endpoint.requests[1]?.fields.via, '1.0 gate')
  const response = await client.ask('GET /', ['via: 1.0 other, 1.1 gate (us)'])
  t.strictSame([response.status, response.fields['x-headgate-reason']], [508, 'loop'])
  t.equal(endpoint.requests.length, 2)
  t.equal(await gateway.metric('rejected_total', { reason: 'loop' }), 1)
})

scene('Via can be left out', { top: { via: 'off' } }, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  t.equal((await client.ask('GET /', ['via: 1.1 gate'])).status, 200)
  t.equal(endpoint.requests[0]?.fields.via, '1.1 gate')
})

scene('X-Request-Id is kept or made', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  await client.ask('GET /', ['x-request-id: mine-1'])
  await client.ask('GET /')
  await client.ask('GET /')
  await client.ask('GET /', [`x-request-id: ${'x'.repeat(129)}`])
  await client.ask('GET /', ['x-request-id: two words'])
  const ids = endpoint.requests.map(({ fields }) => String(fields['x-request-id']))
  t.equal(ids[0], 'mine-1')
  for (const id of ids.slice(1)) t.match(id, /^[\w-]{8,64}$/)
  t.equal(new Set(ids).size, ids.length)
})

for (const [host, expected] of [
  ['preserve', 'a.test:81'],
  ['literal.test', 'literal.test'],
] as const) {
  scene(`Host: ${host}`, { upstream: { host } }, async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    await client.ask('GET /', ['host: a.test:81'])
    t.equal(endpoint.requests[0]?.fields.host, expected)
  })
}

scene('Host: endpoint', { upstream: { host: 'endpoint' } }, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  await client.ask('GET /', ['host: a.test:81'])
  t.equal(endpoint.requests[0]?.fields.host, endpoint.address)
  t.equal(endpoint.requests[0]?.fields['x-forwarded-host'], 'a.test:81')
})

scene('without a Host the endpoint gets its own address', {}, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  await client.ask('GET / HTTP/1.0')
  t.equal(endpoint.requests[0]?.fields.host, endpoint.address)
  t.equal(endpoint.requests[0]?.fields['x-forwarded-host'], undefined)
})

scene('our own answers say why', { route: { hosts: ['a.test'] } }, async (t, { gateway }) => {
  const client = await gateway.client()
  const response = await client.ask('GET /', ['host: other'])
  t.equal(response.status, 404)
  t.equal(response.fields['content-type'], 'application/problem+json')
  t.equal(response.fields['x-headgate-reason'], 'no-route')
  t.match(JSON.parse(response.body), { status: 404, code: 'no-route', type: /\/no-route$/ })
  const refused = await client.ask('TRACE /')
  t.equal(refused.status, 405)
  t.match(refused.fields.allow, /\bGET\b/)
  await client.end()
  const head = await gateway.client()
  const bodiless = await head.ask('HEAD /', ['host: other'])
  t.equal(bodiless.status, 404)
  t.ok(Number(bodiless.fields['content-length']) > 0)
  t.equal(head.rest, '')
})

scene(
  'errors.detail: minimal does not',
  { route: { hosts: ['a.test'] }, top: { errors: { detail: 'minimal' } } },
  async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    const response = await client.ask('GET /', ['host: other'])
    t.equal(response.status, 404)
    t.equal(response.fields['x-headgate-reason'], undefined)
    t.notMatch(response.body, 'no-route')
    t.match(JSON.parse(response.body), { status: 404 })
    t.equal(await gateway.metric('rejected_total', { reason: 'no-route' }), 1, 'the metric does')
    await gateway.apply(configOf([endpoint.address]))
    t.equal((await client.ask('GET /', ['host: other'])).status, 200)
  },
)

scene('a listener serves only its hosts', { listener: { hosts: ['a.test', '*.b.test'] } }, async (t, { gateway }) => {
  const client = await gateway.client()
  for (const [host, status] of [
    ['a.test', 200],
    ['A.TEST.:80', 200],
    ['x.y.b.test', 200],
    ['b.test', 404],
    ['evila.test', 404],
  ] as const) {
    t.equal((await client.ask('GET /', [`host: ${host}`])).status, status, host)
  }
})

t.end()
