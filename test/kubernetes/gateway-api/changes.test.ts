// What a change of one object leaves as it was.

import t from 'tap'
import { GATEWAYS, HTTP_ROUTES, type Kept } from '../../../src/kubernetes/gateway-api/kinds.ts'
import { gatewayApiTranslator } from '../../../src/kubernetes/gateway-api/translate.ts'
import type { RawObject } from '../../../src/kubernetes/resource.ts'
import type { ClusterView, Translation } from '../../../src/kubernetes/translation.ts'
import { clusterView, type Manifest } from '../../support/cluster-view.ts'

const gateway = (
  name: string,
  createdAt = '2026-01-01T00:00:00Z',
  listeners: object[] = [{ name: 'http', port: 80, protocol: 'HTTP' }],
) =>
  ({
    kind: 'Gateway',
    metadata: { name, namespace: 'infra', uid: name, generation: 1, creationTimestamp: createdAt },
    spec: { gatewayClassName: 'edge', listeners },
  }) as unknown as Manifest & RawObject

const route = (name: string, path: string, generation = 1, status?: object) =>
  ({
    kind: 'HTTPRoute',
    metadata: { name, namespace: 'infra', uid: name, generation, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      parentRefs: [{ name: 'gw' }],
      rules: [{ matches: [{ path: { type: 'PathPrefix', value: path } }], backendRefs: [{ name: 'a', port: 80 }] }],
    },
    ...(status === undefined ? {} : { status }),
  }) as unknown as Manifest & RawObject

const BASE: Manifest[] = [
  { kind: 'GatewayClass', metadata: { name: 'edge' }, spec: { controllerName: 'headgate.dev/gateway' } } as Manifest,
  { kind: 'Service', metadata: { name: 'a', namespace: 'infra' }, spec: { ports: [{ port: 80 }] } } as unknown as Manifest,
]

const translator = () => gatewayApiTranslator({ controller: 'headgate.dev/gateway', addresses: { pool: ['10.0.0.0/29'] } })

/** What an informer does: the map is the same, what is in it is new. */
function put(view: ClusterView, kind: typeof HTTP_ROUTES | typeof GATEWAYS, raw: Manifest & RawObject): void {
  const kept = kind.prune(raw as never) as Kept<unknown>
  ;(view.objects(kind as never) as Map<string, unknown>).set(`infra/${raw.metadata.name}`, kept)
}

const of = ({ routes }: Translation, name: string) => routes.find((each) => each.name.startsWith(`httproute/infra/${name}/`))
const reported = ({ reports }: Translation, name: string) => reports.find(({ object }) => object.name === name)
const addresses = ({ listeners }: Translation) =>
  Object.fromEntries(listeners.map(({ name, bind }) => [name.split('/')[2], bind[0]]))

t.test('a route', async (t) => {
  const view = clusterView([...BASE, gateway('gw'), route('one', '/one'), route('two', '/two')])
  const each = translator()
  const before = each.translate(view)
  put(view, HTTP_ROUTES, route('one', '/other', 2))
  const after = each.translate(view)
  t.not(of(after, 'one'), of(before, 'one'))
  t.equal(of(after, 'two'), of(before, 'two'), 'the other is the same object')
  t.equal(reported(after, 'two'), reported(before, 'two'), 'and so is what is said about it')
  t.equal(after.listeners[0], before.listeners[0])
  t.equal(after.upstreams.get('infra/a:80'), before.upstreams.get('infra/a:80'))
})

t.test('a status alone', async (t) => {
  const view = clusterView([...BASE, gateway('gw'), route('one', '/one')])
  const each = translator()
  const before = each.translate(view)
  put(view, HTTP_ROUTES, route('one', '/one', 1, { parents: [] }))
  const after = each.translate(view)
  t.equal(of(after, 'one'), of(before, 'one'))
  t.not(reported(after, 'one'), reported(before, 'one'), 'what is there now is told')
  t.strictSame(reported(after, 'one')?.status?.current, { parents: [] })
})

t.test('a listener that comes changes the routes of that Gateway alone', async (t) => {
  const view = clusterView([...BASE, gateway('gw'), gateway('other'), route('one', '/one')])
  const each = translator()
  const before = each.translate(view)
  put(
    view,
    GATEWAYS,
    gateway('gw', undefined, [
      { name: 'http', port: 80, protocol: 'HTTP' },
      { name: 'more', port: 81, protocol: 'HTTP' },
    ]),
  )
  const after = each.translate(view)
  t.strictSame(of(after, 'one')?.listeners, ['gateway/infra/gw/http', 'gateway/infra/gw/more'])
  t.equal(reported(after, 'other')?.object.name, 'other')
  t.equal(
    after.listeners.find(({ name }) => name.includes('/other/')),
    before.listeners.find(({ name }) => name.includes('/other/')),
  )
})

t.test('a Gateway keeps its address before its status shows it', async (t) => {
  const view = clusterView([...BASE, gateway('m'), gateway('z')])
  const each = translator()
  t.strictSame(addresses(each.translate(view)), { m: '10.0.0.0:80', z: '10.0.0.1:80' })
  put(view, GATEWAYS, gateway('a'))
  t.strictSame(addresses(each.translate(view)), { a: '10.0.0.2:80', m: '10.0.0.0:80', z: '10.0.0.1:80' })
  ;(view.objects(GATEWAYS as never) as Map<string, unknown>).delete('infra/m')
  put(view, GATEWAYS, gateway('b'))
  t.strictSame(
    addresses(each.translate(view)),
    { a: '10.0.0.2:80', b: '10.0.0.0:80', z: '10.0.0.1:80' },
    'a free one is given away',
  )
})

t.test('an address that cannot be listened on', async (t) => {
  const view = clusterView([...BASE, gateway('gw'), route('one', '/one')])
  const unusable = new Map([['10.0.0.0:80', 'EADDRNOTAVAIL: address not available']])
  const told = translator().translate({ ...view, unusable })
  t.strictSame(told.listeners, [])
  const status = JSON.stringify(reported(told, 'gw')?.status?.wanted)
  t.match(status, /"Programmed","status":"False","reason":"(Invalid|AddressNotUsable|ListenersNotValid)"/)
  t.match(status, /PortUnavailable/)
})

t.test('a port of the file', async (t) => {
  const view = clusterView([...BASE, gateway('gw')])
  const [listener] = translator().translate(view).listeners
  const web = { ...listener, name: 'web', bind: ['0.0.0.0:80'] } as never
  const told = translator().translate({ ...view, listeners: new Map([['web', web]]) })
  t.strictSame(told.listeners, [])
  t.match(JSON.stringify(told.reports), /PortUnavailable.*10\.0\.0\.0:80 belongs to a listener of the file/)
})
