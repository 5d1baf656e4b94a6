// What Ingresses become, on sockets: what a dry run cannot tell.

import t, { type Test } from 'tap'
import { combine } from '../../../src/compile/combine-config.ts'
import { separateAnyPorts } from '../../../src/config/any-port.ts'
import { writeConfig } from '../../../src/config/write/gateway.ts'
import { authority } from '../../support/certificates.ts'
import type { Manifest } from '../../support/cluster-view.ts'
import { startGateway } from '../../support/gateway.ts'
import { startEndpoint } from '../../support/raw-endpoint.ts'
import { secureClient } from '../../support/secure-client.ts'
import { baseConfig, translatorOf, viewOf } from './golden-case.ts'

const ca = authority(t)
const other = authority(t, 'another authority')
const pair = ca.issue({ sans: ['DNS:shop.test', 'DNS:plain.test'] })

const base64 = (text: string): string => Buffer.from(text).toString('base64')

interface Asked {
  readonly host: string
  readonly annotations?: object
  readonly spec?: object
}

function ingress({ host, annotations = {}, spec = {} }: Asked): Manifest {
  const path = { path: '/', pathType: 'Prefix', backend: { service: { name: 'app', port: { number: 80 } } } }
  return {
    kind: 'Ingress',
    metadata: { name: host.replaceAll(/[^a-z]/g, ''), annotations } as unknown as Manifest['metadata'],
    spec: { ingressClassName: 'headgate', rules: [{ host, http: { paths: [path] } }], ...spec },
  } as Manifest
}

/** With an endpoint behind every Service. */
async function serve(t: Test, ingresses: readonly Manifest[], top: object = {}) {
  const endpoint = await startEndpoint(t)
  const objects = [
    { kind: 'Service', metadata: { name: 'app' }, spec: { ports: [{ port: 80 }] } },
    {
      kind: 'Secret',
      metadata: { name: 'pair' },
      type: 'kubernetes.io/tls',
      data: { 'tls.crt': base64(pair.cert), 'tls.key': base64(pair.key) },
    },
    { kind: 'Secret', metadata: { name: 'ca' }, data: { 'ca.crt': base64(ca.cert) } },
    // HTTPS needs a certificate.
    ingress({ host: 'cert.test', spec: { tls: [{ secretName: 'pair' }] } }),
    ...ingresses,
  ] as unknown as Manifest[]
  const base = baseConfig({ settings: {} })
  const free = {
    ...base,
    listeners: separateAnyPorts(base.listeners.map((listener) => ({ ...listener, bind: ['127.0.0.1:0'] }))),
  }
  const translation = translatorOf(free).translate(viewOf(free, objects))
  const { config } = combine(free, [translation], { objects: new Map(), addresses: new Map(), bare: false })
  const discovery = { static: [{ address: endpoint.address, weight: 1, priority: 0, zone: null, labels: {} }] }
  const upstreams = Object.fromEntries(Object.entries(config.upstreams).map(([name, each]) => [name, { ...each, discovery }]))
  const gateway = await startGateway(t, {
    ...writeConfig({ ...config, upstreams, kubernetes: null, admin: null }),
    via: 'off',
    ...top,
  })
  const plain = await gateway.client(gateway.ports.web as number)
  return { endpoint, gateway, plain, secure: gateway.ports.secure as number }
}

t.test('certificates of clients', async (t) => {
  const { plain, secure } = await serve(t, [
    ingress({
      host: 'shop.test',
      annotations: { 'nginx.ingress.kubernetes.io/auth-tls-secret': 'default/ca' },
      spec: { tls: [{ secretName: 'pair' }] },
    }),
    ingress({ host: 'plain.test' }),
  ])
  const own = ca.issue({ commonName: 'alice', usage: 'clientAuth' })
  const foreign = other.issue({ commonName: 'mallory', usage: 'clientAuth' })
  const status = async (servername: string, host: string, options: object = {}): Promise<number | string> => {
    try {
      const { client } = await secureClient(t, secure, { servername, ...options })
      return (await client.ask('GET /', [`host: ${host}`])).status
    } catch {
      return 'closed'
    }
  }
  t.equal(await status('shop.test', 'shop.test', { cert: own.cert, key: own.key }), 200)
  t.equal(await status('shop.test', 'shop.test'), 'closed', 'without one')
  t.equal(await status('shop.test', 'shop.test', { cert: foreign.cert, key: foreign.key }), 'closed', 'of another CA')
  t.equal(await status('plain.test', 'plain.test'), 200, 'other hosts ask for none')
  t.equal(await status('plain.test', 'shop.test'), 421, 'a name in the handshake is no way around')
  t.equal((await plain.ask('GET /', ['host: shop.test'])).status, 308)
  t.equal((await plain.ask('GET /', ['host: plain.test'])).status, 200)
})

t.test('without TLS there are no certificates of clients', async (t) => {
  const annotations = {
    'nginx.ingress.kubernetes.io/auth-tls-secret': 'default/ca',
    'nginx.ingress.kubernetes.io/ssl-redirect': 'false',
  }
  const { plain } = await serve(t, [ingress({ host: 'shop.test', annotations })])
  const answer = await plain.ask('GET /', ['host: shop.test'])
  t.equal(answer.status, 403)
  t.equal(answer.fields['x-headgate-reason'], 'client-cert')
})

t.test('redirects to HTTPS where something in front ends TLS', async (t) => {
  const forced = ingress({ host: 'shop.test', annotations: { 'headgate.dev/force-ssl-redirect': 'true' } })
  const said = ['host: shop.test', 'x-forwarded-proto: https']
  const stranger = await serve(t, [forced])
  t.equal((await stranger.plain.ask('GET /x', said)).status, 308, 'anybody can say so')
  const trusted = await serve(t, [forced], { trustedProxies: ['127.0.0.1'] })
  t.equal((await trusted.plain.ask('GET /x', said)).status, 200)
  const answer = await trusted.plain.ask('GET /x?y', ['host: shop.test'])
  t.match([answer.status, answer.fields.location], [308, 'https://shop.test/x?y'])
})

t.test('wildcards are one label', async (t) => {
  const { plain } = await serve(t, [ingress({ host: '*.test' })])
  for (const [host, status] of [
    ['a.test', 200],
    ['A.TEST:8080', 200],
    ['a.test.', 200],
    ['a.b.test', 404],
    ['test', 404],
  ] as const)
    t.equal((await plain.ask('GET /', [`host: ${host}`])).status, status, host)
})
