// What is said about keys and words that are right somewhere else: at another place, or in another gateway.

import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { formatProblem } from '../../src/config/problem.ts'

function errorsOf({ top = '', listener = '', route = '', upstream = '' }): string[] {
  const text = `${top}
listeners: [{ name: web, bind: "127.0.0.1:80", ${listener} }]
routes: [{ name: all, to: app, ${route} }]
upstreams: { app: { discovery: { static: ["127.0.0.1:3000"] }, ${upstream} } }
`
  const parsed = parseConfig([{ name: 'f', text }])
  return 'errors' in parsed ? parsed.errors.map((problem) => formatProblem(problem).replace(/^f:\d+:\d+: /, '')) : []
}

const KEYS: readonly (readonly [where: Parameters<typeof errorsOf>[0], error: string | RegExp])[] = [
  // At another place
  [{ upstream: 'affinity: { cookie: a }' }, 'unknown key "affinity"; it is a key of routes'],
  [{ route: 'health: { path: / }' }, 'unknown key "health"; it is a key of upstreams'],
  [{ route: 'limits: { requests: 1 }' }, 'unknown key "limits"; it is a key of listeners and of upstreams'],
  [{ listener: 'strictSni: true' }, 'unknown key "strictSni"; it is a key of tls of listeners'],
  [{ listener: 'certificates: []' }, 'unknown key "certificates"; it is a key of tls of listeners'],
  [{ top: 'tls: {}' }, 'unknown key "tls"; it is a key of listeners and of upstreams'],
  [{ upstream: 'limits: { adaptive: {} }' }, 'unknown key "adaptive"; it is a key of upstreams'],
  [{ route: 'filters: [{ code: 301 }]' }, 'unknown key "code"; it is a key of the filter redirect'],
  // A part of it is ours
  [{ upstream: 'healthCheck: {}' }, 'unknown key "healthCheck"; did you mean "health"?'],
  [{ upstream: 'circuit_breaker: {}' }, 'unknown key "circuit_breaker"; did you mean "breaker"?'],
  [
    { upstream: 'tls: { insecureSkipVerify: true }' },
    'unknown key "insecureSkipVerify"; `verify: false` takes any certificate',
  ],
  [{ upstream: 'health: { unhealthyThreshold: 3 }' }, 'unknown key "unhealthyThreshold"; did you mean "unhealthy"?'],
  // A slip of the fingers comes first
  [{ upstream: 'helath: {}' }, 'unknown key "helath"; did you mean "health"?'],
  // Words of others
  [{ upstream: 'outlierDetection: {}' }, /^unknown key "outlierDetection"; `ejection` /],
  [{ upstream: 'max_fails: 3' }, /^unknown key "max_fails"; `ejection` /],
  [{ route: 'hedge: { delay: 1s }' }, 'unknown key "delay"; `after` says how long to wait'],
  [{ route: 'retries: 3' }, /^unknown key "retries"; .*retry: \{ attempts: 2 \}/],
  [{ route: 'sticky: true' }, /^unknown key "sticky"; `affinity` /],
  [{ route: 'timeout: { read: 1s }' }, /^unknown key "read"; `attempt` /],
  [{ upstream: 'ejection: { enabled: false }' }, /^unknown key "enabled"; .* the word off/],
  [{ upstream: 'qqqq: 1' }, 'unknown key "qqqq"'],
  [{ upstream: 'constructor: 1' }, 'unknown key "constructor"'],
]

for (const [where, error] of KEYS) {
  t.test(Object.values(where).join(), async (t) => {
    const errors = errorsOf(where)
    t.equal(errors.length, 1, errors.join('\n'))
    if (typeof error === 'string') t.equal(errors[0], error)
    else t.match(errors[0], error)
  })
}

t.test('words', async (t) => {
  t.same(errorsOf({ upstream: 'protocol: http2' }), ['unknown protocol "http2": say h2'])
  t.same(errorsOf({ upstream: 'protocol: GRPC' }), ['unknown protocol "GRPC": say h2, which carries gRPC'])
  t.same(errorsOf({ listener: 'protocol: h2' }), ['unknown protocol "h2": http and https speak HTTP/2 as well'])
  t.same(errorsOf({ listener: 'proxyProtocol: v2' }), [
    'unknown proxyProtocol "v2": say accept or require, which take both versions',
  ])
  t.same(errorsOf({ upstream: 'balancer: least_conn' }), ['unknown balancer "least_conn": say least-requests'])
  t.same(errorsOf({ upstream: 'health: { type: htpp }' }), ['unknown type "htpp"; did you mean "http"?'])
})

t.test('forms', async (t) => {
  t.same(errorsOf({ route: 'hedge: 200ms' }), ['expected off or a block such as { after: 200ms }; got "200ms"'])
  t.same(errorsOf({ upstream: 'breaker: true' }), [
    'expected off or a block of keys (errorPercent, window, minimumRequests, resetAfter), got true',
  ])
  t.same(errorsOf({ upstream: 'failover: other' }), ['expected a list, got "other": write [other]'])
  t.same(errorsOf({ route: 'affinity: { cookie: "my cookie" }' }), [
    '"my cookie" is not the name of a cookie: letters, digits and - _ . without spaces',
  ])
})
