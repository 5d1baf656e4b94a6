// The examples of docs/reference/filters.md: what is configured, what is asked, and what comes of it. The page shows them, and
// test/e2e/filters-examples.test.ts runs every one of them.
/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates of the configuration */

export interface FilterExample {
  /** Items of `filters`, as they are written. */
  readonly filters: string
  /** The prefix by which the route is matched; `/` by default. */
  readonly prefix?: string
  /** Request line without version, then header lines. The host is api.example.com. */
  readonly request: readonly [line: string, ...headers: string[]]
  readonly body?: string
  /** What the endpoint answers; by default 200. */
  readonly answer?: { readonly status: string; readonly headers?: readonly string[]; readonly body?: string }
  /** What reaches the endpoint: its request line, and header lines among others; null = nothing does. */
  readonly endpoint: readonly [line: string, ...headers: string[]] | null
  /** What the client gets: status, header lines among others, and the body where it matters. */
  readonly client: readonly [status: number, ...headers: string[]]
  readonly clientBody?: string
}

export const FILTER_EXAMPLES: Readonly<Record<string, readonly FilterExample[]>> = {
  requestHeaders: [
    {
      filters: `- requestHeaders:
    remove: [x-debug]
    set: { x-env: prod, x-asked: "\${request.method} \${request.path}" }
    add: { x-tag: b }`,
      request: ['GET /users/1', 'x-debug: 1', 'x-env: test', 'x-tag: a'],
      endpoint: ['GET /users/1', 'x-env: prod', 'x-asked: GET /users/1', 'x-tag: a, b'],
      client: [200],
    },
  ],
  responseHeaders: [
    {
      filters: `- responseHeaders:
    remove: [server]
    set: { strict-transport-security: max-age=31536000 }`,
      request: ['GET /'],
      answer: { status: '200 OK', headers: ['server: demo/1.0'] },
      endpoint: ['GET /'],
      client: [200, 'strict-transport-security: max-age=31536000'],
    },
  ],
  rewrite: [
    {
      prefix: '/users',
      filters: '- rewrite: { prefix: /v2/people }',
      request: ['GET /users/1?full=1'],
      endpoint: ['GET /v2/people/1?full=1'],
      client: [200],
    },
    {
      filters: '- rewrite: { path: /maintenance.html }',
      request: ['GET /anything?q=1'],
      endpoint: ['GET /maintenance.html?q=1'],
      client: [200],
    },
    {
      filters: '- rewrite: { regex: "^/u/(\\\\d+)$", to: "/users/$1" }',
      request: ['GET /u/42'],
      endpoint: ['GET /users/42'],
      client: [200],
    },
    {
      filters: '- rewrite: { host: internal.example }',
      request: ['GET /'],
      endpoint: ['GET /', 'host: internal.example', 'x-forwarded-host: api.example.com'],
      client: [200],
    },
  ],
  redirect: [
    {
      filters: '- redirect: { scheme: https, code: 301 }',
      request: ['GET /a?b=c'],
      endpoint: null,
      client: [301, 'location: https://api.example.com/a?b=c'],
    },
    {
      prefix: '/old',
      filters: '- redirect: { host: www.example.com, port: 8443, scheme: https, path: { prefix: /new } }',
      request: ['GET /old/page'],
      endpoint: null,
      client: [302, 'location: https://www.example.com:8443/new/page'],
    },
  ],
  respond: [
    {
      filters: `- respond:
    status: 503
    headers: { retry-after: "120" }
    body: "\${request.host} is closed for two minutes\\n"`,
      request: ['GET /'],
      endpoint: null,
      client: [503, 'retry-after: 120', 'content-type: text/plain; charset=utf-8'],
      clientBody: 'api.example.com is closed for two minutes\n',
    },
    {
      filters: '- respond: { reason: invalid-reference, detail: the orders are gone }',
      request: ['GET /'],
      endpoint: null,
      client: [500, 'x-headgate-reason: invalid-reference', 'content-type: application/problem+json'],
    },
  ],
  cors: [
    {
      filters: `- cors:
    origins: ["https://app.example", "https://*.example.org"]
    methods: [GET, PUT]
    headers: [x-token]
    credentials: true
    maxAge: 10m`,
      request: ['OPTIONS /', 'origin: https://a.example.org', 'access-control-request-method: PUT'],
      endpoint: null,
      client: [
        204,
        'access-control-allow-origin: https://a.example.org',
        'access-control-allow-credentials: true',
        'access-control-allow-methods: GET, PUT',
        'access-control-allow-headers: x-token',
        'access-control-max-age: 600',
        'vary: Origin',
      ],
    },
    {
      filters: '- cors: { origins: ["*"], exposeHeaders: [x-total] }',
      request: ['GET /', 'origin: https://anything.example'],
      endpoint: ['GET /'],
      client: [200, 'access-control-allow-origin: *', 'access-control-expose-headers: x-total'],
    },
  ],
  clientCert: [
    {
      filters: '- clientCert: { require: { san: [a.example] } }',
      request: ['GET /'],
      endpoint: null,
      client: [403, 'x-headgate-reason: client-cert'],
    },
    {
      filters: '- clientCert: { require: { subject: "CN=a" }, mode: observe }',
      request: ['GET /'],
      endpoint: ['GET /'],
      client: [200],
    },
  ],
  bodyLimit: [
    {
      filters: '- bodyLimit: 10',
      request: ['POST /', 'content-length: 11'],
      body: 'hello world',
      endpoint: null,
      client: [413, 'x-headgate-reason: body-limit'],
    },
    {
      filters: '- bodyLimit: { bytes: 10, mode: observe }',
      request: ['POST /', 'content-length: 11'],
      body: 'hello world',
      endpoint: ['POST /'],
      client: [200],
    },
  ],
  errorPages: [
    {
      filters: `- errorPages:
    - codes: [404]
      html: <h1>There is nothing at \${request.path}</h1>
    - codes: [5xx]
      html: <h1>Sorry (\${status})</h1>
      json: '{"error":"\${code}"}'`,
      request: ['GET /', 'accept: text/html,*/*;q=0.8'],
      answer: { status: '502 Bad Gateway', headers: ['retry-after: 3'], body: 'stack trace' },
      endpoint: ['GET /'],
      client: [502, 'content-type: text/html; charset=utf-8', 'retry-after: 3'],
      clientBody: '<h1>Sorry (502)</h1>',
    },
  ],
  faults: [
    {
      filters: `- faults:
    delay: { time: 200ms, share: 10% }
    abort: { status: 503, share: 100% }`,
      request: ['GET /'],
      endpoint: null,
      client: [503, 'x-headgate-reason: fault'],
    },
  ],
}
