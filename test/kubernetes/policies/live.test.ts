// Policies on a real API server: without the kinds everything else is served, what is wrong is told where its owner looks, and what changes is live.

import t from 'tap'
import { definitions } from '../../../scripts/generate-crds.ts'
import { createGateway, type GatewayConfigInput } from '../../../src/index.ts'
import { kubectl } from '../../install/kubectl.ts'
import { startControlPlane, withoutControlPlane } from '../../support/control-plane.ts'
import { installKinds } from '../../support/gateway-api-kinds.ts'
import { ingress, service, slice } from '../../support/kubernetes-objects.ts'
import { startEndpoint } from '../../support/raw-endpoint.ts'
import { statusOf } from '../../support/status-of.ts'
import { until } from '../../support/until.ts'

const CORE = '/api/v1/namespaces/default'
const OWN = '/apis/headgate.dev/v1alpha1/namespaces/default'
const INGRESSES = '/apis/networking.k8s.io/v1/namespaces/default/ingresses'
const apiVersion = 'headgate.dev/v1alpha1'

t.test('with a control plane', { skip: withoutControlPlane, timeout: 110_000 }, async (t) => {
  const plane = await startControlPlane(t)
  const endpoint = await startEndpoint(t)
  const hosts: string[] = []
  endpoint.script = (request, connection, phase) => {
    if (phase !== 'end') return
    hosts.push(/^host: (.*)\r$/im.exec(request.head)?.[1] ?? '')
    connection.answer('ok')
  }
  const port = Number(endpoint.address.split(':')[1])
  await plane.call('POST', `${CORE}/services`, service('app', [{ name: 'http', port: 80 }], { clusterIP: 'None' }))
  const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'
  await plane.call('POST', slices, slice('app-x', 'app', [{ name: 'http', port }], ['127.0.0.1'], { addressType: 'FQDN' }))
  await plane.call('POST', INGRESSES, ingress('plain', { host: 'plain.test' }))
  const filtered = ingress('filtered', { host: 'filtered.test', annotations: { 'headgate.dev/filters': 'answer' } })
  await plane.call('POST', INGRESSES, filtered)

  const start = async () => {
    const gateway = createGateway({
      admin: 'off',
      listeners: [
        { name: 'web', bind: '127.0.0.1:0' },
        { name: 'secure', bind: '127.0.0.1:0', protocol: 'https', tls: {} },
      ],
      kubernetes: { kubeconfig: plane.kubeconfig(), ingress: { default: true }, leaderElection: { namespace: 'default' } },
    } as GatewayConfigInput)
    t.teardown(() => gateway.close())
    return { gateway, status: statusOf((await gateway.start()).listeners.web as string) }
  }
  const without = await start()
  t.equal(await without.status('plain.test'), '200')
  t.equal(await without.status('filtered.test'), '500 refused-object')
  await without.gateway.close()

  for (const text of definitions().values()) await installKinds(plane, text)
  const policy = (spec: object) => ({
    apiVersion,
    kind: 'UpstreamPolicy',
    metadata: { name: 'app' },
    spec: { targetRefs: [{ name: 'app' }], ...spec },
  })
  const filter = (spec: object) => ({ apiVersion, kind: 'RouteFilter', metadata: { name: 'answer' }, spec })
  await plane.call('POST', `${OWN}/upstreampolicies`, policy({ host: 'of-the-policy.test' }))
  await plane.call('POST', `${OWN}/routefilters`, filter({ filters: [{ respond: { status: 299 } }] }))
  const { status } = await start()
  await until('the filter answers', async () => (await status('filtered.test')) === '299')
  await until('the policy is followed', async () => {
    await status('plain.test')
    return hosts.at(-1) === 'of-the-policy.test'
  })

  const columns = async (kind: string) =>
    (await kubectl(['get', kind, '--no-headers'], plane.kubeconfig())).out.trim().split(/\s+/).slice(0, 2).join(' ')
  await until('kubectl shows it', async () => (await columns('upstreampolicies')) === 'app True')
  await until('and the filter', async () => (await columns('routefilters')) === 'answer True')

  // By merge: what is wrong is beside what was right.
  const path = `${OWN}/upstreampolicies/app`
  await plane.call('PATCH', path, { spec: { health: { type: 'tcp', path: '/' } } })
  await until('what is wrong is told', async () => (await columns('upstreampolicies')) === 'app False')
  await until('and not followed', async () => {
    await status('plain.test')
    return hosts.at(-1) === 'plain.test'
  })
  await until('an Event says why', async () =>
    /Warning +Invalid .*health\.path: path is for type http/.test(
      (await kubectl(['describe', 'upstreampolicy', 'app'], plane.kubeconfig())).out,
    ),
  )
  await plane.call('PATCH', path, { spec: { tls: { caCertificateRefs: [{ name: 'missing' }] }, health: null } })
  await until(
    'nobody is connected to without the TLS that is asked for',
    async () => (await status('plain.test')) === '500 refused-object',
  )
  await plane.call('PATCH', path, { spec: { tls: null } })
  await until('it is mended', async () => (await status('plain.test')) === '200')

  await plane.call('PATCH', `${OWN}/routefilters/answer`, { spec: { filters: [{ respond: { status: 298 } }] } })
  await until('a change is live', async () => (await status('filtered.test')) === '298')
  await plane.call('DELETE', `${OWN}/routefilters/answer`)
  await until('what is gone is missed', async () => (await status('filtered.test')) === '500 refused-object')
})
