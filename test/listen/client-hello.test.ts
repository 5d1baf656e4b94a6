// ClientHellos of real clients in any pieces, and what is not one.

import { execFile } from 'node:child_process'
import { type AddressInfo, createServer } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import t, { type Test } from 'tap'
import { ClientHelloReader } from '../../src/listen/client-hello.ts'
import { ALERT } from '../../src/model/tls-alert.ts'

/** The first bytes that a client sends. */
async function firstFlight(t: Test, start: (port: number) => void): Promise<Buffer> {
  const server = createServer()
  t.teardown(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return new Promise((resolve) => {
    server.once('connection', (socket) => {
      socket.on('error', () => {})
      socket.once('data', (bytes: Buffer) => {
        socket.destroy()
        resolve(bytes)
      })
    })
    start((server.address() as AddressInfo).port)
  })
}

const ofNode = (t: Test, options: ConnectionOptions): Promise<Buffer> =>
  firstFlight(t, (port) => {
    connect({ port, host: '127.0.0.1', ...options }).on('error', () => {})
  })

const ofOpenssl = (t: Test, ...args: string[]): Promise<Buffer> =>
  firstFlight(t, (port) => {
    execFile('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...args], () => {}).stdin?.end()
  })

function read(...pieces: readonly Buffer[]): ClientHelloReader {
  const reader = new ClientHelloReader()
  for (const [index, piece] of pieces.entries()) {
    const verdict = reader.feed(piece)
    if (verdict !== 'more' && index < pieces.length - 1) throw new Error(`${verdict} after piece ${index}: ${reader.why}`)
  }
  return reader
}

const bytesOf = (bytes: Buffer): Buffer[] => Array.from(bytes, (_byte, i) => bytes.subarray(i, i + 1))

/** The same message in records of `size` bytes. */
function inRecords(bytes: Buffer, size: number): Buffer {
  const message = bytes.subarray(5)
  const records: Buffer[] = []
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size)
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part)
  }
  return Buffer.concat(records)
}

t.test('what Node says', async (t) => {
  const bytes = await ofNode(t, { servername: 'API.Example.org', ALPNProtocols: ['h2', 'http/1.1'] })
  const { hello } = read(bytes)
  t.match(hello, { sni: 'api.example.org', alpn: ['h2', 'http/1.1'], versions: [0x0304, 0x0303] })
  t.ok(hello?.signatureAlgorithms.includes(0x0403), 'it can verify ECDSA with SHA-256')
  t.strictSame(read(...bytesOf(bytes)).hello, hello, 'byte by byte')
  t.strictSame(read(inRecords(bytes, 1)).hello, hello, 'in records of one byte')
  t.strictSame(read(...bytesOf(inRecords(bytes, 100))).hello, hello, 'in records of 100 bytes, byte by byte')
  const reader = read(bytes.subarray(0, 300), bytes.subarray(300))
  t.ok(reader.bytes.equals(bytes), 'all that was read can be given back')
})

t.test('what others say', async (t) => {
  t.match(read(await ofNode(t, { maxVersion: 'TLSv1.2', sigalgs: 'RSA+SHA256' })).hello, {
    sni: '',
    alpn: [],
    versions: [0x0303],
    signatureAlgorithms: [0x0401],
  })
  t.match(read(await ofOpenssl(t, '-servername', 'b.test', '-alpn', 'h2')).hello, { sni: 'b.test', alpn: ['h2'] })
  t.match(read(await ofOpenssl(t, '-noservername', '-tls1_2')).hello, { sni: '', versions: [0x0303] })
})

t.test('every byte may be missing, and any may be wrong', async (t) => {
  const bytes = await ofNode(t, { servername: 'a.test', ALPNProtocols: ['http/1.1'] })
  for (let length = 0; length < bytes.length; length++) {
    if (new ClientHelloReader().feed(bytes.subarray(0, length)) !== 'more') t.fail(`ends at ${length}`)
  }
  let refused = 0
  for (let at = 0; at < bytes.length; at++) {
    for (const change of [0x01, 0x80, 0xff]) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] as number) ^ change
      const reader = new ClientHelloReader()
      if (reader.feed(changed) !== 'refused') continue
      refused++
      if (reader.alert === 0 || reader.why === '') t.fail(`no reason at ${at}`)
    }
  }
  t.ok(refused > 20, `${refused} of them are refused`)
})

/** A ClientHello with these extensions. */
function helloWith(...extensions: readonly [type: number, content: Buffer][]): Buffer {
  const u16 = (n: number): Buffer => Buffer.from([n >> 8, n & 255])
  const listed = Buffer.concat(extensions.map(([type, content]) => Buffer.concat([u16(type), u16(content.length), content])))
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32),
    Buffer.from([0, 0, 2, 0x13, 0x01, 1, 0]),
    u16(listed.length),
    listed,
  ])
  const message = Buffer.concat([Buffer.from([1, 0]), u16(body.length), body])
  return inRecords(Buffer.concat([Buffer.alloc(5), message]), 16_000)
}

function serverName(...names: readonly (string | Buffer)[]): [number, Buffer] {
  const items = names.map((name) => {
    const bytes = Buffer.from(name)
    return Buffer.concat([Buffer.from([0, bytes.length >> 8, bytes.length & 255]), bytes])
  })
  const list = Buffer.concat(items)
  return [0, Buffer.concat([Buffer.from([list.length >> 8, list.length & 255]), list])]
}

t.test('names', async (t) => {
  const sniOf = (...names: readonly (string | Buffer)[]): string | undefined => read(helloWith(serverName(...names))).hello?.sni
  t.equal(sniOf('a.test'), 'a.test')
  t.equal(sniOf('A.TEST.'), 'a.test')
  t.equal(sniOf('_x.a-b.test'), '_x.a-b.test')
  for (const wrong of ['', '.', 'a..b', '.a', 'a b', 'a\0.test', 'a/b', 'ä.test', '[::1]', 'a'.repeat(256)])
    t.equal(sniOf(wrong), undefined, JSON.stringify(wrong.slice(0, 20)))
  t.equal(sniOf('a.test', 'b.test'), undefined, 'two')
  t.equal(sniOf(), undefined, 'none')
})

t.test('what is no ClientHello', async (t) => {
  const twice = read(helloWith(serverName('a.test'), serverName('a.test')))
  t.match(twice, { hello: null, alert: ALERT.DECODE_ERROR, why: 'extension 0 is there twice' })
  const http = read(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
  t.match(http, { hello: null, alert: ALERT.UNEXPECTED_MESSAGE, looksLikeTls: false })
  const verdicts: [what: string, bytes: Buffer][] = [
    ['an alert', Buffer.from([21, 3, 3, 0, 2, 1, 0])],
    ['SSL 2', Buffer.from([0x80, 0x2e, 1, 3, 1])],
    ['a record without content', Buffer.from([22, 3, 1, 0, 0])],
    ['a record that is too long', Buffer.from([22, 3, 1, 0x40, 1])],
    ['another message', Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])],
    ['a message that is too long', Buffer.from([22, 3, 1, 0, 4, 1, 1, 0, 0])],
    ['an empty message', Buffer.from([22, 3, 1, 0, 4, 1, 0, 0, 0])],
    [
      'something behind it',
      Buffer.concat([inRecords(Buffer.concat([Buffer.alloc(5), helloWith().subarray(5), Buffer.from([0])]), 16_000)]),
    ],
  ]
  for (const [what, bytes] of verdicts) t.equal(new ClientHelloReader().feed(bytes), 'refused', what)
})

t.test('an endless one', async (t) => {
  const reader = new ClientHelloReader()
  const record = Buffer.from([22, 3, 1, 0, 1, 0])
  let verdict = reader.feed(Buffer.from([22, 3, 1, 0, 4, 1, 0, 0x40, 0]))
  let fed = 0
  while (verdict === 'more' && fed < 1_000_000) {
    verdict = reader.feed(record)
    fed += record.length
  }
  t.equal(verdict, 'refused')
  t.ok(fed < 40_000, `after ${fed} bytes`)
})
