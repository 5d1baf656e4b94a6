// What annotations come to.

/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates of the configuration */

import t from 'tap'
import type { AnnotationEffects } from '../../../src/kubernetes/ingress/annotations/effects.ts'
import { annotated, NGINX, schemaProblems } from './annotated.ts'

type Case = readonly [title: string, annotations: Readonly<Record<string, string>>, expected: Partial<AnnotationEffects>]

const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']

const CASES: readonly Case[] = [
  ['none', {}, { route: {}, filters: [], upstream: {}, answers: false, problems: [], refuseAll: null, verdicts: [] }],
  ['those of others', { 'cert-manager.io/cluster-issuer': 'x', 'nginx.org/rewrites': 'x' }, { problems: [], verdicts: [] }],
  ['the body may be 8 MiB', { 'proxy-body-size': '8m' }, { filters: [{ bodyLimit: 8_388_608 }] }],
  ['0 is no limit', { 'proxy-body-size': '0' }, { filters: [] }],
  ['a read timeout', { 'proxy-read-timeout': '5' }, { route: { timeout: { attempt: '5s', idle: '60s', tunnel: '5s' } } }],
  [
    'both timeouts',
    { 'proxy-read-timeout': '3600', 'proxy-send-timeout': '1800', 'proxy-connect-timeout': '3' },
    {
      route: { timeout: { attempt: '3600s', idle: '3600s', tunnel: '3600s' } },
      upstream: { connection: { connectTimeout: '3s' } },
    },
  ],
  [
    'further tries',
    { 'proxy-next-upstream': 'error http_502 non_idempotent', 'proxy-next-upstream-tries': '4' },
    {
      route: {
        retry: {
          attempts: 3,
          on: ['connect-failure', 'reset', 'refused-stream', '502'],
          methods: [...IDEMPOTENT, 'POST', 'PATCH'],
        },
      },
    },
  ],
  [
    'their number alone',
    { 'proxy-next-upstream-tries': '1' },
    {
      route: {
        retry: { attempts: 0, on: ['connect-failure', 'reset', 'refused-stream', 'timeout'], methods: IDEMPOTENT },
      },
    },
  ],
  ['no further tries', { 'proxy-next-upstream': 'off' }, { route: { retry: { attempts: 0 } } }],
  [
    'a rewrite makes regular expressions',
    { 'rewrite-target': '/$2' },
    { paths: { regex: true, caseInsensitive: true, rewrite: '/$2' } },
  ],
  [
    'no redirect to HTTPS',
    { 'ssl-redirect': 'false' },
    { https: { redirectWhereTls: false, redirectAlways: false, code: 308 } },
  ],
  ['always to HTTPS', { 'force-ssl-redirect': 'true' }, { https: { redirectWhereTls: true, redirectAlways: true, code: 308 } }],
  ['HTTP switches off what the port says', { 'backend-protocol': 'HTTP' }, { upstream: { protocol: 'http1', tls: undefined } }],
  ['HTTPS verifies nothing', { 'backend-protocol': 'HTTPS' }, { upstream: { protocol: 'http1', tls: { verify: false } } }],
  ['gRPC', { 'backend-protocol': 'GRPC' }, { upstream: { protocol: 'h2', tls: undefined } }],
  ['gRPC with TLS', { 'backend-protocol': 'GRPCS' }, { upstream: { protocol: 'h2', tls: { verify: false } } }],
  [
    'a name to verify',
    { 'backend-protocol': 'HTTPS', 'proxy-ssl-verify': 'on', 'proxy-ssl-name': 'internal.example' },
    { upstream: { protocol: 'http1', tls: { verify: true, serverName: 'internal.example' } } },
  ],
  ['settings of TLS without TLS', { 'proxy-ssl-verify': 'on' }, { upstream: {}, problems: [] }],
  ['sessions', { affinity: 'cookie' }, { route: { affinity: { cookie: 'INGRESSCOOKIE', ttl: 'off' } } }],
  [
    'sessions with a name and an age',
    { affinity: 'cookie', 'session-cookie-name': 'route', 'session-cookie-max-age': '3600', 'session-cookie-expires': '1' },
    { route: { affinity: { cookie: 'route', ttl: '3600s' } } },
  ],
  ['a cookie without sessions', { 'session-cookie-name': 'route' }, { route: {}, problems: [] }],
  ['ewma', { 'load-balance': 'ewma' }, { upstream: { balancer: 'peak-ewma' } }],
  [
    'a hash goes before the algorithm',
    { 'load-balance': 'ewma', 'upstream-hash-by': '$http_x_user' },
    { upstream: { balancer: { type: 'ring-hash', key: { header: 'x-user' } } } },
  ],
  [
    'an address',
    { 'upstream-hash-by': '$binary_remote_addr' },
    { upstream: { balancer: { type: 'ring-hash', key: { 'source-ip': true } } } },
  ],
  [
    'a cookie',
    { 'upstream-hash-by': '${cookie_id}' },
    { upstream: { balancer: { type: 'ring-hash', key: { cookie: 'id' } } } },
  ],
  [
    'a parameter',
    { 'upstream-hash-by': '$arg_user' },
    { upstream: { balancer: { type: 'ring-hash', key: { query: 'user' } } } },
  ],
  ['the host of endpoints', { 'upstream-vhost': 'internal.example' }, { upstream: { host: 'internal.example' } }],
  [
    'a redirect keeps nothing of the request',
    { 'permanent-redirect': 'https://new.example/a?b=c' },
    { filters: [{ respond: { status: 301, headers: { location: 'https://new.example/a?b=c' } } }], answers: true },
  ],
  [
    'a redirect keeps path and query',
    { 'permanent-redirect': 'https://new.example:8443$request_uri', 'permanent-redirect-code': '308' },
    { filters: [{ redirect: { scheme: 'https', host: 'new.example', port: 8443, code: 308 } }], answers: true },
  ],
  [
    'a redirect under a prefix',
    { 'temporal-redirect': 'https://new.example/old/$request_uri' },
    { filters: [{ redirect: { scheme: 'https', host: 'new.example', path: '/old${request.path}', code: 302 } }] },
  ],
  [
    'temporal goes before permanent',
    { 'permanent-redirect': 'https://b.example', 'temporal-redirect': 'https://a.example', 'temporal-redirect-code': '307' },
    { filters: [{ respond: { status: 307, headers: { location: 'https://a.example' } } }] },
  ],
  [
    'variables in a redirect',
    { 'temporal-redirect': 'https://new.example/?from=$host' },
    { filters: [{ respond: { status: 302, headers: { location: 'https://new.example/?from=${request.host}' } } }] },
  ],
  ['hosts besides', { 'server-alias': 'WWW.example.org, a.example' }, { aliases: ['www.example.org', 'a.example'] }],
  ['the root', { 'app-root': '/app' }, { appRoot: '/app' }],
  ['www', { 'from-to-www-redirect': 'true' }, { wwwRedirect: true }],
  [
    'a canary by weight',
    { canary: 'true', 'canary-weight': '10' },
    { canary: { weight: 10, weightTotal: 100, header: null, headerValue: null, headerPattern: null, cookie: null } },
  ],
  [
    'a canary by header',
    { canary: 'true', 'canary-by-header': 'X-Canary', 'canary-by-header-value': 'v2', 'canary-by-cookie': 'beta' },
    { canary: { weight: 0, weightTotal: 100, header: 'x-canary', headerValue: 'v2', headerPattern: null, cookie: 'beta' } },
  ],
  ['no canary', { canary: 'false', 'canary-weight': '10' }, { canary: null, problems: [] }],
  [
    'a canary has the rest from the other one, but for balancing and sessions',
    { canary: 'true', 'proxy-body-size': '8m', 'load-balance': 'ewma', affinity: 'cookie', 'auth-url': 'https://auth.example' },
    {
      filters: [],
      upstream: { balancer: 'peak-ewma' },
      route: { affinity: { cookie: 'INGRESSCOOKIE', ttl: 'off' } },
      refuseAll: null,
      problems: [],
    },
  ],
  [
    'a client may not send it',
    { 'x-forwarded-prefix': '/app' },
    { filters: [{ requestHeaders: { set: { 'X-Forwarded-Prefix': '/app' } } }] },
  ],
  [
    'fields of a ConfigMap',
    { 'custom-headers': 'headers' },
    { filters: [{ responseHeaders: { set: { 'x-frame-options': 'DENY' } } }] },
  ],
  [
    'CORS with the defaults of ingress-nginx',
    { 'enable-cors': 'true' },
    {
      filters: [
        {
          cors: {
            origins: ['*'],
            methods: ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS'],
            headers: [
              ...['DNT', 'Keep-Alive', 'User-Agent', 'X-Requested-With', 'If-Modified-Since', 'Cache-Control', 'Content-Type'],
              ...['Range', 'Authorization'],
            ],
            exposeHeaders: [],
            credentials: false,
            maxAge: '1728000s',
          },
        },
      ],
    },
  ],
  [
    'CORS with origins',
    {
      'enable-cors': 'true',
      'cors-allow-origin': 'https://a.example, https://*.b.example',
      'cors-allow-methods': 'get, PUT',
      'cors-allow-headers': 'X-A',
      'cors-expose-headers': '*, X-B',
      'cors-max-age': '600',
    },
    {
      filters: [
        {
          cors: {
            origins: ['https://a.example', 'https://*.b.example'],
            methods: ['GET', 'PUT'],
            headers: ['X-A'],
            exposeHeaders: ['X-B'],
            credentials: true,
            maxAge: '600s',
          },
        },
      ],
    },
  ],
  ['CORS that is not on', { 'cors-allow-origin': 'https://a.example' }, { filters: [], problems: [] }],
  [
    'nobody is let in by an origin that is wrong',
    { 'enable-cors': 'true', 'cors-allow-origin': 'a.example' },
    { filters: [], refuseAll: null },
  ],
  [
    'certificates of clients',
    { 'auth-tls-secret': 'shop/ca', 'auth-tls-pass-certificate-to-upstream': 'true' },
    {
      clientAuth: { mode: 'require', ca: '-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----\n', forward: true },
      filters: [
        {
          requestHeaders: {
            set: { 'ssl-client-subject-dn': '${tls.client.subject}', 'ssl-client-verify': 'SUCCESS' },
            remove: ['ssl-client-cert', 'ssl-client-issuer-dn'],
          },
        },
      ],
    },
  ],
  [
    'certificates of clients that are not asked for',
    { 'auth-tls-secret': 'ca', 'auth-tls-verify-client': 'off' },
    { clientAuth: null, refuseAll: null },
  ],
  [
    'answers before requests, whatever the order of the annotations',
    {
      'x-forwarded-prefix': '/a',
      'proxy-body-size': '1k',
      'temporal-redirect': 'https://a.example',
      'custom-headers': 'headers',
    },
    {
      filters: [
        { responseHeaders: { set: { 'x-frame-options': 'DENY' } } },
        { respond: { status: 302, headers: { location: 'https://a.example' } } },
        { bodyLimit: 1024 },
        { requestHeaders: { set: { 'X-Forwarded-Prefix': '/a' } } },
      ],
    },
  ],
]

for (const [title, annotations, expected] of CASES) {
  t.test(title, async (t) => {
    const effects = annotated(annotations)
    for (const [key, value] of Object.entries(expected)) t.strictSame(effects[key as keyof AnnotationEffects], value, key)
    t.strictSame(schemaProblems(effects), [])
    t.strictSame(annotated(annotations), effects, 'the same again')
  })
}

t.test('a mirror is an upstream of its own', async (t) => {
  const { route, upstreams } = annotated({
    'mirror-target': 'https://test.example:8443$request_uri',
    'mirror-host': 'inner.example',
    'mirror-request-body': 'off',
  })
  t.strictSame(route, { mirror: { upstream: 'ingress/shop/web/mirror', bodyBytes: 0 } })
  t.match(upstreams.get('ingress/shop/web/mirror'), {
    discovery: { dns: { name: 'test.example', port: 8443 } },
    host: 'inner.example',
    tls: { serverName: 'test.example', verify: false },
  })
})

t.test('no mirror is the machine of the gateway', async (t) => {
  for (const host of ['127.0.0.1:9901', '0.0.0.0:9901', '[::1]:9901', '[::ffff:127.0.0.1]', '169.254.169.254']) {
    const { route, upstreams, problems } = annotated({ 'mirror-target': `http://${host}` })
    t.strictSame([route, [...upstreams]], [{}, []], host)
    t.match(problems, [{ reason: 'InvalidAnnotation' }])
  }
  for (const name of ['localhost', '127.1', '2130706433', '0x7f000001']) {
    const { upstreams } = annotated({ 'mirror-target': `http://${name}:9901` })
    t.match(upstreams.get('ingress/shop/web/mirror'), { discovery: { dns: { name, local: false } } }, 'asked of DNS alone')
  }
})

t.test('a Service stands in', async (t) => {
  const { upstream, upstreams } = annotated({ 'default-backend': 'sorry' })
  t.strictSame(upstream, { failover: ['shop/sorry:8080'] })
  t.match(upstreams.get('shop/sorry:8080'), { discovery: { kubernetes: { service: 'sorry', port: 'http' } } })
  t.match(annotated({ 'default-backend': 'nobody' }), {
    upstream: {},
    problems: [{ reason: 'RefusedAnnotation' }],
    refuseAll: null,
  })
})

t.test('a Secret of endpoints', async (t) => {
  const tls = { 'backend-protocol': 'HTTPS', 'proxy-ssl-verify': 'on' }
  const { upstream, verdicts } = annotated({ ...tls, 'proxy-ssl-secret': 'shop/pair' })
  t.match(upstream, { tls: { verify: true, ca: /BEGIN/, cert: /BEGIN/, key: /BEGIN/ } })
  t.strictSame(
    verdicts.map(({ verdict }) => verdict),
    ['exact', 'exact', 'exact'],
  )
  for (const [name, said] of [
    ['shop/nobody', /there is no Secret shop\/nobody/],
    ['shop/broken', /ca\.crt holds no certificate/],
    ['shop/empty', /has neither ca\.crt nor tls\.crt/],
    ['other/ca', /another namespace/],
  ] as const) {
    const { refuseAll, problems } = annotated({ ...tls, 'proxy-ssl-secret': name })
    t.match(refuseAll, /proxy-ssl-secret/, name)
    t.match(problems, [{ message: said, severity: 'refused' }], name)
  }
})

t.test('a Secret of clients', async (t) => {
  for (const [name, said] of [
    ['shop/nobody', /there is no Secret/],
    ['shop/broken', /holds no certificate/],
    ['shop/empty', /has no ca\.crt/],
    ['other/ca', /another namespace/],
  ] as const) {
    const { refuseAll, problems, clientAuth } = annotated({ 'auth-tls-secret': name })
    t.match(refuseAll, /auth-tls-secret/, name)
    t.match(problems, [{ message: said }], name)
    t.equal(clientAuth, null)
  }
  t.match(annotated({ 'auth-tls-secret': 'ca', 'auth-tls-verify-client': 'optional_no_ca' }).refuseAll, /verify-client/)
  t.match(annotated({ 'auth-tls-verify-client': 'on' }).refuseAll, /verify-client/, 'there must be CAs')
})

t.test('what protects and is not there refuses every rule, and says so', async (t) => {
  for (const annotation of [
    ...['auth-url', 'auth-type', 'auth-secret', 'auth-signin', 'limit-rps', 'limit-rpm', 'limit-connections', 'limit-rate'],
    ...['whitelist-source-range', 'allowlist-source-range', 'denylist-source-range', 'global-rate-limit', 'auth-tls-match-cn'],
    ...['modsecurity-snippet', 'lua-resty-waf'],
  ]) {
    const { refuseAll, problems } = annotated({ [annotation]: '10' })
    t.equal(refuseAll, `annotation ${NGINX}${annotation} cannot be kept: the Events of the Ingress say why`)
    t.match(problems, [{ reason: 'RefusedAnnotation', severity: 'refused', path: NGINX + annotation }])
  }
  for (const annotation of ['enable-modsecurity', 'enable-owasp-core-rules', 'ssl-passthrough', 'secure-backends']) {
    t.type(annotated({ [annotation]: 'true' }).refuseAll, 'string', annotation)
    t.equal(annotated({ [annotation]: 'false' }).refuseAll, null, annotation)
  }
  t.equal(annotated({ 'auth-realm': 'staff' }).refuseAll, null, 'what only goes with it does not')
  t.equal(annotated({ 'custom-http-errors': '404' }).refuseAll, null, 'what does not protect does not')
  for (const value of ['FCGI', 'AJP', 'AUTO_HTTP']) t.type(annotated({ 'backend-protocol': value }).refuseAll, 'string', value)
})

t.test('nothing is ignored silently', async (t) => {
  const { problems, refuseAll } = annotated({ 'proxy-bodysize': '8m', 'headgate.dev/whatever-it-is': 'x' })
  t.equal(refuseAll, null)
  t.match(problems, [
    {
      reason: 'UnknownAnnotation',
      message: 'nginx.ingress.kubernetes.io/proxy-bodysize: there is no such annotation; did you mean "proxy-body-size"?',
      severity: 'refused',
    },
    { reason: 'UnknownAnnotation', path: 'headgate.dev/whatever-it-is' },
  ])
})

t.test('values have a length', async (t) => {
  const { aliases, problems } = annotated({ 'server-alias': 'www.example.org,'.repeat(2000) })
  t.strictSame(aliases, [])
  t.match(problems, [{ reason: 'InvalidAnnotation', message: /at most 16384 characters/ }])
  t.ok((problems[0]?.message.length ?? 0) < 300, 'and are not repeated whole')
})

t.test('our own prefix goes before the other one', async (t) => {
  const own = 'headgate.dev/proxy-body-size'
  for (const annotations of [
    { [own]: '1k', 'proxy-body-size': '8m' },
    { 'proxy-body-size': '8m', [own]: '1k' },
  ]) {
    const { filters, problems, verdicts } = annotated(annotations)
    t.strictSame(filters, [{ bodyLimit: 1024 }])
    t.match(problems, [{ reason: 'ConflictingAnnotations', path: own, severity: 'differs' }])
    t.match(verdicts, [{ annotation: own, verdict: 'exact' }])
  }
  t.strictSame(annotated({ [own]: '1k', 'proxy-body-size': '1k' }).problems, [], 'the same twice is no conflict')
})

t.test('a canary that cannot be read takes nothing from others', async (t) => {
  const { canary, refuseAll } = annotated({ canary: 'ja', 'canary-weight': '100' })
  t.match(canary, { weight: 0, header: null, cookie: null })
  t.type(refuseAll, 'string')
  t.type(annotated({ canary: 'true', 'canary-weight': '200' }).refuseAll, 'string', 'more than everything')
})
