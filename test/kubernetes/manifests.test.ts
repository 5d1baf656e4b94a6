// Objects in files: what they are, on which lines they stand, and what is wrong with them.

import t from 'tap'
import { INGRESSES } from '../../src/kubernetes/ingress/kinds.ts'
import { ManifestCluster } from '../../src/kubernetes/manifests/manifest-cluster.ts'
import { readManifests } from '../../src/kubernetes/manifests/read-manifests.ts'
import type { Resource } from '../../src/kubernetes/resource.ts'
import { SECRETS } from '../../src/kubernetes/secret.ts'
import { SERVICES } from '../../src/kubernetes/service.ts'

const RESOURCES = [INGRESSES, SERVICES, SECRETS] as unknown as readonly Resource<never, unknown>[]

const read = (text: string, name = 'a.yaml') => readManifests([{ name, text }])
const cluster = (text: string, namespaces: readonly string[] = []) =>
  new ManifestCluster({ manifests: read(text).manifests, resources: RESOURCES, namespaces })

t.test('documents, lists and JSON', async (t) => {
  const { manifests, problems } = readManifests([
    { name: 'a.yaml', text: '---\n---\n# nothing\n---\napiVersion: v1\nkind: Service\nmetadata: { name: a }\n---\nnull\n' },
    {
      name: 'b.json',
      text: JSON.stringify(
        {
          apiVersion: 'v1',
          kind: 'List',
          items: [1, 2].map((n) => ({ apiVersion: 'apps/v1', kind: 'X', metadata: { name: `b${n}` } })),
        },
        null,
        1,
      ),
    },
    {
      name: 'c.yaml',
      text: 'apiVersion: networking.k8s.io/v1\nkind: IngressList\nitems:\n  - { apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: { name: c } }\n',
    },
    { name: 'd.yaml', text: '' },
  ])
  t.same(problems, [])
  t.same(
    manifests.map(
      ({ file, kind, group, version, raw, line }) =>
        `${file}:${line('metadata.name')} ${group}/${version} ${kind} ${raw.metadata.name}`,
    ),
    ['a.yaml:7 /v1 Service a', 'b.json:9 apps/v1 X b1', 'b.json:16 apps/v1 X b2', 'c.yaml:4 networking.k8s.io/v1 Ingress c'],
  )
})

t.test('lines', async (t) => {
  const [ingress] = read(`apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations:
    nginx.ingress.kubernetes.io/rewrite-target: /$1
spec:
  defaultBackend: {}
  rules:
    - host: a
      http: &http
        paths:
          - path: /a
          - path: /b
            backend:
              service: { name: x }
    - host: b
      http: *http
`).manifests
  const lineOf = (path: string) => ingress?.line(path)
  t.equal(lineOf('spec.rules[0].http.paths[1]'), 14)
  t.equal(lineOf('spec.rules[0].http.paths[1].backend.service.name'), 16)
  t.equal(lineOf('spec.rules[1]'), 17)
  t.equal(lineOf('spec.defaultBackend'), 8)
  t.equal(lineOf('nginx.ingress.kubernetes.io/rewrite-target'), 6)
  t.equal(lineOf('metadata.annotations'), 5)
  t.equal(lineOf('spec.rules[0].http.paths[7].x'), 12, 'as much of it as there is')
  t.equal(lineOf('spec.tls[0]'), 7)
  t.equal(lineOf('nowhere'), 7)
  t.equal(lineOf(''), 7)
  t.equal(lineOf('spec.rules[1].http.paths[0]'), 18, 'not behind an alias')
  const keys = (...path: (string | number)[]) => ingress?.line(path)
  t.equal(keys('metadata', 'annotations', 'nginx.ingress.kubernetes.io/rewrite-target'), 6)
  t.equal(keys('spec', 'rules', 0, 'http', 'paths', 1), 14)
  t.equal(keys(), 1, 'the object')
  t.equal(keys('status', 'loadBalancer'), 1, 'the object, where nothing of it is there')
})

t.test('what is no object', async (t) => {
  const { manifests, problems } = read(
    '- a\n---\nkind: X\n---\na: [\n---\napiVersion: v1\nkind: Service\nmetadata: { name: good }\n',
  )
  t.same(
    manifests.map(({ raw }) => raw.metadata.name),
    ['good'],
  )
  t.match(
    problems.map(({ line, message }) => `${line} ${message}`),
    [/^1 this is not an object/, /^3 this is not an object of Kubernetes: it has no kind/, /^\d+ /],
  )
  t.match(
    read('a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: &d [*c, *c]\ne: &e [*d, *d]\nf: &f [*e,*e]\ng: [*f,*f,*f,*f]\n')
      .problems,
    [{ message: /cannot be read: Excessive alias/ }],
  )
})

t.test('objects without a name', async (t) => {
  const known = cluster(
    'apiVersion: v1\nkind: Service\n---\napiVersion: v1\nkind: Service\nmetadata: { name: good }\n---\napiVersion: v1\nkind: Secret\nmetadata: { name: [x] }\n---\napiVersion: batch/v1\nkind: Job\nmetadata: { generateName: job- }\n',
  )
  t.same([...known.objects(SERVICES as unknown as Resource<never, unknown>).keys()], ['default/good'])
  t.same(
    known.problems.map(({ line, message }) => `${line} ${message}`),
    ['1 this Service has no metadata.name', '10 this Secret has no metadata.name'],
  )
})

t.test('a cluster of them', async (t) => {
  const known = cluster(`
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { ports: [{ port: 81 }] }
---
apiVersion: extensions/v1beta1
kind: Ingress
metadata: { name: unknown-group }
---
apiVersion: networking.k8s.io/v1beta1
kind: Ingress
metadata: { name: old }
---
apiVersion: v1
kind: Secret
metadata: { name: s, namespace: shop }
stringData: { tls.crt: text }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, namespace: shop, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ port: 8080 }]
endpoints: [{ addresses: [10.0.0.7] }]
`)
  t.same([...known.objects(SERVICES as unknown as Resource<never, unknown>).keys()], ['default/web', 'shop/web'])
  t.equal(
    known.objects(SERVICES as unknown as Resource<never, unknown>),
    known.objects(SERVICES as unknown as Resource<never, unknown>),
  )
  t.same(
    known.problems.map(({ line, message }) => `${line} ${message}`),
    [
      '14 Service shop/web stands in a.yaml:9 too: the last one counts',
      '23 Ingress is read as networking.k8s.io/v1, not v1beta1',
    ],
  )
  t.match(known.endpointsOf({ namespace: 'shop', service: 'web', port: 81 }, null), {
    endpoints: [{ address: '10.0.0.7:8080' }],
  })
  t.equal(known.endpointsOf({ namespace: 'default', service: 'web', port: 80 }, null), null)
  const object = { kind: 'Service', group: '', version: 'v1', plural: 'services', namespace: 'shop', name: 'web', uid: '' }
  t.same(known.placeOf(object, 'spec.ports[0]'), { file: 'a.yaml', line: 15 })
  t.equal(known.placeOf({ ...object, name: 'other' }, 'spec'), null)
  t.equal(known.objects(SECRETS as unknown as Resource<never, unknown>).size, 1)
})

t.test('only of some namespaces', async (t) => {
  const known = cluster(
    'apiVersion: v1\nkind: Service\nmetadata: { name: a, namespace: x }\n---\napiVersion: v1\nkind: Service\nmetadata: { name: b, namespace: y }\n',
    ['y'],
  )
  t.same([...known.objects(SERVICES as unknown as Resource<never, unknown>).keys()], ['y/b'])
})
