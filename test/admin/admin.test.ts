import { once } from 'node:events'
import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { createAdmin } from '../../src/admin/admin.ts'
import { startAdmin } from './fixture.ts'

t.test('every call answers in its shape', async (t) => {
  const { url, state } = await startAdmin(t)
  const read = async (path: string, init?: RequestInit): Promise<[number, unknown]> => {
    const answer = await fetch(url + path, init)
    return [answer.status, await answer.json()]
  }
  const post = { method: 'POST' }
  t.same(await read('/healthz'), [200, { live: true }])
  t.same(await read('/ready'), [200, { ready: true, why: [] }])
  t.same(await read('/ready?verbose'), [200, { ready: true, why: [] }], 'a query is no other path')
  t.same(await read('/config'), [200, { revision: 'r1', source: 'a.yaml', config: { admin: { token: '***' }, routes: [] } }])
  t.same(await read('/routes'), [200, { routes: [{ name: 'users', origin: null }] }])
  t.same(await read('/reload', post), [200, { revision: 'r2' }])
  let drained = 0
  state.drain = () => void drained++
  t.same(await read('/drain', post), [200, { draining: true }])
  t.equal(drained, 1)
  t.same(await read('/upstreams'), [200, { upstreams: [] }])
  t.match(await read('/cache/purge', post), [501, { code: 'not-supported', status: 501, detail: /cache/ }])
  t.match(await read('/nope'), [404, { code: 'not-found' }])
  t.match(await read('/__proto__'), [404, { code: 'not-found' }])

  state.live = () => false
  state.ready = () => ({ ready: false, why: ['draining'] })
  const problem = { file: 'a.yaml', line: 3, column: 5, message: 'unknown upstream' }
  state.reload = async () => ({ errors: [problem] })
  t.same(await read('/healthz'), [503, { live: false }])
  t.same(await read('/ready'), [503, { ready: false, why: ['draining'] }])
  t.same(await read('/reload', post), [422, { errors: [problem] }])
})

t.test('metrics come in the format that is asked for', async (t) => {
  const { url } = await startAdmin(t)
  const type = async (accept: string): Promise<string | null> => {
    const answer = await fetch(`${url}/metrics`, { headers: { accept } })
    t.equal(await answer.text(), 'm 1\n')
    t.equal(answer.headers.get('vary'), 'accept')
    return answer.headers.get('content-type')
  }
  t.equal(await type('*/*'), 'text/plain')
  t.equal(await type('text/plain;version=0.0.4;q=1,application/openmetrics-text;q=0.5'), 'text/plain')
  t.equal(await type('application/openmetrics-text;q=0'), 'text/plain')
  t.equal(
    await type('application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'),
    'application/openmetrics-text',
  )
})

t.test('refusals are problems as RFC 9457 has them', async (t) => {
  const { url } = await startAdmin(t)
  const answer = await fetch(`${url}/nope`)
  t.equal(answer.headers.get('content-type'), 'application/problem+json')
  t.same(await answer.json(), {
    type: 'https://headgate.dev/admin/not-found',
    title: 'There is no such call',
    status: 404,
    code: 'not-found',
    detail: 'GET /openapi.json lists the calls',
  })
})

t.test('HEAD has the headers of GET and no body; other methods are told what is allowed', async (t) => {
  const { url } = await startAdmin(t)
  const [head, whole] = await Promise.all([fetch(`${url}/routes`, { method: 'HEAD' }), fetch(`${url}/routes`)])
  t.equal(head.status, 200)
  t.equal(head.headers.get('content-length'), String((await whole.text()).length))
  t.equal(await head.text(), '')
  for (const [method, path, allow] of [
    ['POST', '/routes', 'GET, HEAD'],
    ['DELETE', '/metrics', 'GET, HEAD'],
    ['OPTIONS', '/ready', 'GET, HEAD'],
    ['GET', '/reload', 'POST'],
    ['HEAD', '/drain', 'POST'],
    ['GET', '/explain', 'POST'],
    ['GET', '/cache/purge', 'POST'],
    ['PUT', '/', 'GET, HEAD'],
    ['POST', '/events', 'GET, HEAD'],
  ] as const) {
    const answer = await fetch(url + path, { method })
    t.equal(answer.status, 405, `${method} ${path}`)
    t.equal(answer.headers.get('allow'), allow)
    await answer.text()
  }
})

t.test('answers are not stored, framed or sniffed', async (t) => {
  const { url } = await startAdmin(t)
  for (const path of ['/', '/config', '/nope']) {
    const { headers } = await fetch(url + path)
    t.equal(headers.get('cache-control'), path === '/' ? 'no-cache' : 'no-store')
    t.equal(headers.get('x-content-type-options'), 'nosniff')
    t.equal(headers.get('x-frame-options'), 'DENY')
    t.match(headers.get('content-security-policy'), /default-src 'none'/)
    t.equal(headers.get('access-control-allow-origin'), null)
  }
})

t.test('an answer that cannot be sent is a log entry and the end of its connection', async (t) => {
  const { url, state, logged } = await startAdmin(t)
  state.metrics = async () => ({ contentType: 'text/plain\n', text: '' })
  await t.rejects(fetch(`${url}/metrics`))
  t.same(logged, ['error an admin call failed'])
  t.equal((await fetch(`${url}/healthz`)).status, 200)
})

t.test('a state that throws is a 500 and a log entry, nothing more', async (t) => {
  const { url, state, logged } = await startAdmin(t)
  state.metrics = async () => {
    throw new Error('broken with hush')
  }
  state.routes = () => {
    throw new Error('broken')
  }
  for (const path of ['/metrics', '/routes']) {
    const answer = await fetch(url + path)
    t.equal(answer.status, 500)
    t.notMatch(await answer.text(), /broken/)
  }
  t.same(logged, ['error an admin call failed', 'error an admin call failed'])
  t.equal((await fetch(`${url}/healthz`)).status, 200)
})

t.test('unix sockets', async (t) => {
  const path = join(t.testdir(), 'admin.sock')
  const left = createServer().listen(`${path}.0`)
  await once(left, 'listening')
  // Renamed, so that closing does not remove it.
  renameSync(`${path}.0`, path)
  await t.rejects(startAdmin(t, { bind: `unix:${path}` }), { code: 'EADDRINUSE' }, 'somebody serves it')
  left.close()
  await once(left, 'close')

  const state = (await startAdmin(t)).state
  const options = { bind: `unix:${path}`, readOnly: false, token: null, hosts: [], state, log: () => {} }
  const admin = createAdmin(options)
  t.equal(await admin.start(), `unix:${path}`)
  t.equal(statSync(path).mode & 0o007, 0, 'not for everybody')
  const status = await new Promise((resolve) =>
    get({ socketPath: path, path: '/healthz', headers: { host: 'localhost' }, agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    }),
  )
  t.equal(status, 200)
  await admin.close()
  t.notOk(existsSync(path))

  writeFileSync(path, 'a file of somebody')
  await t.rejects(createAdmin(options).start(), { code: 'EADDRINUSE' })
  t.ok(existsSync(path), 'a file is never removed')
})

t.test('an address in use is an error of start', async (t) => {
  const { port, state } = await startAdmin(t)
  const options = { bind: `127.0.0.1:${port}`, readOnly: false, token: null, hosts: [], state, log: () => {} }
  await t.rejects(createAdmin(options).start(), { code: 'EADDRINUSE' })
})

t.test('options that cannot be served safely', async (t) => {
  const { state } = await startAdmin(t)
  const make = (bind: string, token: string | null) => () =>
    createAdmin({ bind, token, readOnly: false, hosts: [], state, log: () => {} })
  t.throws(make('0.0.0.0:0', null), /needs admin.token/)
  t.throws(make('[::]:0', null), /needs admin.token/)
  t.throws(make('admin.example:0', null), /needs admin.token/)
  t.throws(make('127.0.0.1:0', ''), /empty/)
  t.throws(make('127.0.0.1', null), /not an address/)
  t.throws(make('127.0.0.1:70000', null), /not an address/)
  for (const bind of ['127.9.9.9:0', '[::1]:0', 'localhost:0', 'unix:/tmp/a.sock']) t.doesNotThrow(make(bind, null), bind)
  t.doesNotThrow(make('0.0.0.0:0', 'x'))
})
