// docs/tasks/kubernetes-policies.md: its objects are what the gateway reads, and requests come to what the page says.

import { readFileSync } from 'node:fs'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import type { KubernetesConfig } from '../../../src/config/model.ts'
import { normalizeConfig } from '../../../src/config/parse.ts'
import { compileOffline } from '../../../src/explain/offline.ts'
import { seeded } from '../../../src/explain/seeded.ts'
import type { Translation } from '../../../src/kubernetes/translation.ts'
import { translatorsOf } from '../../../src/kubernetes/translators.ts'
import { clusterView, type Manifest } from '../../support/cluster-view.ts'
import { answerTo, joined } from '../ingress/golden-case.ts'

const page = readFileSync(new URL('../../../docs/tasks/kubernetes-policies.md', import.meta.url), 'utf8')

const AROUND = `
kind: GatewayClass
metadata: { name: edge }
spec: { controllerName: headgate.dev/gateway }
---
kind: Gateway
metadata: { name: edge, namespace: shop }
spec: { gatewayClassName: edge, listeners: [{ name: http, port: 80, protocol: HTTP }] }
---
kind: Service
metadata: { name: front, namespace: shop }
spec: { ports: [{ port: 80 }] }
---
kind: Service
metadata: { name: sorry, namespace: shop }
spec: { ports: [{ port: 80 }] }
`

const read = (text: string): Manifest[] => parseAllDocuments(text).map((each) => each.toJS() as Manifest)

t.test('its examples', async (t) => {
  const shown = [...page.matchAll(/```yaml\n(.*?)```/gs)].flatMap(([, text = '']) => read(text))
  t.same(
    shown.map(({ kind }) => kind),
    ['UpstreamPolicy', 'RouteFilter', 'HTTPRoute', 'Ingress'],
  )
  // Where the Gateway is not.
  const own = [
    { name: 'web', bind: '127.0.0.1:80' },
    { name: 'secure', bind: '127.0.0.1:443', protocol: 'https', tls: {} },
  ] as const
  const parsed = normalizeConfig({
    listeners: own,
    kubernetes: { ingress: {}, gatewayApi: { addresses: { pool: ['10.0.0.80'] } } },
  })
  if ('errors' in parsed) return t.fail('a configuration')
  const { config } = parsed
  const listeners = new Map(config.listeners.map((listener) => [listener.name, listener]))
  const view = clusterView([...read(AROUND), ...shown], listeners)
  let whole = config
  const all: Translation[] = []
  for (const translator of translatorsOf(config.kubernetes as KubernetesConfig)) {
    const translation = translator.translate(view)
    all.push(translation)
    whole = joined(whole, translation)
  }
  const upstream = whole.upstreams['shop/front:80']
  t.match(upstream, {
    balancer: { type: 'ring-hash', key: { type: 'header', name: 'x-user' } },
    health: { path: '/healthz', interval: 2000 },
    ejection: { consecutiveErrors: 3 },
    breaker: { errorPercent: 30 },
    limits: { connections: 200, pending: 50 },
    connection: { connectTimeout: 500 },
    failover: ['shop/sorry:80'],
  })
  for (const name of ['httproute/shop/front/0', 'ingress/shop/front/0'])
    t.match(
      whole.routes.find((route) => route.name === name),
      { filters: [{ type: 'bodyLimit' }, { type: 'requestHeaders' }], timeout: { request: 10_000 }, retry: { attempts: 1 } },
    )
  const said = all.flatMap(({ reports }) =>
    reports.flatMap(({ object, problems }) => problems.map(({ reason }) => `${object.kind} ${reason}`)),
  )
  t.same(said, ['HTTPRoute FilterNotFound'])
  const offline = compileOffline(whole, seeded(1))
  const rows = [...page.matchAll(/^\| `(GET [^`]+)` \| (?:`([^`]+)`|(\d{3})[^|]*(?:`[^|]*)?) \| `([^`]+)` \|$/gm)]
  t.equal(rows.length, 3)
  for (const [, ask = '', to, status, route = null] of rows) {
    const wanted = {
      route,
      ...(to === undefined ? {} : { upstream: to }),
      ...(status === undefined ? {} : { status: Number(status) }),
    }
    const on = route?.startsWith('ingress') === true ? 'web' : 'gateway/shop/edge/http'
    t.strictSame(answerTo(offline, { ask, on, ...wanted }), wanted, ask)
  }
})
