// What is said about UpstreamPolicies and RouteFilters, and that both translators go by the same book.

import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { seeded } from '../../../src/explain/seeded.ts'
import { ROUTE_FILTERS, UPSTREAM_POLICIES } from '../../../src/kubernetes/policies/kinds.ts'
import { PolicyBook } from '../../../src/kubernetes/policies/policy-book.ts'
import { policyTranslator } from '../../../src/kubernetes/policies/translate.ts'
import type { ClusterView, ObjectReport } from '../../../src/kubernetes/translation.ts'
import { authority } from '../../support/certificates.ts'
import { clusterView, type Manifest } from '../../support/cluster-view.ts'

const CONTROLLER = 'headgate.dev/gateway'

const manifestsOf = (text: string): Manifest[] => parseAllDocuments(text).map((each) => each.toJS() as Manifest)

const services = manifestsOf(`
kind: Service
metadata: { name: users, namespace: shop }
spec: { ports: [{ name: http, port: 80 }, { name: alt, port: 81 }] }
---
kind: Service
metadata: { name: orders, namespace: shop }
spec: { ports: [{ port: 80 }] }
---
kind: Service
metadata: { name: other, namespace: shop }
spec: { ports: [{ port: 80 }] }
`)

const policy = (name: string, spec: object, more: object = {}): Manifest =>
  ({ kind: 'UpstreamPolicy', metadata: { name, namespace: 'shop', generation: 3, ...more }, spec }) as unknown as Manifest

const AT = (day: number) => ({ creationTimestamp: `2026-01-0${day + 1}T00:00:00Z` })

const filter = (name: string, spec: object): Manifest =>
  ({ kind: 'RouteFilter', metadata: { name, namespace: 'shop', generation: 2 }, spec }) as unknown as Manifest

function reportsOf(manifests: readonly Manifest[], plugins: ClusterView['plugins'] = new Map()): readonly ObjectReport[] {
  const translator = policyTranslator({ controller: CONTROLLER, policies: new PolicyBook() })
  return translator.translate({ ...clusterView([...services, ...manifests]), plugins }).reports
}

interface Entry {
  readonly controllerName: string
  readonly ancestorRef?: { readonly name: string; readonly sectionName?: string }
  readonly conditions: readonly {
    readonly type: string
    readonly status: string
    readonly reason: string
    readonly message: string
    readonly observedGeneration: number
  }[]
}

function entriesOf({ status }: ObjectReport): Entry[] {
  const { ancestors, controllers } = Object(status?.wanted) as { ancestors?: Entry[]; controllers?: Entry[] }
  return ancestors ?? controllers ?? []
}

/** As `users:http Accepted False Conflicted`. */
function said(report: ObjectReport): string[] {
  return entriesOf(report).flatMap(({ ancestorRef, conditions }) =>
    conditions.map(({ type, status: holds, reason }) => {
      const { name = '', sectionName } = ancestorRef ?? {}
      return `${name}${sectionName === undefined ? '' : `:${sectionName}`} ${type} ${holds}${reason === type ? '' : ` ${reason}`}`.trim()
    }),
  )
}

const first = (reports: readonly ObjectReport[], name: string): ObjectReport =>
  reports.find(({ object }) => object.name === name) as ObjectReport

t.test('statuses of UpstreamPolicies', async (t) => {
  const reports = reportsOf([
    policy('good', { targetRefs: [{ name: 'users' }, { name: 'orders' }], balancer: 'random' }, AT(1)),
    policy('late', { targetRefs: [{ name: 'users' }, { name: 'users', sectionName: 'alt' }], balancer: 'first' }, AT(2)),
    policy('lost', { targetRefs: [{ name: 'missing' }, { name: 'orders', sectionName: 'x' }] }, AT(3)),
    policy('wrong', { targetRefs: [{ name: 'other' }], balancer: 'fastest' }, AT(0)),
    policy('next', { targetRefs: [{ name: 'other' }], failover: [{ name: 'missing', port: 80 }] }, AT(4)),
    policy('odd', { balancer: 'random' }),
  ])
  const accepted = 'Accepted True'
  const resolved = 'ResolvedRefs True'
  t.strictSame(said(first(reports, 'good')), [
    `users ${accepted}`,
    `users ${resolved}`,
    `orders ${accepted}`,
    `orders ${resolved}`,
  ])
  t.strictSame(said(first(reports, 'late')), [
    'users Accepted False Conflicted',
    `users ${resolved}`,
    `users:alt ${accepted}`,
    `users:alt ${resolved}`,
  ])
  t.strictSame(said(first(reports, 'lost')), [
    'missing Accepted False TargetNotFound',
    `missing ${resolved}`,
    'orders:x Accepted False TargetNotFound',
    `orders:x ${resolved}`,
  ])
  t.strictSame(said(first(reports, 'wrong')), ['other Accepted False Invalid', `other ${resolved}`])
  t.strictSame(
    said(first(reports, 'next')),
    [`other ${accepted}`, 'other ResolvedRefs False BackendNotFound'],
    'what is wrong is in nobody’s way',
  )
  t.strictSame(said(first(reports, 'odd')), [], 'it names nobody to say it about')
  t.match(first(reports, 'wrong').problems, [
    { reason: 'Invalid', path: 'spec', message: /balancer: unknown balancer "fastest"/ },
  ])
  t.match(first(reports, 'odd').problems, [{ message: /missing key "targetRefs"/ }])
  t.match(entriesOf(first(reports, 'good'))[0], {
    controllerName: CONTROLLER,
    ancestorRef: { group: '', kind: 'Service', namespace: 'shop' },
    conditions: [{ observedGeneration: 3 }],
  })
})

t.test('what others said stays', async (t) => {
  const theirs = { controllerName: 'headgate.dev/gateway-internal', conditions: [{ type: 'Accepted', status: 'False' }] }
  const ours = { controllerName: CONTROLLER, conditions: [{ type: 'Mine', status: 'True' }] }
  const ref = { ancestorRef: { name: 'users' } }
  const policies = {
    ...policy('a', { targetRefs: [{ name: 'users' }] }),
    status: {
      ancestors: [
        { ...ref, ...theirs },
        { ...ref, ...ours },
      ],
    },
  }
  const filters = { ...filter('f', {}), status: { controllers: [ours, theirs] } }
  const [one, two] = reportsOf([policies, filters]) as [ObjectReport, ObjectReport]
  t.match(entriesOf(one), [theirs, { conditions: [{}, {}, { type: 'Mine' }] }])
  t.equal(entriesOf(one).length, 2)
  t.match(entriesOf(two), [theirs, { conditions: [{ status: 'True' }, { type: 'Mine' }] }])
})

t.test('RouteFilters', async (t) => {
  const schema = {
    type: 'object',
    properties: { value: { type: 'string', default: 'x' }, count: { type: 'integer' } },
    additionalProperties: false,
  }
  const plugins = new Map([['stamp', { name: 'stamp', schema, digest: '', modules: [] }]])
  const reports = reportsOf(
    [
      filter('good', { filters: [{ bodyLimit: '1MiB' }, { plugin: { name: 'stamp', options: { count: 1 } } }] }),
      filter('options', { filters: [{ plugin: { name: 'stamp', options: { count: 'one' } } }] }),
      filter('unknown', { filters: [{ plugin: { name: 'stamps' } }] }),
      filter('file', { affinity: { cookie: 'a', secret: { file: '/etc/passwd' } } }),
    ],
    plugins,
  )
  t.strictSame(said(first(reports, 'good')), ['Accepted True'])
  for (const [name, why] of [
    ['options', /filters\[0\].plugin.options.count/],
    ['unknown', /there is no plugin "stamps"/],
    ['file', /unknown key "secret"/],
  ] as const) {
    t.strictSame(said(first(reports, name)), ['Accepted False Invalid'])
    t.match(first(reports, name).problems, [{ severity: 'refused', message: why }])
  }
})

t.test('references of tls', async (t) => {
  const ca = authority(t)
  const { cert, key } = ca.issue({})
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const objects = [
    { kind: 'ConfigMap', metadata: { name: 'ca', namespace: 'shop' }, data: { 'ca.crt': `/etc/passwd\n${ca.cert}` } },
    { kind: 'ConfigMap', metadata: { name: 'ca', namespace: 'elsewhere' }, data: { 'ca.crt': ca.cert } },
    {
      kind: 'Secret',
      metadata: { name: 'pair', namespace: 'shop' },
      data: { 'tls.crt': base64(cert), 'tls.key': base64(key) },
    },
    { kind: 'Secret', metadata: { name: 'broken', namespace: 'shop' }, data: { 'ca.crt': base64('nothing') } },
  ] as unknown as Manifest[]
  const judge = (tls: object) => {
    const { attached } = new PolicyBook().of(
      clusterView([...services, ...objects, policy('p', { targetRefs: [{ name: 'users' }], tls })]),
    )
    return attached.get('shop/users')?.[0]
  }
  const good = judge({ caCertificateRefs: [{ name: 'ca' }], clientCertificateRef: { name: 'pair' }, serverName: 'a.example' })
  const { tls } = Object(good?.words) as { tls: Record<string, string> }
  t.ok(tls.ca?.startsWith('-----BEGIN CERTIFICATE-----'), 'nothing else of the text')
  t.match(tls, { serverName: 'a.example', cert: /^-----BEGIN CERTIFICATE/, key: /^-----BEGIN .*PRIVATE KEY/ })
  for (const [wrong, why] of [
    [{ caCertificateRefs: [{ name: 'missing' }] }, /there is no ConfigMap shop\/missing/],
    [{ caCertificateRefs: [{ name: 'ca' }, { kind: 'Secret', name: 'broken' }] }, /the Secret shop\/broken cannot be used/],
    [{ clientCertificateRef: { name: 'missing' } }, /there is no Secret shop\/missing/],
    [{ clientCertificateRef: { name: 'broken' } }, /holds no tls.crt/],
    [{ ca: '/etc/passwd' }, /unknown key "ca"/],
    [{ caCertificateRefs: [{ name: '../ca' }] }, /is not the name/],
  ] as const)
    t.match(judge(wrong), { words: null, why }, 'nobody is connected to')
})

t.test('what did not change is the same', async (t) => {
  const book = new PolicyBook()
  const manifests = [
    policy('a', { targetRefs: [{ name: 'users' }], balancer: 'random' }),
    policy('b', { targetRefs: [{ name: 'orders' }] }),
  ]
  const view = clusterView([...services, ...manifests])
  const { attached } = book.of(view)
  t.equal(book.of(view).attached, attached)
  const changed = policy('b', { targetRefs: [{ name: 'orders' }], balancer: 'first' })
  const next = book.of(clusterView([...services, manifests[0] as Manifest, changed])).attached
  t.equal(next.get('shop/users'), attached.get('shop/users'))
  t.not(next.get('shop/orders'), attached.get('shop/orders'))
})

t.test('long chains of stand-ins', async (t) => {
  const count = 16
  const many = Array.from({ length: count }, (_, i) => ({
    kind: 'Service',
    metadata: { name: `s${i}`, namespace: 'shop' },
    spec: { ports: [{ port: 80 }, { port: 81, name: 'b' }] },
  })) as Manifest[]
  // Each has two ports of the next one: by every way there would be 2^15.
  const chain = many.slice(1).map((_, i) => {
    const failover = [80, 81].map((port) => ({ name: `s${i + 1}`, port }))
    return policy(`p${i}`, { targetRefs: [{ name: `s${i}` }], failover })
  })
  const back = policy('z', { targetRefs: [{ name: `s${count - 1}` }], failover: [{ name: 's3', port: 80 }] }, AT(8))
  const { judged, attached } = new PolicyBook().of(clusterView([...many, ...chain, back]))
  t.match(judged.at(-1)?.targets, [{ trouble: { reason: 'Invalid', message: /round in a circle/ } }])
  t.equal(attached.has(`shop/s${count - 1}`), false)
  const { ingressTranslator } = await import('../../../src/kubernetes/ingress/translate.ts')
  const { normalizeConfig } = await import('../../../src/config/parse.ts')
  const parsed = normalizeConfig({ kubernetes: { ingress: { default: true } } })
  if ('errors' in parsed || parsed.config.kubernetes?.ingress == null) return t.fail('a configuration')
  const { ingress, statusAddress } = parsed.config.kubernetes
  const path = { path: '/', pathType: 'Prefix', backend: { service: { name: 's0', port: { number: 80 } } } }
  const object = {
    kind: 'Ingress',
    metadata: { name: 'i', namespace: 'shop' },
    spec: { rules: [{ host: 'a.example', http: { paths: [path] } }] },
  } as unknown as Manifest
  const { upstreams } = ingressTranslator({ ingress, statusAddress }).translate(clusterView([...many, ...chain, object]))
  t.equal(upstreams.size, 2 * count - 1)
})

t.test('chains that are too long', async (t) => {
  const many = Array.from({ length: 3000 }, (_, i) => ({
    kind: 'Service',
    metadata: { name: `s${i}`, namespace: 'shop' },
    spec: { ports: [{ port: 80 }] },
  })) as unknown as Manifest[]
  const chain = many
    .slice(1)
    .map((_, i) => policy(`p${i}`, { targetRefs: [{ name: `s${i}` }], failover: [{ name: `s${i + 1}`, port: 80 }] }))
  for (const order of [chain, chain.toReversed()]) {
    const aged = order.map((each, i) => ({
      ...each,
      metadata: { ...each.metadata, creationTimestamp: new Date(1_700_000_000_000 + i * 1000).toISOString() },
    }))
    const { judged } = new PolicyBook().of(clusterView([...many, ...aged]))
    const refused = judged.filter(({ targets }) => /goes on and on/.test(targets[0]?.trouble?.message ?? ''))
    t.equal(refused.length, Math.floor(2999 / 16), 'every 16th')
  }
})

t.test('whatever stands in them', async (t) => {
  const random = seeded(1)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const ODD = [null, true, false, 0, -1, 1.5, '', 'off', [], {}, [null], { a: null }, '__proto__', 'x'.repeat(5000)]
  const KEYS = [
    'targetRefs',
    'name',
    'balancer',
    'type',
    'health',
    'tls',
    'failover',
    'filters',
    'plugin',
    'affinity',
    '__proto__',
    'constructor',
    'retry',
    'on',
    'respond',
  ]
  const odd = (depth: number): unknown => {
    if (depth === 0 || random() < 0.3) return pick(ODD)
    if (random() < 0.3) return Array.from({ length: 3 }, () => odd(depth - 1))
    return JSON.parse(
      `{${Array.from({ length: 3 }, () => `${JSON.stringify(pick(KEYS))}:${JSON.stringify(odd(depth - 1))}`).join(',')}}`,
    )
  }
  for (let i = 0; i < 2000; i++) {
    const spec = odd(4)
    for (const kind of [UPSTREAM_POLICIES, ROUTE_FILTERS])
      kind.prune({ metadata: { name: 'x', namespace: 'shop' }, spec } as never)
    if (i % 20 === 0) JSON.stringify(reportsOf([policy('x', spec as object), filter('y', spec as object)]))
  }
  t.pass('is read')
})
