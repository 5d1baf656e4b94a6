// `headgate export`: what it writes starts the same gateway, with nothing but these files.

import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { check } from '../../src/cli/check.ts'
import { explain } from '../../src/cli/explain.ts'
import { exportConfig } from '../../src/cli/export.ts'
import { exportFiles } from '../../src/cli/export-files.ts'
import { readClusterFiles } from '../../src/compile/cluster-reading.ts'
import { loadConfig } from '../../src/config/load.ts'
import { normalizeConfig, parseConfig } from '../../src/config/parse.ts'
import { createGateway, type GatewayConfigInput } from '../../src/index.ts'
import { startEndpoint, startGateway } from '../supervisor/gateway-process.ts'
import { authority, type Issued } from '../support/certificates.ts'
import { startControlPlane, withoutControlPlane } from '../support/control-plane.ts'
import { RawClient } from '../support/raw-client.ts'
import { secureClient } from '../support/secure-client.ts'
import { until } from '../support/until.ts'
import { printed } from './command-io.ts'

const ROOT = join(import.meta.dirname, '..', '..')

const run = (...argv: string[]) => printed(exportConfig, argv)

/** Below a folder, with their modes. */
function filesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return Object.fromEntries(names.map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]))
}

const ingress = (tls: boolean) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: {
    name: 'web',
    namespace: 'default',
    annotations: {
      'headgate.dev/rewrite-target': '/new$1',
      'headgate.dev/use-regex': 'true',
      'headgate.dev/ssl-redirect': 'false',
    },
  },
  spec: {
    ingressClassName: 'headgate',
    ...(tls ? { tls: [{ hosts: ['shop.example.com'], secretName: 'cert' }] } : {}),
    rules: [
      {
        host: 'shop.example.com',
        http: {
          paths: [
            {
              path: '/old(/.*)?',
              pathType: 'ImplementationSpecific',
              backend: { service: { name: 'web', port: { name: 'http' } } },
            },
            { path: '/gone', pathType: 'Prefix', backend: { service: { name: 'nobody', port: { number: 80 } } } },
          ],
        },
      },
    ],
  },
})

const objects = ({ cert, key }: Issued, endpoint: string) => [
  {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name: 'cert', namespace: 'default' },
    data: { 'tls.crt': Buffer.from(cert).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { ports: [{ name: 'http', port: 80 }] },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    // Real listeners have loopback addresses, which a slice may only have as names.
    metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'FQDN',
    ports: [{ name: 'http', port: Number(endpoint.split(':')[1]) }],
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
  },
  ingress(true),
]

const BASE = {
  workers: 0,
  admin: 'off',
  listeners: [
    { name: 'web', bind: '127.0.0.1:0' },
    { name: 'secure', bind: '127.0.0.1:0', protocol: 'https', tls: {} },
  ],
}

/** What a gateway answers, by HTTP and by HTTPS. */
async function answersOf(t: Test, listeners: Readonly<Record<string, string>>): Promise<string[]> {
  const answers: string[] = []
  for (const listener of ['web', 'secure']) {
    const port = Number(new URL(listeners[listener] as string).port)
    const client =
      listener === 'web' ? await RawClient.open(port) : (await secureClient(t, port, { servername: 'shop.example.com' })).client
    t.teardown(() => client.destroy())
    for (const path of ['/old/a?b=1', '/gone', '/nothing']) {
      const { status, body } = await client.ask(`GET ${path}`, ['host: shop.example.com'])
      answers.push(`${listener} ${path} ${status} ${body.replaceAll(/"instance":"[^"]*",?/g, '').slice(0, 200)}`)
    }
  }
  return answers
}

async function exportedGateway(t: Test, folder: string): Promise<string[]> {
  t.same(await printed(check, ['-c', join(folder, 'headgate.yaml')]), {
    code: 0,
    out: `${folder}/headgate.yaml: ok\n`,
    err: '',
  })
  const gateway = await startGateway(t, `include: [${folder}/headgate.yaml]\n`)
  t.equal(gateway.stderr, '')
  return answersOf(t, gateway.ready)
}

t.test('Ingresses, a certificate and endpoints in files', async (t) => {
  const issued = authority(t).issue({ sans: ['DNS:shop.example.com'] })
  const endpoint = await startEndpoint(t, (request, response) => response.end(`endpoint ${request.url}`))
  const folder = t.testdir({
    'objects.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects(issued, endpoint) }),
    'headgate.yaml': JSON.stringify({ ...BASE, kubernetes: { ingress: {} } }),
  })
  const out = join(folder, 'deep/out')
  const result = await run('-c', join(folder, 'headgate.yaml'), '-f', join(folder, 'objects.json'), '-o', out)
  t.match(result, {
    code: 0,
    out: `${out}/headgate.yaml: 2 routes, 1 upstreams, 1 endpoints\n`,
    err: /^1 objects are not served as they are written/,
  })
  t.same(filesIn(out), {
    'headgate.yaml': '600',
    tls: '700',
    'tls/shop.example.com.key': '600',
    'tls/shop.example.com.pem': '600',
  })
  const text = readFileSync(join(out, 'headgate.yaml'), 'utf8')
  t.notMatch(text, /PRIVATE KEY/)
  t.match(text, 'key: tls/shop.example.com.key')
  const answers = await exportedGateway(t, out)
  t.match(answers, [
    'web /old/a?b=1 200 endpoint /new/a?b=1',
    /^web \/gone 500 .*invalid-reference/,
    /^web \/nothing 404/,
    'secure /old/a?b=1 200 endpoint /new/a?b=1',
    /^secure \/gone 500/,
    /^secure \/nothing 404/,
  ])

  t.match(await run('-c', join(folder, 'headgate.yaml'), '-f', join(folder, 'objects.json'), '-o', out), {
    code: 1,
    err: /deep\/out is not empty/,
  })
})

t.test('Gateways on the port of Ingresses, and no configuration file', async (t) => {
  const objects = (kinds: readonly string[]) =>
    [
      'kind: GatewayClass\nmetadata: { name: headgate }\nspec: { controllerName: headgate.dev/gateway }',
      'kind: Gateway\nmetadata: { name: edge, namespace: shop }\nspec: { gatewayClassName: headgate, listeners: [{ name: a, port: 80, protocol: HTTP }] }',
      ...kinds.map((kind) => `kind: ${kind}\nmetadata: { name: web, namespace: shop }\nspec: { ingressClassName: headgate }`),
    ]
      .map(
        (text) => `apiVersion: ${text.includes('Ingress') ? 'networking.k8s.io' : 'gateway.networking.k8s.io'}/v1\n${text}\n`,
      )
      .join('---\n')
  for (const [kinds, bind] of [
    [[], '0.0.0.0:80'],
    [['Ingress'], '[::1]:80'],
  ] as const) {
    const folder = t.testdir({ 'a.yaml': objects(kinds) })
    const exported = await printed(exportConfig, ['-f', join(folder, 'a.yaml'), '-o', join(folder, 'out')])
    t.equal(exported.code, 0, exported.err)
    const { listeners } = parse(readFileSync(join(folder, 'out', 'headgate.yaml'), 'utf8'))
    t.strictSame(listeners.find(({ name }: { name: string }) => name === 'gateway/shop/edge/a')?.bind, bind)
    t.equal(listeners.length, 1 + kinds.length)
  }
})

t.test('with a control plane', { skip: withoutControlPlane, timeout: 110_000 }, async (t) => {
  const plane = await startControlPlane(t)
  const issued = authority(t).issue({ sans: ['DNS:shop.example.com'] })
  const endpoint = await startEndpoint(t, (request, response) => response.end(`endpoint ${request.url}`))
  const paths = {
    Secret: 'api/v1/namespaces/default/secrets',
    Service: 'api/v1/namespaces/default/services',
    EndpointSlice: 'apis/discovery.k8s.io/v1/namespaces/default/endpointslices',
    Ingress: 'apis/networking.k8s.io/v1/namespaces/default/ingresses',
  }
  for (const object of objects(issued, endpoint))
    await plane.call('POST', `/${paths[object.kind as keyof typeof paths]}`, object)
  const kubeconfig = plane.kubeconfig()
  const config = { ...BASE, kubernetes: { kubeconfig, ingress: {} } }
  const folder = t.testdir({ 'headgate.yaml': JSON.stringify(config) })
  const file = join(folder, 'headgate.yaml')

  const gateway = createGateway({ ...config, admin: { bind: '127.0.0.1:0' } } as GatewayConfigInput)
  t.teardown(() => gateway.close())
  const { listeners, admin } = await gateway.start()
  await until(
    'it serves',
    async () => (await fetch(`${listeners.web}/old/x`, { headers: { host: 'shop.example.com' } })).status !== 503,
  )
  const live = await answersOf(t, listeners)

  t.test('export: the same answers without the cluster', async (t) => {
    const out = join(folder, 'out')
    t.match(await run('-c', file, '-o', out), { code: 0, out: /2 routes, 1 upstreams, 1 endpoints/ })
    t.same(await exportedGateway(t, out), live)
  })

  t.test('explain, by the cluster and by the gateway', async (t) => {
    const told = await printed(explain, [
      '--kubernetes',
      '-c',
      file,
      'GET',
      'http://shop.example.com/old/x',
      '-H',
      'a: b',
      '--json',
      '--listener',
      'web',
    ])
    t.match(told, { code: 0, err: '' })
    const origin = { kind: 'Ingress', namespace: 'default', name: 'web', path: 'spec.rules[0].http.paths[0]' }
    t.same(JSON.parse(told.out).origin, origin)
    t.match(JSON.parse(told.out), { upstream: 'default/web:80', endpoint })
    const ask = async (path: string) =>
      (
        await fetch(`${admin}/explain`, {
          method: 'POST',
          body: JSON.stringify({ url: `http://shop.example.com${path}`, listener: 'web' }),
        })
      ).json()
    t.match(await ask('/old/x'), { origin, considered: [{ origin }] })
    t.match(
      ((await ask('/gone')) as { notes: string[] }).notes.join('\n'),
      /Ingress default\/web, InvalidReference \(refused\): .*nobody/,
    )
    const { routes } = (await (await fetch(`${admin}/routes`)).json()) as { routes: { name: string; origin: object }[] }
    t.match(
      routes.find(({ name }) => name.endsWith('/0')),
      { origin },
    )
    t.match(await gateway.explain({ url: 'http://shop.example.com/old/x', listener: 'web' }), { origin })
  })
})

t.test('secrets and files of a configuration', async (t) => {
  const ca = authority(t)
  const server = ca.issue({ sans: ['DNS:*.example.com'] })
  const client = ca.issue({ commonName: 'gateway' })
  const folder = t.testdir({
    'token.txt': 'token-in-a-file\n',
    'headgate.yaml': JSON.stringify({
      admin: { bind: '127.0.0.1:9999', token: { file: 'token.txt' } },
      listeners: [
        {
          name: 'secure',
          bind: '127.0.0.1:8443',
          protocol: 'https',
          tls: {
            certificates: [{ cert: server.certFile, key: server.keyFile }],
            clientAuth: { mode: 'require', ca: ca.certFile },
          },
        },
        {
          name: 'other',
          bind: '127.0.0.1:8444',
          protocol: 'https',
          tls: { certificates: [{ cert: server.certFile, key: server.keyFile }] },
        },
      ],
      routes: [{ name: 'a/../b', to: 'u', affinity: { cookie: 'hg', secret: 'a-secret-that-nobody-knows' } }],
      upstreams: {
        u: { discovery: { static: ['127.0.0.1:1'] }, tls: { ca: ca.certFile, cert: client.certFile, key: client.keyFile } },
      },
    }),
  })
  const out = join(folder, 'out')
  const result = await run('-c', join(folder, 'headgate.yaml'), '-o', out)
  t.match(result, { code: 0, err: '' })
  t.same(Object.keys(filesIn(out)), [
    'headgate.yaml',
    'secrets',
    'secrets/admin-token',
    'secrets/routes-a-..-b-affinity-secret',
    'tls',
    'tls/_.example.com.key',
    'tls/_.example.com.pem',
    'tls/listeners-secure-clientAuth-ca.pem',
    'tls/upstreams-u-cert.pem',
    'tls/upstreams-u-key.key',
  ])
  t.ok(Object.values(filesIn(out)).every((mode) => mode === '600' || mode === '700'))
  t.notMatch(readFileSync(join(out, 'headgate.yaml'), 'utf8'), /nobody-knows|PRIVATE/)
  const [before, after] = await Promise.all(
    [join(folder, 'headgate.yaml'), join(out, 'headgate.yaml')].map((path) => loadConfig(path)),
  )
  t.ok(before && after && 'config' in before && 'config' in after)
  if (!before || !after || !('config' in before && 'config' in after)) return
  const withoutPlaces = (config: object) => JSON.parse(JSON.stringify(config), (key, value) => (key === 'file' ? '' : value))
  t.strictSame(withoutPlaces(after.config), withoutPlaces(before.config))
})

t.test('whatever objects come to can be written', async (t) => {
  const kubernetes = { ingress: {}, gatewayApi: { addresses: { pool: ['10.0.0.80', '10.0.1.0/28'] } } }
  const base = normalizeConfig({ admin: 'off', kubernetes } as GatewayConfigInput)
  if ('errors' in base) throw new Error('the base is wrong')
  let routes = 0
  for (const file of globSync('test/golden/{ingress,gateway-api}/*/in.yaml', { cwd: ROOT })) {
    const { config, endpoints } = readClusterFiles(base.config, [{ name: file, text: readFileSync(join(ROOT, file), 'utf8') }])
    const { files } = await exportFiles(config, endpoints, 'x')
    const text = files[0]?.text as string
    const read = parseConfig([{ name: file, text }])
    t.same('errors' in read ? read.errors : [], [], file)
    if ('errors' in read) continue
    routes += read.config.routes.length
    t.same(
      read.config.routes.map(({ name }) => name).sort(),
      config.routes
        .filter(({ name }) => text.includes(name))
        .map(({ name }) => name)
        .sort(),
    )
    t.equal(read.config.kubernetes, null)
  }
  t.ok(routes > 100, `${routes} routes`)
})

t.test('what cannot be had is said', async (t) => {
  const folder = t.testdir({
    'headgate.yaml': JSON.stringify({
      listeners: [{ name: 'web', bind: '127.0.0.1:8080' }],
      routes: [{ name: 'r', to: 'd' }],
      upstreams: { d: { discovery: { dns: { name: 'nowhere.invalid', port: 80, resolver: '127.0.0.1:1' } } } },
    }),
    'broken.yaml': 'listeners: 1\n',
    file: '',
  })
  const { code, err } = await run('-c', join(folder, 'headgate.yaml'), '-o', join(folder, 'out'))
  t.equal(code, 0)
  t.match(err, /^upstream d: /)
  t.match(readFileSync(join(folder, 'out/headgate.yaml'), 'utf8'), 'static: []')
  t.match(await run('-c', join(folder, 'broken.yaml'), '-o', join(folder, 'x')), { code: 1, err: /broken.yaml:1:12/ })
  t.match(await run('-c', join(folder, 'headgate.yaml'), '-o', join(folder, 'file')), {
    code: 1,
    err: /^headgate export: |\nheadgate export: /,
  })
  t.match(await run('-c', 'x'), { code: 2, err: /-o DIR is needed/ })
  t.match(await run('--help'), { code: 0, out: /^Usage: headgate export/ })
})
