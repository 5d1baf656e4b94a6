// Extended CONNECT (RFC 8441): a WebSocket in a stream, towards an endpoint that speaks HTTP/1.1.

import t from 'tap'
import { ERRORS, type Field, FLAG, FRAME, SETTING } from '../support/http2-frames.ts'
import { type RawHttp2, request } from '../support/http2-raw.ts'
import { http2Scene } from '../support/http2-scene.ts'

const connect = (...more: Field[]): Field[] =>
  request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/chat' }, ['sec-websocket-version', '13'], ...more)

const ACCEPT = 'HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: x\r\n'

const said = (h2: RawHttp2, id: number): string => h2.body(id)

http2Scene('bytes both ways, each side ends by itself', {}, async (t, { client, endpoint }) => {
  endpoint.parses = true
  let tunnel = (_bytes: string): void => {}
  let received = ''
  let finished = false
  endpoint.script = (_request, connection, phase) => {
    if (phase !== 'end') return
    connection.socket.removeAllListeners('data')
    connection.socket.on('data', (bytes: Buffer) => {
      received += bytes.toString('latin1')
    })
    connection.socket.on('end', () => {
      finished = true
      connection.socket.end()
    })
    connection.send(`${ACCEPT}\r\nhello`)
    tunnel = (bytes) => connection.send(bytes)
  }
  const h2 = await client()
  const id = h2.headers(connect(), 0)
  // Before it is open.
  h2.data(id, 'early')
  await h2.until('hello', () => said(h2, id) === 'hello')
  t.equal(h2.status(id), 200)
  const { line, fields } = await endpoint.request()
  t.equal(line, 'GET /chat HTTP/1.1')
  t.match(fields, {
    upgrade: 'websocket',
    connection: /upgrade/i,
    'sec-websocket-key': /^.{22}==$/,
    'sec-websocket-version': '13',
  })
  h2.data(id, ' and late')
  await h2.until('all', () => received === 'early and late')
  tunnel('!')
  await h2.until('!', () => said(h2, id) === 'hello!')
  // Other streams go on meanwhile.
  h2.data(id, '', true)
  await h2.until('the end at the endpoint', () => finished)
  await h2.until('the end here', () => h2.ended(id))
  t.equal(h2.resetCode(id), null)
})

http2Scene(
  'refused by the endpoint, by the route, and when it is none',
  { route: { match: [{ path: { prefix: '/chat' } }] } },
  async (t, { client, endpoint }) => {
    const h2 = await client()
    await h2.roundTrip()
    t.ok(
      h2.of(0, FRAME.SETTINGS).some(({ payload }) => payload.includes(Buffer.from([0, SETTING.ENABLE_CONNECT, 0, 0, 0, 1]))),
      'it is offered',
    )
    endpoint.script = (_request, connection, phase) => {
      if (phase === 'end') connection.answer('no', [], '403 Forbidden')
    }
    const no = h2.headers(connect(), 0)
    t.equal(await h2.outcome(no), '403')
    t.equal(
      await h2.outcome(h2.headers(request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/other' }), 0)),
      '404',
    )
    t.equal(
      await h2.outcome(h2.headers(request({ ':method': 'CONNECT', ':protocol': 'connect-udp', ':path': '/chat' }), 0)),
      '501',
    )
    t.equal(await h2.outcome(h2.headers(connect(), FLAG.END_STREAM)), 'reset PROTOCOL_ERROR')
    t.equal(await h2.outcome(h2.headers(connect(['content-length', '3']), 0)), 'reset PROTOCOL_ERROR')
  },
)

http2Scene(
  'an answer that is no tunnel does not look like one',
  {
    top: {
      routes: [
        { name: 'told', match: [{ path: { exact: '/told' } }], filters: [{ respond: { status: 200, body: 'x' } }] },
        { name: 'all', to: 'all' },
      ],
    },
  },
  async (t, { client, endpoint }) => {
    const h2 = await client()
    const status = async (path: string): Promise<number> => {
      const id = h2.headers(
        request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': path }, ['sec-websocket-version', '13']),
        0,
      )
      await h2.until('an answer', () => h2.status(id) !== 0)
      return h2.status(id)
    }
    t.equal(await status('/told'), 501)
    endpoint.script = (_request, connection, phase) => {
      if (phase === 'end') connection.answer('not a tunnel')
    }
    t.equal(await status('/chat'), 501)
    endpoint.script = (_request, connection, phase) => {
      if (phase === 'end') connection.answer('', [], '403 Forbidden')
    }
    t.equal(await status('/chat'), 403)
  },
)

http2Scene('a client that leaves, and an endpoint that breaks off', {}, async (t, { client, endpoint }) => {
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') connection.send(`${ACCEPT}\r\n`)
  }
  const h2 = await client()
  const left = h2.headers(connect(), 0)
  await h2.until('200', () => h2.status(left) === 200)
  h2.reset(left)
  await h2.until('the endpoint to be let go', () => endpoint.open.length === 0)
  const broken = h2.headers(connect(), 0)
  await h2.until('200', () => h2.status(broken) === 200)
  endpoint.open[0]?.socket.resetAndDestroy()
  t.equal(await h2.outcome(broken), 'reset INTERNAL_ERROR')
  t.equal(ERRORS.INTERNAL_ERROR, 2)
  t.equal(h2.closed, false)
})

t.end()
