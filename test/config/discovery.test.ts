// `discovery` as it is written: what it becomes, and what is refused.

import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { formatProblem } from '../../src/config/problem.ts'

const parse = (discovery: string) =>
  parseConfig([
    { name: 'f', text: `upstreams: { u: { discovery: ${discovery} } }\nlisteners: [{ bind: "127.0.0.1:80", name: w }]` },
  ])

const GOOD: readonly (readonly [written: string, becomes: object])[] = [
  [
    '{ dns: { name: Users.Internal., port: 80 } }',
    { dns: { name: 'users.internal', port: 80, type: 'a', refresh: null, resolver: [], local: true } },
  ],
  [
    '{ dns: { name: _http._tcp.users, type: srv, refresh: 5s, resolver: "127.0.0.1:53" } }',
    { dns: { name: '_http._tcp.users', port: null, type: 'srv', refresh: 5000, resolver: ['127.0.0.1:53'], local: true } },
  ],
  [
    '{ dns: { name: u, port: "8080", refresh: ttl, resolver: ["127.0.0.1:53", "[::1]:5353"] } }',
    { dns: { name: 'u', port: 8080, type: 'a', refresh: null, resolver: ['127.0.0.1:53', '[::1]:5353'], local: true } },
  ],
  [
    '{ dns: { name: u, port: 80, local: false } }',
    { dns: { name: 'u', port: 80, type: 'a', refresh: null, resolver: [], local: false } },
  ],
  ['{ static: ["a:1"] }', { static: [{ address: 'a:1', weight: 1, priority: 0, zone: null, labels: {} }] }],
  [
    '{ kubernetes: { namespace: shop, service: users, port: http } }',
    { kubernetes: { namespace: 'shop', service: 'users', port: 'http' } },
  ],
  [
    '{ kubernetes: { namespace: shop, service: users, port: "80" } }',
    { kubernetes: { namespace: 'shop', service: 'users', port: 80 } },
  ],
]

for (const [written, becomes] of GOOD) {
  t.test(written, async (t) => {
    const parsed = parse(written)
    t.strictSame('config' in parsed && parsed.config.upstreams.u?.discovery, becomes)
  })
}

const BAD: readonly (readonly [written: string, message: RegExp])[] = [
  ['{}', /^f:1:30: expected one of static, dns, kubernetes$/],
  ['{ static: [], kubernetes: { namespace: a, service: b, port: 1 } }', /static and kubernetes exclude each other/],
  ['{ kubernetes: { namespace: a, service: b } }', /port/],
  ['{ kubernetes: { namespace: a, service: b, port: 0 } }', /"0" is not the name or number of a port/],
  ['{ kubernetes: { namespace: a, service: b, port: "70000" } }', /"70000" is not the name or number of a port/],
  ['{ kubernetes: { namespace: a, service: b, port: 1.5 } }', /"1.5" is not the name or number of a port/],
  ['{ kubernetes: { namespace: A, service: b, port: 1 } }', /^f:1:57: "A" is not the name of a namespace$/],
  ['{ kubernetes: { namespace: a, service: b.c, port: 1 } }', /"b.c" is not the name of a Service/],
  ['{ kubernetes: { namespace: a, service: b, port: 1, labels: {} } }', /unknown key "labels"/],
  ['{ static: [], dns: { name: a, port: 1 } }', /static and dns exclude each other/],
  ['{ dns: { port: 1 } }', /name/],
  ['{ dns: { name: a } }', /^f:1:37: with type a a port is needed$/],
  ['{ dns: { name: a, port: 0 } }', /0 is too small/],
  ['{ dns: { name: "a:80", port: 80 } }', /the port is a key of its own/],
  ['{ dns: { name: 10.0.0.1, port: 80 } }', /"10.0.0.1" is an address: write it under static/],
  ['{ dns: { name: "a b", port: 80 } }', /"a b" is not a name/],
  [`{ dns: { name: ${'x'.repeat(64)}.org, port: 80 } }`, /is not a name/],
  ['{ dns: { name: a, port: 1, refresh: 500ms } }', /500ms is too short: at least 1000ms/],
  ['{ dns: { name: a, port: 1, refresh: off } }', /expected a duration such as .*"off"/],
  ['{ dns: { name: a, port: 1, type: mx } }', /unknown type "mx"/],
  ['{ dns: { name: a, port: 1, resolver: "dns.internal:53" } }', /a resolver is written as an IP address with a port/],
  ['{ dns: { name: a, port: 1, resolver: "127.0.0.1" } }', /has no port/],
  ['{ dns: { name: a, port: 1, ttl: 5 } }', /unknown key "ttl"/],
]

for (const [written, message] of BAD) {
  t.test(`refused: ${written}`, async (t) => {
    const parsed = parse(written)
    const messages = 'errors' in parsed ? parsed.errors.map(formatProblem) : []
    t.equal(messages.length, 1)
    t.match(messages[0], message)
  })
}

t.test('a port that srv does not use is warned about', async (t) => {
  const { warnings } = parse('{ dns: { name: a, port: 80, type: srv } }')
  t.match(warnings.map(formatProblem), [/the upstream "u" is used by no route/, /f:1:54: this port is not used: SRV records/])
})
