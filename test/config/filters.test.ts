// Filters as they are written: what they become, and what is refused where, in which words.
/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates of the configuration */

import t from 'tap'
import { TEMPLATES } from '../../src/config/filters/templates.ts'
import type { FilterConfig, GatewayConfig } from '../../src/config/model.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { TEMPLATE_VALUES } from '../../src/filters/template.ts'

const HEAD = 'listeners: [{ name: web, bind: "127.0.0.1:0" }]\nupstreams: { app: { discovery: { static: ["127.0.0.1:1"] } } }\n'

const parse = (item: string, rest = 'to: app') =>
  parseConfig([{ name: 'f', text: `${HEAD}routes: [{ name: r, ${rest}, filters: [\n ${item}\n ] }]` }])

function accepted(item: string, rest?: string): GatewayConfig {
  const parsed = parse(item, rest)
  if (!('config' in parsed)) throw new Error(parsed.errors.map(({ message }) => message).join('\n'))
  return parsed.config
}

const NORMAL: readonly (readonly [item: string, options: unknown])[] = [
  ['{ requestHeaders: {} }', { set: {}, add: {}, remove: [] }],
  ['{ rewrite: { prefix: / } }', { path: { type: 'prefix', value: '/' }, host: null }],
  ['{ rewrite: { path: /a, host: "b:80" } }', { path: { type: 'path', value: '/a' }, host: 'b:80' }],
  ['{ rewrite: { regex: "a(b)", to: $1 } }', { path: { type: 'regex', value: 'a(b)', to: '$1' }, host: null }],
  ['{ redirect: { port: "81", code: "307" } }', { scheme: null, host: null, port: 81, path: null, code: 307 }],
  [
    '{ redirect: { scheme: https, path: { prefix: /x } } }',
    { scheme: 'https', host: null, port: null, path: { type: 'prefix', value: '/x' }, code: 302 },
  ],
  ['{ respond: {} }', { status: 200, headers: {}, body: '' }],
  ['{ respond: { reason: invalid-reference } }', { reason: 'invalid-reference', detail: '' }],
  ['{ respond: { reason: refused-object, detail: why } }', { reason: 'refused-object', detail: 'why' }],
  ['{ bodyLimit: 1KiB }', { bytes: 1024, mode: 'enforce' }],
  ['{ bodyLimit: { bytes: 0, mode: observe } }', { bytes: 0, mode: 'observe' }],
  ['{ errorPages: [{ codes: 5xx, html: x }] }', [{ codes: ['5xx'], html: 'x', json: null }]],
  ['{ errorPages: [{ codes: [404, "4xx"], json: "{}" }] }', [{ codes: ['404', '4xx'], html: null, json: '{}' }]],
  ['{ faults: { delay: { time: 1s } } }', { delay: { time: 1000, share: 1 }, abort: null }],
  ['{ faults: { abort: { status: 500, share: 12.5% } } }', { delay: null, abort: { status: 500, share: 0.125 } }],
  [
    '{ cors: { origins: ["HTTPS://*.A.test:8443"] } }',
    {
      origins: ['https://*.a.test:8443'],
      methods: ['GET', 'HEAD', 'POST'],
      headers: [],
      exposeHeaders: [],
      credentials: false,
      maxAge: null,
    },
  ],
]

for (const [item, options] of NORMAL) {
  t.test(item, async (t) => {
    const filter = accepted(item).routes[0]?.filters[0] as FilterConfig
    t.strictSame(filter, { type: item.slice(2, item.indexOf(':')), options })
  })
}

/** Positions are counted from where the item begins. */
const REFUSED: readonly (readonly [item: string, ...errors: string[]])[] = [
  ['{ rewrte: {} }', '4:3: unknown key "rewrte"; did you mean "rewrite"?'],
  ['{}', '4:1: an item of filters has exactly one key: the name of a filter'],
  ['{ respond: {}, bodyLimit: 1 }', '4:1: an item of filters has exactly one key: the name of a filter'],
  ['respond', '4:1: expected a block of keys, got "respond"'],
  ['{ jwt: { nonsense: 1 } }', '4:3: jwt is not supported yet'],
  // Headers
  ['{ requestHeaders: { set: { Host: a } } }', '4:28: the header Host is changed by rewrite: { host: NAME }'],
  ['{ requestHeaders: { add: { "a b": c } } }', '4:28: "a b" is not the name of a header'],
  [
    '{ requestHeaders: { remove: [Content-Length] } }',
    "4:30: the header Content-Length is the gateway's own and cannot be changed",
  ],
  ['{ responseHeaders: { set: { date: x } } }', "4:29: the header date is the gateway's own and cannot be changed"],
  ['{ respond: { headers: { connection: x } } }', "4:25: the header connection is the gateway's own and cannot be changed"],
  ['{ requestHeaders: { set: { a: "b\\r\\nc: d" } } }', '4:31: the value of a header is one line of printable ASCII'],
  ['{ requestHeaders: { set: { a: " b" } } }', '4:31: the value of a header neither begins nor ends with white space'],
  ['{ requestHeaders: { set: { a: b, A: c } } }', '4:34: the header "A" is written twice'],
  ['{ requestHeaders: { set: { a: 5 } } }', '4:31: expected the value of a header: write "5", in quotes'],
  // Templates
  ['{ respond: { body: "${request.pth}" } }', '4:20: unknown template ${request.pth}; did you mean "request.path"?'],
  [
    '{ respond: { body: "${zzz}" } }',
    '4:20: unknown template ${zzz}; there are request.path, request.method, request.host, client.ip, route.name, tls.sni, tls.version, tls.client.subject, tls.client.verified, tls.client.fingerprint, request.header.NAME',
  ],
  ['{ respond: { body: "${request.header.a b}" } }', /^4:20: unknown template/.source],
  ['{ respond: { body: "${tls.snj}" } }', '4:20: unknown template ${tls.snj}; did you mean "tls.sni"?'],
  ['{ clientCert: { require: { subject: alice } } }', /^4:\d+: "alice" is not the subject of a certificate/.source],
  ['{ clientCert: { require: { san: ["a b"] } } }', /^4:\d+: "a b" is not a name, URI, email or IP/.source],
  ['{ clientCert: { subject: CN=a } }', /^4:\d+: unknown key "subject"/.source],
  ['{ respond: { body: "${status}" } }', /^4:20: unknown template/.source],
  // Rewriting
  ['{ rewrite: {} }', '4:12: one of prefix, path, regex and host is needed'],
  ['{ rewrite: { prefix: /a, path: /b } }', '4:12: only one of prefix, path and regex is possible'],
  ['{ rewrite: { path: b } }', '4:20: "b" is not a path: it must begin with /'],
  ['{ rewrite: { path: "/a?b" } }', '4:20: "/a?b": a path has no query; that of the request stays'],
  ['{ rewrite: { path: "/a b" } }', '4:20: "/a b" holds a character that must be percent-encoded in a path'],
  ['{ rewrite: { path: "/%0a" } }', '4:20: "/%0a" holds an encoded control character'],
  ['{ rewrite: { path: /a/../b } }', '4:20: "/a/../b" holds a dot segment'],
  ['{ rewrite: { regex: a } }', '4:12: regex and to belong together'],
  ['{ rewrite: { path: /a, to: b } }', '4:12: regex and to belong together'],
  ['{ rewrite: { regex: "(?=a)", to: b } }', /^4:21: "\(\?=a\)" is not a regular expression of RE2/.source],
  ['{ rewrite: { regex: "(a)(b)", to: "$3" } }', '4:35: $3 refers to a group that is not there: the expression has 2'],
  ['{ rewrite: { regex: "(a)", to: "$0" } }', '4:32: "$0" is not a reference: groups are $1 to $9, a dollar sign is $$'],
  ['{ rewrite: { regex: "(a)", to: "a$" } }', '4:32: "$" is not a reference: groups are $1 to $9, a dollar sign is $$'],
  ['{ rewrite: { regex: "%25(2e)", to: "%$1" } }', '4:36: "%x" holds a % that begins no percent-encoding'],
  ['{ rewrite: { regex: a, to: "b?c" } }', '4:28: "b?c": a path has no query; that of the request stays'],
  ['{ rewrite: { host: "a/b" } }', '4:20: "a/b" is not a host'],
  ['{ rewrite: { host: "a:70000" } }', '4:20: "a:70000": the port must be from 1 to 65535'],
  // Redirecting
  ['{ redirect: { code: 301 } }', '4:13: one of scheme, host, port and path is needed'],
  ['{ redirect: { port: 1, code: 200 } }', '4:30: 200 is not one of 301, 302, 303, 307, 308'],
  ['{ redirect: { scheme: ftp } }', '4:23: unknown scheme "ftp"; did you mean "http"?'],
  ['{ redirect: { host: "a:1" } }', '4:21: "a:1": a host is written without a port'],
  // Answering
  ['{ respond: { status: 101 } }', '4:22: 101 is too small: at least 200'],
  ['{ respond: { status: 304, body: x } }', '4:33: an answer with status 304 has no body'],
  [
    '{ respond: { status: 500, reason: refused-object } }',
    '4:14: status and reason cannot stand together: the reason says what is answered',
  ],
  [
    '{ respond: { reason: refused-object, body: "" } }',
    '4:38: body and reason cannot stand together: the reason says what is answered',
  ],
  ['{ respond: { detail: x } }', '4:14: detail belongs to a reason'],
  ['{ respond: { reason: refused-objct } }', '4:22: unknown reason "refused-objct"; did you mean "refused-object"?'],
  ['{ errorPages: [] }', '4:15: at least one page is needed'],
  ['{ errorPages: [{ codes: 302, html: x }] }', '4:25: "302" is not a status of an error: 400 to 599, 4xx or 5xx'],
  ['{ errorPages: [{ codes: 500 }] }', '4:16: html or json is needed'],
  ['{ errorPages: [{ codes: 500, json: "{a}" }] }', /^4:36: this is not JSON/.source],
  ['{ errorPages: [{ codes: 500, json: "{\\"a\\": ${code}}" }] }', /^4:36: this is not JSON/.source],
  ['{ faults: {} }', '4:11: delay or abort is needed'],
  ['{ faults: { delay: { time: 11m } } }', '4:28: a delay is at most 10m'],
  ['{ faults: { abort: { status: 302 } } }', '4:30: 302 is too small: at least 400'],
  ['{ bodyLimit: { bytes: 1, mode: obseve } }', '4:32: unknown mode "obseve"; did you mean "observe"?'],
  // CORS
  ['{ cors: { origins: [] } }', '4:20: at least one origin is needed'],
  [
    '{ cors: { origins: [a.test] } }',
    '4:21: "a.test" is not an origin: expected https://app.example, https://*.example.org or "*"',
  ],
  ['{ cors: { origins: ["https://a.test/"] } }', '4:21: "https://a.test/": an origin has no path'],
  ['{ cors: { origins: ["null"] } }', '4:21: "null" is the origin of anything without one: it cannot be trusted'],
  ['{ cors: { origins: ["*"], credentials: true } }', '4:40: credentials cannot be allowed to every origin: name the origins'],
  ['{ cors: { origins: ["http://a"], methods: [get] } }', '4:44: methods have case; did you mean "GET"?'],
]

for (const [item, ...errors] of REFUSED) {
  t.test(`refused: ${item}`, async (t) => {
    const parsed = parse(item)
    const found =
      'errors' in parsed ? parsed.errors.map(({ line, column, message }) => `${line}:${column - 1}: ${message}`) : []
    t.equal(found.length, errors.length, found.join('\n'))
    for (const [i, error] of errors.entries())
      if (error.startsWith('^')) t.match(found[i], new RegExp(error))
      else t.equal(found[i], error)
  })
}

t.test('prefixes can only be replaced where requests are matched by one', async (t) => {
  const messages = (item: string, rest: string) => {
    const parsed = parse(item, rest)
    return 'errors' in parsed ? parsed.errors.map(({ line, column, message }) => `${line}:${column - 1}: ${message}`) : []
  }
  const exact = 'match: [{ path: { prefix: /a } }, { path: { exact: /b } }]'
  const why = 'a prefix can only be replaced where requests are matched by one: match[1] of the route "r" is by exact'
  t.strictSame(messages('{ rewrite: { prefix: / } }', `to: app, ${exact}`), [`4:14: ${why}`])
  t.strictSame(messages('{ redirect: { path: { prefix: / } } }', exact), [`4:23: ${why}`])
  t.strictSame(messages('', `${exact}, to: [{ upstream: app, filters: [{ rewrite: { prefix: / } }] }]`).length, 1)
  t.strictSame(messages('{ rewrite: { path: / } }', `to: app, ${exact}`), [])
  t.strictSame(messages('{ rewrite: { prefix: / } }', 'to: app, match: [{ methods: [GET] }, { path: { prefix: /a } }]'), [])
})

t.test('an upstream is needed unless a filter answers', async (t) => {
  t.strictSame(accepted('{ redirect: { port: 1 } }', 'hosts: []').routes[0]?.to, [])
  t.strictSame(accepted('{ respond: {} }', 'hosts: []').routes[0]?.to, [])
  const parsed = parse('{ bodyLimit: 1 }', 'hosts: []')
  t.match('errors' in parsed && parsed.errors, [{ message: 'missing key "to"' }])
})

t.test('cors on a route that takes no preflight is doubted', async (t) => {
  const warnings = (methods: string) => {
    const parsed = parse('{ cors: { origins: ["*"] } }', `to: app, match: [{ methods: ${methods} }]`)
    return parsed.warnings.map(({ message }) => message)
  }
  t.strictSame(warnings('[GET]'), ['no preflight reaches cors: the route "r" does not take OPTIONS'])
  t.strictSame(warnings('[GET, OPTIONS]'), [])
})

t.test('validation knows the templates that there are', async (t) => {
  t.strictSame([...TEMPLATES].sort(), Object.keys(TEMPLATE_VALUES).sort())
})
