// The same with the Gateway API: a gateway that serves it is refused nothing, and uses what the components grant beside the base.

import { join } from 'node:path'
import t from 'tap'
import { startEndpoint } from '../supervisor/gateway-process.ts'
import { type ControlPlane, withoutControlPlane } from '../support/control-plane.ts'
import { installGatewayApi } from '../support/gateway-api-kinds.ts'
import { service, slice } from '../support/kubernetes-objects.ts'
import { until } from '../support/until.ts'
import { deployApp, grantedBy, install, startAs } from './account.ts'
import { kubectl, MANIFESTS, type Manifest, render } from './kubectl.ts'

/** Asked for beside `patch` where an apply makes an object: an audit does not tell. Without it nothing is served here. */
const BY_APPLY = /^create (services|endpointslices\S*)$/
/** Below those that are given to whoever asks for any. */
const FROM = 20_000 + (process.pid % 1000) * 10
const GROUP = '/apis/gateway.networking.k8s.io/v1'
const SHOP = `${GROUP}/namespaces/shop`

t.test('as the account, with the Gateway API', { skip: withoutControlPlane, timeout: 110_000 }, async (t) => {
  const installed = await install(t, async (plane) => {
    await installGatewayApi(plane)
    const overlay = join(MANIFESTS, 'overlays/edge-gateway-api')
    t.match(await kubectl(['apply', '--server-side', '-k', overlay], plane.kubeconfig()), { code: 0, err: '' })
  })
  const { plane } = installed
  const endpoint = await startEndpoint(t, (_, response) => response.end('hello'))
  await deployApp(plane, Number(endpoint.split(':')[1]))
  await deployRoutes(plane)
  for (const [name, family, address] of REPLICAS)
    await plane.call(
      'POST',
      `${REPLICA_SLICES}`,
      slice(name, 'headgate', [{ name: 'http', port: 8080 }], [address], { addressType: family, namespace: 'headgate' }),
    )

  const objects = await render('overlays/edge-gateway-api')
  installed.forget()
  const gateway = await startAs(t, installed, objects, (text) =>
    text.replace(/service: \{ type.*?\}/, `service: { type: ClusterIP, ports: ${FROM}-${FROM + 9}, bind: 127.0.0.1 }`),
  )
  // The lowest port of the Gateway gets the first one of the pods.
  const ask = () => fetch(`http://127.0.0.1:${FROM}/`).then((answer) => answer.text(), String)
  await until('a route is served', async () => (await ask()) === 'hello', 20_000)
  const accepted = async () =>
    ((await plane.call('GET', `${SHOP}/httproutes/app`)) as Manifest).status?.parents?.[0]?.conditions?.some(
      (each: { type: string; status: string }) => each.type === 'Accepted' && each.status === 'True',
    )
  await until('its status is written', accepted, 20_000)
  // What is not needed any more goes: an EndpointSlice of the one Gateway, the Service of the other.
  await until('there are two slices', async () => (await sliceNames(plane)).length === 2, 20_000)
  await plane.call('DELETE', `${REPLICA_SLICES}/headgate-2`)
  await plane.call('PATCH', `${SHOP}/gateways/fleeting`, { spec: { gatewayClassName: 'other' } })
  const unused = () => {
    const used = installed.used()
    return grantedBy(objects.filter(({ metadata }) => metadata.name.startsWith('headgate-gateway'))).filter(
      (granted) => !used.has(granted) && !BY_APPLY.test(granted),
    )
  }
  await until('all statuses are', () => unused().length === 0, 10_000).catch(() => {})
  t.strictSame(unused(), [], 'nothing is granted that is not used')
  t.strictSame(installed.refused(), [])
  t.equal(gateway.said('refuses'), 0)
})

/** Name, family and address: the endpoints of the Service of this gateway itself. */
const REPLICAS = [
  ['headgate-1', 'IPv4', '192.0.2.1'],
  ['headgate-2', 'IPv6', '2001:db8::1'],
] as const
const REPLICA_SLICES = '/apis/discovery.k8s.io/v1/namespaces/headgate/endpointslices'

async function sliceNames(plane: ControlPlane): Promise<string[]> {
  const { items } = (await plane.call('GET', '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices')) as Manifest
  return items.map(({ metadata }: Manifest) => metadata.name).filter((name: string) => name.startsWith('headgate-edge-'))
}

/** One object of each kind that has a status. */
async function deployRoutes(plane: ControlPlane): Promise<void> {
  const post = (plural: string, name: string, spec: object) =>
    plane.call('POST', `${SHOP}/${plural}`, {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: KINDS[plural],
      metadata: { name },
      spec,
    })
  const listeners = [
    { name: 'http', port: 80, protocol: 'HTTP' },
    { name: 'tls', port: 443, protocol: 'TLS', tls: { mode: 'Passthrough' } },
    { name: 'tcp', port: 9000, protocol: 'TCP' },
  ]
  const allowedListeners = { namespaces: { from: 'Same' } }
  await post('gateways', 'edge', { gatewayClassName: 'headgate', listeners, allowedListeners })
  await plane.call('POST', `${GROUP}/gatewayclasses`, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name: 'other' },
    spec: { controllerName: 'example.com/gateway' },
  })
  await post('gateways', 'fleeting', { gatewayClassName: 'headgate', listeners: [{ name: 'a', port: 8080, protocol: 'HTTP' }] })
  const parentRef = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'edge' }
  const more = [{ name: 'more', port: 80, hostname: 'more.example.com', protocol: 'HTTP' }]
  await post('listenersets', 'more', { parentRef, listeners: more })
  const backendRefs = [{ name: 'app', port: 80 }]
  const to = (sectionName: string, more: object = {}) => ({
    parentRefs: [{ name: 'edge', sectionName }],
    rules: [{ backendRefs }],
    ...more,
  })
  await post('httproutes', 'app', to('http'))
  const secure = { rules: [{ backendRefs: [{ name: 'secure', port: 80 }] }] }
  await plane.call('POST', '/api/v1/namespaces/shop/services', service('secure', [{ name: 'h', port: 80 }], {}, 'shop'))
  await post('grpcroutes', 'app', to('http', { hostnames: ['grpc.example.com'], ...secure }))
  await post('tlsroutes', 'app', to('tls', { hostnames: ['tls.example.com'] }))
  await post('tcproutes', 'app', to('tcp'))
  await post('backendtlspolicies', 'app', {
    targetRefs: [{ group: '', kind: 'Service', name: 'secure' }],
    validation: { hostname: 'app.example.com', wellKnownCACertificates: 'System' },
  })
}

const KINDS: Readonly<Record<string, string>> = {
  gateways: 'Gateway',
  listenersets: 'ListenerSet',
  httproutes: 'HTTPRoute',
  grpcroutes: 'GRPCRoute',
  tlsroutes: 'TLSRoute',
  tcproutes: 'TCPRoute',
  backendtlspolicies: 'BackendTLSPolicy',
}
