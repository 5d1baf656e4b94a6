// The account of an installation may do what a running gateway asks for, and nothing else.

import { join } from 'node:path'
import t from 'tap'
import { startEndpoint } from '../supervisor/gateway-process.ts'
import { type ControlPlane, withoutControlPlane } from '../support/control-plane.ts'
import { until } from '../support/until.ts'
import { ACCOUNT, deployApp, grantedBy, install, permission, startAs } from './account.ts'
import { kubectl, MANIFESTS, type Manifest, render } from './kubectl.ts'

const INGRESSES = '/apis/networking.k8s.io/v1/namespaces/shop/ingresses'
/** Of the load balancer. */
const ADDRESS = '203.0.113.7'

t.test('as the account of the installation', { skip: withoutControlPlane, timeout: 110_000 }, async (t) => {
  const installed = await install(t, async (plane) => {
    const edge = join(MANIFESTS, 'overlays/edge')
    t.match(await kubectl(['apply', '--server-side', '-k', edge], plane.kubeconfig()), { code: 0, err: '' })
  })
  const { plane, kubeconfig } = installed

  t.test('it may what is written, and nothing else', async (t) => {
    const allowed = await allowedTo(plane)
    t.strictSame(allowed, grantedBy(await render('base')))
    for (const wanted of ['list pods', 'get secrets', 'create services', 'list nodes', 'patch ingresses.networking.k8s.io'])
      t.notOk(allowed.includes(wanted), wanted)
  })

  t.test('it is refused by the API server itself', async (t) => {
    const as = (...args: string[]) => kubectl(args, kubeconfig)
    t.equal((await as('get', 'services', '-A')).code, 0)
    for (const refused of [
      ['get', 'pods', '-A'],
      ['-n', 'headgate', 'get', 'secret', 'headgate-admin'],
      ['-n', 'headgate', 'delete', 'service', 'headgate'],
      ['-n', 'default', 'create', 'configmap', 'one'],
      ['-n', 'kube-system', 'get', 'leases'],
      ['-n', 'headgate', 'get', 'lease', 'of-somebody-else'],
    ])
      t.match((await as(...refused)).err, /forbidden/i, refused.join(' '))
  })

  t.test('a gateway has all it asks for, and asks for all it has', async (t) => {
    installed.forget()
    const endpoint = await startEndpoint(t, (_, response) => response.end('hello'))
    await deployApp(plane, Number(endpoint.split(':')[1]))
    await deployIngresses(plane)
    await deployPolicies(plane)
    const objects = await render('overlays/edge')

    const gateway = await startAs(t, installed, objects)
    const ask = (path: string) => fetch(gateway.url(path)).then((answer) => answer.text())
    await until('the endpoints of a Service are known', async () => (await ask('/by-file')) === 'hello', 15_000)
    await until('an Ingress is served', async () => (await ask('/by-ingress')) === 'hello')
    await until('its status is written', async () => {
      const { status } = (await plane.call('GET', `${INGRESSES}/good`)) as Manifest
      return status.loadBalancer?.ingress?.[0]?.ip === ADDRESS
    })
    const refusal = async () => {
      const { items } = (await plane.call('GET', '/api/v1/namespaces/shop/events')) as { items: Manifest[] }
      return items.find(({ involvedObject }) => involvedObject.name === 'refused')?.message
    }
    await until('the owner of the other one is told', async () => (await refusal()) !== undefined)
    t.match(await refusal(), 'auth-url')
    gateway.kill('SIGTERM')
    await gateway.exited
    t.match(await leaseOf(plane), { holderIdentity: '' }, 'what it leads is free at once')

    const next = await startAs(t, installed, objects)
    await until('the next one goes on with what was told', () => installed.used().has('patch events'), 15_000)
    for (const each of [gateway, next]) t.equal(each.said('refuses'), 0, each.stderr)

    t.strictSame(installed.refused(), [])
    const used = installed.used()
    const unused = grantedBy(objects).filter((granted) => !used.has(granted))
    t.strictSame(unused, [], 'nothing is granted that is not used')
  })
})

/** One object of each kind of our own. */
async function deployPolicies(plane: ControlPlane): Promise<void> {
  const path = '/apis/headgate.dev/v1alpha1/namespaces/shop'
  const apiVersion = 'headgate.dev/v1alpha1'
  const policy = { targetRefs: [{ name: 'app' }], balancer: 'random' }
  await plane.call('POST', `${path}/upstreampolicies`, {
    apiVersion,
    kind: 'UpstreamPolicy',
    metadata: { name: 'app' },
    spec: policy,
  })
  const filter = { filters: [{ bodyLimit: '1MiB' }] }
  await plane.call('POST', `${path}/routefilters`, { apiVersion, kind: 'RouteFilter', metadata: { name: 'app' }, spec: filter })
}

async function leaseOf(plane: ControlPlane): Promise<object> {
  return ((await plane.call('GET', '/apis/coordination.k8s.io/v1/namespaces/headgate/leases/headgate')) as Manifest).spec
}

/** One that is served and one that is not, and the address of the load balancer. */
async function deployIngresses(plane: ControlPlane): Promise<void> {
  const backend = { service: { name: 'app', port: { name: 'http' } } }
  const ingress = (name: string, path: string, annotations: object) => ({
    metadata: { name, annotations },
    spec: { ingressClassName: 'headgate', rules: [{ http: { paths: [{ path, pathType: 'Prefix', backend }] } }] },
  })
  await plane.call('POST', INGRESSES, ingress('good', '/by-ingress', {}))
  await plane.call(
    'POST',
    INGRESSES,
    ingress('refused', '/refused', { 'nginx.ingress.kubernetes.io/auth-url': 'http://a.test' }),
  )
  const status = { loadBalancer: { ingress: [{ ip: ADDRESS }] } }
  await plane.call('PATCH', '/api/v1/namespaces/headgate/services/headgate/status', { status })
}

const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection']

/** What the API server says about each verb on each kind that it knows, of those that not everybody may. */
async function allowedTo(plane: ControlPlane): Promise<string[]> {
  const found: string[] = []
  for (const { group, name } of await resourcesOf(plane)) {
    for (const verb of VERBS) {
      const [resource, subresource] = name.split('/')
      const may = async (user: string, groups: string[], namespace: string): Promise<boolean> => {
        const attributes = { verb, group, resource, subresource, namespace, name: 'headgate' }
        const review = { spec: { user, groups: ['system:authenticated', ...groups], resourceAttributes: attributes } }
        const answer = await plane.call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', review)
        return (answer as Manifest).status.allowed
      }
      const groups = ['system:serviceaccounts', 'system:serviceaccounts:headgate']
      if (!(await may(ACCOUNT, groups, 'headgate')) || (await may('somebody', [], 'headgate'))) continue
      const everywhere = await may(ACCOUNT, groups, '')
      found.push(permission(verb, group, name, everywhere ? '' : 'headgate'))
    }
  }
  return found.sort()
}

/** Every kind and part of one that the API server serves, in any version. */
async function resourcesOf(plane: ControlPlane): Promise<readonly { group: string; name: string }[]> {
  const { groups } = (await plane.call('GET', '/apis')) as Manifest
  const versions = [{ group: '', path: '/api/v1' }]
  for (const { name, preferredVersion } of groups)
    versions.push({ group: name, path: `/apis/${preferredVersion.groupVersion}` })
  const lists = await Promise.all(
    versions.map(async ({ group, path }) => {
      const { resources } = (await plane.call('GET', path)) as Manifest
      return (resources as { name: string }[]).map(({ name }) => ({ group, name }))
    }),
  )
  return lists.flat()
}
