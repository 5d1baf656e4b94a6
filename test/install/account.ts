// An installation on a control plane of its own, its account, what that is granted, and what a gateway that runs as it asks for.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type GatewayProcess, startGateway } from '../supervisor/gateway-process.ts'
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts'
import { service, slice } from '../support/kubernetes-objects.ts'
import { findObject, type Manifest } from './kubectl.ts'

export const ACCOUNT = 'system:serviceaccount:headgate:headgate'
const NAMESPACE = '/api/v1/namespaces/headgate'

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
export const permission = (verb: string, group: string, resource: string, namespace = ''): string => {
  const [plural, sub] = resource.split('/')
  const name = `${plural}${group === '' ? '' : `.${group}`}${sub === undefined ? '' : `/${sub}`}`
  return `${verb} ${name}${namespace === '' ? '' : ` in ${namespace}`}`
}

/** What the roles of an installation grant, one verb on one kind each. */
export function grantedBy(objects: readonly Manifest[]): string[] {
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

export class Installed {
  readonly plane: ControlPlane
  readonly folder: string
  /** Of the account. */
  readonly kubeconfig: string
  readonly #audit: string

  constructor(plane: ControlPlane, folder: string, kubeconfig: string, audit: string) {
    this.plane = plane
    this.folder = folder
    this.kubeconfig = kubeconfig
    this.#audit = audit
  }

  /** What the account has asked for, as roles would grant it. */
  used(): ReadonlySet<string> {
    return new Set(this.#events().flatMap(permissionOf))
  }

  /** What it was refused. */
  refused(): string[] {
    const refused = this.#events().filter(({ annotations }) => annotations?.['authorization.k8s.io/decision'] !== 'allow')
    return refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`)
  }

  /** From now on. */
  forget(): void {
    writeFileSync(this.#audit, '')
  }

  #events(): AuditEvent[] {
    if (!existsSync(this.#audit)) return []
    const lines = readFileSync(this.#audit, 'utf8').split('\n')
    // The last one may be being written.
    return lines.slice(0, -1).map((line) => JSON.parse(line))
  }
}

/** `apply` makes what is installed, its account among it. */
export async function install(t: Pick<Test, 'teardown'>, apply: (plane: ControlPlane) => Promise<void>): Promise<Installed> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-installed-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const audit = join(folder, 'audit.log')
  const policy = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'Metadata', users: [ACCOUNT] }] }
  writeFileSync(join(folder, 'policy.json'), JSON.stringify({ ...policy, omitStages: ['RequestReceived'] }))
  const plane = await startControlPlane(t, [
    `--audit-policy-file=${join(folder, 'policy.json')}`,
    `--audit-log-path=${audit}`,
    '--audit-log-mode=blocking-strict',
  ])
  await apply(plane)
  return new Installed(plane, folder, await accountKubeconfig(plane, folder), audit)
}

/** The gateway of the ConfigMap, on ports of its own, with a route of its own beside what it reads from the cluster. */
export async function startAs(
  t: Test,
  { kubeconfig, folder }: Installed,
  objects: readonly Manifest[],
  change: (kubernetesYaml: string) => string = (text) => text,
): Promise<GatewayProcess> {
  const { data } = findObject(objects, 'ConfigMap', 'headgate')
  const token = join(folder, 'token')
  writeFileSync(token, 'token-of-the-test')
  writeFileSync(join(folder, 'kubernetes.yaml'), change(data['kubernetes.yaml']))
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
    HEADGATE_ADMIN_TOKEN_FILE: token,
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

/** The Service `shop/app` with an endpoint that is really there. */
export async function deployApp(plane: ControlPlane, port: number): Promise<void> {
  await plane.call('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } })
  await plane.call('POST', '/api/v1/namespaces/shop/services', service('app', [{ name: 'http', port: 80 }], {}, 'shop'))
  await plane.call(
    'POST',
    '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices',
    slice('app-1', 'app', [{ name: 'http', port }], ['127.0.0.1'], { addressType: 'FQDN', namespace: 'shop' }),
  )
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

/** As a ClusterRole or a Role of the own namespace would grant it. */
function permissionOf({ verb, objectRef }: AuditEvent): string[] {
  if (objectRef === undefined) return []
  const { apiGroup = '', resource, subresource, namespace } = objectRef
  const name = subresource === undefined ? resource : `${resource}/${subresource}`
  return [permission(verb, apiGroup, name), ...(namespace === 'headgate' ? [permission(verb, apiGroup, name, namespace)] : [])]
}
