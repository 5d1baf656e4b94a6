// What the translator of Ingresses keeps from one translation to the next, and what it does with what nobody expects.

import t from 'tap'
import { ingressTranslator } from '../../../src/kubernetes/ingress/translate.ts'
import type { Translation } from '../../../src/kubernetes/translation.ts'
import { clusterView, type Manifest } from '../../support/cluster-view.ts'
import { baseConfig, translatorOf, viewOf } from './golden-case.ts'

const base = baseConfig({ settings: {} })
const listeners = new Map(base.listeners.map((listener) => [listener.name, listener]))

const service = (name: string): Manifest =>
  ({ kind: 'Service', metadata: { name, namespace: 'default' }, spec: { ports: [{ port: 80 }] } }) as Manifest

function ingress(name: string, host: string, backend: string, more: object = {}, annotations: object = {}): Manifest {
  const path = { path: '/', pathType: 'Prefix', backend: { service: { name: backend, port: { number: 80 } } } }
  return {
    kind: 'Ingress',
    metadata: { name, namespace: 'default', uid: name, annotations } as Manifest['metadata'],
    spec: { ingressClassName: 'headgate', rules: [{ host, http: { paths: [path] } }], ...more },
  } as Manifest
}

/** As informers have it: an object that did not change is the same one. */
class Cluster {
  readonly #kept = new Map<Manifest, unknown>()

  view(manifests: readonly Manifest[]) {
    const whole = clusterView(manifests, listeners)
    return {
      ...whole,
      objects: <Kept>(resource: Parameters<typeof whole.objects<Kept>>[0]) => {
        const found = new Map(whole.objects(resource))
        for (const manifest of manifests) {
          if (manifest.kind !== resource.kind) continue
          const key = `${manifest.metadata.namespace}/${manifest.metadata.name}`
          if (!this.#kept.has(manifest)) this.#kept.set(manifest, found.get(key))
          found.set(key, this.#kept.get(manifest) as Kept)
        }
        return found
      },
    }
  }
}

t.test('without annotations further endpoints are tried where none could be reached, or was lost', async (t) => {
  const view = new Cluster().view([ingress('a', 'a.com', 'one'), service('one')])
  const { routes } = translatorOf(base).translate(view)
  t.match(routes[0], { retry: { attempts: 3, on: ['connect-failure', 'refused-stream', 'reset'], methods: ['GET', 'HEAD'] } })
})

t.test('a canary whose header or cookie cannot be a condition takes nothing', async (t) => {
  for (const by of ['canary-by-header', 'canary-by-cookie']) {
    const annotations = { 'headgate.dev/canary': 'true', [`headgate.dev/${by}`]: '__proto__' }
    const canary = ingress('next', 'a.com', 'two', {}, annotations)
    const view = new Cluster().view([ingress('a', 'a.com', 'one'), canary, service('one'), service('two')])
    const { routes, reports } = translatorOf(base).translate(view)
    t.match(routes, [{ name: 'ingress/default/a/0', to: [{ upstream: 'default/one:80' }] }], by)
    t.match(
      reports.map(({ object, problems }) => [object.name, problems]),
      [
        ['a', []],
        ['next', [{ reason: 'InvalidRule', message: /the name "__proto__" is not allowed/ }]],
      ],
    )
  }
})

t.test('what annotations say is not multiplied without end', async (t) => {
  const many = (count: number, each: (i: number) => string): string => Array.from({ length: count }, (_, i) => each(i)).join()
  const path = (i: number) => ({
    path: `/${i}`,
    pathType: 'Prefix',
    backend: { service: { name: 'one', port: { number: 80 } } },
  })
  const paths = Array.from({ length: 300 }, (_, i) => path(i))
  for (const [what, annotations] of [
    ['aliases', { 'headgate.dev/server-alias': many(500, (i) => `host${i}.test`) }],
    ['snippets', { 'headgate.dev/configuration-snippet': `more_set_headers "x-a: ${'b'.repeat(40_000)}";` }],
  ] as const) {
    const heavy = ingress('a', 'a.com', 'one', { rules: [{ host: 'a.com', http: { paths } }] }, annotations)
    const light = ingress('b', 'b.com', 'one', { rules: [{ host: 'b.com', http: { paths: [path(1)] } }] }, annotations)
    const { routes, reports } = translatorOf(base).translate(new Cluster().view([heavy, light, service('one')]))
    t.match(
      routeOf({ routes } as Translation, 'ingress/default/a/299'),
      { filters: [{ type: 'respond' }], hosts: ['a.com'] },
      what,
    )
    t.match(reports[0]?.problems, [{ reason: 'InvalidRule', message: /with 300 paths and 1 upstreams: at most 8 are taken/ }])
    t.same(routeOf({ routes } as Translation, 'ingress/default/b/0')?.to.length, 1)
    t.same(reports[1]?.problems, [])
    t.ok(JSON.stringify(routes).length < 1_000_000)
  }
})

t.test('hosts that are not shared belong to the namespace of the oldest rule', async (t) => {
  const own = baseConfig({ settings: { ingress: { sharedHosts: false } } })
  const of = (namespace: string, second: number, host: string, path: string, more: object = {}): Manifest => {
    const name = `i${second}`
    const rule = { path, pathType: 'Prefix', backend: { service: { name: 'one', port: { number: 80 } } } }
    const { kind, metadata } = ingress(name, host, 'one')
    const creationTimestamp = `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`
    const spec = {
      ingressClassName: 'headgate',
      rules: host === '-' ? [] : [{ ...(host === '' ? {} : { host }), http: { paths: [rule] } }],
    }
    return { kind, metadata: { ...metadata, namespace, creationTimestamp }, spec: { ...spec, ...more } } as unknown as Manifest
  }
  const backend = { service: { name: 'one', port: { number: 80 } } }
  const services = ['a', 'b'].map((namespace) => ({ ...service('one'), metadata: { name: 'one', namespace } }))
  const aliased = of('b', 10, 'c.com', '/')
  const objects = [
    ...services,
    of('a', 1, 'a.com', '/app'),
    of('a', 2, '*.wild.com', '/'),
    of('b', 3, 'a.com', '/login'),
    of('b', 4, 'x.wild.com', '/'),
    of('b', 5, '', '/'),
    of('b', 6, '-', '/', { defaultBackend: backend }),
    of('b', 7, 'b.com', '/', { defaultBackend: backend }),
    of('a', 8, 'a.com', '/more'),
    of('a', 9, 'y.wild.com', '/'),
    { ...aliased, metadata: { ...aliased.metadata, annotations: { 'headgate.dev/server-alias': 'z.wild.com,free.com' } } },
  ] as Manifest[]
  const names = (base: typeof own) => translatorOf(base).translate(new Cluster().view(objects))
  const { routes, reports } = names(own)
  t.same(
    routes.map(({ name }) => name),
    ['ingress/a/i1/0', 'ingress/a/i2/0', 'ingress/b/i7/0', 'ingress/a/i8/0', 'ingress/a/i9/0', 'ingress/b/i10/0'],
  )
  const told = reports.flatMap(({ object, problems }) => problems.map(({ message }) => `${object.name} ${message}`))
  t.match(told, [
    /^i3 .*the host a.com belongs to the namespace a, whose rule is older$/,
    /^i4 .*the host x.wild.com belongs to the namespace a/,
    /^i5 .*a rule without a host would get what is left over of the hosts of others/,
    /^i6 .*the default backend of every host would get/,
    /^i7 .*the default backend of every host would get/,
    /^i10 .*z.wild.com is the host of rules already: it is no alias/,
  ])
  const shared = names(base).routes.map(({ name }) => name)
  for (const name of ['i3/0', 'i4/0', 'i5/0']) t.ok(shared.includes(`ingress/b/${name}`), `${name} is served by default`)
})

const routeOf = ({ routes }: Translation, name: string) => routes.find((route) => route.name === name)

t.test('a change of one object leaves what others became as it is', async (t) => {
  const cluster = new Cluster()
  const translator = translatorOf(base)
  const [a, b] = [ingress('a', 'a.com', 'one'), ingress('b', 'b.com', 'two')]
  const one = service('one')
  const first = translator.translate(cluster.view([a, b, one]))
  t.match(routeOf(first, 'ingress/default/b/0'), { filters: [{ options: { reason: 'invalid-reference' } }] })

  const second = translator.translate(cluster.view([a, b, one, service('two')]))
  t.equal(routeOf(second, 'ingress/default/a/0'), routeOf(first, 'ingress/default/a/0'))
  t.match(routeOf(second, 'ingress/default/b/0'), { to: [{ upstream: 'default/two:80' }] }, 'the Service has come')

  const written = { ...a, status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } } as Manifest
  const third = translator.translate(cluster.view([written, b, one, service('two')]))
  for (const [index, route] of third.routes.entries()) t.equal(route, second.routes[index], 'a status changes no route')
  t.equal(third.upstreams.get('default/one:80'), second.upstreams.get('default/one:80'))

  const fourth = translator.translate(cluster.view([b, one]))
  t.same(
    fourth.routes.map(({ name }) => name),
    ['ingress/default/b/0'],
  )
})

t.test('what an older Ingress gives up goes to the younger one, and back', async (t) => {
  const cluster = new Cluster()
  const translator = translatorOf(base)
  const [a, b, one] = [ingress('a', 'x.com', 'one'), ingress('b', 'x.com', 'one'), service('one')]
  const names = (view: Manifest[]) => translator.translate(cluster.view(view)).routes.map(({ name }) => name)
  t.same(names([a, b, one]), ['ingress/default/a/0'])
  t.same(names([b, one]), ['ingress/default/b/0'])
  t.same(names([a, b, one]), ['ingress/default/a/0'])
})

t.test('TLS of another Ingress of the namespace, and its end', async (t) => {
  const cluster = new Cluster()
  const translator = translatorOf(base)
  const plain = ingress('plain', 'x.com', 'one')
  const secure = ingress('secure', 'y.com', 'one', { tls: [{ hosts: ['x.com'] }] })
  const count = (view: Manifest[]) => translator.translate(cluster.view(view)).routes.length
  t.equal(count([plain, service('one')]), 1)
  t.equal(count([plain, secure, service('one')]), 3, 'with a redirect')
  t.equal(count([plain, service('one')]), 1)
})

t.test('objects that no API server would have let in', async (t) => {
  const one = service('one')
  const odd: readonly (readonly [string, object])[] = [
    ['no rules', { rules: undefined }],
    ['rules without anything', { rules: [{}] }],
    ['paths without a backend', { rules: [{ host: 'x.com', http: { paths: [{ pathType: 'Prefix', path: '/' }] } }] }],
    [
      'a backend without a port',
      { rules: [{ http: { paths: [{ pathType: 'Exact', path: '/', backend: { service: { name: 'one' } } }] } }] },
    ],
    [
      'a host that is none',
      {
        rules: [
          {
            host: '-*-',
            http: { paths: [{ pathType: 'Exact', path: '/', backend: { service: { name: 'one', port: { number: 80 } } } }] },
          },
        ],
      },
    ],
    [
      'an unknown type of path',
      {
        rules: [
          {
            host: 'x.com',
            http: { paths: [{ pathType: 'Glob', path: '/', backend: { service: { name: 'one', port: { number: 80 } } } }] },
          },
        ],
      },
    ],
    ['TLS without anything', { tls: [{}] }],
    ['a default backend without a Service', { defaultBackend: {} }],
    ['a host that is null', { rules: [{ host: null, http: { paths: [{ path: '/', pathType: 'Prefix' }] } }] }],
    ['lists that are null', { rules: null, tls: null, defaultBackend: null }],
  ]
  for (const [what, spec] of odd) {
    const good = ingress('good', 'good.com', 'one')
    const translation = translatorOf(base).translate(viewOf(base, [ingress('odd', 'x.com', 'one', spec), good, one]))
    t.match(routeOf(translation, 'ingress/default/good/0'), { to: [{ upstream: 'default/one:80' }] }, what)
  }
})

t.test('an Ingress that is not ours is nobody to be told about', async (t) => {
  const theirs = ingress('theirs', 'x.com', 'gone', { ingressClassName: 'nginx' })
  const translation = translatorOf(base).translate(viewOf(base, [theirs]))
  t.same(translation.reports, [])
  t.same(translation.routes, [])
})

t.test('thousands of Ingresses, and one that changes', async (t) => {
  const cluster = new Cluster()
  const count = 2000
  const all = Array.from({ length: count }, (_, i) =>
    ingress(`i${i}`, `h${i}.com`, `s${i}`, {}, { 'headgate.dev/proxy-body-size': '1m' }),
  )
  const services = Array.from({ length: count }, (_, i) => service(`s${i}`))
  const kubernetes = base.kubernetes?.ingress
  if (kubernetes == null) throw new Error('no Ingress')
  const translator = ingressTranslator({ ingress: kubernetes, statusAddress: { addresses: ['1.2.3.4'] } })
  const first = translator.translate(cluster.view([...all, ...services]))
  t.equal(first.routes.length, count)
  const changed = [ingress('i0', 'new.com', 's0'), ...all.slice(1)]
  const second = translator.translate(cluster.view([...changed, ...services]))
  t.equal(second.routes.filter((route, index) => route !== first.routes[index]).length, 1)
})
