// What a plugin sees of an exchange and may do to it, and what it may not.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startWithPlugin } from '../support/plugin-gateway.ts'

/** A gateway with a plugin of these hooks. */
async function withHooks(t: Test, hooks: string, use: object = {}, more: object = {}) {
  const file = join(t.testdir({}), 'p.ts')
  writeFileSync(file, `export default { name: 'p', ${hooks} }\n`)
  const logged: string[] = []
  const log = (_level: string, message: string, fields = {}) => void logged.push(`${message} ${JSON.stringify(fields)}`)
  return { ...(await startWithPlugin(t, file, { name: 'p', ...use }, more, log)), logged }
}

const said = (): unknown[] => {
  const holder = globalThis as { said?: unknown[] }
  const all = holder.said ?? []
  holder.said = []
  return all
}

t.test('the request', async (t) => {
  const { ask } = await withHooks(
    t,
    `onRequest({ request, route, client, upstream, endpoint }) {
      globalThis.said = [request.method, request.path, request.query, request.host, route.name, client.ip, upstream, endpoint,
        request.headers.get('X-A'), request.headers.get('x-none'), request.headers.has('x-a'), request.headers.get('host')]
      request.headers.set('X-A', 'one')
      request.headers.add('x-b', 'two')
      request.headers.add('x-b', 'three')
      request.headers.remove('x-c')
      request.path = '/a/../b//c'
      request.query = 'q=1'
      request.host = 'Other.example:81'
    }`,
  )
  const { seen } = await ask('/x?y=1', { 'x-a': ['1', '2'], 'x-c': 'gone', host: 'Some.example:80' }, 'PUT')
  t.same(said(), ['PUT', '/x', '?y=1', 'some.example', 'all', '127.0.0.1', 'app', null, '1, 2', null, true, 'Some.example:80'])
  t.match(seen, { method: 'PUT', url: '/b/c?q=1', headers: { host: 'Other.example:81', 'x-a': 'one', 'x-b': 'two, three' } })
  t.notOk(seen?.headers['x-c'])
})

t.test('the response', async (t) => {
  const { ask } = await withHooks(
    t,
    `onResponse({ response, request, endpoint, state }) {
      globalThis.said = [response.status, response.headers.get('x-from'), request.headers.get('x-a'), typeof endpoint]
      response.status = 203
      response.headers.set('x-from', 'plugin')
      response.headers.add('set-cookie', 'a=1')
      response.headers.add('set-cookie', 'b=2')
    }`,
  )
  const answer = await ask('/', { 'x-a': '1' })
  t.same(said(), [200, 'endpoint', '1', 'string'])
  t.match(answer, { status: 203, headers: { 'x-from': 'plugin', 'set-cookie': ['a=1', 'b=2'] } })
})

t.test('answers of its own', async (t) => {
  const { ask } = await withHooks(
    t,
    `onRequest(exchange) {
      if (exchange.request.path === '/1') return exchange.respond({ status: 418, headers: { 'x-a': ['1', '2'] }, body: 'täpot' })
      if (exchange.request.path === '/2') return exchange.respond({ status: 204 })
      if (exchange.request.path === '/3') exchange.respond({ status: 307, headers: { location: '/x' } })
    },
    onResponse(exchange) {
      exchange.response.headers.set('x-seen', String(exchange.response.status))
      if (exchange.request.path === '/4') return exchange.respond({ body: '{}', headers: { 'content-type': 'application/json' } })
    }`,
  )
  t.match(await ask('/1'), {
    status: 418,
    body: 'täpot',
    seen: null,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-a': '1, 2' },
  })
  t.match(await ask('/2'), { status: 204, body: '', seen: null })
  t.match(await ask('/3'), { status: 307, seen: null, headers: { location: '/x' } }, 'returned or not')
  t.match(await ask('/4'), { status: 200, body: '{}', headers: { 'content-type': 'application/json' } })
  t.match(await ask('/5'), { status: 200, headers: { 'x-seen': '200' } })
})

t.test('from hook to hook, and the end', async (t) => {
  const { ask } = await withHooks(
    t,
    `onRequest({ state }) { state.set('a', 1) },
    onResponse({ state }) { state.set('b', state.get('a') + 1) },
    onEnd({ state, route, client, upstream, endpoint, response, request }, options) {
      globalThis.said.push([...state.values(), route.name, client.ip, upstream, typeof endpoint, response.status, request.path, options.x])
    }`,
    { options: { x: 'y' } },
  )
  said()
  await ask('/e')
  t.same(said(), [[1, 2, 'all', '127.0.0.1', 'app', 'string', 200, '/e', 'y']])
})

const REFUSED: readonly (readonly [what: string, why: RegExp])[] = [
  ["request.headers.set('x-a', 'a\\r\\nx-b: c')", /header x-a: a value has no line ends/],
  [
    "request.headers.add('x-a', '\\u20ac')",
    /header x-a: a value has no line ends, control characters or characters above U\+00FF/,
  ],
  ["request.headers.set('x-a', 1)", /header x-a: a value is text, not number/],
  ["request.headers.set('x a', '1')", /x a.* is not the name of a header/],
  ["request.headers.set('Content-Length', '1')", /header Content-Length: the gateway writes this one itself/],
  ["request.headers.remove('transfer-encoding')", /the gateway writes this one itself/],
  ["request.headers.add('transfer_encoding', 'chunked')", /the gateway writes this one itself/],
  ["request.headers.set('connection', 'close')", /the gateway writes this one itself/],
  ["request.headers.set('Host', 'x')", /header host: set request\.host/],
  ["request.path = '/../x'", /is not a path that the gateway would let through/],
  ["request.path = '/a?b'", /is not a path that the gateway would let through/],
  ["request.path = '/a b'", /is not a path that the gateway would let through/],
  ["request.path = '/%2f'", /is not a path that the gateway would let through/],
  ["request.query = 'a b'", /is not a query/],
  ["request.host = 'a b'", /is not a host/],
  ["request.method = 'PUT'", /method/],
  ['exchange.respond({ status: 99 })', /99 is not a status from 200 to 599/],
  ["exchange.respond({ headers: { 'content-length': '3' } })", /the gateway writes this one itself/],
  ["exchange.respond({ status: 204, body: 'x' })", /status 204 has no body/],
  ['exchange.respond({ body: 3 })', /body is text/],
  ['options.a.b = 1', /read only|not extensible/],
]

t.test('what is refused', async (t) => {
  for (const [what, why] of REFUSED) {
    const { ask, logged } = await withHooks(t, `onRequest(exchange, options) { const { request } = exchange; ${what} }`, {
      options: { a: {} },
    })
    t.match(await ask('/'), { status: 500, seen: null, headers: { 'x-headgate-reason': 'plugin-error' } }, what)
    t.match(logged.join('\n'), why, what)
  }
  for (const what of [
    'response.status = 304',
    'response.status = 199',
    "response.headers.set('content-length', '1')",
    "request.path = '/x'",
  ]) {
    const { ask } = await withHooks(t, `onResponse({ request, response }) { ${what} }`)
    t.match(await ask('/'), { status: 500, headers: { 'x-headgate-reason': 'plugin-error' } }, what)
  }
})
