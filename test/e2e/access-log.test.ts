// What the access log says of requests that were there: phases, routes that want it otherwise, and why things went as they did.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Changes, configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { deadAddress, startEndpoint } from '../support/raw-endpoint.ts'
import { pause, until } from '../support/until.ts'

// biome-ignore lint/suspicious/noExplicitAny: lines are looked at as they come
type Line = Record<string, any>

interface Logged {
  readonly gateway: TestGateway
  lines(count: number): Promise<Line[]>
}

async function logged(t: Test, endpoints: readonly string[], accessLog: object, changes: Changes = {}): Promise<Logged> {
  const file = join(t.testdir(), 'access.log')
  const top = { accessLog: { file, ...accessLog }, ...changes.top }
  const gateway = await startGateway(t, configOf(endpoints, { ...changes, top }))
  const read = (): Line[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  return {
    gateway,
    async lines(count) {
      await until(`${count} lines`, () => read().length >= count)
      return read()
    },
  }
}

t.test('phases of a request that takes its time everywhere', async (t) => {
  const endpoint = await startEndpoint(t)
  endpoint.script = (_request, connection, phase) => {
    if (phase !== 'end') return
    setTimeout(() => {
      connection.send('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab')
      setTimeout(() => connection.send('cd'), 30)
    }, 30)
  }
  const fields = ['path', 'phases', 'attempts', 'durationMs']
  const { gateway, lines } = await logged(t, [endpoint.address], { fields }, { upstream: { limits: { requests: 1 } } })
  const [client, other] = [await gateway.client(), await gateway.client()]
  client.request('POST /slow', ['content-length: 4'], 'ab')
  await pause(30)
  client.send('cd')
  await endpoint.request()
  other.request('GET /waits')
  await client.response()
  await other.response()
  const [slow, waits] = (await lines(2)).sort((a, b) => a.path.localeCompare(b.path)) as [Line, Line]
  t.ok(slow.receivedMs >= 25, `${slow.receivedMs}`)
  t.equal(slow.queueMs, 0)
  t.ok(slow.connectMs >= 0 && slow.connectMs < 1000)
  t.ok(slow.upstreamMs >= 25 && slow.ttfbMs >= slow.upstreamMs)
  t.ok(slow.transferMs >= 25)
  t.ok(Math.abs(slow.ttfbMs + slow.transferMs - slow.durationMs) < 0.01)
  t.match(slow.attempts, [{ outcome: 'ok', status: 200, bytes: 4, connectMs: Number, ttfbMs: Number }])
  t.ok(waits.queueMs >= 25)
  t.equal(waits.receivedMs, 0)
})

t.test('what is not asked for is not measured', async (t) => {
  const endpoint = await startEndpoint(t)
  const { gateway, lines } = await logged(t, [endpoint.address], { fields: ['attempts', 'header.x-a', 'clientPort'] })
  const client = await gateway.client()
  await client.ask('GET /', ['x-a: one'])
  const [line] = await lines(1)
  t.same(Object.keys(line?.attempts[0]), ['endpoint', 'outcome', 'status', 'durationMs', 'bytes'])
  t.equal(line?.['header.x-a'], 'one')
  t.equal(line?.clientPort, client.socket.localPort)
})

t.test('routes that want it otherwise', async (t) => {
  const file = join(t.testdir(), 'access.log')
  const endpoint = await startEndpoint(t)
  endpoint.script = (request, connection, phase) => {
    if (phase === 'end') connection.answer('', [], request.target.endsWith('error') ? '500 No' : '200 OK')
  }
  const route = (name: string, accessLog?: unknown) => ({
    name,
    match: [{ path: { prefix: `/${name}` } }],
    to: 'all',
    accessLog,
  })
  const gateway = await startGateway(t, {
    ...configOf([endpoint.address]),
    accessLog: { file, fields: ['path'] },
    routes: [
      route('off', 'off'),
      route('errors', { sample: '0%' }),
      route('more', { fields: ['path', 'status'] }),
      { ...route('rest'), match: [], accessLog: undefined },
    ],
  } as never)
  const client = await gateway.client()
  for (const path of ['/off/error', '/errors', '/errors/error', '/more', '/rest']) await client.ask(`GET ${path}`)
  await gateway.gateway.close()
  t.same(readFileSync(file, 'utf8').trim().split('\n'), [
    '{"path":"/errors/error"}',
    '{"path":"/more","status":200}',
    '{"path":"/rest"}',
  ])
})

t.test('why a request was answered as it was', async (t) => {
  const [dead, good] = [await deadAddress(), await startEndpoint(t)]
  const { gateway, lines } = await logged(
    t,
    [dead],
    { fields: ['status', 'decision'] },
    {
      route: {
        match: [{ path: { prefix: '/a' }, methods: ['GET'] }],
        filters: [{ rewrite: { prefix: '/b' } }, { requestHeaders: { remove: ['x-a'] } }],
        retry: { attempts: 1, on: ['connect-failure'], backoff: { base: '1ms', max: '1ms' } },
      },
      upstream: { balancer: 'random' },
    },
  )
  const client = await gateway.client()
  await client.ask('GET /a/1', ['x-a: 1'])
  await client.ask('GET /nowhere')
  await client.ask('POST /a/1', ['content-length: 0'])
  const [failed, nowhere] = (await lines(3)) as [Line, Line]
  t.match(failed.decision, {
    listener: 'web',
    route: 'all',
    upstream: 'all',
    endpoint: dead,
    considered: [{ route: 'all', why: 'best match: every host, prefix /a, method GET' }],
    filters: [
      { name: 'rewrite', effect: 'passed' },
      { name: 'requestHeaders', effect: 'passed' },
    ],
    endpoints: [{ address: dead, weight: 1, eligible: true, why: /can be picked; the last connection failed: .*ECONNREFUSED/ }],
    answer: { status: 503, reason: 'connect-failure' },
    notes: ['1 routes are for this host or every host', 'random chooses among 1 of 1 endpoints'],
    tried: [
      { endpoint: dead, outcome: 'connect-failure', status: null, reason: null },
      { endpoint: dead, outcome: 'connect-failure', status: null, reason: 'connect-failure' },
    ],
    noRetry: '1 of 1 were made',
  })
  t.match(nowhere.decision, {
    route: null,
    considered: [],
    endpoints: [],
    tried: [],
    answer: { status: 404, reason: 'no-route' },
  })
  t.equal(good.requests.length, 0)
})

t.test('of what went well a share says why', async (t) => {
  const endpoint = await startEndpoint(t)
  const settings = { fields: ['decision'], decision: '100%' }
  const { gateway, lines } = await logged(t, [endpoint.address], settings, { route: { affinity: { header: 'x-session' } } })
  await (await gateway.client()).ask('GET /', ['x-session: s'])
  const [line] = await lines(1)
  t.match(line?.decision, { answer: null, noRetry: null, tried: [{ outcome: 'ok', status: 200, reason: null }] })
  t.match(line?.decision.notes.join('\n'), /x-session/)
  const never = await logged(t, [endpoint.address], { ...settings, decision: '0%' })
  await (await never.gateway.client()).ask('GET /')
  t.same(await never.lines(1), [{}])
})

t.test('why there was no further try', async (t) => {
  const endpoint = await startEndpoint(t)
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') connection.socket.resetAndDestroy()
  }
  const route = { retry: { attempts: 3, on: ['reset'], bodyBytes: 2, budget: '0%', backoff: { base: '1ms', max: '1ms' } } }
  const { gateway, lines } = await logged(t, [endpoint.address], { fields: ['method', 'decision'] }, { route })
  const client = await gateway.client()
  await client.ask('POST /', ['content-length: 0'])
  await client.ask('PUT /', ['content-length: 3'], 'abc')
  for (let i = 0; i < 4; i++) await client.ask('GET /')
  const all = await lines(6)
  const of = (method: string) => all.filter((line) => line.method === method).at(-1)?.decision.noRetry
  t.equal(of('POST'), 'the policy of the route: POST after reset')
  t.match(of('PUT'), /larger than retry.bodyBytes, 2|was too large to be kept/)
  t.equal(of('GET'), 'the budget of upstream all is used up')
})

t.test('an answer that the route does not try again after, and one after which nobody else could be asked', async (t) => {
  const endpoint = await startEndpoint(t)
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') connection.answer('no', [], '503 Service Unavailable')
  }
  const fields = { fields: ['status', 'decision'] }
  const once = await logged(t, [endpoint.address], fields)
  await (await once.gateway.client()).ask('GET /')
  t.equal((await once.lines(1))[0]?.decision.noRetry, 'the policy of the route: GET after 503')
  const again = await logged(t, [endpoint.address], fields, {
    route: { retry: { attempts: 2, on: ['503'], backoff: { base: '1ms', max: '1ms' } } },
    upstream: { breaker: { errorPercent: 1, minimumRequests: 1 } },
  })
  await (await again.gateway.client()).ask('GET /')
  const [line] = await again.lines(1)
  t.match(line, { status: 503, decision: { noRetry: 'breaker-open', tried: [{ status: 503 }], answer: null } })
})

t.test('what a client did wrong, also where it is not told', async (t) => {
  const settings = { fields: ['reason', 'decision'] }
  const { gateway, lines } = await logged(t, ['127.0.0.1:1'], settings, { top: { errors: { detail: 'minimal' } } })
  const client = await gateway.client()
  client.send('GET / HTTP/1.1\r\na: b\r\n\r\n')
  t.equal((await client.response()).status, 400)
  t.match(await lines(1), [{ reason: 'bad-request', decision: { notes: [/Host/] } }])
})

t.test('a filter that answers: no endpoint was to be chosen', async (t) => {
  const settings = { fields: ['decision'], decision: '100%' }
  const filters = [{ respond: { status: 200, body: 'x' } }]
  const { gateway, lines } = await logged(t, ['127.0.0.1:1'], settings, { route: { filters } })
  await (await gateway.client()).ask('GET /')
  t.match(await lines(1), [
    {
      decision: { filters: [{ name: 'respond', effect: 'answered 200' }], notes: ['1 routes are for this host or every host'] },
    },
  ])
})

t.test('who was left out without being ill, and for whom another upstream stands in', async (t) => {
  const [good, dead] = [await startEndpoint(t), await deadAddress()]
  const settings = { fields: ['decision'], decision: '100%' }
  const idle = { address: '127.0.0.1:1', weight: 0 }
  const later = { address: '127.0.0.1:2', priority: 1 }
  const upstreams = {
    all: { discovery: { static: [dead] }, health: { type: 'tcp', initial: 'down' }, failover: ['other'] },
    other: { discovery: { static: [later, idle, good.address] } },
  }
  const { gateway, lines } = await logged(t, [], settings, { top: { upstreams } })
  await (await gateway.client()).ask('GET /')
  const [line] = await lines(1)
  t.match(line?.decision, {
    endpoint: good.address,
    endpoints: [
      { address: good.address, eligible: true },
      { address: later.address, eligible: false, why: /its priority is 1/ },
      { address: idle.address, eligible: false, why: 'its weight is 0' },
    ],
    notes: [/^1 routes/, 'other stands in for all, of which 0 of 1 endpoints are up now', /among 1 of 3 endpoints/],
  })
})

t.test('no route: how many there are for the host', async (t) => {
  const { gateway, lines } = await logged(t, ['127.0.0.1:1'], { fields: ['decision'] }, { route: { hosts: ['a.example'] } })
  const client = await gateway.client()
  const at = { match: [{ path: { prefix: '/a' } }], hosts: ['a.example'] }
  await client.ask('GET /', ['host: b.example'])
  t.match(await lines(1), [{ decision: { considered: [], notes: ['there is no route for this host'] } }])
  const other = await logged(t, ['127.0.0.1:1'], { fields: ['decision'] }, { route: at })
  await (await other.gateway.client()).ask('GET /b', ['host: a.example'])
  t.match(await other.lines(1), [{ decision: { notes: ['none of 1 routes for this host or every host takes it'] } }])
})

t.test('a reload counts no dropped line twice', async (t) => {
  if (process.platform !== 'linux') return
  const endpoint = await startEndpoint(t)
  const config = (fields: string[]) => configOf([endpoint.address], { top: { accessLog: { file: '/dev/full', fields } } })
  const gateway = await startGateway(t, config(['path', 'header.x-long']))
  const client = await gateway.client()
  const long = `x-long: ${'x'.repeat(3500)}`
  for (let i = 0; i < 320; i++) await client.ask('GET /', [long])
  // The last ones become lines when it is tried again to write, after a second.
  let before = 0
  for (let last = -1; before === 0 || before !== last; await pause(1100)) {
    last = before
    before = await gateway.metric('access_log_dropped_total')
  }
  t.ok(before < 320, `${before} dropped`)
  await gateway.apply(config(['status']))
  t.equal(await gateway.metric('access_log_dropped_total'), before)
})

t.test('lines that were dropped right before another log takes over are counted', async (t) => {
  if (process.platform !== 'linux') return
  const endpoint = await startEndpoint(t)
  const config = (top: object) => configOf([endpoint.address], { top })
  const gateway = await startGateway(t, config({ accessLog: { file: '/dev/full', fields: ['header.x-long'] } }))
  const client = await gateway.client()
  const long = `x-long: ${'x'.repeat(3500)}`
  for (let i = 0; i < 320; i++) await client.ask('GET /', [long])
  await gateway.apply(config({}))
  const after = await gateway.metric('access_log_dropped_total')
  t.ok(after > 0 && after < 320, `${after} dropped`)
})
