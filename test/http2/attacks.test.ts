// Corpus H2-06 to H2-13: clients that want to cost more than they pay. Each dies alone: another client is served all the while, and
// memory comes back.

import t, { type Test } from 'tap'
import { authority } from '../support/certificates.ts'
import {
  ERRORS,
  type Field,
  FLAG,
  FRAME,
  frame,
  hpack,
  INDEX_62,
  indexed,
  SETTING,
  settings,
  uint32,
} from '../support/http2-frames.ts'
import { nameOf, post, type RawHttp2, request } from '../support/http2-raw.ts'
import { type Http2Scene, http2Scene } from '../support/http2-scene.ts'
import { pause, until } from '../support/until.ts'

interface Attack {
  readonly name: string
  /** Sends some; called again until the connection ends. */
  readonly run: (h2: RawHttp2, round: number) => void
  readonly rounds?: number
  /** Codes of GOAWAY that are right. */
  readonly codes: readonly (keyof typeof ERRORS)[]
  /** How many requests may reach the endpoint at most. */
  readonly reach?: number
  /** Or it is let go on, as it costs nothing. */
  readonly harmless?: boolean
}

const times = (count: number, make: (i: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, i) => make(i)))
const HEAD = hpack(request())
const head = (id: number, flags: number = FLAG.END_STREAM): Buffer => frame(FRAME.HEADERS, flags | FLAG.END_HEADERS, id, HEAD)
const ids = (h2: RawHttp2, count: number): number[] => {
  const first = h2.next
  h2.next += 2 * count
  return Array.from({ length: count }, (_, i) => first + 2 * i)
}

/** Streams that are reset by the gateway's side, each by this. */
const madeYou = (name: string, wrong: (id: number) => Buffer, flags = 0): Attack => ({
  name: `H2-09 MadeYouReset: ${name}`,
  run: (h2) => h2.send(Buffer.concat(ids(h2, 200).map((id) => Buffer.concat([head(id, flags), wrong(id)])))),
  codes: ['ENHANCE_YOUR_CALM', 'INTERNAL_ERROR', 'PROTOCOL_ERROR', 'FRAME_SIZE_ERROR', 'FLOW_CONTROL_ERROR', 'STREAM_CLOSED'],
  reach: 3000,
})

const flood = (name: string, one: Buffer): Attack => ({
  name: `H2-10 flood: ${name}`,
  run: (h2) => h2.send(times(1000, () => one)),
  codes: ['ENHANCE_YOUR_CALM', 'INTERNAL_ERROR', 'PROTOCOL_ERROR'],
})

const ATTACKS: readonly Attack[] = [
  {
    name: 'H2-07 CONTINUATION without end',
    run: (h2, round) => {
      if (round === 0) h2.send(frame(FRAME.HEADERS, 0, 1, HEAD))
      h2.send(times(20, () => frame(FRAME.CONTINUATION, 0, 1, hpack([['x', 'y'.repeat(1000)]]))))
    },
    codes: ['ENHANCE_YOUR_CALM', 'INTERNAL_ERROR', 'PROTOCOL_ERROR'],
    reach: 0,
  },
  {
    name: 'H2-07 empty CONTINUATIONs',
    run: (h2, round) => {
      if (round === 0) h2.send(frame(FRAME.HEADERS, 0, 1, HEAD))
      h2.send(times(1000, () => frame(FRAME.CONTINUATION, 0, 1)))
    },
    codes: ['ENHANCE_YOUR_CALM', 'INTERNAL_ERROR', 'PROTOCOL_ERROR'],
    reach: 0,
  },
  {
    name: 'H2-08 Rapid Reset',
    run: (h2) =>
      h2.send(
        Buffer.concat(
          ids(h2, 200).map((id) => Buffer.concat([head(id), frame(FRAME.RST_STREAM, 0, id, uint32(ERRORS.CANCEL))])),
        ),
      ),
    codes: ['ENHANCE_YOUR_CALM', 'INTERNAL_ERROR'],
    reach: 1500,
  },
  madeYou('WINDOW_UPDATE of 0', (id) => frame(FRAME.WINDOW_UPDATE, 0, id, uint32(0)), FLAG.END_STREAM),
  madeYou('a window that overflows', (id) => frame(FRAME.WINDOW_UPDATE, 0, id, uint32(0x7fffffff)), FLAG.END_STREAM),
  madeYou('DATA on a stream that is half closed', (id) => frame(FRAME.DATA, 0, id, 'x'), FLAG.END_STREAM),
  madeYou('HEADERS on a stream that is half closed', (id) => head(id), FLAG.END_STREAM),
  madeYou('HEADERS without END_STREAM as trailers', (id) => head(id, 0)),
  madeYou('PRIORITY of a wrong length', (id) => frame(FRAME.PRIORITY, 0, id, 'abc'), FLAG.END_STREAM),
  madeYou('more DATA than its length', (id) => frame(FRAME.DATA, FLAG.END_STREAM, id, 'abc')),
  {
    name: 'H2-09 malformed requests',
    run: (h2) =>
      h2.send(
        Buffer.concat(
          ids(h2, 200).map((id) =>
            frame(FRAME.HEADERS, FLAG.END_STREAM | FLAG.END_HEADERS, id, hpack(request({}, ['connection', 'x']))),
          ),
        ),
      ),
    codes: ['ENHANCE_YOUR_CALM', 'INTERNAL_ERROR', 'PROTOCOL_ERROR'],
    reach: 0,
    rounds: 100,
  },
  flood('PING', frame(FRAME.PING, 0, 0, '12345678')),
  flood('SETTINGS', settings()),
  flood('SETTINGS that change something', settings([[SETTING.INITIAL_WINDOW_SIZE, 70_000]])),
  flood('PRIORITY', frame(FRAME.PRIORITY, 0, 1, Buffer.concat([uint32(0), Buffer.from([1])]))),
  flood('unknown frames', frame(0x77, 0, 0, 'what is this?')),
  flood('WINDOW_UPDATE', frame(FRAME.WINDOW_UPDATE, 0, 0, uint32(1))),
  flood('RST_STREAM of idle streams', frame(FRAME.RST_STREAM, 0, 99, uint32(8))),
  {
    name: 'H2-10 flood: empty DATA',
    run: (h2, round) => {
      if (round === 0) h2.headers(post(), 0)
      h2.send(times(1000, () => frame(FRAME.DATA, 0, 1)))
    },
    codes: ['ENHANCE_YOUR_CALM', 'INTERNAL_ERROR', 'PROTOCOL_ERROR'],
  },
  {
    name: 'H2-10 flood: padding',
    run: (h2, round) => {
      if (round === 0) h2.headers(post(), 0)
      // 256 bytes, all of them padding.
      h2.send(times(200, () => frame(FRAME.DATA, FLAG.PADDED, 1, Buffer.concat([Buffer.from([255]), Buffer.alloc(255)]))))
    },
    codes: ['ENHANCE_YOUR_CALM', 'INTERNAL_ERROR', 'PROTOCOL_ERROR', 'FLOW_CONTROL_ERROR'],
  },
  {
    name: 'H2-12 a connection window that overflows, and more behind it',
    run: (h2) =>
      h2.send(
        frame(FRAME.WINDOW_UPDATE, 0, 0, uint32(0x7fffffff)),
        times(100, () => head(1)),
        'rubbish'.repeat(100),
      ),
    codes: ['FLOW_CONTROL_ERROR', 'INTERNAL_ERROR', 'PROTOCOL_ERROR'],
  },
  {
    name: 'H2-13 HPACK: an index that does not exist',
    run: (h2) => h2.send(frame(FRAME.HEADERS, FLAG.END_STREAM | FLAG.END_HEADERS, 1, Buffer.from([0xff, 0xff, 0xff, 0x7f]))),
    codes: ['COMPRESSION_ERROR', 'INTERNAL_ERROR'],
    reach: 0,
  },
  {
    name: 'H2-13 HPACK: a string that is longer than the block',
    run: (h2) =>
      h2.send(frame(FRAME.HEADERS, FLAG.END_STREAM | FLAG.END_HEADERS, 1, Buffer.from([0, 0x7f, 0xff, 0xff, 3, 0x61]))),
    codes: ['COMPRESSION_ERROR', 'INTERNAL_ERROR'],
    reach: 0,
  },
  {
    name: 'H2-13 HEADERS larger than a frame may be',
    run: (h2) => h2.send(frame(FRAME.HEADERS, FLAG.END_STREAM | FLAG.END_HEADERS, 1, Buffer.alloc(20_000))),
    codes: ['FRAME_SIZE_ERROR', 'INTERNAL_ERROR'],
    reach: 0,
  },
]

/** Keeps asking on a connection of its own; resolves to its worst wait in milliseconds. */
async function bystander({ client }: Http2Scene, running: () => boolean): Promise<number> {
  const h2 = await client()
  let worst = 0
  while (running()) {
    const since = performance.now()
    const id = h2.headers(request({ ':path': '/bystander' }))
    if ((await h2.outcome(id)) !== '200') return Number.POSITIVE_INFINITY
    worst = Math.max(worst, performance.now() - since)
    h2.frames.length = 0
    await pause(5)
  }
  return worst
}

async function attack(t: Test, given: Http2Scene, { name, run, rounds = 400, codes, reach }: Attack): Promise<void> {
  const { endpoint } = given
  const seen = (): number => endpoint.requests.filter(({ target }) => target === '/').length
  const before = seen()
  let running = true
  const other = bystander(given, () => running)
  const h2 = await given.client({ polite: false })
  await h2.roundTrip()
  for (let round = 0; round < rounds && !h2.closed; round++) {
    run(h2, round)
    await pause(3)
    // Once in a while the session is looked at.
    if (round % 10 === 9) given.gateway.advance(1000)
  }
  await until(`${name}: the end`, () => h2.closed, 8000).catch(() => {})
  t.ok(h2.closed, `${name}: the connection ends`)
  const told = h2.goaways.map(({ code }) => nameOf(code))
  t.ok(told.length === 0 || codes.includes(told.at(-1) as keyof typeof ERRORS), `${name}: ${told.join(' ')}`)
  h2.destroy()
  running = false
  t.ok((await other) < Number.POSITIVE_INFINITY, `${name}: the other client is served`)
  if (reach !== undefined) t.ok(seen() - before <= reach, `${name}: ${seen() - before} reached the endpoint`)
}

http2Scene('attacks', {}, async (t, given) => {
  for (const some of ATTACKS) await attack(t, given, some)
})

const { certFile, keyFile } = authority(t).issue()
const listener = { protocol: 'https', tls: { certificates: [{ cert: certFile, key: keyFile }] } }
http2Scene('attacks, within TLS', { listener, tls: true }, async (t, given) => {
  for (const some of ATTACKS) await attack(t, given, some)
})

http2Scene('H2-06 the HTTP/2 Bomb', {}, async (t, { client, endpoint, gateway }) => {
  const before = process.memoryUsage().rss
  const clients = await Promise.all(
    Array.from({ length: 5 }, () => client({ polite: false, settings: [[SETTING.INITIAL_WINDOW_SIZE, 0]] })),
  )
  for (const h2 of clients) {
    await h2.roundTrip()
    // An entry of 3 KB, and as many references to it as go into a frame.
    const block = Buffer.concat([HEAD, indexed(['x', 'y'.repeat(3000)]), Buffer.alloc(12_000, INDEX_62)])
    h2.send(frame(FRAME.HEADERS, FLAG.END_STREAM | FLAG.END_HEADERS, 1, block))
    h2.send(
      times(100, (i) =>
        frame(
          FRAME.HEADERS,
          FLAG.END_STREAM | FLAG.END_HEADERS,
          3 + 2 * i,
          Buffer.concat([HEAD, Buffer.alloc(12_000, INDEX_62)]),
        ),
      ),
    )
  }
  for (const h2 of clients)
    await h2.until('resets', () => h2.closed || h2.frames.filter(({ type }) => type === FRAME.RST_STREAM).length >= 100)
  t.same(
    endpoint.requests.map(({ head }) => head.slice(0, 500)),
    [],
  )
  t.ok(process.memoryUsage().rss - before < 100e6, `grew by ${process.memoryUsage().rss - before}`)
  const crumbs = Array.from({ length: 10_000 }, (): Field => ['c', ''])
  const many = await client()
  const id = many.headers(request({}, ...crumbs.slice(0, 3000)))
  t.match(await many.outcome(id), /reset ENHANCE_YOUR_CALM|goaway/)
  await gateway.running()
})

http2Scene('H2-11 answers that are not read, on 100 streams', { listener: { timeouts: { write: '5s' } } }, async (t, given) => {
  const { client, endpoint, gateway } = given
  const size = 10 * 1024 * 1024
  const chunk = Buffer.alloc(64 * 1024)
  let pushed = 0
  endpoint.script = (request, connection, phase) => {
    if (phase !== 'end') return
    if (request.target === '/bystander') {
      connection.answer('ok')
      return
    }
    connection.send(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`)
    const push = (): void => {
      while (!connection.socket.destroyed && connection.socket.write(chunk)) pushed += chunk.length
    }
    connection.socket.on('drain', push)
    push()
  }
  const h2 = await client({ polite: false, settings: [[SETTING.INITIAL_WINDOW_SIZE, 0]] })
  const streams = Array.from({ length: 100 }, () => h2.headers(request()))
  await h2.until('heads', () => streams.every((id) => h2.status(id) === 200))
  await pause(200)
  let running = true
  const other = bystander(given, () => running)
  const held = process.memoryUsage().external + process.memoryUsage().arrayBuffers
  t.ok(held < 150e6, `${held} bytes held`)
  // What went out to the gateway is in kernel buffers mostly; nothing grows any more.
  const still = pushed
  await pause(200)
  t.ok(pushed - still < 10e6)
  for (let i = 0; i < 3; i++) {
    gateway.advance(3000)
    await pause(120)
  }
  await h2.until('resets', () => streams.every((id) => h2.resetCode(id) === ERRORS.CANCEL))
  running = false
  t.ok((await other) < Number.POSITIVE_INFINITY)
})

t.end()
