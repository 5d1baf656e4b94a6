// The same with the Gateway API: a gateway that serves it is refused nothing, and uses what the components grant beside the base.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startEndpoint } from '../supervisor/gateway-process.ts'
import { type ControlPlane, freePorts, withoutControlPlane } from '../support/control-plane.ts'
import { service } from '../support/kubernetes-objects.ts'
import { until } from '../support/until.ts'
import { deployApp, grantedBy, install, startAs } from './account.ts'
import { kubectl, MANIFESTS, type Manifest, manifestsOf, render } from './kubectl.ts'

/** Services of Gateways are not made yet, and there are no policies. */
const NOT_YET = /headgate\.dev|^(create|delete) |^patch (services|serviceaccounts|endpointslices\S*)$/
const GROUP = '/apis/gateway.networking.k8s.io/v1'
const SHOP = `${GROUP}/namespaces/shop`

t.test('as the account, with the Gateway API', { skip: withoutControlPlane, timeout: 110_000 }, async (t) => {
  const installed = await install(t, async (plane) => {
    const kinds = join(process.env.KUBEBUILDER_ASSETS ?? '', 'gateway-api-standard.yaml')
    const args = ['apply', '--server-side', '-f', '-']
    t.match(await kubectl(args, plane.kubeconfig(), definitionsOf(kinds)), { code: 0 })
    const known = () =>
      plane.call('GET', `${GROUP}/httproutes`).then(
        () => plane.call('GET', `${GROUP}/gatewayclasses`).then(() => true),
        () => false,
      )
    await until('the kinds are served', known, 30_000)
    const overlay = join(MANIFESTS, 'overlays/edge-gateway-api')
    t.match(await kubectl(['apply', '--server-side', '-k', overlay], plane.kubeconfig()), { code: 0, err: '' })
  })
  const { plane } = installed
  const endpoint = await startEndpoint(t, (_, response) => response.end('hello'))
  await deployApp(plane, Number(endpoint.split(':')[1]))
  const [http = 0, tls = 0, tcp = 0] = await freePorts(3)
  await deployRoutes(plane, { http, tls, tcp })

  const objects = await render('overlays/edge-gateway-api')
  installed.forget()
  const gateway = await startAs(t, installed, objects, (text) => text.replace(/service: \{ type.*?\}/, 'shared: [127.0.0.1]'))
  const ask = () => fetch(`http://127.0.0.1:${http}/`).then((answer) => answer.text(), String)
  await until('a route is served', async () => (await ask()) === 'hello', 20_000)
  const accepted = async () =>
    ((await plane.call('GET', `${SHOP}/httproutes/app`)) as Manifest).status?.parents?.[0]?.conditions?.some(
      (each: { type: string; status: string }) => each.type === 'Accepted' && each.status === 'True',
    )
  await until('its status is written', accepted, 20_000)
  const unused = () => {
    const used = installed.used()
    return grantedBy(objects.filter(({ metadata }) => metadata.name.startsWith('headgate-gateway'))).filter(
      (granted) => !used.has(granted) && !NOT_YET.test(granted),
    )
  }
  await until('all statuses are', () => unused().length === 0, 10_000).catch(() => {})
  t.strictSame(unused(), [], 'nothing is granted that is not used')
  t.strictSame(installed.refused(), [])
  t.equal(gateway.said('refuses'), 0)
})

/** Without the policy that watches over upgrades. */
function definitionsOf(file: string): string {
  const kinds = manifestsOf(readFileSync(file, 'utf8')).filter(({ kind }) => kind === 'CustomResourceDefinition')
  return kinds.map((kind) => JSON.stringify(kind)).join('\n---\n')
}

/** One object of each kind that has a status. */
async function deployRoutes(plane: ControlPlane, ports: { http: number; tls: number; tcp: number }): Promise<void> {
  const post = (plural: string, name: string, spec: object) =>
    plane.call('POST', `${SHOP}/${plural}`, {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: KINDS[plural],
      metadata: { name },
      spec,
    })
  const listeners = [
    { name: 'http', port: ports.http, protocol: 'HTTP' },
    { name: 'tls', port: ports.tls, protocol: 'TLS', tls: { mode: 'Passthrough' } },
    { name: 'tcp', port: ports.tcp, protocol: 'TCP' },
  ]
  const allowedListeners = { namespaces: { from: 'Same' } }
  await post('gateways', 'edge', { gatewayClassName: 'headgate', listeners, allowedListeners })
  const parentRef = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'edge' }
  const more = [{ name: 'more', port: ports.http, hostname: 'more.example.com', protocol: 'HTTP' }]
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
