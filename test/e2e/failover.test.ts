// Another upstream stands in while one has no endpoint that can be used, on real sockets.

import t, { type Test } from 'tap'
import type { GatewayConfigInput } from '../../src/index.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { type RawEndpoint, type Script, startEndpoint } from '../support/raw-endpoint.ts'
import { until } from '../support/until.ts'

const named =
  (name: string): Script =>
  (_request, connection, phase) => {
    if (phase === 'end') connection.answer(name)
  }

/** Nobody listens there. */
const DEAD = '127.0.0.1:1'

interface Settings {
  readonly upstreams: Readonly<Record<string, object>>
  readonly route?: object
  readonly top?: object
}

const config = ({ upstreams, route, top }: Settings): GatewayConfigInput =>
  ({
    via: 'gate',
    listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
    routes: [{ name: 'all', to: 'main', ...route }],
    upstreams,
    ...top,
  }) as GatewayConfigInput

const at = (endpoints: readonly (RawEndpoint | string)[], rest: object = {}): object => ({
  discovery: { static: endpoints.map((endpoint) => (typeof endpoint === 'string' ? endpoint : endpoint.address)) },
  ...rest,
})

async function start(t: Test, name: string): Promise<RawEndpoint> {
  const endpoint = await startEndpoint(t)
  endpoint.script = named(name)
  return endpoint
}

async function asker(gateway: TestGateway) {
  const client = await gateway.client()
  return async (times: number, request = 'GET /'): Promise<string[]> => {
    const bodies: string[] = []
    for (let i = 0; i < times; i++) {
      const { status, body } = await client.ask(request)
      bodies.push(status === 200 ? body : `${status}`)
    }
    return bodies
  }
}

const explained = (gateway: TestGateway) => gateway.gateway.explain({ method: 'GET', url: 'http://a/' })

t.test('nobody can be connected to: the next upstream, and back', async (t) => {
  const spare = await start(t, 'spare')
  const upstreams = (main: readonly (RawEndpoint | string)[]) => ({
    main: at(main, { failover: ['spare'] }),
    spare: at([spare]),
  })
  const gateway = await startGateway(
    t,
    config({ upstreams: upstreams([DEAD]), top: { accessLog: { file: `${t.testdir({})}/access.log` } } }),
  )
  t.match(await explained(gateway), { upstream: 'main', endpoint: DEAD, notes: [/^listener web/] })
  const ask = await asker(gateway)
  t.strictSame(await ask(5), Array(5).fill('spare'), 'the retry of the first has found the way already')
  t.equal(await gateway.metric('requests_total', { upstream: 'spare', code: '200' }), 5)
  t.equal(await gateway.metric('requests_total', { upstream: 'main' }), 0)
  t.equal(await gateway.metric('attempts_total', { upstream: 'main', outcome: 'connect-failure' }), 1)
  t.equal(await gateway.metric('retries_total', { upstream: 'spare', result: 'ok' }), 1)
  t.equal(await gateway.metric('panic'), 0, 'nobody ignores health')
  t.match(await explained(gateway), {
    route: 'all',
    upstream: 'spare',
    endpoint: spare.address,
    notes: [
      /^listener web/,
      /^upstream main has no endpoint that can be used \(127.0.0.1:1 ejected for connect-failure until \S+\): spare stands in$/,
    ],
  })

  const main = await start(t, 'main')
  await gateway.apply(config({ upstreams: upstreams([DEAD, main]) }))
  t.strictSame(await ask(3), Array(3).fill('main'), 'an endpoint that can be used takes it all back')
  gateway.closeClients()
})

t.test('in order, each followed by those that stand in for it; then panic', async (t) => {
  const [b, c, d] = await Promise.all(['b', 'c', 'd'].map((name) => start(t, name)))
  const out = { discovery: { static: [] } }
  const upstreams = (b: object, c: object, d: object) => ({
    main: { ...out, failover: ['b', 'd'] },
    b: { ...b, failover: ['c'] },
    c,
    d,
  })
  const gateway = await startGateway(t, config({ upstreams: upstreams(at([b as RawEndpoint]), out, at([d as RawEndpoint])) }))
  const ask = await asker(gateway)
  t.strictSame(await ask(2), ['b', 'b'])
  await gateway.apply(config({ upstreams: upstreams(out, at([c as RawEndpoint]), at([d as RawEndpoint])) }))
  t.strictSame(await ask(2), ['c', 'c'])
  await gateway.apply(config({ upstreams: upstreams(out, out, at([d as RawEndpoint])) }))
  t.strictSame(await ask(2), ['d', 'd'])
  await gateway.apply(config({ upstreams: upstreams(out, out, out) }))
  t.strictSame(await ask(1), ['503'])
  t.match(await explained(gateway), {
    upstream: 'main',
    answer: { status: 503, reason: 'no-endpoint' },
  })

  // Who cannot be connected to is asked all the same when nobody else is left.
  const dead = { discovery: { static: [DEAD] } }
  await gateway.apply(config({ upstreams: { main: { ...dead, failover: ['b'] }, b: at([b as RawEndpoint]) } }))
  t.strictSame(await ask(3), ['b', 'b', 'b'])
  t.equal(await gateway.metric('attempts_total', { upstream: 'main' }), 1)
  t.equal(await gateway.metric('panic'), 0)
  await gateway.apply(config({ upstreams: { main: { ...dead, failover: ['b'] }, b: out } }))
  t.strictSame(await ask(1), ['503'])
  t.equal(await gateway.metric('attempts_total', { upstream: 'main' }), 3)
  t.equal(await gateway.metric('panic', { upstream: 'main' }), 1)
  t.match(await explained(gateway), {
    upstream: 'main',
    endpoint: DEAD,
    endpoints: [{ eligible: true }],
    notes: [
      /^listener/,
      /^upstream main has no endpoint that can be used \(127.0.0.1:1 ejected for \S+ until \S+\), and nobody who could stand in has one$/,
      'too few endpoints of upstream main are healthy (panic): health is ignored',
    ],
  })
  gateway.closeClients()
})

t.test('limits, queue and balancer are those of who is used', async (t) => {
  const spares = await Promise.all([start(t, '0'), start(t, '1'), start(t, '2')])
  const gateway = await startGateway(
    t,
    config({
      upstreams: {
        main: at([], { failover: ['spare'], limits: { requests: 1, pending: 0 } }),
        spare: at(spares, { balancer: { type: 'rendezvous', key: { header: 'x-user' } }, limits: { requests: 2, pending: 1 } }),
      },
    }),
  )
  const client = await gateway.client()
  const bodies = new Set<string>()
  for (let i = 0; i < 6; i++) bodies.add((await client.ask('GET /', ['x-user: ann'])).body)
  t.equal(bodies.size, 1, 'by its own key')
  for (const spare of spares) spare.script = () => {}
  const clients = await Promise.all(Array.from({ length: 4 }, () => gateway.client()))
  for (const client of clients) client.socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await until('one to be turned away', () => clients.some(({ responses }) => responses.length > 0))
  t.match((await gateway.running()).requests_pending, 1)
  t.equal(await gateway.metric('requests_in_flight', { upstream: 'spare' }), 2)
  t.equal(await gateway.metric('requests_in_flight', { upstream: 'main' }), 0)
  t.equal(await gateway.metric('rejected_total', { reason: 'limit-pending' }), 1)
  gateway.closeClients()
})

t.test('who waits for a place moves on with the others, at once', async (t) => {
  const spare = await start(t, 'spare')
  const main = await startEndpoint(t)
  let running = 0
  main.script = (_request, _connection, phase) => {
    if (phase === 'end') running++
  }
  const upstreams = (list: readonly RawEndpoint[]) => ({
    main: at(list, { failover: ['spare'], limits: { requests: 1 } }),
    spare: at([spare]),
  })
  const gateway = await startGateway(t, config({ upstreams: upstreams([main]) }))
  const [first, second] = [await gateway.client(), await gateway.client()]
  first.socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await until('the first to run', () => running === 1)
  const waiting = second.ask('GET /')
  await until('the second to wait', async () => (await gateway.metric('requests_pending', { upstream: 'main' })) === 1)
  await gateway.apply(config({ upstreams: upstreams([]) }))
  t.equal((await waiting).body, 'spare')
  main.open[0]?.answer('late')
  t.equal((await first.response()).body, 'late')
  t.equal(await gateway.metric('requests_in_flight'), 0)
  t.equal(await gateway.metric('requests_pending'), 0)
  gateway.closeClients()
})
