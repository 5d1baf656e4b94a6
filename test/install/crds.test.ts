// The kinds of our own: the committed definitions are those of the schema, and an API server takes what the gateway would follow and
// refuses what it would not.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { definitions } from '../../scripts/generate-crds.ts'
import { ROUTE_FILTERS, UPSTREAM_POLICIES } from '../../src/kubernetes/policies/kinds.ts'
import { startControlPlane, withoutControlPlane } from '../support/control-plane.ts'
import { installKinds } from '../support/gateway-api-kinds.ts'
import { kubectl, MANIFESTS } from './kubectl.ts'

t.test('they are current', async (t) => {
  for (const [name, text] of definitions())
    t.equal(readFileSync(join(MANIFESTS, 'crds', name), 'utf8'), text, `${name}: run node scripts/generate-crds.ts`)
})

const RESOURCES = { UpstreamPolicy: UPSTREAM_POLICIES, RouteFilter: ROUTE_FILTERS } as const
type Kind = keyof typeof RESOURCES

/** What the gateway has against a `spec`, in YAML as users write it; '' = nothing. */
function wrongWith(kind: Kind, spec: object): string {
  return RESOURCES[kind].prune({ metadata: { name: 'x', namespace: 'default' }, spec } as never).wrong
}

/** `spec` in YAML. */
const GOOD: readonly [Kind, string][] = [
  ['UpstreamPolicy', '{ targetRefs: [{ name: users }] }'],
  [
    'UpstreamPolicy',
    '{ targetRefs: [{ group: "", kind: Service, name: users, sectionName: http }], balancer: least-requests }',
  ],
  [
    'UpstreamPolicy',
    `
targetRefs: [{ name: users }, { name: orders, sectionName: http }]
balancer: { type: ring-hash, key: { source-ip: true }, boundedLoad: 150% }
health: { path: /healthz, interval: 2s, expect: [200-299, 404] }
ejection: { consecutiveErrors: 3, latencyFactor: off, "on": ["503", reset, 504] }
breaker: { errorPercent: 30 }
limits: { connections: 100, requests: 200, pendingTimeout: 1s }
slowStart: 30s
zone: { prefer: true, minimumShare: 50% }
priorities: { spill: 0 }
panic: 0%
connection: { connectTimeout: 500ms, keepAlive: off, maxRequests: off }
adaptive: { maxLimit: 100 }
protocol: h2
proxyProtocol: v2
host: users.internal
tls: { caCertificateRefs: [{ name: ca }, { kind: Secret, name: more }], serverName: users.internal, sans: [a], clientCertificateRef: { name: own }, verify: true }
failover: [{ name: spare, port: http }, { name: other, port: 8080 }]
`,
  ],
  [
    'UpstreamPolicy',
    '{ targetRefs: [{ name: a }], ejection: off, breaker: off, zone: off, slowStart: off, health: off, adaptive: off }',
  ],
  ['UpstreamPolicy', '{ targetRefs: [{ name: a }], ejection: "off", proxyProtocol: off, connection: { maxRequests: 5 } }'],
  ['RouteFilter', '{}'],
  [
    'RouteFilter',
    '{ filters: [{ requestHeaders: { set: { x-a: "1" }, remove: [x-b] } }, { bodyLimit: 1MiB }, { bodyLimit: 512 }] }',
  ],
  [
    'RouteFilter',
    '{ filters: [{ cors: { origins: ["https://a.example"], maxAge: off } }, { redirect: { code: 308, path: { prefix: / } } }] }',
  ],
  ['RouteFilter', '{ filters: [{ plugin: { name: stamp, options: { any: [1, { thing: true }] } } }] }'],
  [
    'RouteFilter',
    '{ filters: [{ errorPages: [{ codes: 503, html: x }, { codes: [4xx, 502], json: "{}" }] }, { faults: { abort: { status: 503, share: 5% } } }] }',
  ],
  [
    'RouteFilter',
    '{ timeout: { request: 5s, idle: off }, retry: { attempts: 1, "on": [5xx, 503] }, hedge: { after: 100ms }, priority: low }',
  ],
  ['RouteFilter', '{ affinity: { cookie: hg, ttl: off }, hash: { header: x-user }, websocket: false, upgrades: [spdy/3.1] }'],
  ['RouteFilter', '{ affinity: off, hedge: off, filters: [{ respond: { status: 200, headers: { x-a: b }, body: hi } }] }'],
]

/** Refused by the API server already: `spec` in YAML, and what it says. */
const BAD: readonly [Kind, string, RegExp][] = [
  ['UpstreamPolicy', '{}', /targetRefs: Required/],
  ['UpstreamPolicy', '{ targetRefs: [] }', /targetRefs.*(at least 1|minItems)/],
  ['UpstreamPolicy', '{ targetRefs: [{ kind: Gateway, name: a }] }', /Unsupported value: "Gateway"/],
  ['UpstreamPolicy', '{ targetRefs: [{ name: a }], discovery: { static: [10.0.0.1:80] } }', /unknown field "spec.discovery"/],
  ['UpstreamPolicy', '{ targetRefs: [{ name: a }], tls: { ca: /etc/passwd } }', /unknown field "spec.tls.ca"/],
  ['UpstreamPolicy', '{ targetRefs: [{ name: a }], balancer: fastest }', /spec.balancer/],
  ['UpstreamPolicy', '{ targetRefs: [{ name: a }], balancer: { type: fastest } }', /spec.balancer.type/],
  ['UpstreamPolicy', '{ targetRefs: [{ name: a }], limits: { connections: 0 } }', /greater than or equal to 1/],
  ['UpstreamPolicy', '{ targetRefs: [{ name: a }], health: { interval: often } }', /spec.health.interval/],
  ['UpstreamPolicy', '{ targetRefs: [{ name: a }], slowStart: soon }', /spec.slowStart/],
  ['UpstreamPolicy', '{ targetRefs: [{ name: a }], ejection: on }', /spec.ejection/],
  ['UpstreamPolicy', '{ targetRefs: [{ name: a }], failover: [users-dr] }', /spec.failover/],
  ['RouteFilter', '{ filters: [{ requestHeaders: {}, bodyLimit: 1MiB }] }', /at most 1/],
  ['RouteFilter', '{ filters: [{}] }', /at least 1/],
  ['RouteFilter', '{ filters: [{ jwt: { jwks: { file: a } } }] }', /unknown field "spec.filters\[0\].jwt"/],
  ['RouteFilter', '{ filters: [{ redirect: { code: 200 } }] }', /spec.filters\[0\].redirect.code/],
  ['RouteFilter', '{ retry: { on: [5xx] } }', /unknown field "spec.retry.true"/],
  ['RouteFilter', '{ priority: urgent }', /spec.priority/],
  ['RouteFilter', '{ to: users }', /unknown field "spec.to"/],
]

/** What only the gateway sees: it says so in the status. */
const SUBTLE: readonly [Kind, object, RegExp][] = [
  [
    'UpstreamPolicy',
    { targetRefs: [{ name: 'a' }], balancer: { type: 'random', key: { header: 'x' } } },
    /random hashes nothing/,
  ],
  ['UpstreamPolicy', { targetRefs: [{ name: 'a' }], health: { type: 'tcp', path: '/' } }, /path is for type http/],
  ['UpstreamPolicy', { targetRefs: [{ name: 'a' }], zone: { preferr: true } }, /unknown key "preferr"/],
  ['UpstreamPolicy', { targetRefs: [{ name: 'a' }], connection: { maxRequests: 1.5 } }, /whole number/],
  ['RouteFilter', { filters: [{ rewrite: { path: 'new' } }] }, /path/],
  ['RouteFilter', { affinity: { cookie: 'a', secret: { env: 'HOME' } } }, /unknown key "secret"/],
  ['RouteFilter', { retry: { on: ['sometimes'] } }, /sometimes/],
]

t.test('with a control plane', { skip: withoutControlPlane, timeout: 110_000 }, async (t) => {
  const plane = await startControlPlane(t)
  for (const text of definitions().values()) await installKinds(plane, text)
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  for (const { plural } of Object.values(RESOURCES)) {
    const { status } = (await plane.call('GET', `${crds}/${plural}.headgate.dev`)) as {
      status: { conditions: { type: string; status: string; message: string }[] }
    }
    t.strictSame(
      status.conditions.filter((each) => /NonStructural|Violation/.test(each.type)),
      [],
      'structural',
    )
  }
  let count = 0
  const create = (kind: Kind, spec: string) => {
    const body = spec.includes('\n') ? spec.trim().replaceAll('\n', '\n  ') : spec
    const name = `x${count++}`
    const object = `apiVersion: headgate.dev/v1alpha1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec:\n  ${body}\n`
    return kubectl(['create', '-o', 'json', '-f', '-'], plane.kubeconfig(), object)
  }
  for (const [kind, spec] of GOOD) {
    const { code, out, err } = await create(kind, spec)
    t.equal(code, 0, `${spec} ${err}`)
    if (code === 0) t.equal(wrongWith(kind, JSON.parse(out).spec), '', 'and the gateway')
  }
  for (const [kind, spec, why] of BAD) {
    const { code, err } = await create(kind, spec)
    t.not(code, 0, spec)
    t.match(err, why, spec)
  }
  for (const [kind, spec, why] of SUBTLE) t.match(wrongWith(kind, spec), why)
})
