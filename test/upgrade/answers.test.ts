// Corpus 2.6 UP: what is an upgrade, what is not, and what the endpoint may answer.

import { fields } from '../support/message-fields.ts'
import { until } from '../support/until.ts'
import { HANDSHAKE, tunnelScene } from './scene.ts'

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
const VERSION = 'Sec-WebSocket-Version: 13'
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
/** The endpoint answers one request a connection. */
const ONCE = OK.replace('\r\n', '\r\nconnection: close\r\n')

const PLAIN: readonly (readonly [name: string, start: string, lines: readonly string[]])[] = [
  ['UP-01 h2c', 'GET /', ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA']],
  ['UP-02 a protocol that the route does not list', 'GET /', ['Connection: upgrade', 'Upgrade: foo']],
  ['UP-04 without Connection: upgrade', 'GET /', ['Upgrade: websocket', KEY, VERSION]],
  ['UP-04 Connection names something else', 'GET /', ['Connection: x-upgrade', 'Upgrade: websocket', KEY, VERSION]],
  ['UP-04 by POST', 'POST /', [...HANDSHAKE, 'Content-Length: 0']],
  ['UP-04 by HEAD', 'HEAD /', HANDSHAKE],
  ['UP-04 on HTTP/1.0', 'GET / HTTP/1.0', HANDSHAKE],
  ['UP-04 several protocols', 'GET /', ['Connection: Upgrade', 'Upgrade: websocket, h2c', KEY, VERSION]],
  ['UP-04 several lines', 'GET /', ['Connection: Upgrade', 'Upgrade: websocket', 'Upgrade: websocket', KEY, VERSION]],
  ['an alias', 'GET /', ['Connection: Upgrade', 'Upgrade_: websocket', KEY, VERSION]],
  ['an empty field', 'GET /', ['Connection: Upgrade', 'Upgrade:', KEY, VERSION]],
  ['a version', 'GET /', ['Connection: Upgrade', 'Upgrade: websocket/13', KEY, VERSION]],
]

for (const [name, start, lines] of PLAIN) {
  tunnelScene(`${name}: a plain request`, {}, async (t, { gateway, endpoint }) => {
    endpoint.answer = start.startsWith('HEAD') ? OK.slice(0, -2) : OK
    const client = await gateway.client()
    client.request(start, lines)
    const response = await client.response()
    t.equal(response.status, 200)
    const { head } = await endpoint.peer()
    t.notMatch(head, /^(?:connection|upgrade|http2-settings).*:/im)
  })
  tunnelScene(`${name}: a 101 to it is an error`, {}, async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    client.request(start, lines)
    const response = await client.response()
    t.equal(response.status, 502)
    t.equal(response.fields['x-headgate-reason'], 'protocol')
    const peer = await endpoint.peer()
    await until('the connection to be closed', () => peer.ended || peer.closed)
  })
}

const REFUSED: readonly (readonly [name: string, status: number, lines: readonly string[], body?: string])[] = [
  ['UP-04 with a length', 400, [...HANDSHAKE, 'Content-Length: 5'], 'hello'],
  ['UP-04 chunked', 400, [...HANDSHAKE, 'Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n'],
  ['UP-04 version 777', 426, [...HANDSHAKE.slice(0, 2), KEY, 'Sec-WebSocket-Version: 777']],
  ['UP-04 two versions', 426, [...HANDSHAKE, 'Sec-WebSocket-Version: 8']],
  ['no version', 426, [...HANDSHAKE.slice(0, 2), KEY]],
  ['UP-04 no key', 400, [...HANDSHAKE.slice(0, 2), VERSION]],
  ['two keys', 400, [...HANDSHAKE, KEY]],
  ['a short key', 400, [...HANDSHAKE.slice(0, 2), VERSION, 'Sec-WebSocket-Key: YQ==']],
]

for (const [name, status, lines, body] of REFUSED) {
  tunnelScene(`${name}: ${status}`, {}, async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    client.request('GET /', lines, body)
    const response = await client.response()
    t.equal(response.status, status)
    t.equal(endpoint.peers.length, 0, 'nothing reaches the endpoint')
    if (status !== 426) return
    t.equal(response.fields['sec-websocket-version'], '13')
    t.equal(response.fields.upgrade, 'websocket')
    t.match(response.fields.connection, /upgrade/i)
    t.equal((await client.ask('GET /', [...HANDSHAKE, 'Sec-WebSocket-Version: 1'])).status, 426, 'the connection goes on')
  })
}

const ORDINARY: readonly (readonly [name: string, answer: string, status: number, body: string])[] = [
  ['200', OK, 200, 'ok'],
  ['200 in chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', 200, 'ok'],
  ['400', 'HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n', 400, ''],
  ['426', 'HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\ncontent-length: 0\r\n\r\n', 426, ''],
  ['200 with Upgrade', OK.replace('\r\n', '\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'), 200, 'ok'],
  ['after 103', `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${OK}`, 200, 'ok'],
]

for (const [name, answer, status, body] of ORDINARY) {
  tunnelScene(`UP-03 an ordinary answer: ${name}`, {}, async (t, { gateway, endpoint }) => {
    endpoint.answer = answer
    const client = await gateway.client()
    client.request('GET /', HANDSHAKE)
    const response = await client.response()
    t.equal(response.status, status)
    t.equal(response.body, body)
    t.equal(response.fields.upgrade, undefined)
    endpoint.answer = null
    client.request('GET /second')
    const peer = await endpoint.peer()
    await until('the next request on the same connections', () => peer.bytes.includes('GET /second HTTP/1.1\r\n'))
    t.equal(endpoint.peers.length, 1)
    peer.send(OK)
    t.equal((await client.response(1)).body, 'ok')
  })
}

const MALFORMED: readonly (readonly [name: string, lines: string])[] = [
  ['without Upgrade', 'Connection: Upgrade\r\n'],
  ['without Connection', 'Upgrade: websocket\r\n'],
  ['another protocol', 'Connection: Upgrade\r\nUpgrade: foo\r\n'],
  ['several protocols', 'Connection: Upgrade\r\nUpgrade: websocket, foo\r\n'],
  ['several lines', 'Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: websocket\r\n'],
  ['with a body', 'Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n'],
  ['with a body in chunks', 'Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n'],
]

for (const [name, lines] of MALFORMED) {
  tunnelScene(`UP-03 a malformed 101: ${name}`, {}, async (t, { gateway, endpoint }) => {
    endpoint.answer = `HTTP/1.1 101 Switching Protocols\r\n${lines}\r\n`
    const client = await gateway.client()
    client.request('GET /', HANDSHAKE)
    const response = await client.response()
    t.equal(response.status, 502)
    t.equal(response.fields['x-headgate-reason'], 'protocol')
    const peer = await endpoint.peer()
    await until('the connection to be closed', () => peer.ended || peer.closed)
    endpoint.answer = OK
    t.equal((await client.ask('GET /')).status, 200, 'the client goes on')
  })
}
tunnelScene('UP-03 a 101 on HTTP/1.0', {}, async (t, { gateway, endpoint }) => {
  endpoint.answer = 'HTTP/1.0 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  const client = await gateway.client()
  client.request('GET /', HANDSHAKE)
  t.equal((await client.response()).status, 502)
})

tunnelScene('a length of nothing in a 101 is not passed on', {}, async (t, { gateway, endpoint }) => {
  endpoint.answer = 'HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n'
  const client = await gateway.client()
  client.request('GET /', HANDSHAKE)
  await until('the 101', () => client.interim.length === 1)
  t.equal(client.interim[0]?.fields['content-length'], undefined)
})

tunnelScene(
  'UP-02 what follows a refused upgrade is routed by itself',
  {
    top: {
      routes: [
        { name: 'admin', match: [{ path: { prefix: '/admin' } }], filters: [{ respond: { status: 403 } }] },
        { name: 'all', to: 'all' },
      ],
    },
  },
  async (t, { gateway, endpoint }) => {
    endpoint.answer = ONCE
    for (const lines of [['Connection: upgrade', 'Upgrade: foo'], HANDSHAKE]) {
      const client = await gateway.client()
      client.request('GET /', lines, 'GET /admin HTTP/1.1\r\nhost: a.test\r\n\r\n')
      t.equal((await client.response(0)).status, 200)
      t.equal((await client.response(1)).status, 403)
    }
    for (const peer of endpoint.peers) t.equal(peer.bytes, '')
  },
)

tunnelScene(
  'UP-06 the route decides, as about any request',
  {
    top: {
      routes: [
        { name: 'closed', match: [{ path: { prefix: '/closed' } }], filters: [{ respond: { status: 403 } }] },
        { name: 'off', match: [{ path: { prefix: '/off' } }], to: 'all', websocket: false },
        {
          name: 'all',
          to: 'all',
          filters: [
            { rewrite: { prefix: '/in/' } },
            { requestHeaders: { set: { 'x-a': '1' } } },
            { responseHeaders: { set: { 'x-b': '2' } } },
          ],
        },
      ],
    },
  },
  async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    t.equal((await client.ask('GET /closed', HANDSHAKE)).status, 403)
    t.equal((await client.ask('GET http://a.test/closed', HANDSHAKE)).status, 403)
    t.equal((await client.ask('GET /x/../closed', HANDSHAKE)).status, 403)
    t.equal(endpoint.peers.length, 0)
    endpoint.answer = ONCE
    t.equal((await client.ask('GET /off', HANDSHAKE)).status, 200)
    t.notMatch((await endpoint.peer()).head, /upgrade/i)

    endpoint.answer = 'HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    const other = await gateway.client()
    other.request('GET http://a.test/some?q=1', HANDSHAKE)
    await until('the 101', () => other.interim.length === 1)
    t.equal(other.interim[0]?.fields['x-b'], '2')
    const { head } = await endpoint.peer(1)
    t.match(head, /^GET \/in\/some\?q=1 HTTP\/1\.1\r\nHost: a\.test\r\n/)
    t.equal(fields(head)['x-a'], '1')
    t.equal(fields(head)['x-forwarded-for'], '127.0.0.1')
  },
)

tunnelScene(
  'upgrades: other protocols, in every case and by any method',
  {
    route: { websocket: false, upgrades: ['SPDY/3.1', 'tcp'] },
  },
  async (t, { gateway, endpoint }) => {
    endpoint.answer = 'HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\nhi'
    const client = await gateway.client()
    client.request('POST /exec', ['Connection: Upgrade', 'Upgrade: Spdy/3.1', 'Content-Length: 0'])
    await until('the tunnel', () => client.rest === 'hi')
    client.send('ho')
    const peer = await endpoint.peer()
    await peer.got('ho')
    t.match(peer.head, /\r\nupgrade: spdy\/3\.1\r\n/)
    const body = await gateway.client()
    body.request('POST /exec', ['Connection: Upgrade', 'Upgrade: tcp', 'Content-Length: 2'], '{}')
    t.equal((await body.response()).status, 400)
    endpoint.answer = ONCE
    t.equal((await (await gateway.client()).ask('GET /', HANDSHAKE)).status, 200, 'WebSocket is off')
    t.equal((await (await gateway.client()).ask('GET /', ['Connection: Upgrade', 'Upgrade: spdy/3'])).status, 200)
  },
)
