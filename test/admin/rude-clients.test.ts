import { once } from 'node:events'
import t, { type Test } from 'tap'
import { type Fixture, startAdmin, statuses } from './fixture.ts'

const H = 'Host: localhost\r\n'

async function alive(t: Test, { url }: Fixture): Promise<void> {
  t.equal((await fetch(`${url}/healthz`)).status, 200, 'still serves')
}

t.test('what is not a request is answered once and closed', async (t) => {
  const admin = await startAdmin(t)
  for (const [bytes, expected] of [
    ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', [400]],
    ['GET\r\n\r\n', [400]],
    [`GET / HTTP/1.1\r\n${H} folded\r\n\r\n`, [400]],
    [`GET / HTTP/9.9\r\n${H}\r\n`, [400]],
    [`GET /\x00 HTTP/1.1\r\n${H}\r\n`, [400]],
    [`POST /reload HTTP/1.1\r\n${H}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, [400]],
    [`POST /reload HTTP/1.1\r\n${H}Content-Length: +5\r\n\r\nhello`, [400]],
    [`GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${H}\r\n`, [431]],
    [`GET / HTTP/1.1\r\n${H}X: ${'a'.repeat(1_000_000)}\r\n\r\n`, [431]],
    [`GET / HTTP/1.1\r\n${H}${'a: b\r\n'.repeat(101)}Connection: close\r\n\r\n`, [431]],
    [`GET /healthz HTTP/1.1\r\n${H}${'a: b\r\n'.repeat(98)}Connection: close\r\n\r\n`, [200]],
    [`GET /healthz HTTP/1.1\r\n${H}\r\nrubbish\r\n\r\n`, [200, 400]],
  ] as const) {
    t.same(statuses(await admin.raw(bytes)), expected, JSON.stringify(bytes.slice(0, 60)))
  }
  await alive(t, admin)
})

t.test('other protocols on the port', async (t) => {
  const admin = await startAdmin(t)
  t.same(statuses(await admin.raw(`CONNECT localhost:1 HTTP/1.1\r\n${H}\r\n`)), [])
  t.same(
    statuses(await admin.raw(`GET /healthz HTTP/1.1\r\n${H}Upgrade: websocket\r\nConnection: upgrade, close\r\n\r\n`)),
    [200],
  )
  t.same(statuses(await admin.raw('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')), [400])
  await alive(t, admin)
})

t.test('half requests and silence end by the clock', async (t) => {
  const admin = await startAdmin(t, {}, { headMs: 60, requestMs: 120 })
  const received = await Promise.all([
    admin.raw(''),
    admin.raw('GET / HT'),
    admin.raw(`GET / HTTP/1.1\r\n${H}`),
    admin.raw(`POST /reload HTTP/1.1\r\n${H}Content-Length: 10\r\n\r\nhalf`),
    admin.raw(`POST /reload HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n5\r\nhe`),
  ])
  for (const text of received) t.notOk(statuses(text).includes(200))
  t.same(statuses(received[2]), [408])
  await alive(t, admin)
})

t.test('bodies: read to the end, bounded, refused before they are read', async (t) => {
  const admin = await startAdmin(t, { readOnly: false }, { bodyBytes: 100 })
  const post = (head: string, body: string): string => `POST /reload HTTP/1.1\r\n${H}${head}\r\n${body}`
  t.same(
    statuses(await admin.raw(`${post('Content-Length: 5\r\n', 'hello')}GET /nope HTTP/1.1\r\n${H}Connection: close\r\n\r\n`)),
    [200, 404],
  )
  t.same(statuses(await admin.raw(post('Content-Length: 101\r\n', ''))), [413])
  t.same(statuses(await admin.raw(post('Transfer-Encoding: chunked\r\n', `65\r\n${'a'.repeat(101)}\r\n`))), [413])
  t.same(statuses(await admin.raw(post('Content-Length: 9\r\nOrigin: http://evil\r\n', ''))), [403], 'not waited for')
  t.same(statuses(await admin.raw(`GET /healthz HTTP/1.1\r\n${H}Content-Length: 9\r\n\r\n`)), [200])
  const expecting = await admin.raw(post('Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n', 'ok'))
  t.same(statuses(expecting), [100, 200])
  const refused = await admin.raw(post('Content-Length: 2\r\nExpect: 100-continue\r\nOrigin: http://evil\r\n', ''))
  t.same(statuses(refused), [403], 'a body that is not wanted is not asked for')
  await alive(t, admin)
})

t.test('a client that goes away in the middle', async (t) => {
  const admin = await startAdmin(t)
  let release = (): void => {}
  let called = (): void => {}
  const asked = new Promise<void>((resolve) => {
    called = resolve
  })
  admin.state.reload = () => {
    called()
    return new Promise((resolve) => {
      release = () => resolve({ revision: 'late' })
    })
  }
  const waiting = admin.open()
  waiting.write(`POST /reload HTTP/1.1\r\n${H}\r\n`)
  await asked
  waiting.resetAndDestroy()
  const half = admin.open()
  half.write(`POST /reload HTTP/1.1\r\n${H}Content-Length: 9\r\n\r\nhalf`, () => half.resetAndDestroy())
  await once(half, 'close')
  release()
  await alive(t, admin)
  t.same(admin.logged, [])
})

t.test('rubbish behind a request that is being answered waits for the answer', async (t) => {
  const admin = await startAdmin(t)
  let release = (): void => {}
  const asked = new Promise<void>((called) => {
    admin.state.metrics = () => {
      called()
      return new Promise((resolve) => {
        release = () => resolve({ contentType: 'text/plain', text: 'x\n' })
      })
    }
  })
  const received = admin.raw(`GET /metrics HTTP/1.1\r\n${H}\r\n\x00\x00\r\n\r\n`)
  await asked
  release()
  t.same(statuses(await received), [200, 400])
  await alive(t, admin)
})

t.test('many connections: those beyond the limit are closed, the others served', async (t) => {
  const admin = await startAdmin(t, {}, { connections: 20 })
  const held = Array.from({ length: 20 }, () => admin.open())
  for (const socket of held) socket.write(`GET /healthz HTTP/1.1\r\n${H}\r\n`)
  await Promise.all(held.map((socket) => once(socket, 'data')))
  const beyond = await Promise.all(Array.from({ length: 20 }, () => admin.raw(`GET /healthz HTTP/1.1\r\n${H}\r\n`)))
  t.same(new Set(beyond), new Set(['']))
  held.forEach((socket) => void socket.destroy())
  await Promise.all(held.map((socket) => once(socket, 'close')))
  t.same(statuses(await admin.raw(`GET /healthz HTTP/1.1\r\n${H}Connection: close\r\n\r\n`)), [200])
})

t.test('many requests in one segment are answered in order', async (t) => {
  const admin = await startAdmin(t)
  const paths = ['/healthz', '/nope', '/routes']
  const wanted = Array.from({ length: 90 }, (_, i) => paths[i % 3])
  const bytes = wanted.map((path, i) => `GET ${path} HTTP/1.1\r\n${H}${i === 89 ? 'Connection: close\r\n' : ''}\r\n`).join('')
  t.same(
    statuses(await admin.raw(bytes)),
    wanted.map((path) => (path === '/nope' ? 404 : 200)),
  )
})

t.test('what Node refuses by itself is refused in our words too', async (t) => {
  const { raw } = await startAdmin(t)
  for (const [what, bytes, code] of [
    ['no Host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 'bad-request'],
    ['Expect', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nExpect: wonders\r\nConnection: close\r\n\r\n', 'expectation'],
  ] as const) {
    const received = await raw(bytes)
    t.match(received, /content-type: application\/problem\+json/, what)
    t.match(received, /x-content-type-options: nosniff/, what)
    t.match(received, `"code":"${code}"`, what)
  }
})

t.test('answers behind one that is not taken are not even made', async (t) => {
  const { state, open, url } = await startAdmin(t)
  let made = 0
  state.metrics = async () => {
    made++
    return { contentType: 'text/plain', text: 'x' }
  }
  const behind = `GET /metrics HTTP/1.1\r\n${H}\r\n`.repeat(900)
  // A stream that does not end, and an answer that nobody reads.
  const watching = open()
  watching.write(`GET /events HTTP/1.1\r\n${H}\r\n${behind}`)
  await once(watching, 'data')
  await fetch(`${url}/healthz`)
  t.equal(made, 0)
  state.config = () => ({ revision: 'r', source: 's', config: { large: 'x'.repeat(50_000_000) } })
  const deaf = open()
  deaf.pause()
  deaf.write(`GET /config HTTP/1.1\r\n${H}\r\n${behind}`)
  await new Promise<void>((served) => {
    const { config } = state
    state.config = () => {
      setTimeout(served, 100)
      return config()
    }
  })
  t.equal(made, 0)
  deaf.destroy()
  watching.destroy()
  await fetch(`${url}/healthz`)
  t.equal(made, 0, 'nor when the client has gone')
  t.equal((await (await fetch(`${url}/metrics`)).text()).length, 1)
})
