// Filters on real sockets, one after the other and together.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { configOf, scene } from '../support/gateway.ts'
import { until } from '../support/until.ts'

scene(
  'requestHeaders: remove, then set, then add',
  {
    route: {
      filters: [
        {
          requestHeaders: {
            remove: ['x-gone'],
            set: { 'x-set': `\${request.method} \${request.path}`, 'X-Gone': 'back' },
            add: { 'x-add': '2' },
          },
        },
      ],
    },
  },
  async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    await client.ask('GET /a%20b?q=1', ['X-Gone: 1', 'x-gone: 2', 'x-set: 1', 'x-add: 1', 'x-kept: 1'])
    const { fields } = await endpoint.request()
    t.match(fields, { 'x-gone': 'back', 'x-set': 'GET /a%20b', 'x-add': '1, 2', 'x-kept': '1', host: 'a.test' })
  },
)

scene(
  'responseHeaders: on answers of endpoints and on those made here',
  { route: { filters: [{ responseHeaders: { remove: ['server'], set: { 'x-a': '1' }, add: { vary: 'x-b' } } }] } },
  async (t, { gateway, endpoint }) => {
    endpoint.script = (_request, connection, phase) => {
      if (phase === 'end') connection.answer('hello', ['Server: secret', 'X-A: 0', 'Vary: accept'])
    }
    const client = await gateway.client()
    const response = await client.ask('GET /')
    t.match(response.fields, { 'x-a': '1', vary: 'accept, x-b', 'content-length': '5' })
    t.equal(response.fields.server, undefined)
    t.equal(response.body, 'hello')
    endpoint.script = (_request, { socket }, phase) => {
      if (phase === 'end') socket.resetAndDestroy()
    }
    const failed = await client.ask('POST /', ['content-length: 0'])
    t.equal(failed.status, 502)
    t.match(failed.fields, { 'x-a': '1', vary: 'x-b', 'x-headgate-reason': 'reset' })
  },
)

scene(
  'filters of the route, then of the upstream that was chosen; responses the other way round',
  {
    route: {
      filters: [{ requestHeaders: { add: { 'x-way': '1' } } }, { responseHeaders: { add: { 'x-back': '1' } } }],
      to: [
        {
          upstream: 'all',
          weight: 1,
          filters: [{ requestHeaders: { add: { 'x-way': 'a' } } }, { responseHeaders: { add: { 'x-back': 'a' } } }],
        },
        { upstream: 'all', weight: 1 },
        { upstream: 'all', weight: 0, filters: [{ respond: { status: 500 } }] },
      ],
    },
  },
  async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    const seen = new Set<string>()
    for (let i = 0; i < 64; i++) {
      const { fields } = await client.ask('GET /')
      seen.add(`${endpoint.requests[i]?.fields['x-way']} | ${fields['x-back']}`)
    }
    t.strictSame([...seen].sort(), ['1 | 1', '1, a | a, 1'])
  },
)

scene(
  'an answer made here passes the response sides of the filters that the request had passed, and only those',
  {
    route: {
      filters: [
        { responseHeaders: { set: { 'x-first': '1' } } },
        { errorPages: [{ codes: 418, html: 'page' }] },
        { respond: { status: 418, body: 'teapot' } },
        { responseHeaders: { set: { 'x-last': '1' } } },
      ],
    },
  },
  async (t, { gateway }) => {
    const client = await gateway.client()
    const { status, body, fields } = await client.ask('GET /', ['accept: text/html'])
    t.strictSame([status, body, fields['x-first'], fields['x-last']], [418, 'page', '1', undefined])
  },
)

scene(
  'interim responses pass as they are',
  { route: { filters: [{ responseHeaders: { set: { 'x-a': '1' }, remove: ['link'] } }, { cors: { origins: ['*'] } }] } },
  async (t, { gateway, endpoint }) => {
    endpoint.script = (_request, connection, phase) => {
      if (phase !== 'end') return
      connection.send('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n')
      connection.answer('hello', ['link: </b>'])
    }
    const client = await gateway.client()
    const { fields } = await client.ask('GET /', ['origin: https://a.test'])
    t.strictSame(
      client.interim.map(({ head }) => head),
      ['HTTP/1.1 103 Early Hints\r\nlink: </a>'],
    )
    t.strictSame([fields['x-a'], fields.link, fields['access-control-allow-origin']], ['1', undefined, '*'])
  },
)

scene(
  'header, path, limit and fault together, and what a retry sends',
  {
    endpoints: 2,
    upstream: { balancer: 'first' },
    route: {
      match: [{ path: { prefix: '/api' } }],
      filters: [
        { bodyLimit: 10 },
        { faults: { delay: { time: '1ms' }, abort: { status: 500, share: '0%' } } },
        { rewrite: { prefix: '/v2', host: 'inner.test' } },
        { requestHeaders: { set: { 'x-path': `\${request.path}` } } },
      ],
    },
  },
  async (t, { gateway, endpoints }) => {
    const [first, second] = endpoints
    if (first === undefined || second === undefined) throw new Error('two endpoints')
    first.script = (_request, { socket }, phase) => {
      if (phase === 'end') socket.resetAndDestroy()
    }
    const client = await gateway.client()
    client.request('PUT /api/x?q=1', ['content-length: 5'], 'hello')
    // The delay ends with a tick.
    const response = await client.response()
    t.equal(response.body, 'PUT /v2/x?q=1')
    for (const endpoint of [first, second]) {
      const request = await endpoint.request()
      t.strictSame(
        [request.target, request.body, request.fields.host, request.fields['x-path']],
        ['/v2/x?q=1', 'hello', 'inner.test', '/v2/x'],
      )
    }
  },
)

scene(
  'the log has what was asked for',
  { route: { filters: [{ rewrite: { path: '/inner' } }] } },
  async (t, { gateway, endpoint }) => {
    const file = join(t.testdir({}), 'access.log')
    await gateway.apply(
      configOf([endpoint.address], { route: { filters: [{ rewrite: { path: '/inner' } }] }, top: { accessLog: { file } } }),
    )
    const client = await gateway.client()
    t.equal((await client.ask('GET /outer?q=1')).body, 'GET /inner?q=1')
    let line = ''
    await until('a line', async () => {
      line = await readFile(file, 'utf8').catch(() => '')
      return line.endsWith('\n')
    })
    t.equal(JSON.parse(line).path, '/outer?q=1')
  },
)

scene('a reload changes filters under load without a failed request', { endpoints: 1 }, async (t, { gateway, endpoint }) => {
  const config = (n: number) =>
    configOf([endpoint.address], {
      route: {
        filters: [
          { requestHeaders: { set: { 'x-n': String(n) } } },
          ...(n % 2 === 0 ? [{ rewrite: { prefix: `/v${n}` } }, { faults: { delay: { time: '1ms' } } }] : []),
          { responseHeaders: { set: { 'x-n': String(n) } } },
        ],
      },
    })
  await gateway.apply(config(0))
  let done = false
  let answered = 0
  const wrong: string[] = []
  const load = Array.from({ length: 8 }, async () => {
    const client = await gateway.client()
    while (!done) {
      const { status, body, fields } = await client.ask('GET /x')
      const n = fields['x-n']
      // One configuration for the whole exchange: path and both header sides agree.
      const path = Number(n) % 2 === 0 ? `/v${n}/x` : '/x'
      if (status !== 200 || body !== `GET ${path}`) wrong.push(`${status} ${n} ${body}`)
      answered++
    }
  })
  for (let n = 1; n <= 12; n++) {
    await gateway.apply(config(n))
    const before = answered
    await until('requests in between', () => answered > before + 8)
  }
  done = true
  await Promise.all(load)
  t.strictSame(wrong, [])
  t.ok(answered > 96)
})
