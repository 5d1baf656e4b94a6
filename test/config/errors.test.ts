// What is refused, with the place and the words. One row is one piece of YAML and all of its problems.
/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates of the configuration */

import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { formatProblem } from '../../src/config/problem.ts'

function errorsOf(text: string): string[] {
  const parsed = parseConfig([{ name: 'f', text }])
  return 'errors' in parsed ? parsed.errors.map(formatProblem) : []
}

const LISTENER = 'listeners: [{ name: web, bind: "127.0.0.1:80" }]\n'
const UPSTREAM = 'upstreams: { app: { discovery: { static: ["127.0.0.1:3000"] } } }\n'
const route = (rest: string) => `${LISTENER}${UPSTREAM}routes: [{ name: r, to: app, ${rest} }]`
const upstream = (rest: string) => `upstreams: { a: { discovery: { static: ["127.0.0.1:1"] }, ${rest} } }`

const ROWS: readonly (readonly [what: string, text: string, ...errors: (string | RegExp)[]])[] = [
  // Syntax
  ['a tab', 'log:\n\tlevel: info', 'f:2:1: Tabs are not allowed as indentation'],
  ['a key twice', 'workers: 1\nworkers: 2', 'f:2:1: the key "workers" is written twice, first in line 1'],
  ['two documents', 'workers: 1\n---\nworkers: 2', 'f:2:1: a file is one document: a second one begins here'],
  ['an unclosed list', 'listeners: [', /^f:1:13: Flow sequence .*must .*end with a \]/],
  ['another version of YAML', '%YAML 1.1\n---\nadmin: off', 'f:1:1: only YAML 1.2 is read'],
  ['a tag', 'workers: !x 1', 'f:1:10: Unresolved tag: !x'],
  ['no block', '- a', /^f:1:1: a configuration is a block of keys/],
  ['a list as key', '? [a]\n: 1', 'f:1:3: a key must be text'],
  ['an unknown alias', 'workers: *x', /^f:1:10: .*x/],
  ['an environment without quotes', `log: { level: \${X} }`, /^f:1:16: \$\{…\} between \{ \} or \[ \] must stand in quotes/],

  // Keys and kinds of value
  ['an unknown key', 'wrokers: 1', 'f:1:1: unknown key "wrokers"; did you mean "workers"?'],
  ['a key that resembles none', 'qqqqqq: 1', 'f:1:1: unknown key "qqqqqq"'],
  ['an unknown key inside', 'log:\n  levl: info', 'f:2:3: unknown key "levl"; did you mean "level"?'],
  ['a missing key', `${LISTENER}routes: [{ to: app }]\n${UPSTREAM}`, 'f:2:10: missing key "name"'],
  [
    'a block for a list',
    'listeners: {}',
    'f:1:12: expected a list, got a block of keys: each item begins with -, or stands in [ ]',
  ],
  ['a number for a block', 'log: 5', 'f:1:6: expected a block of keys (level, format), got 5'],
  ['nothing for a block', 'log:\nworkers: 1', 'f:1:5: expected a block of keys (level, format), got nothing'],
  ['neither of two kinds', 'admin: 5', 'f:1:8: expected off or a block of keys (bind, readOnly, hosts, token), got 5'],
  [
    'a number for text',
    route('match: [{ query: { v: 2 } }]'),
    'f:3:52: expected text or a block of keys (exact, regex, present), got 2; text that looks like something else stands in quotes',
  ],

  // Values
  ['a negative number', 'workers: -1', 'f:1:10: -1 is too small: at least 0'],
  ['a fraction', 'workers: 1.5', 'f:1:10: expected a whole number or auto; got "1.5"'],
  ['an unknown word', 'log: { level: inf }', 'f:1:15: unknown log.level "inf"; did you mean "info"?'],
  ['an unlike word', 'log: { level: xxxxx }', 'f:1:15: unknown log.level "xxxxx"; expected debug, info, warn, error'],
  ['a duration without unit', 'drain: { timeout: 30 }', 'f:1:19: expected a duration such as 250ms, 5s, 2m or 1h'],
  ['a duration of another unit', 'drain: { timeout: 3d }', 'f:1:19: expected a duration such as 250ms, 5s, 2m or 1h; got "3d"'],
  ['a negative duration', 'drain: { delay: -1s }', 'f:1:17: -1s is negative'],
  ['a duration that no timer can wait', 'drain: { delay: 600h }', 'f:1:17: 600h is too long: at most 596h'],
  ['no time to connect', upstream('connection: { connectTimeout: 0s }'), 'f:1:89: 0s is too short: at least 1ms'],
  ['off where it makes no sense', upstream('connection: { connectTimeout: off }'), /f:1:89: expected a duration/],
  ['a share above all', 'accessLog: { sample: 120% }', 'f:1:22: 120% is not between 0% and 100%'],
  [
    'a format that there is not',
    'accessLog: { format: jsn }',
    /^f:1:22: expected json, combined or a template .*did you mean "json"\?/,
  ],
  [
    'a template without such a field',
    'accessLog: { format: "${tme}" }',
    'f:1:22: unknown accessLog field "tme"; did you mean "time"?',
  ],
  ['a group in a template', 'accessLog: { format: "${phases}" }', /f:1:22: unknown accessLog field "phases"/],
  ['fields of text', 'accessLog: { format: combined, fields: [time] }', 'f:1:40: fields are those of format json'],
  ['a field twice', 'accessLog: { fields: [default, time] }', 'f:1:22: the field time stands here twice'],
  ['no field', 'accessLog: { fields: [] }', 'f:1:22: at least one field is needed'],
  [
    'a secret in a log',
    'accessLog: { fields: [header.Cookie] }',
    'f:1:23: header.Cookie is a secret: it does not belong into a log',
  ],
  ['an interval of nothing', 'tracing: { otlp: { interval: 0s } }', 'f:1:30: 0s is too short: at least 100ms'],
  ['an interval of hours', 'tracing: { otlp: { interval: 2h } }', 'f:1:30: spans wait for a minute at most'],
  ['a collector of another kind', 'tracing: { otlp: { endpoint: "udp://x" } }', /f:1:30: expected a URL such as/],
  [
    'a collector with a password',
    'tracing: { otlp: { endpoint: "http://a:b@x" } }',
    'f:1:30: credentials belong into otlp.headers, not into the URL',
  ],
  ['no way to say it', 'tracing: { propagation: [] }', /f:1:25: without any way to say it/],
  ['one way twice', 'tracing: { propagation: [b3, b3] }', 'f:1:25: each stands here once'],
  ['another protocol', 'tracing: { otlp: { protocol: zipkin } }', /f:1:30: unknown otlp.protocol "zipkin"/],
  ['no header field', 'tracing: { otlp: { headers: { "a b": x } } }', /"a b" is not the name of a header field/],
  ['a share without sign', 'accessLog: { sample: 0.5 }', 'f:1:22: expected a share such as 20%'],
  [
    'a size in another unit',
    'listeners: [{ name: a, bind: "127.0.0.1:1", limits: { bodyBytes: 5MB } }]',
    'f:1:66: expected a size such as 512, 64KiB or 10MiB; got "5MB"',
  ],
  ['a CIDR with too many bits', 'trustedProxies: [10.0.0.0/33]', 'f:1:18: "10.0.0.0/33": the prefix must be from 0 to 32'],
  ['no CIDR', 'trustedProxies: [localhost]', 'f:1:18: "localhost" is neither an address nor a CIDR such as 10.0.0.0/8'],
  ['a space in a pseudonym', 'via: "a b"', 'f:1:6: "a b" is not a pseudonym for Via'],

  // Addresses and hosts
  ['no port', 'admin: { bind: 127.0.0.1 }', 'f:1:16: "127.0.0.1" has no port: an address is written as 127.0.0.1:80'],
  ['a large port', 'admin: { bind: "127.0.0.1:65536" }', 'f:1:16: "127.0.0.1:65536": the port must be from 0 to 65535'],
  ['no such IPv4 address', 'admin: { bind: "127.0.0.256:1" }', 'f:1:16: "127.0.0.256:1": "127.0.0.256" is not an IPv4 address'],
  [
    'IPv6 without brackets',
    'admin: { bind: "::1" }',
    'f:1:16: "::1": an IPv6 address is written in brackets with a port, as [::1]:80',
  ],
  [
    'a URL as address',
    upstream('host: preserve').replace('127.0.0.1:1', 'http://a:1'),
    /is a URL: an address is written without a scheme/,
  ],
  [
    'a relative socket',
    'admin: { bind: "unix:a.sock" }',
    'f:1:16: "unix:a.sock": a unix socket needs an absolute path, as unix:/run/a.sock',
  ],
  [
    'an endpoint with port 0',
    upstream('host: preserve').replace('127.0.0.1:1', '127.0.0.1:0'),
    /the port must be from 1 to 65535/,
  ],
  [
    'an endpoint twice',
    'upstreams: { a: { discovery: { static: ["a:1", "a:1"] } } }',
    'f:1:48: the endpoint a:1 is written twice',
  ],
  ['a host with a port', route('hosts: ["a.com:80"]'), 'f:3:38: "a.com:80": a host is written without a port'],
  ['a star as host', route('hosts: ["*"]'), 'f:3:38: "*" is not a host: leave hosts out to take every host'],
  ['a star inside a host', route('hosts: [a.*.com]'), 'f:3:38: "a.*.com" is not a host: a wildcard is written "*.example.org"'],
  [
    'a host in letters of another script',
    route('hosts: [münchen.de]'),
    'f:3:38: "münchen.de" is not a host: write its ASCII form, "xn--mnchen-3ya.de"',
  ],

  // Matches
  [
    'a path without slash',
    route('match: [{ path: { prefix: users } }]'),
    'f:3:56: "users" is not a path: it must begin with /',
  ],
  ['a path that is never seen', route('match: [{ path: { exact: /a/../b } }]'), /can never match: dot segments are removed/],
  [
    'an encoded path that is never seen',
    route('match: [{ path: { exact: /a/%2e%2E/b } }]'),
    /can never match: dot segments are removed/,
  ],
  [
    'a path that is not ASCII',
    route('match: [{ path: { exact: /é } }]'),
    'f:3:55: "/é" can never match: write it as "/%C3%A9"',
  ],
  ['a bad escape', route('match: [{ path: { exact: /%zz } }]'), 'f:3:55: "/%zz" holds a % that begins no percent-encoding'],
  [
    'two kinds of path',
    route('match: [{ path: { exact: /a, prefix: /b } }]'),
    'f:3:46: exactly one of exact, prefix and regex is needed',
  ],
  [
    'a bad regex',
    route('match: [{ path: { regex: "(a" } }]'),
    /^f:3:55: "\(a" is not a regular expression of RE2: .*missing closing/,
  ],
  [
    'a regex that RE2 has not',
    route('match: [{ headers: { a: { regex: "a(?=b)" } } }]'),
    /^f:3:63: .*is not a regular expression of RE2/,
  ],
  ['a method in lower case', route('match: [{ methods: [get] }]'), 'f:3:50: methods have case; did you mean "GET"?'],
  ['a method that is never served', route('match: [{ methods: [TRACE] }]'), /^f:3:50: TRACE is never served/],
  ['no header name', route('match: [{ headers: { "a b": x } }]'), 'f:3:51: "a b" is not the name of a header'],
  ['a header twice', route('match: [{ headers: { a: x, A: y } }]'), 'f:3:57: the header "a" is written twice'],

  // Names
  [
    'an unknown upstream',
    `${LISTENER}${UPSTREAM}routes: [{ name: r, to: ap }]`,
    'f:3:25: unknown upstream "ap"; did you mean "app"?',
  ],
  [
    'an unknown upstream of several',
    `${UPSTREAM}routes: [{ name: r, to: [{ upstream: app }, { upstream: b }] }]`,
    'f:2:57: unknown upstream "b"',
  ],
  ['an inherited name', `${UPSTREAM}routes: [{ name: r, to: toString }]`, 'f:2:25: unknown upstream "toString"'],
  ['an unknown listener', route('listeners: [wbe]'), 'f:3:42: unknown listener "wbe"; did you mean "web"?'],
  [
    'an unknown balancer',
    upstream('balancer: rond-robin'),
    'f:1:69: unknown balancer "rond-robin"; did you mean "round-robin"?',
  ],
  [
    'a listener twice',
    'listeners:\n  - { name: a, bind: "127.0.0.1:1" }\n  - { name: a, bind: "127.0.0.1:2" }',
    'f:3:13: the listener "a" is defined twice, first at f:2:13',
  ],
  [
    'a route twice',
    `${UPSTREAM}routes:\n  - { name: a, to: app }\n  - { name: a, to: app, hosts: [b] }`,
    'f:4:13: the route "a" is defined twice, first at f:3:13',
  ],
  [
    'an upstream twice',
    'upstreams:\n  a: { discovery: { static: [] } }\n  a: { discovery: { static: [] } }',
    'f:3:3: the key "a" is written twice, first in line 2',
  ],
  ['a name with a space', 'upstreams: { "a b": { discovery: { static: [] } } }', /^f:1:14: "a b" is not a name/],
  ['__proto__', 'upstreams: { __proto__: {} }', 'f:1:14: the name "__proto__" is not allowed'],

  // Weights
  [
    'all weights of a route 0',
    `${UPSTREAM}routes: [{ name: r, to: [{ upstream: app, weight: 0 }] }]`,
    'f:2:25: all weights are 0',
  ],
  [
    'all weights of an upstream 0',
    'upstreams: { a: { discovery: { static: [{ address: "a:1", weight: 0 }] } } }',
    'f:1:40: all weights are 0',
  ],
  [
    'a negative weight',
    'upstreams: { a: { discovery: { static: [{ address: "a:1", weight: -1 }] } } }',
    'f:1:67: -1 is too small: at least 0',
  ],
  ['no upstream at all', `${UPSTREAM}routes: [{ name: r, to: [] }]`, 'f:2:25: at least one upstream is needed'],

  // Addresses that are bound
  [
    'one address twice',
    'listeners:\n  - { name: a, bind: "127.0.0.1:80" }\n  - { name: b, bind: "127.0.0.1:80" }',
    'f:3:22: the listeners "a" and "b" share 127.0.0.1:80: without hosts nothing tells them apart',
  ],
  [
    'an address inside another',
    'listeners: [{ name: a, bind: ["0.0.0.0:80", "127.0.0.1:80"] }]',
    /^f:1:45: 127.0.0.1:80 .* conflicts with 0.0.0.0:80/,
  ],
  ['IPv6 takes IPv4 too', 'listeners: [{ name: a, bind: ["[::]:80", "127.0.0.1:80"] }]', /^f:1:42: .* conflicts with/],
  ['one address in two spellings', 'listeners: [{ name: a, bind: ["[::1]:80", "[0:0::1]:80"] }]', /^f:1:43: .* conflicts with/],
  ['one socket twice', 'listeners: [{ name: a, bind: ["unix:/a", "unix:/a"] }]', /^f:1:42: .* conflicts with/],
  [
    'the address of admin',
    'listeners: [{ name: a, bind: "0.0.0.0:9901" }]',
    /conflicts with|of admin conflicts with 0.0.0.0:9901 of listener "a" at f:1:30/,
  ],
  [
    'two listeners for one host of an address',
    'listeners: [{ name: a, bind: "a:80", hosts: [x, y] }, { name: b, bind: "a:80", hosts: [z, y] }]',
    'f:1:91: the listeners "a" and "b" share a:80 and both serve y',
  ],
  [
    'listeners of one address that do not agree',
    `listeners:
  - { name: a, bind: "a:80", hosts: [x] }
  - { name: b, bind: "a:80", proxyProtocol: accept, limits: { connections: 5 }, timeouts: { header: 1s } }`,
    /^f:3:45: the listeners "a" and "b" share a:80 and must agree on proxyProtocol/,
    /^f:3:76: .* must agree on limits.connections/,
    /^f:3:101: .* must agree on timeouts.header/,
  ],
  [
    'cleartext and TLS on one address',
    `listeners:
  - { name: a, bind: "a:80", hosts: [x] }
  - { name: b, bind: "a:80", protocol: https, tls: { certificates: [{ cert: c, key: k }] } }`,
    'f:3:40: the listeners "a" and "b" share a:80: protocol http and https cannot be mixed there',
  ],
  [
    'an address of a listener for the admin API',
    'admin: { bind: "127.0.0.1:80" }\nlisteners: [{ name: a, bind: "127.0.0.1:80", hosts: [x] }]',
    /conflicts with 127.0.0.1:80 of/,
  ],
  [
    'https without certificates',
    'listeners: [{ name: a, bind: "a:443", protocol: https }]',
    'f:1:49: protocol https needs tls with at least one certificate',
  ],
  [
    'certificates that nobody brings',
    'kubernetes: { ingress: { listeners: { https: b } } }\nlisteners: [{ name: a, bind: "a:444", protocol: https, tls: {} }, { name: web, bind: "a:80" }]',
    /^f:2:61: at least one certificate is needed: nothing else brings any to the listener "a"/,
  ],
  [
    'listeners of Ingresses that speak something else',
    'kubernetes: { ingress: {} }\nlisteners: [{ name: web, bind: "a:81", protocol: tcp }, { name: secure, bind: "a:444" }]',
    'f:1:24: the listener "web" has protocol tcp: Ingresses need http here',
    'f:1:24: the listener "secure" has protocol http: Ingresses need https here',
  ],
  [
    'one listener for both kinds of requests of Ingresses',
    'kubernetes: { ingress: { listeners: { http: a, https: a } } }',
    'f:1:55: "a" is the listener for http already: https needs one of its own',
  ],
  [
    'an address that a listener of Ingresses is made on',
    'kubernetes: { ingress: {} }\nlisteners: [{ name: edge, bind: "0.0.0.0:80" }]',
    'f:1:24: 0.0.0.0:80 of listener "web" conflicts with 0.0.0.0:80 of listener "edge" at f:2:33',
    /^f:2:12: the listeners "edge" and "web" share 0.0.0.0:80/,
  ],
  [
    'certificates without https',
    'listeners: [{ name: a, bind: "a:443", tls: { certificates: [{ cert: c, key: k }] } }]',
    'f:1:44: tls is for protocol: https or tls, with http it has no effect',
  ],
  [
    'client certificates without a CA',
    'listeners: [{ name: a, bind: "a:443", protocol: https, tls: { certificates: [{ cert: c, key: k }], clientAuth: { mode: require } } }]',
    /^f:1:120: clientAuth.mode require needs ca/,
  ],
  [
    'ciphers that there are not',
    'listeners: [{ name: a, bind: "a:443", protocol: https, tls: { certificates: [{ cert: c, key: k }], ciphers: ROT13 } }]',
    /^f:1:109: "ROT13" names no cipher/,
  ],
  [
    'a version of TLS that is not spoken',
    'listeners: [{ name: a, bind: "a:443", protocol: https, tls: { certificates: [{ cert: c, key: k }], minVersion: 1.1 } }]',
    'f:1:112: expected 1.2 or 1.3; got "1.1"',
  ],
  [
    'nothing left to be spoken',
    'listeners: [{ name: a, bind: "a:443", http2: false, protocol: https, tls: { certificates: [{ cert: c, key: k }], alpn: [h2] } }]',
    /^f:1:120: with http2: false and without/,
  ],
  [
    'admin without token',
    'admin: { bind: "0.0.0.0:9901" }',
    'f:1:16: admin is bound to 0.0.0.0:9901, elsewhere than on loopback: it needs a token',
  ],
  ['admin on a name', 'admin: { bind: "gateway.internal:9901" }', /it needs a token/],
]

for (const [what, text, ...expected] of ROWS) {
  t.test(what, async (t) => {
    const errors = errorsOf(text)
    t.equal(errors.length, expected.length, errors.join('\n'))
    for (const [index, wanted] of expected.entries()) {
      if (typeof wanted === 'string') t.equal(errors[index], wanted)
      else t.match(errors[index], wanted)
    }
  })
}

t.test('all errors at once, in the order in which they stand', async (t) => {
  const text = `wrokers: 1
routes:
  - name: a
    to: nowhere
    hedge: { after: 0s }
    timeout: { idle: 5 }
upstreams:
  b:
    balancer: maglef
    discovery: { static: [x] }
workers: many
`
  t.same(errorsOf(text), [
    'f:1:1: unknown key "wrokers"; did you mean "workers"?',
    'f:4:9: unknown upstream "nowhere"',
    'f:5:21: 0s is too short: at least 1ms',
    'f:6:22: expected a duration such as 250ms, 5s, 2m or 1h, or off',
    'f:9:15: unknown balancer "maglef"; did you mean "maglev"?',
    'f:10:27: "x" has no port: an address is written as 127.0.0.1:80',
    'f:11:10: expected a whole number or auto; got "many"',
  ])
})

t.test('different ports, families and hosts are no conflict', async (t) => {
  t.same(
    errorsOf(
      'listeners: [{ name: a, bind: ["127.0.0.1:80", "127.0.0.2:80", "[::1]:80", "127.0.0.1:81", "127.0.0.1:0", "127.0.0.1:0"] }]',
    ),
    [],
  )
  t.same(errorsOf('admin: { bind: "127.1.2.3:9901" }'), [])
  t.same(errorsOf('admin: { bind: "[::1]:9901" }'), [])
  t.same(errorsOf('admin: { bind: "0.0.0.0:9901", token: x }'), [])
})

t.test('adaptive', async (t) => {
  const of = (adaptive: string) => errorsOf(`upstreams: { a: { discovery: { static: ["a:1"] }, adaptive: ${adaptive} } }`)
  t.same(of('{ minLimit: 20, maxLimit: 10 }'), ['f:1:87: maxLimit 10 is below minLimit 20'])
  t.same(of('{ minLimit: 0 }'), ['f:1:73: 0 is too small: at least 1'])
  t.match(of('on'), [/expected off or a block/])
  t.same(of('{}'), [])
})
