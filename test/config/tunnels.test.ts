// Routes and listeners without HTTP, and the protocols that requests may change to: what is wrong with them, and where.

import t from 'tap'
import { checkTunnels } from '../../src/config/checks/tunnels.ts'
import type { UpstreamConfig } from '../../src/config/model.ts'
import { parseConfig } from '../../src/config/parse.ts'

const config = (route: string, { listener = '', upstream = '', more = '' } = {}): string => `
listeners:
  - { name: raw, bind: "127.0.0.1:1", protocol: tcp${listener} }
  - { name: pass, bind: "127.0.0.1:2", protocol: tls }
  - { name: web, bind: "127.0.0.1:3" }
routes:
  - ${route}
  - { name: rest, to: app }
upstreams:
  app: { discovery: { static: ["127.0.0.1:9"] }${upstream} }
${more}`

/** Each message behind what stands at its position. */
function problems(text: string): { errors: string[]; warnings: string[] } {
  const parsed = parseConfig([{ name: 'f', text }])
  const lines = text.split('\n')
  const said = ({ line, column, message }: { line: number; column: number; message: string }): string =>
    `${/^[\w.]+/.exec((lines[line - 1] ?? '').slice(column - 1))?.[0]}: ${message}`
  return { errors: 'errors' in parsed ? parsed.errors.map(said) : [], warnings: parsed.warnings.map(said) }
}

const RAW = 'on the tcp listener "raw"'

const WRONG: readonly (readonly [route: string, error: string | readonly string[]])[] = [
  ['{ name: r, listeners: [raw], to: app, match: [] }', `match: match means nothing ${RAW}: there are no requests`],
  [
    '{ name: r, listeners: [raw], to: app, filters: [{ respond: {} }] }',
    `respond: respond means nothing ${RAW}: there are no requests`,
  ],
  [
    '{ name: r, listeners: [raw], to: app, websocket: true }',
    `websocket: websocket means nothing ${RAW}: there are no requests`,
  ],
  [
    '{ name: r, listeners: [raw], to: app, timeout: { request: 1s, attempt: 1s, tunnel: 1s, idle: 1s } }',
    ['request', 'attempt'].map((key) => `${key}: timeout.${key} means nothing ${RAW}: there are no requests`),
  ],
  ['{ name: r, listeners: [raw], to: app, hosts: [a.test] }', `hosts: hosts means nothing ${RAW}: no connection says a host`],
  [
    '{ name: r, listeners: [raw], to: [{ upstream: app, filters: [{ bodyLimit: 1 }] }] }',
    `bodyLimit: bodyLimit means nothing ${RAW}: there are no requests`,
  ],
  [
    '{ name: r, listeners: [raw], to: app, hash: { header: x-a } }',
    `hash: nothing ${RAW} has a header to hash: only source-ip is known`,
  ],
  ['{ name: r, listeners: [raw, web], to: app }', 'listeners: the listeners "raw" (tcp) and "web" (http) cannot share a route'],
  [
    '{ name: r, listeners: [pass, raw], hosts: [a.test], to: app }',
    'listeners: the listeners "pass" (tls) and "raw" (tcp) cannot share a route',
  ],
  [
    '{ name: r, listeners: [pass], to: app, match: [{ path: { prefix: / } }] }',
    'match: match means nothing on the tls listener "pass": there are no requests',
  ],
  ['{ name: r, to: app, upgrades: [h2c] }', '_: h2c is never upgraded to: its requests would pass the routes unseen'],
  ['{ name: r, to: app, upgrades: [HTTP/2.0] }', '_: HTTP/2.0 is never upgraded to: its requests would pass the routes unseen'],
  ['{ name: r, to: app, upgrades: [websocket] }', '_: websocket has a key of its own: websocket: true'],
  ['{ name: r, to: app, upgrades: ["a b"] }', '_: "a b" is not the name of a protocol'],
  ['{ name: r, to: app, upgrades: [a/b/c] }', '_: "a/b/c" is not the name of a protocol'],
  ['{ name: r, to: app, upgrades: tcp }', null as unknown as string],
  ['{ name: r, to: app, timeout: { tunnel: 0s } }', '_: 0s is too short: at least 1ms'],
]

for (const [route, wanted] of WRONG) {
  t.test(route, async (t) => {
    const { errors } = problems(config(route))
    if (wanted === null) t.ok(errors.length > 0)
    else
      t.strictSame(
        errors,
        [wanted].flat().map((text) => text.replace(/^_/, errors[0]?.replace(/:.*/, '') ?? '')),
      )
  })
}

t.test('a listener with hosts that nobody says', async (t) => {
  const { errors } = problems(config('{ name: r, listeners: [raw], to: app }', { listener: ', hosts: [a.test]' }))
  t.strictSame(errors, ['hosts: hosts means nothing on the tcp listener "raw": no connection says a host'])
})

t.test('alpn where nobody knows what is spoken', async (t) => {
  const { errors } = problems(`
listeners: [{ name: in, bind: "127.0.0.1:1", protocol: tls, tls: { certificates: [{ cert: a, key: b }], alpn: [h2] } }]
routes: [{ name: r, listeners: [in], to: app }]
upstreams: { app: { discovery: { static: ["127.0.0.1:9"] }, tls: {} } }
`)
  t.strictSame(errors, ['alpn: alpn means nothing on the tls listener "in": what is spoken in it is not known here'])
})

t.test('an upstream whose connections carry requests only', async (t) => {
  const text = config('{ name: r, listeners: [raw], to: app }')
  const parsed = parseConfig([{ name: 'f', text }])
  if ('errors' in parsed) throw new Error('it is right')
  const upstreams = { app: { ...(parsed.config.upstreams.app as UpstreamConfig), protocol: 'h2' as const } }
  const message = 'the upstream "app" has protocol h2: its connections cannot carry plain bytes'
  for (const to of ['app', [{ upstream: 'app' }]]) {
    const path = ['routes', 0, 'to', ...(to === 'app' ? [] : [0, 'upstream'])]
    t.match(checkTunnels({ ...parsed.config, upstreams }, { routes: [{ to }] }), [{ path, message }])
  }
})

t.test('right', async (t) => {
  const routes = [
    '{ name: r, listeners: [raw], to: app }',
    '{ name: r, listeners: [raw], to: [{ upstream: app, weight: 2 }], timeout: { tunnel: off, idle: 5s }, retry: { attempts: 3 } }',
    '{ name: r, listeners: [raw, pass], to: app, hash: { source-ip: true } }',
    '{ name: r, listeners: [pass], hosts: [a.test, "*.b.test"], to: app }',
    '{ name: r, to: app, websocket: false, upgrades: [SPDY/3.1, tcp] }',
  ]
  for (const route of routes) t.strictSame(problems(config(route)).errors, [], route)
})

t.test('doubts', async (t) => {
  const none = problems(config('{ name: r, to: app, hosts: [a.test] }')).warnings
  t.ok(none.includes('raw: no route names the tcp listener "raw": every connection is closed'), none.join('\n'))
  t.ok(none.includes('pass: no route names the tls listener "pass": every connection is closed'))
  const two = config('{ name: r, listeners: [raw], to: app }\n  - { name: second, listeners: [raw], to: app }')
  t.match(problems(two).warnings.join('\n'), 'the route "second" can never match: "r" takes all that it asks for')
  const only = `
listeners: [{ name: raw, bind: "127.0.0.1:1", protocol: tcp }]
routes: [{ name: r, listeners: [raw], to: app }, { name: web, to: app }]
upstreams: { app: { discovery: { static: ["127.0.0.1:9"] } } }
`
  t.strictSame(problems(only).warnings, ['web: the route "web" can never match: it names no listener, and none speaks HTTP'])
  const wrapped = config('{ name: r, listeners: [pass], to: app }', { upstream: ', tls: {}' })
  t.match(problems(wrapped).warnings.join('\n'), 'the TLS of clients on the listener "pass" is wrapped in another one')
})
