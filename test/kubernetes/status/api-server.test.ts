// Lease, statuses and Events on a real API server, by an account that may no more than config/kubernetes allows.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connectKubernetes } from '../../../src/kubernetes/connect.ts'
import type { ObjectReference } from '../../../src/kubernetes/object-reference.ts'
import { openStatusDesk } from '../../../src/kubernetes/status/index.ts'
import type { ObjectReport } from '../../../src/kubernetes/translation.ts'
import { systemClock } from '../../../src/model/clock.ts'
import { Deadlines } from '../../../src/model/deadlines.ts'
import { kubectl, MANIFESTS, manifestsOf } from '../../install/kubectl.ts'
import { type ControlPlane, startControlPlane, withoutControlPlane } from '../../support/control-plane.ts'
import { until } from '../../support/until.ts'
import { problem } from './status-scene.ts'

const INGRESSES = '/apis/networking.k8s.io/v1/namespaces/default/ingresses'
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/headgate/leases/headgate'
const CLASSES = '/apis/gateway.networking.k8s.io/v1/gatewayclasses'

interface Live {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly managedFields?: unknown
  }
  readonly status?: Readonly<Record<string, unknown>>
  readonly spec?: Readonly<Record<string, unknown>>
}

/** One replica. */
function replica(t: Test, plane: ControlPlane, identity: string) {
  const said: string[] = []
  const deadlines = new Deadlines(systemClock)
  deadlines.start()
  const environment = {
    deadlines,
    random: () => 0,
    log: (level: string, message: string) => said.push(`${level} ${message}`),
  }
  const config = { leaderElection: { namespace: 'headgate', name: 'headgate' } }
  const kubernetes = {
    kubeconfig: plane.kubeconfig('limited'),
    namespaces: [],
    ingress: null,
    gatewayApi: null,
    statusAddress: { addresses: [] },
  }
  const informers = connectKubernetes({ ...kubernetes, ...config }, environment)
  let calls = 0
  const { client } = informers
  const call = client.call.bind(client)
  client.call = (request) => {
    if (!request.path.includes('/leases')) calls++
    return call(request)
  }
  const desk = openStatusDesk({ client, config, environment, identity })
  t.teardown(async () => {
    await desk.stop()
    informers.stop()
    deadlines.stop()
  })
  return { desk, said, calls: () => calls }
}

const KINDS = {
  Ingress: { kind: 'Ingress', group: 'networking.k8s.io', version: 'v1', plural: 'ingresses', namespace: 'default' },
  GatewayClass: {
    kind: 'GatewayClass',
    group: 'gateway.networking.k8s.io',
    version: 'v1',
    plural: 'gatewayclasses',
    namespace: '',
  },
}

const referenceTo = (kind: keyof typeof KINDS, { metadata: { name, uid } }: Live): ObjectReference => ({
  ...KINDS[kind],
  name,
  uid,
})

t.test('with a control plane', { skip: withoutControlPlane, timeout: 110_000 }, async (t) => {
  const plane = await startControlPlane(t)
  await plane.call('POST', '/api/v1/namespaces', { metadata: { name: 'headgate' } })
  await allow(plane)
  const get = async (path: string) => (await plane.call('GET', path)) as Live
  const rules = [
    { http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'x', port: { number: 80 } } } }] } },
  ]
  const addIngress = async (name: string) =>
    (await plane.call('POST', INGRESSES, { metadata: { name }, spec: { rules } })) as Live

  t.test('one leads and writes, the other takes over', async (t) => {
    const one = replica(t, plane, 'one')
    await until('one leads', () => one.desk.leader, 10_000)
    const other = replica(t, plane, 'other')
    const web = await addIngress('web')
    const wanted = {
      loadBalancer: {
        ingress: [{ ip: '192.0.2.1', ports: [{ port: 80, protocol: 'TCP' }] }, { hostname: 'edge.example.com' }],
      },
    }
    const reports = (live: Live): ObjectReport[] => [
      {
        object: referenceTo('Ingress', live),
        problems: [problem('spec.rules[0]: there is no Service default/x')],
        status: { current: live.status, wanted, resourceVersion: live.metadata.resourceVersion },
      },
    ]
    for (const { desk } of [one, other]) desk.publish(reports(web))
    await until('it is written', async () => JSON.stringify((await get(`${INGRESSES}/web`)).status) === JSON.stringify(wanted))
    t.same((await get(`${INGRESSES}/web`)).spec, web.spec, 'the rest stays')

    let describe = { out: '' }
    await until('what is wrong is told', async () => {
      describe = await kubectl(['describe', 'ingress', 'web'], plane.kubeconfig())
      return /Warning/.test(describe.out)
    })
    t.match(describe.out, /Address: +192.0.2.1,edge.example.com/)
    t.match(describe.out, /Warning +InvalidReference +\S+ +headgate +spec.rules\[0\]: there is no Service default\/x/)
    t.equal(one.calls(), 2)
    const echo = await get(`${INGRESSES}/web`)
    for (const { desk } of [one, other]) desk.publish(reports(echo))

    await one.desk.stop()
    await until('the other leads', () => other.desk.leader, 10_000)
    t.match((await get(LEASE)).spec, { holderIdentity: 'other', leaseTransitions: 1 })
    await until('the Event goes on', async () => {
      const { out } = await kubectl(['get', 'events', '-o', 'jsonpath={.items[*].count}'], plane.kubeconfig())
      return out === '2'
    })
    t.equal(one.calls(), 2, 'the echo wrote nothing')
    t.equal(other.calls(), 2, 'nor did who found everything as it should be')

    // What is not wanted any more goes.
    other.desk.publish([
      {
        ...(reports(echo)[0] as ObjectReport),
        problems: [],
        status: { current: echo.status, wanted: { loadBalancer: {} }, resourceVersion: echo.metadata.resourceVersion },
      },
    ])
    await until('it is taken away', async () => {
      const { status } = await get(`${INGRESSES}/web`)
      return Object(status?.loadBalancer).ingress === undefined
    })
    await until('it is over', async () =>
      /Normal +Resolved/.test((await kubectl(['describe', 'ingress', 'web'], plane.kubeconfig())).out),
    )
    t.same(
      [...one.said, ...other.said].filter((line) => /^(warn|error)/.test(line)),
      [],
    )
  })

  t.test('conditions of a kind of its own', async (t) => {
    const text = readFileSync(join(process.env.KUBEBUILDER_ASSETS as string, 'gateway-api-standard.yaml'), 'utf8')
    const crd = manifestsOf(text).find(({ metadata }) => metadata.name === 'gatewayclasses.gateway.networking.k8s.io') as object
    await plane.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd)
    await until(
      'the kind is known',
      () =>
        plane.call('GET', CLASSES).then(
          () => true,
          () => false,
        ),
      20_000,
    )
    await plane.call('POST', CLASSES, {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: 'headgate' },
      spec: { controllerName: 'headgate.dev/gateway' },
    })
    const { desk, said, calls } = replica(t, plane, 'third')
    await until('it leads', () => desk.leader, 20_000)
    const publish = async (status: string) => {
      const live = await get(`${CLASSES}/headgate`)
      const conditions = [{ type: 'Accepted', status, reason: 'Accepted', message: 'x', observedGeneration: 1 }]
      const { resourceVersion } = live.metadata
      desk.publish([
        {
          object: referenceTo('GatewayClass', live),
          problems: [problem('y')],
          status: { current: live.status, wanted: { conditions, supportedFeatures: [{ name: 'HTTPRoute' }] }, resourceVersion },
        },
      ])
    }
    const accepted = async () =>
      Object((await get(`${CLASSES}/headgate`)).status).conditions?.[0] as
        | { status: string; lastTransitionTime: string }
        | undefined
    t.match(await accepted(), { status: 'Unknown', lastTransitionTime: '1970-01-01T00:00:00Z' }, 'by the CRD')
    await publish('True')
    await until('it is accepted', async () => (await accepted())?.status === 'True')
    const { lastTransitionTime = '' } = (await accepted()) ?? {}
    t.not(lastTransitionTime, '1970-01-01T00:00:00Z')
    for (let i = 0; i < 3; i++) await publish('True')
    await publish('False')
    await until('it is not', async () => (await accepted())?.status === 'False')
    // And two Events: of an object without a namespace.
    await until('it is told', () => calls() >= 3)
    t.equal(calls(), 3)
    await until('an Event says so', async () =>
      /Warning +InvalidReference/.test((await kubectl(['describe', 'gatewayclass', 'headgate'], plane.kubeconfig())).out),
    )
    t.same(
      said.filter((line) => /^(warn|error)/.test(line)),
      [],
    )
  })
})

/** What config/kubernetes gives its account, and the address of a class. */
async function allow(plane: ControlPlane): Promise<void> {
  const base = manifestsOf(readFileSync(join(MANIFESTS, 'base', 'permissions.yaml'), 'utf8'))
  const gatewayApi = manifestsOf(readFileSync(join(MANIFESTS, 'components', 'gateway-api', 'permissions.yaml'), 'utf8'))
  const user = [{ kind: 'User', name: 'limited', apiGroup: 'rbac.authorization.k8s.io' }]
  for (const object of [...base, ...gatewayApi]) {
    const { kind, metadata } = object
    const place = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`
    const path = `/apis/rbac.authorization.k8s.io/v1${place}/${kind.toLowerCase()}s`
    await plane.call('POST', path, kind.endsWith('Binding') ? { ...object, subjects: user } : object)
  }
}
