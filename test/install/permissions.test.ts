// The account of an installation may do what a running gateway asks for, and nothing else.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startEndpoint, startGateway } from '../supervisor/gateway-process.ts'
import { type ControlPlane, startControlPlane, withoutControlPlane } from '../support/control-plane.ts'
import { service, slice } from '../support/kubernetes-objects.ts'
import { until } from '../support/until.ts'
import { findObject, kubectl, MANIFESTS, type Manifest, render } from './kubectl.ts'

const ACCOUNT = 'system:serviceaccount:headgate:headgate'
const NAMESPACE = '/api/v1/namespaces/headgate'
const INGRESSES = '/apis/networking.k8s.io/v1/namespaces/shop/ingresses'
/** Of the load balancer. */
const ADDRESS = '203.0.113.7'

interface AuditEvent {
  readonly verb: string
  readonly objectRef?: {
    readonly apiGroup?: string
    readonly resource: string
    readonly subresource?: string
    readonly namespace?: string
  }
  readonly annotations?: Readonly<Record<string, string>>
  readonly requestURI: string
}

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

/** `list services`, `patch ingresses.networking.k8s.io/status`; a Role's end with the namespace. */
const permission = (verb: string, group: string, resource: string, namespace = ''): string => {
  const [plural, sub] = resource.split('/')
  const name = `${plural}${group === '' ? '' : `.${group}`}${sub === undefined ? '' : `/${sub}`}`
  return `${verb} ${name}${namespace === '' ? '' : ` in ${namespace}`}`
}

function grantedBy(objects: readonly Manifest[]): string[] {
  return objects
    .filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role')
    .flatMap(({ rules, metadata: { namespace } }) =>
      (rules as Rule[]).flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) => verbs.map((verb) => permission(verb, group, resource, namespace))),
        ),
      ),
    )
    .sort()
}

t.test('as the account of the installation', { skip: withoutControlPlane, timeout: 110_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-permissions-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const audit = join(folder, 'audit.log')
  const policy = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'Metadata', users: [ACCOUNT] }] }
  writeFileSync(join(folder, 'policy.json'), JSON.stringify({ ...policy, omitStages: ['RequestReceived'] }))
  const plane = await startControlPlane(t, [
    `--audit-policy-file=${join(folder, 'policy.json')}`,
    `--audit-log-path=${audit}`,
    '--audit-log-mode=blocking-strict',
  ])
  const apply = await kubectl(['apply', '--server-side', '-k', join(MANIFESTS, 'overlays/edge')], plane.kubeconfig())
  t.equal(apply.code, 0, apply.err)
  const kubeconfig = await accountKubeconfig(plane, folder)

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
    writeFileSync(audit, '')
    const endpoint = await startEndpoint(t, (_, response) => response.end('hello'))
    await deploy(plane, Number(endpoint.split(':')[1]))
    const used = (): ReadonlySet<string> => new Set(auditOf(audit).flatMap(permissionOf))

    const gateway = await startAs(t, kubeconfig, folder)
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

    const next = await startAs(t, kubeconfig, folder)
    await until('the next one goes on with what was told', () => used().has('patch events'), 15_000)
    for (const each of [gateway, next]) t.equal(each.said('refuses'), 0, each.stderr)

    const events = auditOf(audit)
    const refused = events.filter(({ annotations }) => annotations?.['authorization.k8s.io/decision'] !== 'allow')
    t.strictSame(
      refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`),
      [],
    )
    const unused = grantedBy(await render('base')).filter((granted) => !used().has(granted))
    t.strictSame(unused, [], 'nothing is granted that is not used')
  })
})

async function leaseOf(plane: ControlPlane): Promise<object> {
  return ((await plane.call('GET', '/apis/coordination.k8s.io/v1/namespaces/headgate/leases/headgate')) as Manifest).spec
}

/** The gateway of the ConfigMap, on ports of its own, with a route of its own beside what it reads from the cluster. */
async function startAs(t: Test, kubeconfig: string, folder: string) {
  const { data } = findObject(await render('base'), 'ConfigMap', 'headgate')
  const token = join(folder, 'token')
  writeFileSync(token, 'token-of-the-test')
  writeFileSync(join(folder, 'kubernetes.yaml'), data['kubernetes.yaml'])
  writeFileSync(
    join(folder, 'more.yaml'),
    `routes: [{ name: by-file, match: [{ path: { prefix: /by-file } }], to: app }]
upstreams: { app: { discovery: { kubernetes: { namespace: shop, service: app, port: http } } } }
`,
  )
  const config = String(data['headgate.yaml'])
    .replace('0.0.0.0:9901', '127.0.0.1:0')
    .replace('0.0.0.0:8080', '127.0.0.1:0')
    .replace('0.0.0.0:8443', '127.0.0.1:0')
    .replace('[kubernetes.yaml]', JSON.stringify([join(folder, 'kubernetes.yaml'), join(folder, 'more.yaml')]))
  const env = {
    KUBECONFIG: kubeconfig,
    HEADGATE_ADMIN_TOKEN: token,
    HEADGATE_WORKERS: '1',
    HEADGATE_NAMESPACE: 'headgate',
    HEADGATE_DRAIN_DELAY: '0s',
  }
  const before = { ...process.env }
  Object.assign(process.env, env)
  t.teardown(() => {
    for (const name of Object.keys(env)) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  })
  return startGateway(t, config)
}

/** A Service with an endpoint that is really there, two Ingresses, and the address of the load balancer. */
async function deploy(plane: ControlPlane, port: number): Promise<void> {
  await plane.call('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } })
  const ports = [{ name: 'http', port }]
  await plane.call('POST', '/api/v1/namespaces/shop/services', service('app', [{ name: 'http', port: 80 }], {}, 'shop'))
  await plane.call(
    'POST',
    '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices',
    slice('app-1', 'app', ports, ['127.0.0.1'], { addressType: 'FQDN', namespace: 'shop' }),
  )
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
  await plane.call('PATCH', `${NAMESPACE}/services/headgate/status`, { status })
}

/** A kubeconfig with a token of the account, as the kubelet would get it for a pod. */
async function accountKubeconfig(plane: ControlPlane, folder: string): Promise<string> {
  const { status } = (await plane.call('POST', `${NAMESPACE}/serviceaccounts/headgate/token`, {
    spec: { expirationSeconds: 3600 },
  })) as Manifest
  writeFileSync(join(folder, 'account-token'), status.token)
  const config = JSON.parse(readFileSync(plane.kubeconfig(), 'utf8'))
  config.users = [{ name: 'admin', user: { tokenFile: join(folder, 'account-token') } }]
  const file = join(folder, 'account.kubeconfig')
  writeFileSync(file, JSON.stringify(config))
  return file
}

function auditOf(file: string): AuditEvent[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

/** As a ClusterRole or a Role of the own namespace would grant it. */
function permissionOf({ verb, objectRef }: AuditEvent): string[] {
  if (objectRef === undefined) return []
  const { apiGroup = '', resource, subresource, namespace } = objectRef
  const name = subresource === undefined ? resource : `${resource}/${subresource}`
  return [permission(verb, apiGroup, name), ...(namespace === 'headgate' ? [permission(verb, apiGroup, name, namespace)] : [])]
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
