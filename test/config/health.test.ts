// Active health checks as they are written: the normalised form, and every wrong value in its place.

import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { formatProblem } from '../../src/config/problem.ts'

const parse = (health: string, more = '') =>
  parseConfig([
    {
      name: 'f',
      text: `listeners: [{ name: web, bind: "127.0.0.1:80" }]
routes: [{ name: all, to: app }]
upstreams:
  app:
    discovery: { static: ["127.0.0.1:3000"] }
    health: ${health}
${more}`,
    },
  ])

function accepted(health: string) {
  const parsed = parse(health)
  if ('errors' in parsed) throw new Error(parsed.errors.map(formatProblem).join('\n'))
  t.same(parsed.warnings, [])
  return parsed.config.upstreams.app?.health
}

const DEFAULTS = {
  type: 'http',
  path: '/',
  service: '',
  port: null,
  host: null,
  tls: true,
  expect: [[200, 399]],
  interval: 5000,
  jitter: 0.2,
  timeout: 1000,
  healthy: 2,
  unhealthy: 3,
  initial: 'up',
}

t.test('what may be written', async (t) => {
  t.same(accepted('{}'), DEFAULTS)
  t.equal(accepted('off'), null)
  t.same(
    accepted(
      '{ type: http, path: "/healthz?full=1", port: 8081, host: x.internal, expect: [200-399, 404, "418", 5xx], interval: 500ms, jitter: 0%, timeout: 250ms, healthy: 1, unhealthy: 1, initial: down }',
    ),
    {
      ...DEFAULTS,
      path: '/healthz?full=1',
      port: 8081,
      host: 'x.internal',
      expect: [
        [200, 399],
        [404, 404],
        [418, 418],
        [500, 599],
      ],
      interval: 500,
      jitter: 0,
      timeout: 250,
      healthy: 1,
      unhealthy: 1,
      initial: 'down',
    },
  )
  t.same(accepted('{ type: tcp }'), { ...DEFAULTS, type: 'tcp' })
  t.same(accepted('{ type: grpc, service: shop.Users, host: a }'), {
    ...DEFAULTS,
    type: 'grpc',
    service: 'shop.Users',
    host: 'a',
  })
})

const WRONG: readonly (readonly [health: string, at: string, message: string])[] = [
  ['on', 'on', 'expected off or a block'],
  ['5s', '5s', 'expected off or a block'],
  ['{ type: ping }', 'ping', 'unknown type "ping"; expected http, tcp, grpc'],
  ['{ interval: 0s }', '0s', '0s is too short: at least 10ms'],
  ['{ interval: 5 }', '5 }', 'expected a duration such as 250ms, 5s, 2m or 1h'],
  ['{ interval: -1s }', '-1s', '-1s is too short: at least 10ms'],
  ['{ timeout: 0ms }', '0ms', '0ms is too short: at least 10ms'],
  ['{ timeout: off }', 'off', 'expected a duration such as 250ms, 5s, 2m or 1h; got "off"'],
  ['{ jitter: 101% }', '101%', '101% is not between 0% and 100%'],
  ['{ jitter: -1% }', '-1%', '-1% is not between 0% and 100%'],
  ['{ healthy: 0 }', '0 }', '0 is too small: at least 1'],
  ['{ unhealthy: 0 }', '0 }', '0 is too small: at least 1'],
  ['{ unhealthy: 2.5 }', '2.5', 'expected a whole number; got "2.5"'],
  ['{ port: 0 }', '0 }', '0 is too small: at least 1'],
  ['{ port: 65536 }', '65536', '65536 is too large: at most 65535'],
  ['{ path: healthz }', 'healthz', '"healthz" is not a path: it begins with /'],
  ['{ path: "" }', '""', '"" is not a path: it begins with /'],
  ['{ path: "/a b" }', '"/a', '"/a b" holds a character that does not stand in a path'],
  ['{ path: "/a#b" }', '"/a', '"/a#b" holds a character that does not stand in a path'],
  ['{ host: "http://x" }', '"http', '"http://x" is a URL: a host is written without a scheme'],
  ['{ initial: unknown }', 'unknown', 'unknown initial "unknown"; expected up, down'],
  ['{ expect: [] }', '[]', 'without a status every answer would be bad'],
  ['{ expect: 200 }', '200', 'expected a list, got 200'],
  ['{ expect: [ok] }', 'ok', '"ok" is neither a status such as 200 nor a range such as 200-399 or 2xx'],
  ['{ expect: [399-200] }', '399', 'the range 399-200 is empty: write 200-399'],
  ['{ expect: [200-600] }', '200-', '200-600: statuses are from 100 to 599'],
  ['{ expect: [99] }', '99', '"99" is neither a status such as 200 nor a range such as 200-399 or 2xx'],
  ['{ expect: [600] }', '600', '600: statuses are from 100 to 599'],
  ['{ expect: [6xx] }', '6xx', '"6xx" is neither a status such as 200 nor a range such as 200-399 or 2xx'],
  ['{ intervall: 5s }', 'intervall', 'unknown key "intervall": did you mean "interval"?'],
  ['{ type: tcp, path: /x }', 'path', 'path is for type http'],
  ['{ type: grpc, expect: [200] }', 'expect', 'expect is for type http'],
  ['{ type: tcp, host: a }', 'host', 'host is for type http or grpc'],
  ['{ service: x }', 'service', 'service is for type grpc'],
  ['{ type: grpc, service: "a/b" }', '"a/b"', '"a/b" is not the name of a gRPC service'],
]

for (const [health, at, message] of WRONG) {
  t.test(`wrong: ${health}`, async (t) => {
    const parsed = parse(health)
    const errors = 'errors' in parsed ? parsed.errors : []
    t.equal(errors.length, 1)
    t.match(errors[0]?.message, new RegExp(`^${message.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace(/": did.*/, '"')}`))
    t.equal(errors[0]?.line, 6)
    t.ok(`    health: ${health}`.slice((errors[0]?.column ?? 0) - 1).startsWith(at), `${errors[0]?.column}`)
  })
}

t.test('doubts', async (t) => {
  const warnings = (health: string, more = '') => {
    const parsed = parse(health, more)
    return 'errors' in parsed ? parsed.errors.map(formatProblem) : parsed.warnings.map(formatProblem)
  }
  t.same(warnings('{ interval: 1s, timeout: 2s }'), [
    'f:6:38: the timeout is longer than the interval: while probes get no answer there are fewer of them',
  ])
  t.same(warnings('{ interval: 1s, timeout: 1s }'), [])
  t.same(warnings('{ tls: false }'), ['f:6:15: tls has no effect: the upstream has none'])
  const unix = '  b: { discovery: { static: ["unix:/run/b.sock"] }, health: { port: 80 } }\n'
  t.match(warnings('{}', unix), [
    /the upstream "b" is used by no route/,
    'f:7:69: a unix socket has no port: it is probed itself',
  ])
})
