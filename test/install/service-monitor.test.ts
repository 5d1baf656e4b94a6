// The component for the Prometheus Operator, whose kinds no API server here has: held against the operator's own schema.

import { writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import {
  type IServiceMonitor,
  ServiceMonitor,
} from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor'
import t from 'tap'
import { withoutControlPlane } from '../support/control-plane.ts'
import { findObject, MANIFESTS, renderAnew } from './kubectl.ts'

t.test('what scrapes every replica', { skip: withoutControlPlane }, async (t) => {
  const folder = t.testdir({})
  const kustomization = {
    resources: [relative(folder, join(MANIFESTS, 'overlays/edge'))],
    components: [relative(folder, join(MANIFESTS, 'components/service-monitor'))],
  }
  writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization))
  const objects = await renderAnew(folder)
  const { metadata, ...monitor } = findObject(objects, 'ServiceMonitor', 'headgate')

  // What the types do not know does not compile; the schema looks at the values.
  const expected = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    spec: {
      jobLabel: 'app.kubernetes.io/name',
      selector: { matchLabels: { 'app.kubernetes.io/name': 'headgate', 'app.kubernetes.io/component': 'admin' } },
      endpoints: [
        {
          port: 'admin',
          path: '/metrics',
          interval: '15s',
          authorization: { type: 'Bearer', credentials: { name: 'headgate-admin', key: 'token' } },
        },
      ],
    },
  } satisfies IServiceMonitor
  t.strictSame(monitor, expected)
  t.doesNotThrow(() => new ServiceMonitor({ metadata, spec: expected.spec }).validate())
  const wrong = { ...expected.spec, endpoints: [{ port: 'admin', interval: 'often' }] }
  t.throws(() => new ServiceMonitor({ metadata, spec: wrong }).validate(), /interval/, 'a mistake is seen')

  const service = findObject(objects, 'Service', 'headgate-admin')
  t.match(service.metadata.labels, expected.spec.selector.matchLabels, 'it selects this Service')
  t.equal(service.spec.ports[0].name, 'admin')
  const [pod] = findObject(objects, 'Deployment', 'headgate').spec.template.spec.volumes.filter(
    ({ name }: { name: string }) => name === 'admin',
  )
  t.match(pod.secret, { secretName: 'headgate-admin', items: [{ key: 'token' }] }, 'the token is that of the pods')
  t.equal(metadata.namespace, findObject(objects, 'Secret', 'headgate-admin').metadata.namespace)
  t.match(findObject(objects, 'NetworkPolicy', 'headgate-scrapes').spec.ingress, [
    { from: [{ namespaceSelector: {} }], ports: [{ port: 'admin' }] },
  ])
})
