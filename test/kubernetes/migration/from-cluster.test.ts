// `headgate migrate ingress-nginx` on a real API server, by an account that may list Ingresses and nothing else, or everything.

import t from 'tap'
import { migrate } from '../../../src/cli/migrate.ts'
import { startControlPlane, withoutControlPlane } from '../../support/control-plane.ts'

async function run(argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const printed = { out: '', err: '' }
  const code = await migrate(argv, {
    out: (text) => {
      printed.out += text
    },
    err: (text) => {
      printed.err += text
    },
    env: {},
  })
  return { code, ...printed }
}

const service = { service: { name: 'web', port: { number: 80 } } }
const ingress = (name: string, annotations: Readonly<Record<string, string>>, ingressClassName: string) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, annotations },
  spec: {
    ingressClassName,
    rules: [{ host: `${name}.example.com`, http: { paths: [{ path: '/', pathType: 'Prefix', backend: service }] } }],
  },
})

t.test('of a cluster', { skip: withoutControlPlane }, async (t) => {
  const plane = await startControlPlane(t)
  const ingresses = '/apis/networking.k8s.io/v1/namespaces/default/ingresses'
  await plane.call('POST', ingresses, ingress('web', { 'nginx.ingress.kubernetes.io/proxy-body-size': '8m' }, 'nginx'))
  await plane.call('POST', ingresses, ingress('other', { 'nginx.ingress.kubernetes.io/limit-rps': '5' }, 'other'))
  await plane.call('POST', '/api/v1/namespaces/default/configmaps', {
    metadata: { name: 'controller', labels: { 'app.kubernetes.io/name': 'ingress-nginx' } },
    data: { 'server-tokens': 'false' },
  })
  const admin = plane.kubeconfig()

  const all = await run(['ingress-nginx', '--kubeconfig', admin])
  t.equal(all.err, '')
  t.equal(all.code, 1, 'something is refused')
  t.match(all.out, /Ingress default\/web\n {2}exact {3}nginx\.ingress\.kubernetes\.io\/proxy-body-size/)
  t.match(all.out, /Ingress default\/other\n {2}every rule would answer 500/)
  t.match(all.out, /ConfigMap default\/controller/)
  t.match(await run(['ingress-nginx', '--kubeconfig', admin, '--class', 'nginx']), { code: 0, out: /Ingresses: 1; 1 exactly/ })

  const limited = plane.kubeconfig('limited')
  t.match(await run(['ingress-nginx', '--kubeconfig', limited]), { code: 1, out: '', err: /forbidden/ })
  const rbac = '/apis/rbac.authorization.k8s.io/v1'
  await plane.call('POST', `${rbac}/clusterroles`, {
    metadata: { name: 'reader' },
    rules: [{ apiGroups: ['networking.k8s.io'], resources: ['ingresses'], verbs: ['list'] }],
  })
  await plane.call('POST', `${rbac}/clusterrolebindings`, {
    metadata: { name: 'reader' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader' },
    subjects: [{ kind: 'User', name: 'limited' }],
  })
  const reading = await run(['ingress-nginx', '--kubeconfig', limited, '--class', 'nginx'])
  t.match(reading, { code: 0, err: /the ConfigMap of the controller is not looked at: .*forbidden/ })
})
