// Connections after GOAWAY, of either side: a client that is still there gets all of its answers, one that is not is let go.

import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { ERRORS, FLAG, FRAME, frame, SETTING, uint32 } from '../support/http2-frames.ts'
import { type RawHttp2, request } from '../support/http2-raw.ts'
import { type Http2Scene, http2Scene } from '../support/http2-scene.ts'

const GOAWAY = frame(FRAME.GOAWAY, 0, 0, Buffer.concat([uint32(0), uint32(ERRORS.NO_ERROR)]))
const WRITE = 5000
const LOOK = 2500

const timeouts = { write: `${WRITE}ms`, keepAlive: '1h' }
/** What keeps a request running for longer than any client is waited for. */
const route = { timeout: { attempt: '1h', idle: '1h' } }
const SIDES = {
  ours: { listener: { timeouts, limits: { requestsPerConnection: 1 } }, route },
  "the client's": { listener: { timeouts }, route },
} as const

/** A connection with a running request, after GOAWAY. */
async function leaving({ client, endpoint }: Http2Scene, whose: string, polite: boolean): Promise<RawHttp2> {
  const h2 = await client({ polite })
  h2.headers(request())
  await endpoint.request()
  if (whose === 'ours') await h2.until('GOAWAY', () => h2.goaways.length > 0)
  else {
    h2.send(GOAWAY)
    await h2.roundTrip()
  }
  return h2
}

/** What the client must acknowledge. */
const questions = (h2: RawHttp2): number => h2.of(0, FRAME.SETTINGS).filter(({ flags }) => (flags & FLAG.ACK) === 0).length

/** So many looks of the gateway at its connections. */
async function looks({ gateway }: Http2Scene, count: number, every = LOOK): Promise<void> {
  for (let i = 0; i < count; i++) {
    gateway.advance(every)
    await sleep(80)
  }
}

/** How a client goes of which nothing more is heard. */
const ENDS: Readonly<Record<string, (h2: RawHttp2) => void>> = {
  'says nothing any more': () => {},
  'resets the connection after a broken frame': (h2) => h2.socket.resetAndDestroy(),
  'closes the connection after a broken frame': (h2) => h2.socket.end(),
  'says nothing any more after a broken frame': () => {},
}

for (const [whose, settings] of Object.entries(SIDES)) {
  for (const [how, end] of Object.entries(ENDS)) {
    http2Scene(`${whose} GOAWAY, and the client ${how}`, settings, async (t, scene) => {
      const { gateway, endpoint } = scene
      endpoint.script = () => {}
      const h2 = await leaving(scene, whose, false)
      if (how.includes('broken')) {
        // Of no stream: a connection error (RFC 9113 6.1).
        h2.data(0, 'broken')
        await sleep(30)
      }
      end(h2)
      await looks(scene, WRITE / LOOK + 3)
      await h2.until('the connection to be let go', async () => (await gateway.metric('connections')) === 0)
      await h2.until('the endpoint to be let go', () => endpoint.open.length === 0)
      t.equal(await gateway.metric('requests_total', { code: '499' }), 1)
    })
  }

  http2Scene(`${whose} GOAWAY, and a client that is still there`, settings, async (t, scene) => {
    const { endpoint } = scene
    let answer = (): void => {}
    endpoint.script = (_request, connection, phase) => {
      if (phase === 'end') answer = () => connection.answer('late')
    }
    const h2 = await leaving(scene, whose, true)
    const before = questions(h2)
    await looks(scene, (3 * WRITE) / LOOK)
    t.ok(questions(h2) > before + 1, 'it has been asked again and again')
    answer()
    t.equal(await h2.outcome(1), '200')
    t.equal(h2.body(1), 'late')
    await h2.until('the end', () => h2.closed)
  })
}

/** The kernel takes more in steps of megabytes: there must be some of them in this time. */
const PATIENT = { listener: { timeouts: { ...timeouts, write: '18s' }, limits: { requestsPerConnection: 1 } }, route }

http2Scene('ours GOAWAY, and a client that reads slowly and says nothing', PATIENT, async (t, scene) => {
  const { client, endpoint, gateway } = scene
  const size = 60_000_000
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') connection.answer('x'.repeat(size))
  }
  // Its windows are so wide that it need not say anything for long.
  const h2 = await client({ polite: false, settings: [[SETTING.INITIAL_WINDOW_SIZE, 2 ** 30]] })
  h2.window(0, 2 ** 30)
  const id = h2.headers(request())
  const { socket } = h2
  let wanted = 0
  socket.on('data', () => {
    if (socket.bytesRead >= wanted) socket.pause()
  })
  for (let i = 0; i < 38; i++) {
    await looks(scene, 1, 1000)
    wanted += 500_000
    socket.resume()
    await h2.until('its part', () => socket.bytesRead >= wanted || h2.closed)
  }
  t.equal(await gateway.metric('connections'), 1, 'it is still there')
  t.equal(h2.resetCode(id), null)
})

t.end()
