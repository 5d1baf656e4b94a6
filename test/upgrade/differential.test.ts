// A fuzzing client's conversations, straight to a WebSocket server and through the gateway: the same bytes come back, and the same
// end. SEED and CASES in the environment choose others.

import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import t from 'tap'
import { WebSocketServer } from 'ws'
import { seeded } from '../../src/explain/seeded.ts'
import { configOf, startGateway } from '../support/gateway.ts'
import { pause, until } from '../support/until.ts'
import { conversation, frame, OPCODE } from './frames.ts'
import { HANDSHAKE, nothingRuns } from './scene.ts'

const SEED = Number(process.env.SEED ?? 1)
const CASES = Number(process.env.CASES ?? 200)
/** At a time. */
const BATCH = 20

interface Seen {
  /** What came behind the 101, in hexadecimal. */
  readonly bytes: string
  readonly head: string
}

const LAST = frame({ opcode: OPCODE.PING, payload: Buffer.from('was that all') })
const PONG = Buffer.from('was that all')

/** Says its part, waits until the server has answered the last word or hung up, and hangs up. */
async function talk(port: number, pieces: readonly Buffer[]): Promise<Seen> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  let got = Buffer.alloc(0)
  let over = false
  socket.on('data', (bytes: Buffer) => {
    got = Buffer.concat([got, bytes])
  })
  socket.on('error', () => {})
  socket.on('end', () => {
    over = true
  })
  socket.on('close', () => {
    over = true
  })
  await once(socket, 'connect')
  socket.write(`GET / HTTP/1.1\r\nHost: a.test\r\n${HANDSHAKE.join('\r\n')}\r\n\r\n`)
  await until('the 101', () => got.includes('\r\n\r\n'))
  for (const piece of pieces) {
    socket.write(piece)
    if (pieces.length > 1) await pause(0)
  }
  socket.write(LAST)
  // A frame that is not whole has no answer.
  await until('the last word', () => over || got.includes(PONG), 150).catch(() => {})
  socket.end()
  await until('the end', () => over)
  socket.destroy()
  const end = got.indexOf('\r\n\r\n') + 4
  const head = got.toString('latin1', 0, end).toLowerCase().split('\r\n').sort().join('\n')
  return { bytes: got.toString('hex', end), head }
}

t.test(`${CASES} conversations, seed ${SEED}`, async (t) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', maxPayload: 1 << 20 })
  server.on('connection', (socket) => {
    socket.on('error', () => {})
    socket.on('message', (data, binary) => socket.send(data, { binary }))
  })
  await once(server, 'listening')
  t.teardown(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const gateway = await startGateway(t, configOf([`127.0.0.1:${port}`]))
  const random = seeded(SEED)
  let different = 0
  for (let done = 0; done < CASES; done += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, CASES - done) }, () => conversation(random))
    await Promise.all(
      batch.map(async (pieces, i) => {
        const [direct, through] = await Promise.all([talk(port, pieces), talk(gateway.port, pieces)])
        if (direct.bytes === through.bytes && direct.head === through.head) return
        different++
        const said = Buffer.concat(pieces).toString('hex').slice(0, 200)
        t.strictSame(through, direct, `conversation ${done + i}: ${said}`)
      }),
    )
  }
  t.equal(different, 0)
  await nothingRuns(t, gateway)
})
