// `headgate explain --kubernetes`: by objects in files, with the lines that they stand on; what cannot be read is said.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { explain } from '../../src/cli/explain.ts'
import { printed } from './command-io.ts'

const INGRESS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec:
  ingressClassName: headgate
  rules:
    - http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: web, port: { number: 80 } } }
`
const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: shop }\nspec: { ports: [{ port: 80 }] }\n'
const ROUTE = `apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: headgate }
spec: { controllerName: headgate.dev/gateway }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: edge, namespace: shop }
spec:
  gatewayClassName: headgate
  listeners: [{ name: http, port: 8080, protocol: HTTP }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: api, namespace: shop }
spec:
  parentRefs: [{ name: edge }]
  rules:
    - backendRefs:
        - { name: web, port: 80 }
    - matches:
        - path: { type: PathPrefix, value: /api }
      backendRefs: [{ name: web, port: 80 }]
`

const ask = (...argv: string[]) => printed(explain, argv)

t.test('Gateways that would get a Service', async (t) => {
  const slice = `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, namespace: shop, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ port: 8080 }]
endpoints: [{ addresses: [192.0.2.7] }]
`
  const folder = t.testdir({
    'h.yaml': 'kubernetes: { gatewayApi: {} }\n',
    objects: { 'a.yaml': ROUTE, 'b.yaml': SERVICE, 'c.yaml': slice },
  })
  const found = await ask(
    '--kubernetes',
    '-c',
    join(folder, 'h.yaml'),
    '-f',
    join(folder, 'objects'),
    'GET',
    'http://a.example/x',
  )
  t.match(found, { code: 0, err: '', out: /listener +gateway\/shop\/edge\/http\n +route +httproute\/shop\/api\/0/ })
  t.match(found.out, 'endpoint  192.0.2.7:8080', 'slices of endpoints are not taken for those of Gateways')
})

t.test('Ingresses and Gateways of a folder', async (t) => {
  const folder = t.testdir({ 'a.yaml': INGRESS, 'b.yml': SERVICE, 'c.yaml': ROUTE, 'notes.txt': 'no manifest' })
  const ingress = await ask('-f', folder, 'GET', 'http://a.example/x')
  t.match(ingress, { code: 0, err: '' })
  t.match(
    ingress.out,
    `  from      Ingress shop/web spec.rules[0].http.paths[0] (${folder}/a.yaml:9)\n  upstream  shop/web:80\n  endpoint  -`,
  )
  t.match(ingress.out, 'the endpoints of shop/web:80 are only known to a gateway that runs')
  const { out } = await ask('--kubernetes', '-f', folder, 'GET', 'http://a.example:8080/api/1', '--json')
  const explanation = JSON.parse(out)
  t.match(explanation.origin, { kind: 'HTTPRoute', namespace: 'shop', name: 'api', file: `${folder}/c.yaml` })
  t.match(explanation.origin.path, /^spec\.rules\[1\]/)
  t.equal(explanation.origin.line >= 20, true, `line ${explanation.origin.line}`)
  t.match(explanation.considered[1].origin, { path: /^spec\.rules\[0\]/, line: 19 })
})

t.test('Ingresses and Gateways on the same port, and no file', async (t) => {
  const second = ROUTE.replace(/^[\s\S]*?---\n/, '')
    .replaceAll('name: edge', 'name: inner')
    .replaceAll('name: api', 'name: own')
    .replace('  rules:', '  hostnames: [own.example]\n  rules:')
    .replace('listeners:', 'addresses: [{ value: 192.0.2.9 }]\n  listeners:')
  const first = ROUTE.replace('  rules:', '  hostnames: [api.example]\n  rules:')
  const gateways = `${first}---\n${second}---\n${SERVICE}`.replaceAll('8080', '80')
  const both = t.testdir({ 'a.yaml': INGRESS.replace('- http', '- host: web.example\n      http'), 'b.yaml': gateways })
  const taken = async (url: string) => /route +(\S+)/.exec((await ask('-f', both, 'GET', url)).out)?.[1]
  t.equal(await taken('http://api.example/api'), 'httproute/shop/api/1')
  t.equal(await taken('http://own.example/api'), 'httproute/shop/own/1', 'the Gateway at another address')
  t.equal(await taken('http://192.0.2.9/'), '-', 'an address is nobody else')
  t.equal(await taken('http://web.example/'), 'ingress/shop/web/0')
  const { out } = await ask('-f', both, 'GET', 'http://own.example/')
  t.match(out, /listener gateway\/shop\/inner\/http: it is bound to port 80, as is web at another address, which has no route/)
})

t.test('a request without a route, and what is not attached', async (t) => {
  const elsewhere = ROUTE.replace('name: api, namespace: shop', 'name: api, namespace: blue').replace(
    'name: edge }]',
    'name: edge, namespace: shop }]',
  )
  const folder = t.testdir({ 'a.yaml': `${elsewhere}---\n${SERVICE}` })
  const { out } = await ask('-f', folder, 'GET', 'http://a.example:8080/')
  t.match(out, 'answer    404 no-route')
  t.match(
    out,
    /HTTPRoute blue\/api, NotAllowedByListeners \(refused\): spec.parentRefs\[0\]: no listener of the Gateway shop\/edge takes routes of the namespace blue: http has allowedRoutes.namespaces.from: Same \(.*a.yaml:17\)/,
  )
})

t.test('with the routes of a file', async (t) => {
  const folder = t.testdir({
    'a.yaml': `${INGRESS}---\n${SERVICE}`,
    'headgate.yaml': `
listeners: [{ name: web, bind: "127.0.0.1:8080" }]
routes: [{ name: own, match: [{ path: { prefix: /own } }], filters: [{ respond: { status: 204 } }] }]
kubernetes: { ingress: {}, namespaces: [shop] }
`,
    'plain.yaml': 'listeners: [{ name: web, bind: "127.0.0.1:8080" }]\n',
  })
  const own = await ask('-c', join(folder, 'headgate.yaml'), '-f', join(folder, 'a.yaml'), 'GET', 'http://a.example:8080/own')
  t.match(own.out, /route {5}own\n {2}upstream/)
  t.match(own.out, /ingress\/shop\/web\/0: .*; from Ingress shop\/web/)
  t.match(await ask('-c', join(folder, 'headgate.yaml'), 'GET', 'http://a.example:8080/x'), { code: 0, out: /no-route/ })
  t.match(await ask('-c', join(folder, 'plain.yaml'), '-f', join(folder, 'a.yaml'), 'GET', 'http://a.example:8080/x'), {
    code: 1,
    err: /neither kubernetes.ingress nor kubernetes.gatewayApi stands in .*plain.yaml/,
  })
})

t.test('what is wrong with files is said, the rest is used', async (t) => {
  const folder = t.testdir({ 'a.yaml': `${INGRESS}---\n${SERVICE}---\nkind: Broken\n`, empty: {} })
  const { code, out, err } = await ask('-f', join(folder, 'a.yaml'), 'GET', 'http://a.example/')
  t.equal(code, 0)
  t.match(out, /route {5}ingress\/shop\/web\/0/)
  t.match(err, /a\.yaml:18:1: this is not an object of Kubernetes/)
  t.match(await ask('-f', join(folder, 'empty'), 'GET', 'http://a/'), { code: 1, err: /holds no .yaml/ })
  t.match(await ask('-f', join(folder, 'nowhere'), 'GET', 'http://a/'), { code: 1, err: /ENOENT/ })
  t.match(await ask('GET', 'http://a/'), { code: 2, err: /-c FILE or --kubernetes is needed/ })
})

t.test('objects that no API server would take', async (t) => {
  const folder = t.testdir({})
  const kinds = [
    'Ingress',
    'HTTPRoute',
    'Gateway',
    'GatewayClass',
    'Secret',
    'Service',
    'EndpointSlice',
    'ReferenceGrant',
    'IngressClass',
  ]
  const groups = {
    Ingress: 'networking.k8s.io/v1',
    IngressClass: 'networking.k8s.io/v1',
    Secret: 'v1',
    Service: 'v1',
    EndpointSlice: 'discovery.k8s.io/v1',
  }
  for (const [i, spec] of [
    'null',
    '1',
    '[]',
    '{ rules: 1 }',
    '{ rules: [1] }',
    '{ rules: [{ http: { paths: [null] } }], ingressClassName: headgate }',
  ].entries()) {
    mkdirSync(join(folder, String(i)))
    const text = kinds.map((kind) => {
      const apiVersion = groups[kind as keyof typeof groups] ?? 'gateway.networking.k8s.io/v1'
      return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: x, labels: ${spec}, annotations: ${spec} }\nspec: ${spec}\nports: ${spec}\nendpoints: ${spec}\ndata: ${spec}\n`
    })
    writeFileSync(join(folder, String(i), 'a.yaml'), `${INGRESS}---\n${SERVICE}---\n${text.join('---\n')}`)
    const { code, out, err } = await ask('-f', join(folder, String(i)), 'GET', 'http://a.example/')
    t.ok(code === 0 || (code === 1 && /^headgate explain: .+\n$/s.test(err)), `${spec}: ${code} ${err}`)
    t.notMatch(out + err, /\n {4}at /, 'no stack')
  }
})

t.test('a cluster that does not answer', async (t) => {
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'x',
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
    clusters: [{ name: 'x', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'x', user: { token: 'x' } }],
  }
  const folder = t.testdir({
    kubeconfig: JSON.stringify(kubeconfig),
    'headgate.yaml':
      'kubernetes: { kubeconfig: kubeconfig, ingress: {} }\nlisteners: [{ name: web, bind: "127.0.0.1:8080" }]\n',
  })
  const { code, out, err } = await ask('--kubernetes', '-c', join(folder, 'headgate.yaml'), 'GET', 'http://a:8080/')
  t.equal(code, 1)
  t.equal(out, '')
  t.match(err, /^headgate explain: Kubernetes does not tell of Ingress, .*ECONNREFUSED.*\n$/)
})
