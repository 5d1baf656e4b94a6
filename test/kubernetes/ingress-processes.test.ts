// The command with worker processes and a real API server: workers that are killed while objects change, files that are reloaded, ends.

import t, { type Test } from 'tap'
import { startEndpoint, startGateway } from '../supervisor/gateway-process.ts'
import { startControlPlane, withoutControlPlane } from '../support/control-plane.ts'
import { ingress, service, slice } from '../support/kubernetes-objects.ts'
import { statusOf } from '../support/status-of.ts'
import { until } from '../support/until.ts'

const SERVICES = '/api/v1/namespaces/default/services'
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'
const INGRESSES = '/apis/networking.k8s.io/v1/namespaces/default/ingresses'
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/default/leases/headgate'

function configOf(
  kubeconfig: string,
  { web = '127.0.0.1:0', ...more }: { readonly web?: string; readonly routes?: readonly object[] } = {},
) {
  return {
    workers: 2,
    admin: { bind: '127.0.0.1:0' },
    listeners: [
      { name: 'web', bind: web },
      { name: 'secure', bind: '127.0.0.1:0', protocol: 'https', tls: {} },
    ],
    kubernetes: { kubeconfig, ingress: { default: true }, leaderElection: { namespace: 'default' } },
    ...more,
  }
}

function kill(pid: number | undefined): void {
  try {
    process.kill(pid ?? 0, 'SIGKILL')
  } catch {
    // It has not been replaced yet.
  }
}

t.test('with a control plane', { skip: withoutControlPlane, timeout: 110_000 }, async (t) => {
  const plane = await startControlPlane(t)
  const endpoint = await startEndpoint(t, (_request, response) => response.end('ok'))
  await plane.call('POST', SERVICES, service('app', [{ name: 'http', port: 80 }], { clusterIP: 'None' }))
  // Loopback addresses are refused as addresses, but not as names.
  const ports = [{ name: 'http', port: Number(endpoint.split(':')[1]) }]
  await plane.call('POST', SLICES, slice('app-x', 'app', ports, ['127.0.0.1'], { addressType: 'FQDN' }))
  await plane.call('POST', INGRESSES, ingress('first', { host: 'first.test' }))

  const start = async (t: Test, config: object) => {
    const gateway = await startGateway(t, config)
    return { gateway, status: statusOf(gateway.ready.web ?? '') }
  }

  t.test('changes while workers are killed, and a file that is reloaded', async (t) => {
    const { gateway, status } = await start(t, configOf(plane.kubeconfig()))
    t.equal(await status('first.test'), '200')
    const began = gateway.workers.length
    for (const pid of gateway.workers) kill(pid)
    await gateway.until(() => gateway.workers.length === began + 2)
    for (let i = 0; i < 8; i++) t.equal(await status('first.test'), '200', 'who starts later has it')

    for (let i = 0; i < 12; i++) {
      if (i % 4 === 0) kill(gateway.workers.at(-1))
      await plane.call('POST', INGRESSES, ingress(`n${i}`, { host: `n${i}.test` }))
    }
    const everywhere = async () =>
      (await Promise.all(Array.from({ length: 8 }, () => status('n11.test')))).every((each) => each === '200')
    await until('all of them are served', everywhere, 15_000)

    const own = { routes: [{ name: 'own', hosts: ['own.test'], filters: [{ respond: { status: 299 } }] }] }
    await gateway.write(configOf(plane.kubeconfig(), own))
    await until('the file', async () => (await status('own.test')) === '299')
    t.equal(await status('first.test'), '200', 'and the cluster')
    await gateway.write(configOf(plane.kubeconfig(), { web: endpoint }))
    await gateway.until(() => gateway.said('was not reloaded') === 1)
    t.same([await status('own.test'), await status('first.test')], ['299', '200'], 'of a file that is refused nothing')

    gateway.kill('SIGTERM')
    t.same(await gateway.exited, { code: 0, signal: null })
    const { spec } = (await plane.call('GET', LEASE)) as { spec: { holderIdentity?: string } }
    t.equal(spec.holderIdentity ?? '', '', 'another replica may lead at once')
  })

  t.test('an address of the file that is in use', async (t) => {
    const { gateway } = await start(t, configOf(plane.kubeconfig(), { web: endpoint }))
    t.same(await gateway.exited, { code: 1, signal: null })
    t.match(gateway.stderr, /headgate: listener web: cannot listen on/)
  })

  t.test('an API server that is away at the start, and an end', async (t) => {
    await plane.killApiServer()
    const { gateway, status } = await start(t, configOf(plane.kubeconfig()))
    t.equal(gateway.said('Kubernetes is not known yet'), 1)
    t.equal(await status('first.test'), '404 no-route')
    gateway.kill('SIGTERM')
    t.same(await gateway.exited, { code: 0, signal: null })
  })
})
