// Who says how many replicas there are: the autoscaler, which needs no metrics for the least, and which an apply does not contradict.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { type ControlPlane, startControlPlane, withoutControlPlane } from '../support/control-plane.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { kubectl, MANIFESTS, type Manifest } from './kubectl.ts'

const DEPLOYMENT = '/apis/apps/v1/namespaces/headgate/deployments/headgate'

t.test('two replicas without metrics, and no fight about more', { skip: withoutControlPlane, timeout: 110_000 }, async (t) => {
  const plane = await startControlPlane(t)
  const apply = () => kubectl(['apply', '--server-side', '-k', join(MANIFESTS, 'base')], plane.kubeconfig())
  const replicas = async () => ((await plane.call('GET', DEPLOYMENT)) as Manifest).spec.replicas
  t.equal((await apply()).code, 0)
  t.equal(await replicas(), 1, 'before anybody looks')
  await startAutoscaler(plane, t)
  await until('the autoscaler has looked', async () => (await replicas()) === 2, 30_000)
  await plane.call('PATCH', `${DEPLOYMENT}/scale`, { spec: { replicas: 5 } })
  t.match(await apply(), { code: 0, err: '' })
  t.equal(await replicas(), 5)
})

async function startAutoscaler(plane: ControlPlane, t: { teardown(end: () => void): void }): Promise<void> {
  const port = await freePort()
  const kubeconfig = plane.kubeconfig()
  const args = [
    ...['--kubeconfig', '--authentication-kubeconfig', '--authorization-kubeconfig'].map((name) => `${name}=${kubeconfig}`),
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${join(plane.folder, 'controllers')}`,
    '--leader-elect=false',
    '--horizontal-pod-autoscaler-sync-period=1s',
    '--controllers=deployment-controller,horizontal-pod-autoscaler-controller',
  ]
  const program = join(process.env.KUBEBUILDER_ASSETS ?? '', 'kube-controller-manager')
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...args], { stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
}
