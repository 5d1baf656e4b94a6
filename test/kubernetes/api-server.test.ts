// Discovery against a real API server: endpoints come and go, the API server goes and comes back, an account may too little.

import t, { type Test } from 'tap'
import { createGateway, type GatewayConfigInput } from '../../src/index.ts'
import { SteadyLoad } from '../supervisor/steady-load.ts'
import { type ControlPlane, startControlPlane, withoutControlPlane } from '../support/control-plane.ts'
import { service, slice } from '../support/kubernetes-objects.ts'
import { startEndpoint } from '../support/raw-endpoint.ts'
import { until } from '../support/until.ts'

const SERVICES = '/api/v1/namespaces/default/services'
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'
const HTTP = [{ name: 'http', port: 80 }]

interface Said {
  readonly level: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A gateway with the upstream `k` of a Service and, beside it, `file` of an address. */
async function gatewayOf(t: Test, kubeconfig: string, name: string, file = '127.0.0.1:1', more: object = {}) {
  const said: Said[] = []
  const gateway = createGateway(
    {
      listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
      routes: [
        { name: 'k', match: [{ path: { prefix: '/k' } }, { path: { prefix: '/load' } }], to: 'k' },
        { name: 'file', to: 'file' },
      ],
      upstreams: {
        k: { discovery: { kubernetes: { namespace: 'default', service: name, port: 'http' } } },
        file: { discovery: { static: [file] } },
      },
      kubernetes: { kubeconfig, ...more },
    } as GatewayConfigInput,
    { log: (level, message, fields = {}) => said.push({ level, message, fields }) },
  )
  t.teardown(() => gateway.close())
  const { listeners } = await gateway.start()
  const addresses = async () =>
    (await gateway.explain({ url: 'http://x.test/k' })).endpoints.map(({ address, why }) => `${address} ${why}`).sort()
  return { gateway, url: listeners.web as string, said, addresses }
}

/** Real listeners have loopback addresses, which a slice may only have as names. */
const reachable = (name: string, address: string) => {
  const port = Number(address.split(':')[1])
  return slice(`${name}-fqdn`, name, [{ name: 'http', port }], ['127.0.0.1'], { addressType: 'FQDN' })
}

t.test('with a control plane', { skip: withoutControlPlane, timeout: 110_000 }, async (t) => {
  const plane = await startControlPlane(t)

  t.test('endpoints come and go', async (t) => {
    await plane.call('POST', SERVICES, service('users', HTTP, { clusterIP: 'None' }))
    const { addresses, gateway, said } = await gatewayOf(t, plane.kubeconfig(), 'users')
    t.same(await addresses(), [])
    const ports = [{ name: 'http', port: 8080 }]
    await plane.call('POST', SLICES, slice('users-a', 'users', ports, ['192.0.2.1', { address: '192.0.2.2', ready: false }]))
    await until('the first', async () => (await addresses()).length === 1)
    t.same((await addresses()).map(firstWord), ['192.0.2.1:8080'])
    await plane.call('POST', SLICES, slice('users-b', 'users', ports, ['192.0.2.3']))
    await until('of two slices', async () => (await addresses()).length === 2)
    const leaving = { address: '192.0.2.1', ready: false, serving: true, terminating: true }
    await plane.call('PUT', `${SLICES}/users-a`, slice('users-a', 'users', ports, [leaving]))
    await until('one leaves', async () => /terminating|takes it away/.test((await addresses()).join()))
    await plane.call('DELETE', `${SLICES}/users-a`)
    await until('it is gone', async () => (await addresses()).length === 1)
    await plane.call('DELETE', `${SERVICES}/users`)
    await until('with its Service all are gone', async () => (await addresses()).length === 0)
    t.ok(said.some(({ fields }) => fields.reason === 'the Service default/users does not exist'))
    t.match(await gateway.metrics(), /headgate_kubernetes_watch_age_seconds\{kind="EndpointSlice"\} \d/)
    t.match(await gateway.metrics(), /headgate_discovery_age_seconds\{upstream="k"\} \d/)
    await gateway.apply({ listeners: [{ name: 'web', bind: '127.0.0.1:0' }], routes: [], upstreams: {} })
    t.notMatch(await gateway.metrics(), /headgate_kubernetes_watch_age_seconds\{/)
  })

  t.test('a reload that changes where Kubernetes is asked takes no endpoint away', async (t) => {
    await plane.call('POST', SERVICES, service('kept', HTTP, { clusterIP: 'None' }))
    await plane.call('POST', SLICES, slice('kept-a', 'kept', [{ name: 'http', port: 8080 }], ['192.0.2.7']))
    const { addresses, gateway, said } = await gatewayOf(t, plane.kubeconfig(), 'kept')
    await until('the first', async () => (await addresses()).length === 1)
    const config = (kubernetes: object) =>
      ({
        listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
        routes: [{ name: 'k', to: 'k' }],
        upstreams: { k: { discovery: { kubernetes: { namespace: 'default', service: 'kept', port: 80 } } } },
        kubernetes,
      }) as GatewayConfigInput
    await gateway.apply(config({ kubeconfig: plane.kubeconfig(), namespaces: ['default'] }))
    t.same((await addresses()).map(firstWord), ['192.0.2.7:8080'])
    const changes = said.filter(({ message }) => message === 'endpoints changed').length
    await gateway.apply(config({ kubeconfig: `${plane.folder}/missing` }))
    t.same((await addresses()).map(firstWord), ['192.0.2.7:8080'], 'nobody answers there: what was known stays')
    t.equal(said.filter(({ message }) => message === 'endpoints changed').length, changes)
    await gateway.apply(config({ kubeconfig: plane.kubeconfig() }))
    await plane.call('DELETE', `${SLICES}/kept-a`)
    await until('it is followed again', async () => (await addresses()).length === 0)
  })

  t.test('an API server that is killed under load', async (t) => {
    const endpoint = await startEndpoint(t)
    endpoint.script = (_request, connection, phase) => {
      if (phase === 'end') connection.answer('ok')
    }
    await plane.call('POST', SERVICES, service('load', HTTP, { clusterIP: 'None' }))
    await plane.call('POST', SLICES, reachable('load', endpoint.address))
    const { url, addresses, said } = await gatewayOf(t, plane.kubeconfig(), 'load', endpoint.address)
    await until('there is an endpoint', async () => (await addresses()).length === 1)
    const load = new SteadyLoad(url, 2, 5)
    t.teardown(() => load.stop())
    await plane.killApiServer()
    await until('it is missed', () => said.some(({ message }) => message.startsWith('Kubernetes does not answer')))
    t.equal((await addresses()).length, 1, 'the last good state stays')
    await plane.startApiServer()
    // One that leaves is seen, and nobody is sent there.
    const leaving = { address: '192.0.2.50', ready: false, serving: true, terminating: true }
    await plane.call('POST', SLICES, slice('load-b', 'load', [{ name: 'http', port: 1 }], [leaving]))
    await until('back in step within 5 s', async () => (await addresses()).length === 2, 5000)
    const result = await load.stop()
    t.ok(result.answered > 100)
    t.same(result.wrong, [])
    t.same(result.lost.flat(), [])
  })

  t.test('an account that may not', async (t) => {
    await plane.call('POST', SERVICES, service('guarded', HTTP, { clusterIP: 'None' }))
    await plane.call('POST', SLICES, slice('guarded-a', 'guarded', [{ name: 'http', port: 8080 }], ['192.0.2.9']))
    const { addresses, said } = await gatewayOf(t, plane.kubeconfig('limited'), 'guarded', undefined, {
      namespaces: ['default'],
    })
    const refusals = () => said.filter(({ message }) => message.startsWith('Kubernetes refuses')).map(({ message }) => message)
    t.same(refusals().sort(), [
      'Kubernetes refuses: this account may not list endpointslices.discovery.k8s.io in the namespace default',
      'Kubernetes refuses: this account may not list services in the namespace default',
    ])
    await allow(plane)
    await until('it may', async () => (await addresses()).length === 1, 15_000)
    t.equal(refusals().length, 2, 'once each')
  })

  t.test('an API server that is not there at the start', async (t) => {
    await plane.killApiServer()
    const endpoint = await startEndpoint(t)
    const { url, addresses } = await gatewayOf(t, plane.kubeconfig(), 'guarded', endpoint.address)
    t.equal((await fetch(`${url}/x`)).status, 200, 'the routes of the file are served')
    t.equal((await fetch(`${url}/k`)).status, 503)
    await plane.startApiServer()
    await until('in step', async () => (await addresses()).length === 1)
  })
})

const firstWord = (text: string): string => text.split(' ')[0] as string

async function allow(plane: ControlPlane): Promise<void> {
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'
  await plane.call('POST', `${rbac}/roles`, {
    metadata: { name: 'headgate' },
    rules: [
      { apiGroups: [''], resources: ['services'], verbs: ['list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ],
  })
  await plane.call('POST', `${rbac}/rolebindings`, {
    metadata: { name: 'headgate' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'headgate' },
    subjects: [{ kind: 'User', name: 'limited', apiGroup: 'rbac.authorization.k8s.io' }],
  })
}
