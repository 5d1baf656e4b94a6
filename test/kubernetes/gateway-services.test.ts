// Gateways that have Services, on a real API server: what is made, that all replicas listen on the same ports, and that what somebody
// changes or takes away comes back.

import t, { type Test } from 'tap'
import { createGateway, type GatewayConfigInput } from '../../src/index.ts'
import { type ControlPlane, startControlPlane, withoutControlPlane } from '../support/control-plane.ts'
import { installGatewayApi } from '../support/gateway-api-kinds.ts'
import { slice } from '../support/kubernetes-objects.ts'
import { until } from '../support/until.ts'

const CORE = '/api/v1/namespaces'
const SLICES = '/apis/discovery.k8s.io/v1/namespaces'
const GATEWAY_API = '/apis/gateway.networking.k8s.io/v1'
const SERVICE = `${CORE}/shop/services/headgate-web`
const SLICE = `${SLICES}/shop/endpointslices/headgate-web-ipv4`
const GATEWAY = `${GATEWAY_API}/namespaces/shop/gateways/web`

const GROUP_VERSION = { apiVersion: 'gateway.networking.k8s.io/v1' }

/** Below those that are given to whoever asks for any. */
const FROM = 20_000 + (process.pid % 1000) * 10

// biome-ignore lint/suspicious/noExplicitAny: tests look into all kinds
type Found = any

async function start(t: Test, kubeconfig: string, bind: string, addresses: object = {}) {
  const said: string[] = []
  const service = { type: 'LoadBalancer', ports: `${FROM}-${FROM + 9}`, bind, replicas: 'edge/headgate' }
  const gateway = createGateway(
    {
      admin: 'off',
      kubernetes: {
        kubeconfig,
        leaderElection: { namespace: 'edge' },
        gatewayApi: { addresses: { service: { ...service, ...addresses } } },
      },
    } as GatewayConfigInput,
    { log: (level, message, fields = {}) => said.push(`${level} ${message} ${JSON.stringify(fields)}`) },
  )
  t.teardown(() => gateway.close())
  await gateway.start()
  return { gateway, said }
}

const listener = (port: number, name = `l${port}`) => ({ name, port, protocol: 'HTTP' })

function gatewayObject(name: string, listeners: readonly object[], more: object = {}): object {
  return { ...GROUP_VERSION, kind: 'Gateway', metadata: { name }, spec: { gatewayClassName: 'edge', listeners, ...more } }
}

async function edgePlane(t: Test): Promise<ControlPlane> {
  const plane = await startControlPlane(t)
  await installGatewayApi(plane)
  for (const name of ['edge', 'shop']) await plane.call('POST', CORE, { metadata: { name } })
  for (const [name, controllerName] of [
    ['edge', 'headgate.dev/gateway'],
    ['other', 'example.com/gateway'],
  ])
    await plane.call('POST', `${GATEWAY_API}/gatewayclasses`, {
      ...GROUP_VERSION,
      kind: 'GatewayClass',
      metadata: { name },
      spec: { controllerName },
    })
  const replicas = slice('headgate-x', 'headgate', [{ name: 'http', port: 8080 }], ['192.0.2.1'], { namespace: 'edge' })
  await plane.call('POST', `${SLICES}/edge/endpointslices`, replicas)
  return plane
}

t.test('with a control plane', { skip: withoutControlPlane, timeout: 110_000 }, async (t) => {
  const plane = await edgePlane(t)
  const get = (path: string): Promise<Found> => plane.call('GET', path)
  const missing = (path: string): Promise<boolean> =>
    get(path).then(
      () => false,
      (error: Error) => /: 404/.test(error.message),
    )
  const statusOf = (host: string, port: number): Promise<string> =>
    fetch(`http://${host}:${port}/`).then(
      ({ status }) => String(status),
      () => 'nobody',
    )
  const targets = async (): Promise<string> =>
    (await get(SERVICE).catch(() => null))?.spec.ports
      .map(({ port, targetPort }: { port: number; targetPort: number }) => `${port}:${targetPort - FROM}`)
      .join(' ')
  const conditions = async (type: string): Promise<Found> =>
    (await get(GATEWAY)).status?.conditions?.find((each: { type: string }) => each.type === type)

  const first = await start(t, plane.kubeconfig(), '127.0.0.1')
  const infrastructure = { labels: { team: 'shop', old: 'yes' }, annotations: { 'example.com/balancer': 'internal' } }
  await plane.call('POST', `${GATEWAY_API}/namespaces/shop/gateways`, gatewayObject('web', [listener(80)], { infrastructure }))

  t.test('a Service is made, and what it leads to is listened on', async (t) => {
    await until('the Service', async () => (await targets()) === '80:0')
    await until('it is listened on', async () => (await statusOf('127.0.0.1', FROM)) === '404')
    const { metadata, spec } = await get(SERVICE)
    t.match(metadata.labels, { team: 'shop', old: 'yes', 'gateway.networking.k8s.io/gateway-name': 'web' })
    t.equal(metadata.annotations['example.com/balancer'], 'internal')
    t.match(metadata.ownerReferences, [{ kind: 'Gateway', name: 'web', uid: (await get(GATEWAY)).metadata.uid }])
    t.match(spec, { type: 'LoadBalancer', externalTrafficPolicy: 'Local', selector: undefined })
    await until('the EndpointSlice', async () => !(await missing(SLICE)))
    const found = await get(SLICE)
    t.match(found.endpoints, [{ addresses: ['192.0.2.1'], conditions: { ready: true } }])
    t.match(found.ports, [{ name: spec.ports[0].name, port: FROM, protocol: 'TCP' }], 'by the name of the port')
    t.equal(found.metadata.labels['kubernetes.io/service-name'], 'headgate-web')
    await until('the Gateway waits', async () => (await conditions('Programmed'))?.reason === 'AddressNotAssigned')
    await plane.call('PATCH', `${SERVICE}/status`, { status: { loadBalancer: { ingress: [{ ip: '198.51.100.1' }] } } })
    await until('it has an address', async () => (await conditions('Programmed')).status === 'True')
    t.match((await get(GATEWAY)).status.addresses, [{ type: 'IPAddress', value: '198.51.100.1' }])
  })

  t.test('another replica listens on the same ports, and writes nothing', async (t) => {
    const { said } = await start(t, plane.kubeconfig(), '127.0.0.2')
    await until('it does', async () => (await statusOf('127.0.0.2', FROM)) === '404')
    t.notOk(said.some((line) => line.includes('was written')))
  })

  t.test('replicas that come and go are followed', async (t) => {
    const endpoints = [
      { addresses: ['192.0.2.1'], conditions: { ready: false, serving: true, terminating: true } },
      { addresses: ['192.0.2.2'], conditions: { ready: true }, nodeName: 'n2' },
    ]
    await plane.call('PATCH', `${SLICES}/edge/endpointslices/headgate-x`, { endpoints })
    await until('they are', async () => (await get(SLICE)).endpoints.length === 2)
    t.match((await get(SLICE)).endpoints, [endpoints[0], { ...endpoints[1], nodeName: 'n2' }])
  })

  t.test('ports that come get others, those that are there stay', async () => {
    await plane.call('PATCH', GATEWAY, { spec: { listeners: [listener(80), listener(81), listener(8080)] } })
    await until('there are three', async () => (await targets()) === '80:0 81:1 8080:2')
    await plane.call('PATCH', GATEWAY, { spec: { listeners: [listener(8080), listener(82)] } })
    await until('and two', async () => (await targets()) === '82:3 8080:2')
    await until('they are served', async () => (await statusOf('127.0.0.1', FROM + 2)) === '404')
    await plane.call('PATCH', GATEWAY, { spec: { listeners: [listener(80)] } })
    await until('back', async () => (await targets())?.startsWith('80:') === true)
    const [{ targetPort }] = (await get(SERVICE)).spec.ports
    await until('served', async () => (await statusOf('127.0.0.1', targetPort)) === '404')
    await until('the others are not', async () => (await statusOf('127.0.0.1', FROM + 2)) === 'nobody')
  })

  t.test('labels that are not asked for any more go, those of others stay', async (t) => {
    await plane.call('PATCH', SERVICE, { metadata: { annotations: { 'cloud.example.com/id': '7' } } })
    await plane.call('PATCH', GATEWAY, { spec: { infrastructure: { labels: { old: null, team: 'new' } } } })
    await until('it is so', async () => (await get(SERVICE)).metadata.labels.team === 'new')
    const { metadata } = await get(SERVICE)
    t.equal(metadata.labels.old, undefined)
    t.equal(metadata.annotations['cloud.example.com/id'], '7')
  })

  t.test('what somebody changes or takes away comes back', async (t) => {
    const before = await targets()
    await plane.call('PATCH', SERVICE, { spec: { externalTrafficPolicy: 'Cluster' }, metadata: { labels: { team: null } } })
    await until('it is put right', async () => {
      const { spec, metadata } = await get(SERVICE)
      return spec.externalTrafficPolicy === 'Local' && metadata.labels.team === 'new'
    })
    t.equal(await targets(), before)
    await plane.call('DELETE', SLICE)
    await until('the slice is back', async () => !(await missing(SLICE)))
    const { uid } = (await get(SERVICE)).metadata
    await plane.call('DELETE', SERVICE)
    await until('the Service too', async () => ((await get(SERVICE).catch(() => null))?.metadata.uid ?? uid) !== uid)
    await until('and its slice is of the new one', async () => {
      const [owner] = (await get(SLICE)).metadata.ownerReferences
      return owner.uid === (await get(SERVICE)).metadata.uid
    })
  })

  t.test('nothing is written while nothing changes', async (t) => {
    const versions = async () => [(await get(SERVICE)).metadata.resourceVersion, (await get(SLICE)).metadata.resourceVersion]
    const before = await versions()
    const written = () => first.said.filter((line) => line.includes('was written')).length
    const count = written()
    await plane.call('PATCH', GATEWAY, { metadata: { labels: { touched: 'yes' } } })
    await plane.call('POST', `${CORE}/shop/configmaps`, { metadata: { name: 'another' } })
    await new Promise((resolve) => setTimeout(resolve, 300))
    t.same(await versions(), before)
    t.equal(written(), count)
  })

  t.test('a Service that is somebody else’s is left alone', async (t) => {
    const spec = { ports: [{ port: 80 }], clusterIP: 'None' }
    await plane.call('POST', `${CORE}/shop/services`, { metadata: { name: 'headgate-mine' }, spec })
    await plane.call('POST', `${GATEWAY_API}/namespaces/shop/gateways`, gatewayObject('mine', [listener(80)]))
    await until('it is told', async () => {
      const { status } = await get(`${GATEWAY_API}/namespaces/shop/gateways/mine`)
      return status?.conditions?.some(({ message }: { message: string }) => /did not make/.test(message))
    })
    const { metadata } = await get(`${CORE}/shop/services/headgate-mine`)
    t.equal(metadata.labels, undefined)
  })

  t.test('what is given to another controller loses its Service', async () => {
    await plane.call('PATCH', GATEWAY, { spec: { gatewayClassName: 'other' } })
    await until('it is gone', () => missing(SERVICE))
  })

  t.same(
    first.said.filter((line) => /^(warn|error)/.test(line) && !/headgate-mine/.test(line)),
    [],
  )
})
