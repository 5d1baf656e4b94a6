// A gateway with something of everything, and a hundred requests to it: what is explained must be what happens.

export const CONFIG = (endpoints: Readonly<Record<'users' | 'next' | 'shop' | 'rest', readonly string[]>>): object => ({
  workers: 1,
  via: 'gate',
  watch: false,
  admin: { bind: '127.0.0.1:0' },
  trustedProxies: ['10.0.0.0/8'],
  listeners: [
    { name: 'web', bind: '127.0.0.1:0', limits: { bodyBytes: 1000, headerCount: 10, requestLine: 300 } },
    {
      name: 'side',
      bind: 'localhost:0',
      hosts: ['side.test', '*.side.test'],
      paths: { caseSensitive: false, encodedSlash: 'keep' },
    },
  ],
  upstreams: {
    users: { discovery: { static: endpoints.users } },
    next: { discovery: { static: [...endpoints.next, { address: '127.0.0.1:1', weight: 0 }] }, balancer: 'random' },
    shop: { discovery: { static: endpoints.shop }, balancer: { type: 'rendezvous', key: { header: 'x-user' } } },
    rest: { discovery: { static: endpoints.rest }, balancer: 'least-requests' },
    empty: { discovery: { static: [] } },
  },
  routes: [
    {
      name: 'users',
      hosts: ['api.test'],
      match: [{ path: { prefix: '/users' } }],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of the configuration
      filters: [{ requestHeaders: { set: { 'x-set': '${request.method} ${request.path}' }, remove: ['x-drop'] } }],
      to: 'users',
    },
    {
      name: 'canary',
      hosts: ['api.test'],
      match: [
        { path: { prefix: '/users' }, headers: { 'x-env': 'canary' } },
        { path: { prefix: '/users' }, cookies: { beta: '1' } },
      ],
      filters: [{ rewrite: { prefix: '/v2' } }, { responseHeaders: { set: { 'x-canary': 'yes' } } }],
      to: [
        { upstream: 'users', weight: 1 },
        { upstream: 'next', weight: 1, filters: [{ requestHeaders: { add: { 'x-next': '1' } } }] },
      ],
    },
    { name: 'create', hosts: ['api.test'], match: [{ path: { exact: '/users' }, methods: ['POST', 'PUT'] }], to: 'users' },
    { name: 'item', hosts: ['api.test'], match: [{ path: { regex: '/items/[0-9]+' } }], to: 'rest' },
    { name: 'items', hosts: ['api.test'], match: [{ path: { prefix: '/items' } }], to: 'next' },
    { name: 'search', hosts: ['api.test'], match: [{ path: { prefix: '/search' }, query: { v: '2' } }], to: 'next' },
    {
      name: 'debug',
      hosts: ['api.test'],
      match: [{ path: { prefix: '/search' }, headers: { 'x-debug': { present: true } } }],
      to: 'rest',
    },
    {
      name: 'old',
      hosts: ['api.test'],
      match: [{ path: { prefix: '/old' } }],
      filters: [{ redirect: { path: { prefix: '/users' }, code: 301 } }],
    },
    {
      name: 'secure',
      hosts: ['api.test'],
      match: [{ path: { exact: '/secure' } }],
      filters: [{ redirect: { scheme: 'https' } }],
    },
    {
      name: 'teapot',
      hosts: ['*.shop.test'],
      match: [{ path: { exact: '/tea' } }],
      filters: [
        { responseHeaders: { set: { 'x-pot': 'brown' } } },
        { respond: { status: 418, headers: { 'x-a': '1' }, body: 'teapot' } },
      ],
    },
    {
      name: 'limited',
      hosts: ['*.shop.test'],
      match: [{ path: { prefix: '/upload' } }],
      filters: [{ bodyLimit: 100 }],
      to: 'shop',
    },
    {
      name: 'cors',
      hosts: ['*.shop.test'],
      match: [{ path: { prefix: '/cors' } }],
      filters: [{ cors: { origins: ['https://app.test'], methods: ['GET', 'PUT'] } }],
      to: 'shop',
    },
    { name: 'closed', hosts: ['*.shop.test'], match: [{ path: { prefix: '/closed' } }], to: 'empty' },
    { name: 'shop', hosts: ['*.shop.test'], to: 'shop' },
    {
      name: 'one',
      hosts: ['one.shop.test'],
      match: [{ path: { prefix: '/a/b' } }],
      filters: [{ rewrite: { host: 'inside.test' } }],
      to: 'rest',
    },
    { name: 'sided', hosts: ['side.test'], listeners: ['side'], match: [{ path: { prefix: '/Side' } }], to: 'rest' },
    { name: 'health', match: [{ path: { exact: '/healthz' }, methods: ['GET'] }], to: 'rest' },
  ],
})

export interface Case {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

const ask = (method: string, url: string, headers: Readonly<Record<string, string>> = {}): Case => ({ method, url, headers })
const get = (url: string, headers: Readonly<Record<string, string>> = {}): Case => ask('GET', url, headers)

const API = 'http://api.test'
const SHOP = 'http://a.shop.test'

const paths: readonly Case[] = [
  '/',
  '/users',
  '/users/',
  '/users/1',
  '/users2',
  '/Users',
  '//users//1',
  '/users/./1',
  '/users/../items/7',
  '/users/%61',
  '/users/%2561',
  '/users/caf%C3%A9',
  '/users;v=1',
  '/users?x=1',
  '/users/1?next=/items',
  '/items',
  '/items/7',
  '/items/7/',
  '/items/x',
  '/items/77777777777777777777',
  '/search',
  '/search?v=1',
  '/search?v=2',
  '/search?v=2&v=1',
  '/search?v=%32',
  '/search?w=2',
  '/old',
  '/old/a/b?c=d',
  '/secure',
  '/secure/x',
  '/healthz',
  '/healthz/',
  '/users#fragment',
].map((path) => get(API + path))

const wrong: readonly Case[] = [
  ...['/..', '/users/%2f', '/users/%00', '/users/%zz', '/a\\b', '/users/ 1', '/%c0%ae', '/users/..;/x', '/é'].map((path) =>
    get(API + path),
  ),
  get(`${API}/${'x'.repeat(300)}`),
  get(`${API}/users`, Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`x-${i}`, '1']))),
  ask('TRACE', `${API}/users`),
  ask('CONNECT', `${API}/users`),
  ask('get', `${API}/users`),
  ask('G(T', `${API}/users`),
  get('http:///users'),
  get('http://user@api.test/users'),
  get('http://api.test:99999/users'),
  get('http://a..test/users'),
  get(`${API}/users`, { 'x y': '1' }),
  get(`${API}/users`, { 'content-length': '1, 2' }),
  get(`${API}/users`, { 'transfer-encoding': 'gzip' }),
  get(`${API}/users`, { 'content-length': '3', 'transfer-encoding': 'chunked' }),
  get(`${API}/users`, { expect: 'tea' }),
  get(`${API}/users`, { via: '1.1 gate' }),
  get(`${API}/users`, { via: '1.1 other' }),
]

const conditions: readonly Case[] = [
  ask('POST', `${API}/users`, { 'content-length': '0' }),
  ask('PUT', `${API}/users`),
  ask('DELETE', `${API}/users`),
  ask('PURGE', `${API}/users`),
  ask('POST', `${API}/users/1`),
  ask('POST', `${API}/healthz`),
  get(`${API}/users`, { 'x-env': 'canary' }),
  get(`${API}/users/1?a=b`, { 'X-Env': 'canary' }),
  get(`${API}/users`, { 'x-env': 'stable' }),
  get(`${API}/users`, { cookie: 'a=1; beta=1' }),
  get(`${API}/users`, { cookie: 'beta=2' }),
  ask('POST', `${API}/users`, { 'x-env': 'canary' }),
  get(`${API}/search`, { 'x-debug': '' }),
  get(`${API}/search?v=2`, { 'x-debug': '1' }),
  get(`${API}/users`, { 'x-drop': '1', 'x-set': 'mine' }),
  get(`${API}/users`, { authorization: 'Bearer secret' }),
  get(`${API}/users`, { 'x-forwarded-for': '9.9.9.9', forwarded: 'for=9.9.9.9' }),
  get(`${API}/users`, { 'x-request-id': 'mine' }),
  get(`${API}/users`, { connection: 'x-env', 'x-env': 'canary' }),
]

const hosts: readonly Case[] = [
  get('http://API.test/users'),
  get('http://api.test./users'),
  get('http://api.test:8080/users'),
  get('http://b.test/users'),
  get('http://b.test/healthz'),
  get('http://127.0.0.1/healthz'),
  get('http://[::1]/healthz'),
  get('http://b.test/users', { Host: 'api.test' }),
  get('/users', { host: 'api.test' }),
  ask('OPTIONS', '*', { host: 'api.test' }),
  ask('OPTIONS', `${API}/users`),
  get('http://shop.test/'),
  get(`${SHOP}/`),
  get(`${SHOP}/`, { 'x-user': 'ann' }),
  get(`${SHOP}/`, { 'x-user': 'bob' }),
  get('http://x.y.shop.test/tea'),
  get(`${SHOP}/tea`),
  get(`${SHOP}/closed/1`),
  get(`${SHOP}/cors`, { origin: 'https://app.test' }),
  get(`${SHOP}/cors`, { origin: 'https://evil.test' }),
  ask('OPTIONS', `${SHOP}/cors`, { origin: 'https://app.test', 'access-control-request-method': 'PUT' }),
  ask('OPTIONS', `${SHOP}/cors`, { origin: 'https://app.test', 'access-control-request-method': 'DELETE' }),
  ask('POST', `${SHOP}/upload`, { 'content-length': '101' }),
  ask('POST', `${SHOP}/upload`, { 'content-length': '1001' }),
  get('http://one.shop.test/a/b/c'),
  get('http://one.shop.test/a/bc'),
  get('http://side.test/side/1'),
  get('http://side.test/SIDE'),
  get('http://x.side.test/side'),
]

export const CASES: readonly Case[] = [...paths, ...wrong, ...conditions, ...hosts]
