// Explaining on a gateway that runs: what it tells is what happens next, and asking has no consequences.

import t, { type Test } from 'tap'
import { createGateway, type GatewayConfigInput } from '../../src/index.ts'
import { startEndpoint } from '../supervisor/gateway-process.ts'

const LISTENER = { name: 'web', bind: '127.0.0.1:0' }

async function started(t: Test, config: GatewayConfigInput) {
  const gateway = createGateway(config)
  t.teardown(() => gateway.close())
  return { gateway, web: (await gateway.start()).listeners.web as string }
}

/** Without what measures the process itself. */
const counts = (metrics: string): string =>
  metrics
    .split('\n')
    .filter((line) => line.startsWith('headgate_') && !/event_loop|timestamp/.test(line))
    .join('\n')

t.test('by turns: the endpoint that is told is the one that is asked', async (t) => {
  const named = (name: string) => startEndpoint(t, (_request, response) => response.end(name))
  const [one, two] = await Promise.all([named('one'), named('two')])
  for (const type of ['round-robin', 'least-requests', 'first'] as const) {
    const { gateway, web } = await started(t, {
      listeners: [LISTENER],
      routes: [{ name: 'all', to: 'all' }],
      upstreams: { all: { discovery: { static: [one, { address: two, weight: 2 }] }, balancer: type } },
    })
    for (let i = 0; i < 7; i++) {
      const { endpoint } = await gateway.explain({ url: web })
      t.equal((await gateway.explain({ url: web, seed: i })).endpoint, endpoint)
      t.equal(await (await fetch(web)).text(), endpoint === one ? 'one' : 'two', type)
    }
  }
})

t.test('nothing is counted, logged or kept', async (t) => {
  const endpoint = await startEndpoint(t, (_request, response) => response.end())
  const { gateway } = await started(t, {
    listeners: [LISTENER],
    routes: [
      { name: 'limited', match: [{ path: { prefix: '/limited' } }], filters: [{ bodyLimit: '1KiB' }], to: 'all' },
      {
        name: 'late',
        match: [{ path: { prefix: '/late' } }],
        filters: [{ faults: { delay: { time: '10m', share: '100%' } } }],
        to: 'all',
      },
      { name: 'told', match: [{ path: { prefix: '/told' } }], filters: [{ respond: { status: 200 } }] },
    ],
    upstreams: { all: { discovery: { static: [endpoint] } } },
  })
  const before = counts(await gateway.metrics())
  const answers: (number | null)[] = []
  for (const path of ['/limited', '/late', '/told', '/nobody', '/%00']) {
    const headers = { 'content-length': '2000' }
    answers.push((await gateway.explain({ method: 'POST', url: `http://a.test${path}`, headers })).answer?.status ?? null)
  }
  t.strictSame(answers, [413, null, 200, 404, 400])
  t.equal(counts(await gateway.metrics()), before)
})

t.test('live state', async (t) => {
  const arrived = Promise.withResolvers<() => void>()
  const endpoint = await startEndpoint(t, (_request, response) => arrived.resolve(() => response.end()))
  const { gateway, web } = await started(t, {
    listeners: [LISTENER],
    routes: [{ name: 'all', to: 'all' }],
    upstreams: { all: { discovery: { static: [endpoint] }, limits: { requests: 1 } } },
  })
  const running = fetch(web)
  const finish = await arrived.promise
  const { endpoints, notes } = await gateway.explain({ url: web })
  t.strictSame(endpoints, [{ address: endpoint, weight: 1, eligible: true, why: 'can be picked, 1 running' }])
  t.match(notes, [
    /^listener web: it is bound to port \d+$/,
    'upstream all is full: 1 requests run and 0 wait, it would wait too',
  ])
  finish()
  await running
})

t.test('by weight, with the seed that is given', async (t) => {
  const { gateway } = await started(t, {
    listeners: [LISTENER],
    routes: [
      {
        name: 'all',
        to: [
          { upstream: 'a', weight: 90 },
          { upstream: 'b', weight: 10 },
        ],
      },
    ],
    upstreams: { a: { discovery: { static: ['127.0.0.1:1'] } }, b: { discovery: { static: ['127.0.0.1:2'] } } },
  })
  const shares = { a: 0, b: 0 }
  for (let seed = 0; seed < 300; seed++) {
    const first = await gateway.explain({ url: 'http://x/', seed })
    t.equal((await gateway.explain({ url: 'http://x/', seed })).upstream, first.upstream)
    shares[first.upstream as 'a' | 'b']++
    t.ok(first.notes.includes('one upstream of several, by weight: a 90, b 10 of 100'))
  }
  t.ok(shares.a > 240 && shares.b > 10, `${shares.a}:${shares.b}`)
})

t.test('who else would take it', async (t) => {
  const { gateway } = await started(t, {
    listeners: [LISTENER, { name: 'inner', bind: 'localhost:0' }],
    routes: [{ name: 'hidden', listeners: ['inner'], filters: [{ respond: { status: 200 } }] }],
  })
  const { route, answer, notes } = await gateway.explain({ url: 'http://a.test/' })
  t.strictSame({ route, answer }, { route: null, answer: { status: 404, reason: 'no-route' } })
  t.ok(notes.includes('listener inner would take it to route hidden'))
  t.equal((await gateway.explain({ url: 'http://a.test/', listener: 'inner' })).route, 'hidden')
})

t.test('who asks: forwarded addresses are believed as from a connection', async (t) => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of the configuration
  const filters = [{ requestHeaders: { set: { 'x-client': '${client.ip}' } } }]
  const { gateway } = await started(t, {
    listeners: [LISTENER],
    trustedProxies: ['10.0.0.0/8'],
    routes: [{ name: 'all', to: 'all', filters }],
    upstreams: { all: { discovery: { static: ['127.0.0.1:1'] } } },
  })
  const asked = { url: 'http://a/', headers: { 'x-forwarded-for': '192.0.2.7' } }
  const seen = async (client?: string) =>
    (await gateway.explain({ ...asked, ...(client === undefined ? {} : { client }) })).filters[0]?.effect
  t.equal(await seen('10.0.0.1'), 'sets x-client: 192.0.2.7')
  t.equal(await seen('2001:db8::1'), 'sets x-client: 2001:db8::1')
  t.equal(await seen(), 'sets x-client: 127.0.0.1')
  await t.rejects(seen('somebody'), { message: '"somebody" is not an IP address' })
})

t.test('what cannot be read is refused', async (t) => {
  const { gateway } = await started(t, { listeners: [LISTENER] })
  await t.rejects(gateway.explain({ url: 'a.test' }), { name: 'TypeError', message: /is not a URL/ })
  await t.rejects(gateway.explain({ url: '/x' }), { message: /names no host/ })
  await t.rejects(gateway.explain({ url: 'http://a/\r\nx: y' }), { message: /line end/ })
  await t.rejects(gateway.explain({ url: 'http://a/', headers: { 'x: y': 'z' } }), { message: /not the name of a header/ })
  await t.rejects(gateway.explain({ url: 'http://a/', listener: 'nope' }), { message: 'there is no listener "nope"' })
})

t.test('who is asked besides the endpoint', async (t) => {
  const { gateway, web } = await started(t, {
    listeners: [LISTENER],
    routes: [
      { name: 'all', to: 'all', hedge: { after: '50ms' }, mirror: [{ upstream: 'b', share: '2.5%' }, { upstream: 'c' }] },
    ],
    upstreams: Object.fromEntries(['all', 'b', 'c'].map((name) => [name, { discovery: { static: ['127.0.0.1:9'] } }])),
  })
  const { notes } = await gateway.explain({ url: web })
  for (const note of [
    'another endpoint is asked too when this one has not answered after 50 ms',
    'with a chance of 2.5% a copy goes to upstream b',
    'a copy goes to upstream c',
  ])
    t.ok(notes.includes(note), note)
  t.equal((await gateway.metrics()).includes('mirror_dropped_total{'), false)
})
