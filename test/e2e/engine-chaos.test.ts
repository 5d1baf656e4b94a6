// Everything at once, by chance (the seed is printed): whatever clients and endpoints do, nobody gets another one's bytes, and
// nothing is left running.

import t from 'tap'
import { scene, type TestGateway } from '../support/gateway.ts'
import type { EndpointConnection, Script } from '../support/raw-endpoint.ts'
import { pause } from '../support/until.ts'

const SEED = Number(process.env.SEED ?? 1)
const CLIENTS = 12
const EXCHANGES = 40

function dice(seed: number): (sides: number) => number {
  let state = (seed * 2654435761) >>> 0
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

const chunk = (text: string) => (text === '' ? '' : `${text.length.toString(16)}\r\n${text}\r\n`)

/** Sends `pieces` one after the other, some with a pause before them; stops when the connection is gone. */
async function play(connection: EndpointConnection, pieces: readonly string[], roll: (sides: number) => number): Promise<void> {
  for (const piece of pieces) {
    if (roll(3) === 0) await pause(roll(4))
    if (connection.socket.destroyed) return
    connection.send(piece)
  }
}

function misbehaving(roll: (sides: number) => number): Script {
  return (request, connection, phase) => {
    const early = request.target.endsWith('early')
    if (phase === (early ? 'end' : 'head')) return
    // Every body names its request from its beginning to its end.
    const text = `${request.target}|`.repeat(1 + roll(4) ** 6)
    const half = text.slice(0, text.length >> 1)
    const length = `content-length: ${text.length}\r\n`
    const ways: (() => unknown)[] = [
      () => play(connection, [`HTTP/1.1 200 OK\r\n${length}\r\n${text}`], roll),
      () => play(connection, [`HTTP/1.1 200 OK\r\n${length}\r\n`, half, text.slice(half.length)], roll),
      () =>
        play(
          connection,
          ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', chunk(half), chunk(text.slice(half.length)), '0\r\n\r\n'],
          roll,
        ),
      () =>
        play(
          connection,
          [
            `HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk(text)}0\r\nx-t: 1\r\n\r\n`,
          ],
          roll,
        ),
      () => play(connection, ['HTTP/1.1 200 OK\r\n\r\n', text], roll).then(() => connection.socket.end()),
      () => play(connection, [`HTTP/1.1 200 OK\r\n${length}\r\n`, half], roll).then(() => connection.socket.end()),
      () =>
        play(connection, ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', chunk(half)], roll).then(() =>
          connection.socket.resetAndDestroy(),
        ),
      () => connection.socket.resetAndDestroy(),
      () => connection.socket.end(),
      () => play(connection, [`HTTP/1.1 200 OK\r\n${length}\r\n${text}HTTP/1.1 200 OK\r\n\r\nwrong`], roll),
      () => play(connection, ['HTTP/1.1 200 OK\r\nbad header\r\n\r\n'], roll),
    ]
    // Mostly well.
    ;(ways[roll(2) === 0 ? roll(4) : roll(ways.length)] as () => unknown)()
  }
}

/** One client's life; resolves with what it saw that must not be. */
async function live(
  gateway: TestGateway,
  id: number,
  roll: (sides: number) => number,
): Promise<{ wrong: string[]; complete: number }> {
  const wrong: string[] = []
  let complete = 0
  let client = await gateway.client()
  for (let i = 0; i < EXCHANGES; i++) {
    const targets: string[] = []
    const first = client.responses.length
    for (let n = 0; n <= roll(3); n++) {
      const target = `/${id}-${i}-${n}${roll(6) === 0 ? '-early' : ''}`
      const body = 'b'.repeat(roll(4) ** 8)
      const method = ['GET', 'POST', 'PUT', 'DELETE'][roll(4)]
      if (method === 'GET') client.request(`GET ${target}`)
      else if (roll(2) === 0) client.request(`${method} ${target}`, [`content-length: ${body.length}`], body)
      else client.request(`${method} ${target}`, ['transfer-encoding: chunked', 'te: trailers'], `${chunk(body)}0\r\n\r\n`)
      targets.push(target)
    }
    const last = first + targets.length - 1
    const leave = roll(12)
    const patience = leave < 2 ? roll(5) : 4000
    const end = performance.now() + patience
    while (client.responses[last]?.complete !== true && !client.closed && !client.ended && performance.now() < end)
      await pause(1)
    for (const [n, target] of targets.entries()) {
      const response = client.responses[first + n]
      if (response === undefined || response.status >= 400) continue
      const expected = `${target}|`.repeat(Math.ceil(response.body.length / (target.length + 1)) + 1)
      if (!expected.startsWith(response.body)) wrong.push(`${target} got ${response.body.slice(0, 60)}`)
      if (response.complete) {
        complete++
        if (response.body.length % (target.length + 1) !== 0) wrong.push(`${target} was cut, and looks complete`)
      }
    }
    const stuck = client.responses[last]?.complete !== true && !client.closed && !client.ended
    if (stuck && leave >= 2) wrong.push(`${targets.join(' ')} are not answered`)
    if (stuck || client.closed || client.ended || roll(10) === 0) {
      if (roll(2) === 0) client.reset()
      else client.destroy()
      client = await gateway.client()
    }
  }
  return { wrong, complete }
}

scene('chaos', { endpoints: 3, upstream: { limits: { requests: 8, connections: 8 } } }, async (t, { gateway, endpoints }) => {
  t.comment(`SEED=${SEED}`)
  const roll = dice(SEED)
  for (const endpoint of endpoints) endpoint.script = misbehaving(dice(roll(2 ** 31)))
  const lives = await Promise.all(Array.from({ length: CLIENTS }, (_, id) => live(gateway, id, dice(roll(2 ** 31)))))
  t.strictSame(
    lives.flatMap(({ wrong }) => wrong),
    [],
  )
  t.ok(lives.reduce((sum, { complete }) => sum + complete, 0) > CLIENTS * EXCHANGES * 0.5, 'most of it went well')
  t.ok(endpoints.every(({ requests }) => requests.length > 0))
})

t.end()
