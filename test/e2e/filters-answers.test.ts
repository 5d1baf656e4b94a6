// respond, cors, bodyLimit, errorPages and faults on real sockets.

import t from 'tap'
import { createGateway, type GatewayConfigInput } from '../../src/index.ts'
import { configOf, scene } from '../support/gateway.ts'
import { RawClient } from '../support/raw-client.ts'
import { type Script, startEndpoint } from '../support/raw-endpoint.ts'
import { until } from '../support/until.ts'

const failing =
  (status: string, lines: readonly string[] = [], body = 'secret'): Script =>
  (_request, connection, phase) => {
    if (phase === 'end') connection.answer(body, lines, status)
  }

// ---- respond

const HELLO = { status: 418, headers: { 'x-a': '1' }, body: `I am \${request.host}${'\u00e9'}` }

scene(
  'respond: in the place of an endpoint',
  { route: { to: undefined, filters: [{ respond: HELLO }] } },
  async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    const response = await client.ask('GET /')
    t.equal(response.status, 418)
    t.match(response.fields, { 'x-a': '1', 'content-type': 'text/plain; charset=utf-8', 'content-length': '13' })
    t.equal(Buffer.from(response.body, 'latin1').toString(), 'I am a.test\u00e9')
    const head = await client.ask('HEAD /')
    t.strictSame([head.status, head.fields['content-length'], head.body], [418, '13', ''])
    t.equal((await client.ask('POST /', ['content-length: 3'], 'abc')).status, 418)
    t.equal(endpoint.requests.length, 0)
    t.equal(await gateway.metric('rejected_total'), 0, 'it was asked for')
  },
)

for (const status of [204, 304]) {
  scene(`respond: ${status} has no body`, { route: { filters: [{ respond: { status } }] } }, async (t, { gateway }) => {
    const client = await gateway.client()
    const first = await client.ask('GET /')
    t.strictSame([first.status, first.fields['content-length'], first.fields['content-type']], [status, undefined, undefined])
    t.equal((await client.ask('GET /')).status, status)
    t.equal(client.rest, '')
  })
}

scene(
  'respond: what a client sent is text in whatever type',
  {
    route: {
      match: [{ path: { prefix: '/html' } }, { path: { prefix: '/' } }],
      filters: [
        {
          respond: {
            headers: { 'content-type': 'text/html', 'x-b': `[\${request.header.x-b}]` },
            body: `<p>\${request.header.x-b}</p>`,
          },
        },
      ],
    },
  },
  async (t, { gateway }) => {
    const client = await gateway.client()
    const { body, fields } = await client.ask('GET /', ['x-b: <script>"&\'\xc3\xa9'])
    t.equal(Buffer.from(body, 'latin1').toString(), '<p>&lt;script&gt;&quot;&amp;&#39;\u00e9</p>')
    t.equal(fields['x-b'], '[<script>"&\'\xc3\xa9]')
  },
)

const REFUSED = { reason: 'invalid-reference', detail: 'no Service shop/users' }

scene(
  'respond with a reason: as any error of the gateway',
  { route: { to: undefined, filters: [{ responseHeaders: { set: { 'x-a': '1' } } }, { respond: REFUSED }] } },
  async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    const { status, fields, body } = await client.ask('GET /')
    t.equal(status, 500)
    t.match(fields, { 'content-type': 'application/problem+json', 'x-headgate-reason': 'invalid-reference', 'x-a': '1' })
    t.match(JSON.parse(body), { status: 500, code: 'invalid-reference', detail: 'no Service shop/users' })
    t.equal(await gateway.metric('rejected_total', { reason: 'invalid-reference' }), 1)
    t.equal(await gateway.metric('requests_total', { route: 'all', upstream: '', code: '500' }), 1)
    t.equal(endpoint.requests.length, 0)
    const told = await gateway.gateway.explain({ method: 'GET', url: 'http://a.test/' })
    t.strictSame(told.answer, { status: 500, reason: 'invalid-reference' })
    t.strictSame(told.filters[1], { name: 'respond', effect: 'answers 500, reason invalid-reference' })
    t.ok(told.notes.includes('invalid-reference: no Service shop/users'))
  },
)

scene(
  'respond with a reason: minimal detail tells nothing, explain does',
  { route: { filters: [{ respond: REFUSED }] }, top: { errors: { detail: 'minimal' } } },
  async (t, { gateway }) => {
    const { status, fields, body } = await (await gateway.client()).ask('GET /')
    t.strictSame([status, fields['x-headgate-reason']], [500, undefined])
    t.strictSame(JSON.parse(body), { type: 'about:blank', status: 500, code: 'http-500' })
    t.equal(await gateway.metric('rejected_total', { reason: 'invalid-reference' }), 1)
    t.ok((await gateway.gateway.explain({ url: 'http://a.test/' })).notes.includes('invalid-reference: no Service shop/users'))
  },
)

for (const [affinity, name] of [
  [undefined, 'none'],
  [{ cookie: 'hg' }, 'cookie'],
  [{ header: 'x-session' }, 'header'],
] as const) {
  scene(
    `respond with a reason in one entry of a weighted list: its share alone (affinity: ${name})`,
    {},
    async (t, { gateway, endpoint }) => {
      await gateway.apply({
        ...configOf([endpoint.address]),
        routes: [
          {
            name: 'all',
            ...(affinity === undefined ? {} : { affinity }),
            to: [
              { upstream: 'none', weight: 1, filters: [{ respond: { reason: 'refused-object' } }] },
              { upstream: 'all', weight: 1 },
            ],
          },
        ],
        upstreams: {
          none: { discovery: { static: [] }, breaker: { minimumRequests: 1 }, limits: { requests: 1, pending: 1 } },
          all: { discovery: { static: [endpoint.address] } },
        },
      })
      const client = await gateway.client()
      const seen = { 200: 0, 500: 0 }
      for (let i = 0; i < 64; i++) {
        const { status, fields } = await client.ask('GET /', [`x-session: ${i}`])
        seen[status as 200 | 500]++
        if (status === 500) t.strictSame([fields['x-headgate-reason'], fields['set-cookie']], ['refused-object', undefined])
      }
      t.equal(seen[200], endpoint.requests.length)
      t.ok(seen[500] > 16 && seen[200] > 16, JSON.stringify(seen))
      t.equal(await gateway.metric('requests_total', { upstream: 'none', code: '500' }), seen[500])
      t.equal(await gateway.metric('attempts_total', { upstream: 'none' }), 0)
      t.equal(await gateway.metric('breaker_state', { upstream: 'none' }), 0)
    },
  )
}

// ---- cors

const CORS = {
  origins: ['https://app.example', 'https://*.example.org'],
  methods: ['GET', 'PUT'],
  headers: ['x-a'],
  exposeHeaders: ['x-b'],
  credentials: true,
  maxAge: '10m',
}

scene('cors: preflights are answered here', { route: { filters: [{ cors: CORS }] } }, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  const preflight = async (origin: string) => {
    const { status, fields } = await client.ask('OPTIONS /x', [`origin: ${origin}`, 'access-control-request-method: PUT'])
    const said = Object.fromEntries(Object.entries(fields).filter(([name]) => name.startsWith('access-control')))
    return { status, vary: fields.vary, said }
  }
  t.strictSame(await preflight('https://app.example'), {
    status: 204,
    vary: 'Origin',
    said: {
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'x-a',
      'access-control-expose-headers': 'x-b',
      'access-control-max-age': '600',
    },
  })
  for (const origin of [
    'https://evil.example',
    'null',
    'http://app.example',
    'https://app.example:8443',
    'https://evilexample.org',
  ])
    t.strictSame(await preflight(origin), { status: 204, vary: 'Origin', said: {} }, origin)
  t.equal((await preflight('https://a.b.example.org')).said['access-control-allow-origin'], 'https://a.b.example.org')
  t.equal(endpoint.requests.length, 0)
  t.equal((await client.ask('OPTIONS /x', ['origin: https://app.example'])).body, 'OPTIONS /x', 'no preflight')
})

scene('cors: answers', { route: { filters: [{ cors: CORS }] } }, async (t, { gateway, endpoint }) => {
  endpoint.script = failing('200 OK', ['Access-Control-Allow-Origin: *', 'vary: accept'], 'hello')
  const client = await gateway.client()
  const own = await client.ask('GET /', ['origin: https://app.example'])
  t.match(own.fields, {
    'access-control-allow-origin': 'https://app.example',
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'x-b',
    vary: 'accept, Origin',
  })
  for (const lines of [['origin: https://evil.example'], []]) {
    const { status, body, fields } = await client.ask('GET /', lines)
    t.strictSame(
      [status, body, fields['access-control-allow-origin'], fields.vary],
      [200, 'hello', undefined, 'accept, Origin'],
    )
  }
  endpoint.script = (_request, { socket }, phase) => {
    if (phase === 'end') socket.resetAndDestroy()
  }
  const failed = await client.ask('POST /', ['origin: https://app.example', 'content-length: 0'])
  t.equal(failed.status, 502)
  t.equal(failed.fields['access-control-allow-origin'], 'https://app.example')
})

scene(
  'cors: everyone',
  { route: { filters: [{ cors: { origins: ['*'], methods: ['*'], headers: ['*'] } }] } },
  async (t, { gateway }) => {
    const client = await gateway.client()
    const { fields } = await client.ask('OPTIONS /', ['origin: https://any.test', 'access-control-request-method: PATCH'])
    t.match(fields, {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': '*',
      'access-control-allow-headers': '*',
    })
    t.equal(fields.vary, undefined)
    const simple = await client.ask('GET /', ['origin: https://any.test'])
    t.equal(simple.fields['access-control-allow-origin'], '*')
    t.equal(simple.fields['access-control-allow-credentials'], undefined)
  },
)

// ---- bodyLimit

scene('bodyLimit: the length is known', { route: { filters: [{ bodyLimit: 5 }] } }, async (t, { gateway, endpoint }) => {
  const client = await gateway.client()
  t.equal((await client.ask('POST /', ['content-length: 5'], 'hello')).status, 200)
  const waiting = await gateway.client()
  const refused = await waiting.ask('POST /', ['content-length: 6', 'expect: 100-continue'])
  t.strictSame([refused.status, refused.fields['x-headgate-reason'], refused.fields.connection], [413, 'body-limit', 'close'])
  t.equal(waiting.interim.length, 0, 'the body was not asked for')
  t.equal((await client.ask('POST /', ['content-length: 6'], 'hello!')).status, 413)
  t.equal((await client.ask('GET /')).status, 200, 'a small body was read and dropped')
  t.equal(endpoint.requests.length, 2)
  t.equal(await gateway.metric('rejected_total', { reason: 'body-limit' }), 2)
  t.equal(await gateway.metric('filter_denials_total', { route: 'all', filter: 'bodyLimit', mode: 'enforce' }), 2)
})

scene('bodyLimit: the length is not known', { route: { filters: [{ bodyLimit: 5 }] } }, async (t, { gateway, endpoint }) => {
  const chunked = ['transfer-encoding: chunked']
  const client = await gateway.client()
  t.equal((await client.ask('POST /', chunked, '5\r\nhello\r\n0\r\n\r\n')).status, 200)
  t.equal((await client.ask('POST /', chunked, '6\r\nhello!\r\n0\r\n\r\n')).status, 413, 'it came with the head')
  t.equal(endpoint.requests.length, 1)
  const slow = await gateway.client()
  slow.request('POST /', chunked)
  slow.send('5\r\nhello\r\n')
  await until('the first bytes at the endpoint', () => endpoint.requests[1]?.body === 'hello')
  slow.send('1\r\n!\r\n')
  const refused = await slow.response()
  t.strictSame([refused.status, refused.fields['x-headgate-reason']], [413, 'body-limit'])
  t.equal(await gateway.metric('filter_denials_total', { filter: 'bodyLimit', mode: 'enforce' }), 2)
})

scene(
  'bodyLimit: observe only counts',
  { route: { filters: [{ bodyLimit: { bytes: 5, mode: 'observe' } }] } },
  async (t, { gateway }) => {
    const client = await gateway.client()
    t.equal((await client.ask('POST /', ['content-length: 6'], 'hello!')).status, 200)
    t.equal((await client.ask('POST /', ['transfer-encoding: chunked'], '6\r\nhello!\r\n0\r\n\r\n')).status, 200)
    t.equal((await client.ask('POST /', ['content-length: 5'], 'hello')).status, 200)
    t.equal(await gateway.metric('filter_denials_total', { filter: 'bodyLimit', mode: 'observe' }), 2)
    t.equal(await gateway.metric('rejected_total'), 0)
  },
)

scene(
  'bodyLimit: counted when a filter in front of it has put its own words to the answer',
  { route: { filters: [{ errorPages: [{ codes: 413, json: '{}' }] }, { bodyLimit: 5 }] } },
  async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    client.request('POST /', ['transfer-encoding: chunked'])
    client.send('5\r\nhello\r\n')
    await until('the first bytes at the endpoint', () => endpoint.requests[0]?.body === 'hello')
    client.send('1\r\n!\r\n')
    const { status, body } = await client.response()
    t.strictSame([status, body], [413, '{}'])
    t.equal(await gateway.metric('filter_denials_total', { filter: 'bodyLimit' }), 1)
  },
)

// ---- errorPages

const PAGES = [
  {
    codes: [404, '5xx'],
    html: `<h1>\${status} \${code} \${request.header.x-q}</h1>`,
    json: `{"code":"\${code}","status":\${status},"q":"\${request.header.x-q}"}`,
  },
]

scene(
  'errorPages: answers of endpoints and answers made here',
  { route: { filters: [{ errorPages: PAGES }] } },
  async (t, { gateway, endpoint }) => {
    endpoint.script = failing('503 Busy', [
      'retry-after: 7',
      'content-type: text/plain',
      'content-encoding: br',
      'etag: "x"',
      'date: then',
      'set-cookie: a=b',
    ])
    const client = await gateway.client()
    const html = await client.ask('GET /', ['accept: text/html,*/*;q=0.8', 'x-q: <b>"'])
    t.strictSame([html.status, html.body], [503, '<h1>503 http-503 &lt;b&gt;&quot;</h1>'])
    t.match(html.fields, {
      'retry-after': '7',
      'content-type': 'text/html; charset=utf-8',
      'set-cookie': 'a=b',
      vary: 'Accept',
    })
    t.strictSame([html.fields['content-encoding'], html.fields.etag], [undefined, undefined])
    t.not(html.fields.date, 'then')
    for (const lines of [[], ['accept: */*'], ['accept: application/json'], ['accept: text/html;q=0.5, application/*']]) {
      const json = await client.ask('GET /', [...lines, 'x-q: "<\\'])
      t.strictSame(JSON.parse(json.body), { code: 'http-503', status: 503, q: '"<\\' }, lines[0] ?? 'no Accept')
      t.equal(json.fields['content-type'], 'application/json')
    }
    t.equal((await client.ask('GET /', ['accept: image/png'])).body, 'secret', 'nothing that the client wants')
    const head = await client.ask('HEAD /', ['accept: text/html'])
    t.strictSame([head.status, head.body, head.fields['content-length']], [503, '', String('<h1>503 http-503 </h1>'.length)])
    endpoint.script = failing('403 No')
    t.equal((await client.ask('GET /')).body, 'secret', 'no page for this one')
    endpoint.script = (_request, { socket }, phase) => {
      if (phase === 'end') socket.resetAndDestroy()
    }
    const local = await client.ask('POST /', ['content-length: 0'])
    t.strictSame([local.status, JSON.parse(local.body).code, local.fields['x-headgate-reason']], [502, 'reset', 'reset'])
    t.equal(await gateway.metric('rejected_total', { reason: 'reset' }), 1)
  },
)

scene(
  'errorPages: the reason is not told where it may not be',
  {
    top: { errors: { detail: 'minimal' } },
    endpoints: 0,
    route: { filters: [{ errorPages: [{ codes: 503, json: `{"c":"\${code}"}` }] }] },
  },
  async (t, { gateway }) => {
    const client = await gateway.client()
    const { body, fields } = await client.ask('GET /')
    t.strictSame([body, fields['x-headgate-reason']], ['{"c":"http-503"}', undefined])
  },
)

scene(
  'errorPages: a large body is not waited for',
  { route: { filters: [{ errorPages: [{ codes: 500, html: 'sorry' }] }] } },
  async (t, { gateway, endpoint }) => {
    endpoint.script = (_request, connection, phase) => {
      if (phase === 'end') connection.send('HTTP/1.1 500 Oh\r\ncontent-length: 1000000\r\n\r\nbegun')
    }
    const client = await gateway.client()
    t.equal((await client.ask('GET /')).body, 'sorry')
    t.equal((await client.ask('GET /')).body, 'sorry')
    t.equal(endpoint.connections.length, 2, 'a connection with an unfinished answer is not used again')
  },
)

// ---- faults

scene(
  'faults: an error',
  { route: { filters: [{ faults: { abort: { status: 418 } } }] } },
  async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    const { status, fields, body } = await client.ask('GET /')
    t.strictSame([status, fields['x-headgate-reason'], JSON.parse(body).status], [418, 'fault', 418])
    t.equal(endpoint.requests.length, 0)
    t.equal(await gateway.metric('rejected_total', { reason: 'fault' }), 1)
  },
)

scene(
  'faults: a delay, on the clock of all deadlines',
  { route: { filters: [{ faults: { delay: { time: '5m' } } }] } },
  async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    client.request('POST /', ['content-length: 5'], 'he')
    client.send('llo')
    await until('the request to wait', async () => (await gateway.metric('connections')) === 1)
    t.equal(endpoint.connections.length, 0)
    gateway.advance(300_000)
    t.equal((await client.response()).body, 'POST /')
    t.equal((await endpoint.request()).body, 'hello')
  },
)

scene(
  'faults: nobody waits for a client that has left, or for a request that took too long',
  { route: { filters: [{ faults: { delay: { time: '5m' } } }], timeout: { request: '1s' } } },
  async (t, { gateway, endpoint }) => {
    const leaver = await gateway.client()
    leaver.request('GET /')
    await until('the request', async () => (await gateway.metric('connections')) === 1)
    leaver.reset()
    await until('499', async () => (await gateway.metric('requests_total', { code: '499' })) === 1)
    const client = await gateway.client()
    client.request('GET /')
    await until('the request', async () => (await gateway.metric('connections')) === 1)
    gateway.advance(1000)
    t.equal((await client.response()).status, 504)
    gateway.advance(300_000)
    t.equal((await client.response()).status, 504)
    t.equal(endpoint.connections.length, 0)
  },
)

t.test('faults: shares by the dice that were given', async (t) => {
  const endpoint = await startEndpoint(t)
  const dice = [0.04, 0.05, 0.5, 0.01]
  let next = 0
  const config = configOf([endpoint.address], {
    route: { filters: [{ faults: { abort: { status: 503, share: '5%' } } }] },
    upstream: { balancer: 'first' },
  }) as GatewayConfigInput
  const gateway = createGateway(config, { random: () => dice[next++ % dice.length] as number })
  t.teardown(() => gateway.close())
  const { listeners } = await gateway.start()
  const client = await RawClient.open(Number(new URL(listeners.web as string).port))
  t.teardown(() => client.destroy())
  next = 0
  const statuses: number[] = []
  for (let i = 0; i < 4; i++) statuses.push((await client.ask('GET /')).status)
  t.strictSame(statuses, [503, 200, 200, 503])
})
