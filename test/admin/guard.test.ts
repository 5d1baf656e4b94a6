import t from 'tap'
import { startAdmin, statuses } from './fixture.ts'

/** The status that a request with these header lines gets. */
type Ask = (line: string, ...headers: string[]) => Promise<number | undefined>

function asker(raw: (bytes: string) => Promise<string>): Ask {
  return async (line, ...headers) =>
    statuses(await raw(`${line} HTTP/1.1\r\n${[...headers, 'Connection: close'].join('\r\n')}\r\n\r\n`))[0]
}

t.test('Host: only names that are known to be ours (DNS rebinding)', async (t) => {
  const { raw, port } = await startAdmin(t, { hosts: ['Admin.Example'] })
  const ask = asker(raw)
  for (const host of [
    '127.0.0.1',
    `127.0.0.1:${port}`,
    'localhost',
    'LOCALHOST:1',
    'localhost.',
    '10.1.2.3',
    '[::1]:80',
    'admin.example',
    'ADMIN.example.:9',
  ]) {
    t.equal(await ask('GET /healthz', `Host: ${host}`), 200, host)
  }
  for (const host of [
    'evil.example',
    'localhost.evil',
    'evillocalhost',
    '127.0.0.1.evil',
    '0x7f.1',
    '2130706433',
    '[evil]',
    'a@localhost',
  ]) {
    t.equal(await ask('GET /healthz', `Host: ${host}`), 403, host)
    t.equal(await ask('GET /nope', `Host: ${host}`), 403, host)
  }
  t.equal(await ask('GET /healthz', 'Host: '), 403)
  t.equal(await ask('GET /healthz'), 400, 'none')
  t.equal(await ask('GET /healthz', 'Host: localhost', 'Host: evil.example'), 400, 'two')
  t.equal(await ask('GET http://evil.example/healthz', 'Host: localhost'), 400, 'absolute form')
  t.same(statuses(await raw('GET /healthz HTTP/1.0\r\n\r\n')), [200], 'HTTP/1.0 may have none')
})

t.test('writes from the pages of another site are refused', async (t) => {
  const { raw, state, port } = await startAdmin(t)
  const ask = asker(raw)
  let reloads = 0
  state.reload = async () => {
    reloads++
    return { revision: 'r' }
  }
  const host = `Host: localhost:${port}`
  for (const header of [
    'Origin: http://evil.example',
    `Origin: http://localhost:${port + 1}`,
    'Origin: null',
    'Origin: ',
    `Origin: file://localhost:${port}`,
    `Origin: http://localhost:${port}.evil`,
    'Sec-Fetch-Site: cross-site',
    'Sec-Fetch-Site: same-site',
  ]) {
    t.equal(await ask('POST /reload', host, header), 403, header)
  }
  t.equal(reloads, 0)
  for (const header of [
    `Origin: http://localhost:${port}`,
    `Origin: https://localhost:${port}`,
    'Sec-Fetch-Site: same-origin',
    'Sec-Fetch-Site: none',
    'X: none',
  ]) {
    t.equal(await ask('POST /reload', host, header), 200, header)
  }
  t.equal(reloads, 5)
  t.equal(await ask('GET /routes', host, 'Origin: http://evil.example'), 200, 'reading is for the browser to forbid')
  t.equal(await ask('GET /events', host, 'Sec-Fetch-Site: cross-site'), 403, 'but not what goes on and on')
  t.equal(await ask('GET /', host, 'Sec-Fetch-Site: cross-site'), 200, 'a link to the dashboard')
  t.equal(await ask('POST /reload', 'Host: localhost', 'Origin: http://localhost:80'), 200, 'the default port says nothing')
})

t.test('token: everything but the probes asks for it', async (t) => {
  const { raw } = await startAdmin(t, { token: 'correct horse'.replace(' ', '-') })
  const ask = asker(raw)
  const host = 'Host: localhost'
  for (const path of ['/healthz', '/ready', '/']) t.equal(await ask(`GET ${path}`, host), 200, path)
  for (const line of [
    'GET /events',
    'GET /openapi.json',
    'GET /metrics',
    'GET /config',
    'GET /routes',
    'GET /upstreams',
    'GET /nope',
    'POST /reload',
    'POST /drain',
    'POST /explain',
  ]) {
    t.equal(await ask(line, host), 401, line)
  }
  for (const value of [
    'Bearer wrong',
    'Bearer',
    'Bearer ',
    'Basic correct-horse',
    'correct-horse',
    'Bearer correct-horse-',
    'Bearer correct-horse x',
  ]) {
    t.equal(await ask('GET /metrics', host, `Authorization: ${value}`), 401, value)
  }
  for (const value of ['Bearer correct-horse', 'bearer  correct-horse']) {
    t.equal(await ask('GET /metrics', host, `Authorization: ${value}`), 200, value)
    t.equal(await ask('GET /nope', host, `Authorization: ${value}`), 404, value)
  }
  t.match(await raw(`GET /metrics HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`), /^www-authenticate: Bearer/im)
})

t.test('readOnly refuses what changes something', async (t) => {
  const { raw, state } = await startAdmin(t, { readOnly: true })
  const ask = asker(raw)
  state.drain = () => t.fail('called')
  state.reload = async () => t.fail('called') as never
  for (const path of ['/reload', '/drain', '/cache/purge']) t.equal(await ask(`POST ${path}`, 'Host: localhost'), 403, path)
  t.equal(await ask('POST /explain', 'Host: localhost'), 400, 'explaining changes nothing')
  t.equal(await ask('GET /config', 'Host: localhost'), 200)
})
