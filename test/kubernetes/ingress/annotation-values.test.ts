// Every annotation of the table, with values that are good and values that are wrong.

import t from 'tap'
import { PREFIXES, THEMES } from '../../../src/kubernetes/ingress/annotations/table.ts'
import { annotated, NGINX, schemaProblems } from './annotated.ts'

interface Values {
  readonly good: readonly string[]
  readonly bad: readonly string[]
  /** What it needs beside it to mean anything. */
  readonly beside?: Readonly<Record<string, string>>
}

const FLAG = { good: ['true', 'false', 'True', '1', 'f'], bad: ['yes', 'on', '', 'tru'] }
const ON_OFF = { good: ['on', 'off'], bad: ['true', ''] }
const SECONDS = { good: ['1', '120', '3600'], bad: ['0', '-1', '1.5', '5d', 'off', '99999999', ''] }
const SIZE = { good: ['0', '1000', '8k', '10M', '1g'], bad: ['8mb', '-1', '1.5m', '8 m', '', '999999999999g'] }
const TEXT = { good: ['a'], bad: ['a\nb', 'a\u0000'] }
const NAME = { good: ['ca', 'shop/ca'], bad: ['a/b/c', 'Ca', '../x', ''] }
const CODE = { good: ['301', '302', '303', '307', '308'], bad: ['200', '304', '404', 'permanent', ''] }
const URL_VALUES = {
  good: [
    'https://new.example',
    'http://new.example:8080/a?b=c',
    'https://new.example$request_uri',
    '$scheme://www.$host$request_uri',
  ],
  bad: ['new.example', 'ftp://new.example', 'https://', 'https://a b'],
}
const WEIGHT = { good: ['0', '100'], bad: ['-1', '10%', 'x', ''] }
const tokens = { good: ['x-a', 'X_A'], bad: ['a b', 'a:b', ''] }
const CORS = { 'enable-cors': 'true' }
const CANARY = { canary: 'true' }
const TLS = { 'backend-protocol': 'HTTPS' }
const LINES = { good: [''], bad: ['x'.repeat(70_000)] }

const VALUES: Readonly<Record<string, Values>> = {
  'use-regex': FLAG,
  'rewrite-target': {
    good: ['/', '/$1', '/a/$2', '$1', '/a.b/$1'],
    bad: ['a', '/$host', '/a?b=c', '/$10', 'https://x/', '/a b', '/{a}'],
  },
  'x-forwarded-prefix': TEXT,
  'temporal-redirect': URL_VALUES,
  'temporal-redirect-code': { ...CODE, beside: { 'temporal-redirect': 'https://new.example' } },
  'permanent-redirect': URL_VALUES,
  'permanent-redirect-code': { ...CODE, beside: { 'permanent-redirect': 'https://new.example' } },
  'app-root': { good: ['/app', '/a/b?c=d'], bad: ['app', '/$host', '/a b', '/a"b'] },
  'ssl-redirect': FLAG,
  'force-ssl-redirect': FLAG,
  'preserve-trailing-slash': FLAG,
  'use-port-in-redirects': FLAG,
  'relative-redirects': FLAG,
  'ssl-ciphers': TEXT,
  'ssl-prefer-server-ciphers': FLAG,
  'ssl-passthrough': FLAG,
  'http2-push-preload': FLAG,
  'server-alias': { good: ['www.example.org', 'a.example, *.b.example'], bad: ['~^www', 'http://a', 'a b', '*', ','] },
  'upstream-vhost': { good: ['internal.example', 'internal.example:8080'], bad: ['$host', 'preserve', 'a b', 'http://a', ''] },
  'from-to-www-redirect': FLAG,
  'proxy-body-size': SIZE,
  'client-body-buffer-size': SIZE,
  'proxy-request-buffering': ON_OFF,
  'proxy-buffering': ON_OFF,
  'proxy-buffer-size': SIZE,
  'proxy-buffers-number': { good: ['4'], bad: ['0', '-4', 'x'] },
  'proxy-busy-buffers-size': SIZE,
  'proxy-max-temp-file-size': SIZE,
  'proxy-connect-timeout': SECONDS,
  'proxy-read-timeout': SECONDS,
  'proxy-send-timeout': SECONDS,
  'proxy-next-upstream': {
    good: ['error timeout', 'off', 'error http_502 non_idempotent', 'invalid_header http_429', 'http_500  http_404'],
    bad: ['http_418', 'error,timeout', ''],
  },
  'proxy-next-upstream-tries': { good: ['0', '1', '3', '1000'], bad: ['-1', 'x', '1001'] },
  'proxy-next-upstream-timeout': { good: ['0', '10'], bad: ['-1', '10s'] },
  'backend-protocol': { good: ['HTTP', 'https', 'GRPC', 'GRPCS', 'AUTO_HTTP', 'FCGI'], bad: ['HTTP2', 'h2c', ''] },
  'proxy-ssl-secret': { good: ['pair', 'shop/pair', 'shop/ca'], bad: ['a/b/c', '$x', ''], beside: TLS },
  'proxy-ssl-verify': { ...ON_OFF, beside: TLS },
  'proxy-ssl-verify-depth': { good: ['0', '3'], bad: ['-1', 'x', '101'] },
  'proxy-ssl-name': { good: ['internal.example', 'Internal.Example'], bad: ['$host', 'a b', 'http://a'], beside: TLS },
  'proxy-ssl-server-name': ON_OFF,
  'proxy-ssl-ciphers': TEXT,
  'proxy-ssl-protocols': { good: ['TLSv1.2 TLSv1.3', 'TLSv1'], bad: ['TLSv1.4', 'TLSv1.2,TLSv1.3', ''], beside: TLS },
  'proxy-http-version': { good: ['1.1', '1.0'], bad: ['2', '1', ''] },
  'load-balance': { good: ['round_robin', 'ewma', 'least_conn', 'ip_hash'], bad: ['random', 'EWMA', ''] },
  'upstream-hash-by': {
    good: ['$request_uri', '$remote_addr', '$host', '$http_x_user', '$cookie_id', '$arg_u', '$request_uri$host', 'x'],
    bad: ['a\nb'],
  },
  'upstream-hash-by-subset': FLAG,
  'upstream-hash-by-subset-size': { good: ['3'], bad: ['0', 'x'] },
  'service-upstream': FLAG,
  affinity: { good: ['cookie'], bad: ['ip', 'Cookie', ''] },
  'affinity-mode': { good: ['balanced', 'persistent'], bad: ['sticky'] },
  'affinity-canary-behavior': { good: ['sticky', 'legacy'], bad: ['persistent'] },
  'session-cookie-name': { ...tokens, beside: { affinity: 'cookie' } },
  'session-cookie-max-age': { good: ['0', '3600'], bad: ['-1', '1h'], beside: { affinity: 'cookie' } },
  'session-cookie-expires': { good: ['0', '3600'], bad: ['-1', '1h'], beside: { affinity: 'cookie' } },
  'session-cookie-path': TEXT,
  'session-cookie-domain': TEXT,
  'session-cookie-secure': FLAG,
  'session-cookie-samesite': { good: ['None', 'Lax', 'Strict'], bad: ['lax', ''] },
  'session-cookie-conditional-samesite-none': FLAG,
  'session-cookie-partitioned': FLAG,
  'session-cookie-change-on-failure': FLAG,
  'session-cookie-hash': TEXT,
  canary: FLAG,
  'canary-by-header': { ...tokens, beside: CANARY },
  'canary-by-header-value': { ...TEXT, beside: CANARY },
  'canary-by-header-pattern': { good: ['^v2', 'a|b'], bad: ['(', '(?=a)', 'x'.repeat(2000)], beside: CANARY },
  'canary-by-cookie': { ...tokens, beside: CANARY },
  'canary-weight': { ...WEIGHT, beside: CANARY },
  'canary-weight-total': { good: ['100', '1000'], bad: ['0', 'x'], beside: CANARY },
  'enable-cors': FLAG,
  'cors-allow-origin': {
    good: ['*', 'https://a.example', 'https://*.a.example:8443, http://b.example'],
    bad: ['a.example', 'https://a.example/path', 'null', ''],
    beside: CORS,
  },
  'cors-allow-methods': { good: ['GET', 'GET, put'], bad: ['G ET', ''], beside: CORS },
  'cors-allow-headers': { good: ['X-A', 'X-A,X-B', '*'], bad: ['X A', ''], beside: CORS },
  'cors-expose-headers': { good: ['X-A', '*, X-B'], bad: ['X:A', ''], beside: CORS },
  'cors-allow-credentials': { ...FLAG, beside: CORS },
  'cors-max-age': { good: ['0', '600'], bad: ['10m', '-1', ''], beside: CORS },
  filters: { good: ['patient', 'patient, limits'], bad: ['', 'other/patient', 'A b'] },
  'custom-headers': { ...NAME, good: ['headers', 'shop/headers'] },
  'connection-proxy-header': TEXT,
  'proxy-cookie-domain': TEXT,
  'proxy-cookie-path': TEXT,
  'proxy-redirect-from': TEXT,
  'proxy-redirect-to': TEXT,
  'mirror-target': {
    good: [
      'https://test.example$request_uri',
      'http://10.0.0.7:8080/$request_uri',
      'http://[fd00::1]:80',
      'http://test.example',
    ],
    bad: ['test.example', 'https://test.example/path', 'https://$host$request_uri', ''],
  },
  'mirror-host': {
    good: ['test.example', 'test.example:80'],
    bad: ['$host', 'a b'],
    beside: { 'mirror-target': 'http://test.example' },
  },
  'mirror-request-body': { ...ON_OFF, beside: { 'mirror-target': 'http://test.example' } },
  'default-backend': { good: ['sorry', 'shop/sorry'], bad: ['a/b/c', 'Sorry', ''] },
  'auth-tls-secret': { good: ['ca', 'shop/ca'], bad: ['a/b/c', ''] },
  'auth-tls-verify-client': {
    good: ['on', 'off', 'optional', 'optional_no_ca'],
    bad: ['true', ''],
    beside: { 'auth-tls-secret': 'ca' },
  },
  'auth-tls-verify-depth': { good: ['1'], bad: ['-1', 'x'] },
  'auth-tls-error-page': TEXT,
  'auth-tls-pass-certificate-to-upstream': { ...FLAG, beside: { 'auth-tls-secret': 'ca' } },
  'auth-tls-match-cn': TEXT,
  'enable-access-log': FLAG,
  'enable-rewrite-log': FLAG,
  'enable-opentelemetry': FLAG,
  'opentelemetry-trust-incoming-span': FLAG,
  'opentelemetry-operation-name': TEXT,
  'enable-opentracing': FLAG,
  'opentracing-trust-incoming-span': FLAG,
  'enable-influxdb': FLAG,
  'influxdb-measurement': TEXT,
  'influxdb-port': TEXT,
  'influxdb-host': TEXT,
  'influxdb-server-name': TEXT,
  'configuration-snippet': LINES,
  'server-snippet': LINES,
  'stream-snippet': LINES,
  ...Object.fromEntries(
    [
      ...['url', 'type', 'secret', 'secret-type', 'realm', 'signin', 'signin-redirect-param', 'method', 'proxy-set-headers'],
      ...['cache-key', 'cache-duration', 'keepalive', 'keepalive-share-vars', 'keepalive-requests', 'keepalive-timeout'],
      ...['response-headers', 'request-redirect', 'always-set-cookie'],
    ].map((name) => [`auth-${name}`, TEXT]),
  ),
  'auth-snippet': LINES,
  'enable-global-auth': FLAG,
  satisfy: { good: ['any', 'all'], bad: ['some', ''] },
  ...Object.fromEntries(
    ['connections', 'rps', 'rpm', 'rate', 'rate-after', 'burst-multiplier', 'whitelist', 'allowlist'].map((name) => [
      `limit-${name}`,
      TEXT,
    ]),
  ),
  'global-rate-limit': TEXT,
  'global-rate-limit-window': TEXT,
  'global-rate-limit-key': TEXT,
  'global-rate-limit-ignored-cidrs': TEXT,
  'whitelist-source-range': TEXT,
  'allowlist-source-range': TEXT,
  'denylist-source-range': TEXT,
  'enable-modsecurity': FLAG,
  'enable-owasp-core-rules': FLAG,
  'enable-owasp-modsecurity-crs': FLAG,
  'modsecurity-snippet': LINES,
  'modsecurity-transaction-id': TEXT,
  'lua-resty-waf': TEXT,
  'custom-http-errors': TEXT,
  'disable-proxy-intercept-errors': FLAG,
  'fastcgi-index': TEXT,
  'fastcgi-params-configmap': TEXT,
  'secure-backends': FLAG,
  'grpc-backend': FLAG,
  'upstream-max-fails': { good: ['3'], bad: ['x'] },
  'upstream-fail-timeout': { good: ['10'], bad: ['10s'] },
  'mirror-uri': TEXT,
}

const ENTRIES = THEMES.flatMap(({ entries }) => Object.entries(entries))

t.test('every annotation of the table has a line here, and none is there twice', async (t) => {
  const names = ENTRIES.map(([name]) => name)
  t.strictSame(
    names.filter((name) => !Object.hasOwn(VALUES, name)),
    [],
  )
  t.strictSame(
    Object.keys(VALUES).filter((name) => !names.includes(name)),
    [],
  )
  t.equal(new Set(names).size, names.length)
})

for (const [name, entry] of ENTRIES) {
  const { good, bad, beside = {} } = VALUES[name] as Values
  t.test(name, async (t) => {
    const full = NGINX + name
    for (const value of [...good, entry.example]) {
      for (const prefix of PREFIXES) {
        const effects = annotated({ ...beside, [prefix + name]: value })
        t.strictSame(
          effects.problems.filter(({ reason }) => reason === 'InvalidAnnotation'),
          [],
          `${value} can be read`,
        )
        t.strictSame(schemaProblems(effects), [], `${value} is valid by the schema`)
        const verdict = effects.verdicts.find(({ annotation }) => annotation === prefix + name)
        t.ok(verdict, `${value} is judged`)
        // What is refused is never silent, and what is silent is not refused.
        const told = effects.problems.filter(({ path, severity }) => path === prefix + name && severity === 'refused')
        t.equal(verdict?.verdict === 'refused', told.length > 0, `${value}: verdict and problems agree`)
      }
    }
    for (const value of bad) {
      const { problems, refuseAll, verdicts } = annotated({ ...beside, [name]: value })
      const [problem] = problems.filter(({ path }) => path === full)
      t.match(
        problem,
        { reason: 'InvalidAnnotation', severity: 'refused', message: /expected/ },
        `"${value.slice(0, 20)}" is wrong`,
      )
      t.ok(problem?.message.startsWith(`${full}: `), 'it names the annotation')
      t.equal(refuseAll !== null, entry.cost === 'all', `"${value.slice(0, 20)}" costs what it must`)
      t.match(
        verdicts.find(({ annotation }) => annotation === full),
        { verdict: 'refused' },
      )
    }
    t.ok(good.length > 0 && bad.length > 0)
  })
}
