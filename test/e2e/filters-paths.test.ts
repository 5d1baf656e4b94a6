// rewrite and redirect on real sockets: what the endpoint is asked for, and where clients are sent.

import { scene } from '../support/gateway.ts'

const PREFIX = (prefix: string) => [{ path: { prefix } }]

/** What the endpoint was asked for, or the status when it was not asked. */
function rewritten(
  name: string,
  route: object,
  rows: readonly (readonly [asked: string, got: string | number])[],
  listener = {},
) {
  scene(name, { route, listener }, async (t, { gateway }) => {
    for (const [asked, got] of rows) {
      const response = await (await gateway.client()).ask(`GET ${asked}`)
      if (typeof got === 'number') t.equal(response.status, got, asked)
      else t.equal(response.body, `GET ${got}`, asked)
    }
  })
}

rewritten('rewrite.prefix: another', { match: PREFIX('/users'), filters: [{ rewrite: { prefix: '/new' } }] }, [
  ['/users', '/new'],
  ['/users/', '/new/'],
  ['/users/1?q=/users', '/new/1?q=/users'],
  ['/users2', 404],
])

rewritten('rewrite.prefix: the root', { match: PREFIX('/pub/'), filters: [{ rewrite: { prefix: '/' } }] }, [
  ['/pub', '/'],
  ['/pub/', '/'],
  ['/pub/a/b?x', '/a/b?x'],
  // One view of the path: what is not below the prefix is not on this route.
  ['/pub/../admin', 404],
  ['/pub%2f..%2fadmin', 400],
  ['/pu%62/x', '/x'],
  ['/pub/%2e%2e/admin', 404],
  ['/pub/%252e%252e/admin', '/%252e%252e/admin'],
  ['/pub//admin', '/admin'],
])

rewritten(
  'rewrite.prefix: slashes that are kept stay in their place',
  { match: PREFIX('/pub'), filters: [{ rewrite: { prefix: '/' } }] },
  [
    ['/pub//admin', '//admin'],
    ['/pub/a%2fb', '/a%2Fb'],
  ],
  { paths: { mergeSlashes: false, encodedSlash: 'keep' } },
)

rewritten(
  'rewrite.prefix: without case',
  { match: PREFIX('/Pub'), filters: [{ rewrite: { prefix: '/new' } }] },
  [
    ['/pUB/A', '/new/A'],
    ['/PUB', '/new'],
  ],
  { paths: { caseSensitive: false } },
)

rewritten(
  'rewrite.prefix: by the alternative that matched, in the usual order',
  {
    match: [...PREFIX('/a'), ...PREFIX('/a/b'), { path: { prefix: '/' }, headers: { 'x-none': '1' } }],
    filters: [{ rewrite: { prefix: '/new' } }],
  },
  [
    ['/a/c', '/new/c'],
    ['/a/b/c', '/new/c'],
    ['/c', 404],
  ],
)

rewritten('rewrite.prefix: everything', { filters: [{ rewrite: { prefix: '/v1' } }] }, [
  ['/', '/v1/'],
  ['/a', '/v1/a'],
])

rewritten('rewrite.path', { filters: [{ rewrite: { path: '/fixed' } }] }, [
  ['/a/b', '/fixed'],
  ['/a?x=1', '/fixed?x=1'],
])

rewritten('rewrite.path with templates', { filters: [{ rewrite: { path: `/t/\${request.header.x-t}\${request.path}` } }] }, [
  ['/a%20b', '/t//a%20b'.replace('//', '/')],
])

scene(
  'a template in a path is one segment',
  { route: { filters: [{ rewrite: { path: `/t/\${request.header.x-t}/z` } }] } },
  async (t, { gateway }) => {
    const client = await gateway.client()
    const asked = async (value: string) => {
      const { status, body } = await client.ask('GET /', [`x-t: ${value}`])
      return status === 200 ? body : status
    }
    t.equal(await asked('acme'), 'GET /t/acme/z')
    t.equal(await asked('a b?c#d"&'), 'GET /t/a%20b%3Fc%23d%22%26/z')
    t.equal(await asked('100%41'), 'GET /t/100%2541/z')
    t.equal(await asked('../admin'), 400)
    t.equal(await asked('..'), 400)
    t.equal(await asked('a/b'), 400)
    t.equal(await asked('a\\b'), 400)
    t.equal(await asked('\xc3\xa9'), 'GET /t/%C3%A9/z')
    t.equal(await asked('\xe9'), 400, 'not UTF-8')
  },
)

rewritten('rewrite.regex', { filters: [{ rewrite: { regex: '^/u/(\\d+)$', to: '/users/$1' } }] }, [
  ['/u/42?a=b', '/users/42?a=b'],
  ['/u/x', '/u/x'],
  ['/u/42/x', '/u/42/x'],
])

rewritten(
  'rewrite.regex: every match, groups that took no part, a dollar sign',
  {
    filters: [{ rewrite: { regex: '/(a)|/(b)', to: '/$$$1$2' } }],
  },
  [
    ['/a/b/c', '/$a/$b/c'],
    ['/c', '/c'],
  ],
)

rewritten('rewrite.regex: captures stay what they were', { filters: [{ rewrite: { regex: '^/x/(.*)$', to: '/y/$1' } }] }, [
  ['/x/%3Fa%23b', '/y/%3Fa%23b'],
  ['/x/%252e%252e/admin', '/y/%252e%252e/admin'],
  ['/x/%0d%0aX:1', 400],
  ['/x/a%20b', '/y/a%20b'],
  ['/x/a"b', '/y/a%22b'],
  ['/x/a+b&c', '/y/a+b&c'],
])

rewritten(
  'rewrite.regex: what leaves the root, tears an escape apart or is no path is refused or escaped',
  {
    filters: [
      { rewrite: { regex: '^/(up|torn|none|dots)(.*)$', to: '$2' } },
      { rewrite: { regex: '^/cut/%25(.)(.)', to: '/%25$1$2' } },
    ],
  },
  [
    ['/up/x', '/x'],
    ['/none', 400],
    ['/nonesuch', 400],
    ['/dots/a/..', '/'],
    ['/torn/%2541', '/%2541'],
    ['/cut/%252e', '/%252e'],
  ],
)

scene(
  'rewrite.host',
  { route: { filters: [{ rewrite: { host: 'internal.example:8080' } }] } },
  async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    await client.ask('GET /', ['host: Public.example'])
    const { fields } = await endpoint.request()
    t.equal(fields.host, 'internal.example:8080')
    t.equal(fields['x-forwarded-host'], 'Public.example')
  },
)

for (const host of ['endpoint', 'fixed.example']) {
  scene(
    `rewrite.host: whatever the upstream says (${host})`,
    { upstream: { host }, route: { filters: [{ rewrite: { host: `\${request.header.x-h}.example`, path: '/p' } }] } },
    async (t, { gateway, endpoint }) => {
      const client = await gateway.client()
      t.equal((await client.ask('GET /', ['x-h: acme'])).body, 'GET /p')
      t.equal((await endpoint.request()).fields.host, 'acme.example')
      t.equal((await client.ask('GET /', ['x-h: a b'])).status, 400)
      t.equal((await client.ask('GET /')).status, 400, 'nothing in front of the dot')
    },
  )
}

/** Where a request is sent: its Location, with the status. */
function redirected(
  name: string,
  redirect: object,
  rows: readonly (readonly [host: string, asked: string, location: string])[],
  { match = [] as readonly object[], code = 302, top = {}, lines = [] as readonly string[], listener = {} } = {},
) {
  // No upstream: nothing is ever forwarded.
  const settings = { route: { to: undefined, match, filters: [{ redirect }] }, top, listener }
  scene(name, settings, async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    for (const [host, asked, location] of rows) {
      const { status, fields, body } = await client.ask(`GET ${asked}`, [`host: ${host}`, ...lines])
      t.strictSame([status, fields.location, body], [code, location, ''], `${host}${asked}`)
      t.equal(fields['x-headgate-reason'], undefined)
    }
    t.equal(endpoint.requests.length, 0)
    t.equal(await gateway.metric('requests_total', { route: 'all', upstream: '', code: String(code) }), rows.length)
  })
}

redirected(
  'redirect.scheme: its well-known port',
  { scheme: 'https', code: 301 },
  [
    ['a.test', '/x?y=1', 'https://a.test/x?y=1'],
    ['A.test:8080', '/', 'https://a.test/'],
    ['[::1]:80', '/', 'https://[::1]/'],
  ],
  { code: 301 },
)
redirected('redirect.port', { scheme: 'https', port: 8443 }, [['a.test', '/', 'https://a.test:8443/']])
redirected('redirect.port: well known', { scheme: 'http', port: 80 }, [['a.test:8080', '/', 'http://a.test/']])
redirected('redirect.host: scheme and port stay', { host: 'b.test' }, [
  ['a.test', '/', 'http://b.test/'],
  ['a.test:8080', '/', 'http://b.test:8080/'],
  ['a.test:80', '/', 'http://b.test/'],
])
redirected('redirect.host with a template', { host: `www.\${request.host}` }, [['a.test:81', '/', 'http://www.a.test:81/']])
redirected('redirect.path', { path: '/p', code: 308 }, [['a.test', '/a/b?q', 'http://a.test/p?q']], { code: 308 })
redirected(
  'redirect.path.prefix',
  { path: { prefix: '/new' } },
  [
    ['a.test', '/old/x?q=1', 'http://a.test/new/x?q=1'],
    ['a.test', '/old', 'http://a.test/new'],
  ],
  { match: PREFIX('/old') },
)
redirected('redirect: escaped once, one line', { host: 'b.test' }, [
  ['a.test', '/a"b|c?x="<y>&z=%0d%0aSet-Cookie:x', 'http://b.test/a%22b%7Cc?x=%22%3Cy%3E&z=%0d%0aSet-Cookie:x'],
  ['a.test', '/%3Fa%25%20', 'http://b.test/%3Fa%25%20'],
  ['a.test', '//evil.test/x', 'http://b.test/evil.test/x'],
])
redirected(
  'redirect: what looks like a host in the path stays in the path',
  { scheme: 'https' },
  [['a.test', '//evil.test', 'https://a.test//evil.test']],
  { listener: { paths: { mergeSlashes: false } } },
)
redirected('redirect: a trusted hop says the scheme', { host: 'b.test' }, [['a.test', '/', 'https://b.test/']], {
  top: { trustedProxies: ['127.0.0.1'] },
  lines: ['x-forwarded-proto: https'],
})
redirected('redirect: others do not', { host: 'b.test' }, [['a.test', '/', 'http://b.test/']], {
  lines: ['x-forwarded-proto: https'],
})

scene(
  'redirect: HEAD, a body that nobody reads, HTTP/1.0 without Host',
  { route: { filters: [{ redirect: { path: '/p' } }] } },
  async (t, { gateway }) => {
    const client = await gateway.client()
    const head = await client.ask('HEAD /')
    t.strictSame([head.status, head.fields.location, head.fields['content-length']], [302, 'http://a.test/p', '0'])
    t.equal((await client.ask('POST /', ['content-length: 5'], 'hello')).status, 302)
    t.equal((await client.ask('GET /again')).status, 302, 'the connection goes on')
    const old = await client.ask('GET / HTTP/1.0')
    t.equal(old.fields.location, '/p')
  },
)
