// config/kubernetes: every installation is accepted by a real API server as it stands, and its parts fit together.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { checkWorthServing } from '../../src/config/checks/worth-serving.ts'
import { loadConfig } from '../../src/config/load.ts'
import { duration } from '../../src/config/values.ts'
import { type ControlPlane, startControlPlane, withoutControlPlane } from '../support/control-plane.ts'
import { until } from '../support/until.ts'
import {
  type Answer,
  findObject,
  INSTALLATIONS,
  kubectl,
  MANIFESTS,
  type Manifest,
  manifestsOf,
  render,
  workloadOf,
} from './kubectl.ts'

const container = (objects: readonly Manifest[]) => workloadOf(objects).spec.template.spec.containers[0]
const envOf = (objects: readonly Manifest[], name: string): string | undefined =>
  container(objects).env.find((each: { name: string }) => each.name === name)?.value

/** Objects that are not of a namespace, and the kinds that an API server does not have by itself. */
const kindsOf = (objects: readonly Manifest[]) => objects.map(({ kind }) => kind)

t.test('rendered by kubectl', { skip: withoutControlPlane }, async (t) => {
  for (const installation of INSTALLATIONS) {
    t.test(installation, async (t) => {
      const objects = await render(installation)
      const workload = workloadOf(objects)
      const pod = workload.spec.template.spec
      const { labels } = workload.spec.template.metadata

      t.ok(pod.terminationGracePeriodSeconds >= drainSeconds(objects) + 5, 'a pod is given the time to drain')
      const named = container(objects).ports.map(({ name }: { name: string }) => name)
      for (const { kind, spec, metadata } of objects) {
        if (kind === 'Service') {
          t.match(labels, spec.selector, `Service ${metadata.name} selects the pods`)
          for (const { targetPort } of spec.ports) t.ok(named.includes(targetPort), `${targetPort} is a port of the pods`)
        }
        if (kind === 'NetworkPolicy') t.match(labels, spec.podSelector.matchLabels, `${metadata.name} selects the pods`)
        if (kind === 'PodDisruptionBudget') t.match(labels, spec.selector.matchLabels)
        for (const { labelSelector } of spec?.template?.spec?.topologySpreadConstraints ?? [])
          t.match(labels, labelSelector.matchLabels)
      }
      t.match(labels, workload.spec.selector.matchLabels)
      t.equal(container(objects).image, `headgate:${version()}`)
      for (const probe of ['startupProbe', 'livenessProbe'])
        t.strictSame(container(objects)[probe].httpGet, { path: '/healthz', port: 'admin' })
      t.strictSame(container(objects).readinessProbe.httpGet, { path: '/ready', port: 'admin' })
      t.equal(workload.spec.replicas, undefined, 'who scales is the autoscaler alone')
      t.equal(kindsOf(objects).includes('HorizontalPodAutoscaler'), workload.kind === 'Deployment')
      t.equal(kindsOf(objects).includes('PodDisruptionBudget'), workload.kind === 'Deployment')
      t.equal(findObject(objects, 'Secret', 'headgate-admin').data, undefined, 'no token that everybody knows')

      const open = objects
        .filter(({ kind }) => kind === 'NetworkPolicy')
        .flatMap(({ spec }) => spec.ingress.flatMap((rule: { from?: object; ports: object[] }) => rule.from ?? rule.ports))
      t.notOk(JSON.stringify(open).match(/admin|9901/), 'nobody reaches the admin port')

      const { namespace } = workload.metadata
      t.strictSame(await problemsOf(objects, t.testdir({})), [], 'the configuration is one')
      for (const { kind, subjects } of objects)
        if (/Binding$/.test(kind)) t.match(subjects, [{ kind: 'ServiceAccount', name: 'headgate', namespace }])
    })
  }

  t.test('the edge keeps the addresses of clients', async (t) => {
    const service = findObject(await render('overlays/edge'), 'Service', 'headgate')
    t.match(service.spec, { type: 'LoadBalancer', externalTrafficPolicy: 'Local' })
    const edge = await render('overlays/edge')
    t.equal(envOf(edge, 'HEADGATE_DRAIN_DELAY'), '30s')
    t.equal(envOf(await render('base'), 'HEADGATE_DRAIN_DELAY'), '5s')
  })

  t.test('host ports need no capability', async (t) => {
    const objects = await render('overlays/edge-host-ports')
    t.equal(workloadOf(objects).kind, 'DaemonSet')
    t.match(container(objects).ports, [{ containerPort: 8080, hostPort: 80 }, { containerPort: 8443, hostPort: 443 }, {}])
    t.strictSame(container(objects).securityContext.capabilities, { drop: ['ALL'] })
  })

  t.test('east-west stands beside the edge', async (t) => {
    const idOf = ({ kind, metadata: { name, namespace = '' } }: Manifest) => `${kind} ${namespace}/${name}`
    const edge = (await render('overlays/edge')).map(idOf)
    t.strictSame(
      (await render('overlays/east-west')).map(idOf).filter((id) => edge.includes(id) && !id.startsWith('CustomResource')),
      [],
    )
  })
})

t.test('an API server takes all of it', { skip: withoutControlPlane, timeout: 110_000 }, async (t) => {
  const plane = await startControlPlane(t)
  const run = (...args: string[]): Promise<Answer> => kubectl(args, plane.kubeconfig())
  await installKind(plane, 'gatewayclasses.gateway.networking.k8s.io')
  for (const name of ['headgate', 'headgate-internal', 'hello'])
    await plane.call('POST', '/api/v1/namespaces', { metadata: { name } })

  for (const installation of [...INSTALLATIONS, 'examples/first-app.yaml']) {
    t.test(installation, async (t) => {
      const kustomized = !installation.endsWith('.yaml')
      const path = join(MANIFESTS, installation)
      const { code, err } = await run('apply', '--server-side', '--dry-run=server', kustomized ? '-k' : '-f', path)
      t.equal(code, 0, err)
      t.equal(err, '', 'not even a warning')
    })
  }

  t.test('a misspelled field is noticed here', async (t) => {
    const [service] = (await render('base')).filter(({ kind }) => kind === 'Service')
    const wrong = JSON.stringify({ ...service, spec: { ...service?.spec, externalTraficPolicy: 'Local' } })
    const { code, err } = await kubectl(['apply', '--server-side', '--dry-run=server', '-f', '-'], plane.kubeconfig(), wrong)
    t.not(code, 0)
    t.match(err, 'externalTraficPolicy')
  })

  t.test('pods are what the restricted standard allows', async (t) => {
    t.equal((await run('apply', '--server-side', '-k', join(MANIFESTS, 'base'))).code, 0)
    const { metadata, spec } = workloadOf(await render('base')).spec.template
    const pod = (more: object) => ({ metadata: { name: 'one', labels: metadata.labels }, spec: { ...spec, ...more } })
    const create = (body: object) => plane.call('POST', '/api/v1/namespaces/headgate/pods?dryRun=All', body)
    await t.resolves(create(pod({})))
    await t.rejects(create(pod({ hostNetwork: true })), /violates PodSecurity/, 'it is enforced')
    await t.rejects(create(pod({ securityContext: {} })), /violates PodSecurity/)
  })

  t.test('a token that was put in stays', async (t) => {
    const token = async () =>
      ((await plane.call('GET', '/api/v1/namespaces/headgate/secrets/headgate-admin')) as Manifest).data?.token
    const patch = '{"stringData":{"token":"of this installation"}}'
    t.equal((await run('-n', 'headgate', 'patch', 'secret', 'headgate-admin', '-p', patch)).code, 0)
    const before = await token()
    t.equal(Buffer.from(String(before), 'base64').toString(), 'of this installation')
    for (const how of [['--server-side'], []]) {
      const { code, err } = await run('apply', ...how, '-k', join(MANIFESTS, 'overlays/edge'))
      t.equal(code, 0, err)
      t.equal(await token(), before)
    }
  })

  t.test('it goes as it came', async (t) => {
    const { code, err, out } = await run('delete', '--wait=false', '-k', join(MANIFESTS, 'overlays/edge'))
    t.equal(code, 0, err)
    t.equal(out.trim().split('\n').length, (await render('overlays/edge')).length)
  })
})

/** Makes a kind known, from the definitions of the Gateway API. */
async function installKind(plane: ControlPlane, name: string): Promise<void> {
  const file = join(process.env.KUBEBUILDER_ASSETS ?? '', 'gateway-api-standard.yaml')
  const definition = manifestsOf(readFileSync(file, 'utf8')).find(({ metadata }) => metadata.name === name)
  const path = join(plane.folder, `${name}.json`)
  writeFileSync(path, JSON.stringify(definition))
  const { code, err } = await kubectl(['apply', '--server-side', '-f', path], plane.kubeconfig())
  if (code !== 0) throw new Error(err)
  await until(
    `${name} is served`,
    async () => {
      const { spec, status } = (await plane.call(
        'GET',
        `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`,
      )) as Manifest
      const [group, plural] = [spec.group, spec.names.plural]
      const known = status.conditions?.some(
        (each: { type: string; status: string }) => `${each.type} ${each.status}` === 'Established True',
      )
      return (
        known &&
        (await plane.call('GET', `/apis/${group}/v1/${plural}`).then(
          () => true,
          () => false,
        ))
      )
    },
    20_000,
  )
}

/** Of the configuration, in the environment of the pods: errors and warnings. */
async function problemsOf(objects: readonly Manifest[], folder: string): Promise<string[]> {
  for (const [name, text] of Object.entries(findObject(objects, 'ConfigMap', 'headgate').data))
    writeFileSync(join(folder, name), String(text))
  writeFileSync(join(folder, 'token'), 'of this installation')
  const env: Record<string, string> = { HEADGATE_ADMIN_TOKEN_FILE: join(folder, 'token') }
  for (const { name, value, valueFrom } of container(objects).env) {
    if (value !== undefined) env[name] = value
    else if (valueFrom.resourceFieldRef !== undefined) env[name] = container(objects).resources.limits.cpu
    else if (valueFrom.fieldRef.fieldPath === 'metadata.namespace') env[name] = workloadOf(objects).metadata.namespace ?? ''
    else env[name] = ''
  }
  const loaded = await loadConfig(join(folder, 'headgate.yaml'), { env })
  const wrong = [...('errors' in loaded ? loaded.errors : checkWorthServing(loaded.config)), ...loaded.warnings]
  return wrong.map(({ message }) => message)
}

function drainSeconds(objects: readonly Manifest[]): number {
  const text = findObject(objects, 'ConfigMap', 'headgate').data['headgate.yaml'] as string
  const timeout = /^drain: .*timeout: (\w+)/m.exec(text)?.[1] ?? ''
  const delay = envOf(objects, 'HEADGATE_DRAIN_DELAY') ?? ''
  return [timeout, delay].reduce((sum, each) => sum + duration(0).parse(each) / 1000, 0)
}

function version(): string {
  return JSON.parse(readFileSync(join(MANIFESTS, '../../package.json'), 'utf8')).version
}
