// A WebSocket in a stream of HTTP/2 (RFC 8441): limits, back-pressure and ends of it.

import type { Socket } from 'node:net'
import { type Field, FRAME } from '../support/http2-frames.ts'
import { type RawHttp2, request } from '../support/http2-raw.ts'
import { type Http2Scene, http2Scene } from '../support/http2-scene.ts'
import { pause, until } from '../support/until.ts'

const connect = (...more: Field[]): Field[] =>
  request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/chat' }, ['sec-websocket-version', '13'], ...more)

const ACCEPT =
  'HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: x\r\n\r\n'

interface Tunnel {
  readonly h2: RawHttp2
  readonly id: number
  /** The endpoint's side. */
  readonly socket: Socket
}

/** Opens a tunnel; what comes at the endpoint goes to `data`. */
async function open(
  { client, endpoint }: Http2Scene,
  data: (bytes: Buffer, socket: Socket) => void,
  polite = true,
): Promise<Tunnel> {
  let socket: Socket | null = null
  endpoint.script = (_request, connection, phase) => {
    if (phase !== 'end') return
    socket = connection.socket
    socket.removeAllListeners('data')
    socket.removeAllListeners('end')
    socket.on('data', (bytes: Buffer) => data(bytes, connection.socket))
    connection.send(ACCEPT)
  }
  const h2 = await client({ polite })
  const id = h2.headers(connect(), 0)
  await h2.until('the tunnel', () => h2.status(id) === 200)
  return { h2, id, socket: socket as unknown as Socket }
}

http2Scene('limits.bodyBytes is not for tunnels', { listener: { limits: { bodyBytes: 100 } } }, async (t, scene) => {
  const { h2, id } = await open(scene, (bytes, socket) => socket.write(bytes))
  for (let i = 0; i < 5; i++) h2.data(id, 'x'.repeat(60))
  await h2.until('all of it to come back', () => h2.body(id).length === 300)
  t.equal(h2.resetCode(id), null)
})

http2Scene('neither is the filter', { route: { filters: [{ bodyLimit: 100 }] } }, async (t, scene) => {
  const { h2, id } = await open(scene, (bytes, socket) => socket.write(bytes))
  for (let i = 0; i < 5; i++) h2.data(id, 'x'.repeat(60))
  await h2.until('all of it to come back', () => h2.body(id).length === 300)
  t.equal(h2.resetCode(id), null)
})

http2Scene('an endpoint that does not read holds the client back', {}, async (t, scene) => {
  const { h2, id, socket } = await open(scene, () => {})
  socket.pause()
  const piece = 'x'.repeat(16_384)
  let sent = 0
  const granted = () => 65_535 + h2.of(id, FRAME.WINDOW_UPDATE).reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0)
  let still = 0
  await until('the window to stay closed', async () => {
    const before = sent
    while (sent + piece.length <= granted()) {
      h2.data(id, piece)
      sent += piece.length
    }
    still = sent === before ? still + 1 : 0
    await pause(2)
    return still === 50
  })
  t.ok(sent < 16_000_000, `${sent} bytes`)
  let received = 0
  socket.on('data', (bytes: Buffer) => {
    received += bytes.length
  })
  socket.resume()
  await h2.until('all of them', () => received === sent)
  h2.data(id, '!', true)
  await h2.until('the last', () => received === sent + 1)
})

http2Scene('a client that does not read holds the endpoint back', {}, async (t, scene) => {
  const { h2, id, socket } = await open(scene, () => {}, false)
  let sent = 0
  let before = -1
  const more = () => {
    do sent += 16_384
    while (socket.write(Buffer.alloc(16_384)))
  }
  socket.on('drain', more)
  more()
  await until('nothing to move', async () => {
    const still = sent === before
    before = sent
    await pause(60)
    return still
  })
  t.ok(sent < 16_000_000, `${sent} bytes`)
  socket.off('drain', more)
  socket.end()
  h2.window(0, 20_000_000)
  h2.window(id, 20_000_000)
  await h2.until('all of them', () => h2.body(id).length === sent)
  await h2.until('the end', () => h2.ended(id))
  h2.data(id, '', true)
})

http2Scene('the endpoint ends first, the client goes on', {}, async (t, scene) => {
  let received = ''
  const { h2, id, socket } = await open(scene, (bytes) => {
    received += bytes
  })
  socket.end('bye')
  await h2.until('its end', () => h2.ended(id))
  t.equal(h2.body(id), 'bye')
  h2.data(id, 'still here')
  await h2.until('it', () => received === 'still here')
  t.equal(await scene.gateway.metric('requests_in_flight'), 1)
  let ended = false
  socket.on('end', () => {
    ended = true
  })
  h2.data(id, '', true)
  await h2.until('the end', () => ended)
  t.equal(h2.resetCode(id), null)
})

for (const [who, timeout] of [
  ['tunnel', { tunnel: '5s' }],
  ['idle', { idle: '5s', tunnel: '1h' }],
] as const) {
  http2Scene(`nobody says anything: ${who}`, { route: { timeout } }, async (t, scene) => {
    const { h2, id } = await open(scene, () => {})
    await pause(60)
    scene.gateway.advance(6000)
    await pause(150)
    if (who === 'idle') t.equal(h2.resetCode(id), null, 'silence is no trouble')
    else await h2.until('the end', () => h2.resetCode(id) !== null)
    t.notOk(h2.ended(id))
  })
}

http2Scene('a client that takes nothing', { listener: { timeouts: { write: '5s' } } }, async (t, scene) => {
  const { h2, id, socket } = await open(scene, () => {}, false)
  let broken = false
  socket.on('close', () => {
    broken = true
  })
  socket.write(Buffer.alloc(300_000))
  await h2.until('its window', () => h2.body(id).length === 65_535)
  for (let i = 0; i < 8 && !broken; i++) {
    scene.gateway.advance(2000)
    await pause(80)
  }
  await until('the endpoint to be let go of', () => broken)
  await h2.until('the reset', () => h2.resetCode(id) !== null)
  t.not(h2.resetCode(id), null)
})

http2Scene('leaving the connection leaves the endpoint', {}, async (t, scene) => {
  const { h2, socket } = await open(scene, () => {})
  let error = ''
  socket.on('error', ({ code }: NodeJS.ErrnoException) => {
    error = code ?? ''
  })
  let closed = false
  socket.on('close', () => {
    closed = true
  })
  const began = performance.now()
  h2.destroy()
  await until('the endpoint to know', () => closed)
  t.ok(performance.now() - began < 1000)
  t.equal(error, 'ECONNRESET')
})
