// Back-pressure: who is slow holds back the other side, and what waits in between is bounded.

import type { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { scene } from '../support/gateway.ts'
import type { Script } from '../support/raw-endpoint.ts'
import { pause, until } from '../support/until.ts'

const MIB = 1024 * 1024
/** What one slow stream may take in this process: the gateway's buffers, and the test's own with them. */
const GROWTH = 8 * MIB
const SIZE = 50 * MIB

const piece = Buffer.alloc(64 * 1024, 'x')

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

function bytesInUse(): number {
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

/** Writes `size` bytes as fast as they are taken; resolves with the bytes given to the socket when `stop` says so. */
function pour(socket: Socket, size: number): { sent: number } {
  const state = { sent: 0 }
  const more = () => {
    while (state.sent < size && !socket.destroyed) {
      const part = piece.subarray(0, Math.min(piece.length, size - state.sent))
      state.sent += part.length
      if (!socket.write(part)) return
    }
  }
  socket.on('drain', more)
  more()
  return state
}

/** Resolves when `value` has not changed for a while. */
async function settled(value: () => number): Promise<number> {
  let last = -1
  while (last !== value()) {
    last = value()
    await pause(100)
  }
  return last
}

scene('a slow reader holds back the endpoint', {}, async (t, { gateway, endpoint }) => {
  let poured = { sent: 0 }
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'head') return
    connection.send(`HTTP/1.1 200 OK\r\ncontent-length: ${SIZE}\r\n\r\n`)
    poured = pour(connection.socket, SIZE)
  }
  const client = await gateway.client()
  const before = bytesInUse()
  client.request('GET /large')
  await until('the head', () => client.responses.length === 1)
  client.socket.pause()
  const sent = await settled(() => poured.sent)
  t.ok(sent < SIZE, 'the endpoint could not send all of it')
  t.ok(bytesInUse() - before < GROWTH, 'and the rest does not wait in the gateway')
  client.socket.resume()
  const response = await client.response()
  t.equal(response.body.length, SIZE)
})

scene('a slow endpoint holds back the client', { route: { timeout: { attempt: '20s' } } }, async (t, { gateway, endpoint }) => {
  endpoint.parses = false
  endpoint.onConnection = ({ socket }) => socket.pause()
  const client = await gateway.client()
  const before = bytesInUse()
  client.request('POST /up', [`content-length: ${SIZE}`])
  const poured = pour(client.socket, SIZE)
  const sent = await settled(() => poured.sent)
  t.ok(sent < SIZE, 'the client could not send all of it')
  t.ok(bytesInUse() - before < GROWTH, 'and the rest does not wait in the gateway')
  const [connection] = endpoint.connections
  connection?.socket.resume()
  await until('all of the body', () => (connection?.received ?? 0) > SIZE)
  connection?.answer('taken')
  t.equal((await client.response()).body, 'taken')
})

scene('what a client sends ahead of its turn is bounded', {}, async (t, { gateway, endpoint }) => {
  let release = 0
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end' && endpoint.requests.length <= release) connection.answer('x')
  }
  const client = await gateway.client()
  const request = `GET / HTTP/1.1\r\nhost: a\r\nx-fill: ${'f'.repeat(8000)}\r\n\r\n`
  const all = 30 * MIB
  const block = Buffer.from(request.repeat(16))
  let sent = 0
  const more = () => {
    while (sent < all && !client.socket.destroyed) {
      sent += block.length
      if (!client.socket.write(block)) return
    }
  }
  client.socket.on('drain', more)
  release = 200
  more()
  await until('two hundred answers', () => client.responses.length === 200, 15_000)
  await settled(() => sent)
  t.ok(sent < all, 'the client is held back')
  const taken = (await gateway.metric('bytes_total', { direction: 'in' })) - 200 * request.length
  t.ok(taken < 512 * 1024, `${taken} bytes wait in the gateway`)
  t.equal(endpoint.requests.length, 201)
  // It does not read what is ahead, so it sees that the client has gone when it writes.
  release = Number.POSITIVE_INFINITY
  endpoint.connections[0]?.answer('x')
})

const GET = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'
const answering12k: Script = (_request, connection, phase) => {
  if (phase === 'end') connection.answer('y'.repeat(12_000))
}

scene('a client that asks ahead and does not read is not answered on and on', {}, async (t, { gateway, endpoint }) => {
  endpoint.script = answering12k
  const client = await gateway.client()
  client.socket.pause()
  const before = bytesInUse()
  const count = 3000
  client.send(GET.repeat(count))
  const asked = await settled(() => endpoint.requests.length)
  t.ok(asked < count, `${asked} of ${count} requests went on`)
  t.ok(bytesInUse() - before < GROWTH, 'answers do not pile up')
  client.socket.resume()
  await until('all answers', () => client.responses.length === count, 15_000)
  t.equal(
    client.responses.every((response) => response.body.length === 12_000),
    true,
  )
})

scene(
  'a client that has asked for all it wants and ends its side is answered as it reads',
  { listener: { clientClose: 'answer' } },
  async (t, { gateway, endpoint }) => {
    endpoint.script = answering12k
    const client = await gateway.client()
    client.socket.pause()
    const count = 1500
    client.send(GET.repeat(count))
    client.fin()
    const asked = await settled(() => endpoint.requests.length)
    t.ok(asked < count, `${asked} of ${count} requests went on`)
    client.socket.resume()
    await client.end()
    t.equal(client.responses.filter(({ complete }) => complete).length, count)
    t.equal(client.error, '')
  },
)

scene(
  'the end of keepAlive does not cut what is still being read',
  { listener: { timeouts: { keepAlive: '1s', write: '30s' } } },
  async (t, { gateway, endpoint }) => {
    endpoint.script = answering12k
    const probe = await gateway.client()
    probe.socket.pause()
    probe.send(GET.repeat(2000))
    let most = await settled(() => endpoint.requests.length)
    // As many as a client can have answered that does not read: the last answers wait in the gateway. Socket buffers are not the
    // same twice, so the number is found by trying.
    let client = await gateway.client()
    for (const spare of [2, 3, 5, 8, 13, 21, 34]) {
      const before = endpoint.requests.length
      client.socket.pause()
      client.send(GET.repeat(most - spare))
      if ((await settled(() => endpoint.requests.length)) === before + most - spare) {
        most -= spare
        break
      }
      client = await gateway.client()
    }
    await pause(100)
    gateway.advance(5000)
    await pause(120)
    client.socket.resume()
    const complete = () => client.responses.filter((response) => response.complete).length
    await until('the answers or the end', () => complete() === most || client.ended || client.closed)
    t.equal(complete(), most)
    await client.end()
  },
)

t.end()
