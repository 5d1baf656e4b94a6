// What explain tells about connections without HTTP, and about upgrades.

import t from 'tap'
import { createGateway, type GatewayConfigInput } from '../../src/index.ts'

const CONFIG = {
  listeners: [
    { name: 'web', bind: '127.0.0.1:0' },
    { name: 'raw', bind: '127.0.0.2:0', protocol: 'tcp' },
    { name: 'pass', bind: '127.0.0.3:0', protocol: 'tls' },
  ],
  routes: [
    { name: 'db', listeners: ['raw'], to: 'db' },
    { name: 'a', listeners: ['pass'], hosts: ['a.test'], to: 'a' },
    { name: 'wild', listeners: ['pass'], hosts: ['*.b.test'], to: 'b' },
    { name: 'plain', match: [{ path: { prefix: '/plain' } }], to: 'a', websocket: false },
    { name: 'all', to: 'a' },
  ],
  upstreams: {
    db: { discovery: { static: ['127.0.0.1:5432'] }, balancer: { type: 'maglev' } },
    a: { discovery: { static: ['127.0.0.1:1'] } },
    b: { discovery: { static: ['127.0.0.1:2'] } },
  },
} as GatewayConfigInput

const UPGRADE = {
  connection: 'upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

t.test('explain', async (t) => {
  const gateway = createGateway(CONFIG)
  t.teardown(() => gateway.close())
  const { listeners } = await gateway.start()
  const port = (name: string): string => (listeners[name] as string).replace(/.*:/, '')

  const raw = await gateway.explain({ url: listeners.raw as string })
  t.match(raw, { listener: 'raw', route: 'db', upstream: 'db', endpoint: '127.0.0.1:5432', answer: null })
  t.ok(raw.notes.includes('listener raw passes bytes: nothing of a request is seen'))
  t.match(raw.notes.join('\n'), 'the endpoint follows from the hash of source-ip: "127.0.0.1"')

  const passed = await gateway.explain({ url: `https://x.b.test:${port('pass')}/path` })
  t.match(passed, { listener: 'pass', route: 'wild', endpoint: '127.0.0.1:2' })
  t.ok(passed.notes.includes('listener pass passes TLS through: of a request only the name is seen'))
  t.match(await gateway.explain({ url: 'tls://a.test/', listener: 'pass' }), { route: 'a' })
  t.match(await gateway.explain({ url: 'tls://c.test/', listener: 'pass' }), {
    route: null,
    endpoint: null,
    answer: { reason: 'no-route' },
  })
  t.notMatch(
    (await gateway.explain({ url: 'tls://c.test/', listener: 'pass' })).notes.join('\n'),
    'raw',
    'names are nothing to tcp',
  )
  await t.rejects(gateway.explain({ url: 'tcp://a.test:9' }), { message: /^no tcp listener is bound to port 9$/ })
  t.match(await gateway.explain({ url: 'tls://192.0.2.1/', listener: 'pass' }), { route: null }, 'an address is no name')

  const headers = UPGRADE
  const upgraded = await gateway.explain({ url: `http://a.test:${port('web')}/`, headers })
  t.match(upgraded, { route: 'all', endpoint: '127.0.0.1:1' })
  t.ok(upgraded.notes.includes('it becomes a tunnel if the endpoint agrees to websocket'))
  const refused = await gateway.explain({ url: `http://a.test:${port('web')}/plain`, headers })
  t.notMatch(refused.notes.join('\n'), 'tunnel')
  t.ok(refused.notes.includes('it is passed on as a plain request: the route does not allow websocket'))
  const byUrl = await gateway.explain({ url: `ws://a.test:${port('web')}/` })
  t.ok(byUrl.notes.includes('it becomes a tunnel if the endpoint agrees to websocket'), 'a URL of a WebSocket')
  const old = await gateway.explain({
    url: `http://a.test:${port('web')}/`,
    headers: { ...headers, 'sec-websocket-version': '8' },
  })
  t.match(old.answer, { status: 426, reason: 'websocket-version' })
})
