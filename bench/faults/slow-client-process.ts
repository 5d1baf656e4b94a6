// Clients that are slow on purpose, in a process of their own so that they do not slow down those whose answers are timed. Told as
// KIND PORT COUNT; says `open` when all are connected, `ending` when the first of them is gone, and in the end one line of JSON about
// how they were got rid of.

import net from 'node:net'
import { takenByPort } from './kernel-queues.ts'

const [kind = '', port = '', count = '', size = ''] = process.argv.slice(2)

export interface SlowEnds {
  readonly clients: number
  /** Milliseconds from the connection to its end. */
  readonly shortest: number
  readonly longest: number
  /** How many got which status; '' = none. */
  readonly statuses: Readonly<Record<string, number>>
  /** Of clients that do not read: milliseconds from the last byte that the kernel took for them to their end. */
  readonly quiet: { readonly shortest: number; readonly longest: number } | null
}

interface Client {
  readonly socket: net.Socket
  openedAt: number
  lived: number
  status: string
  /** What the kernel has taken for it, and when (ms) that was last seen to become more. */
  taken: number
  takenAt: number
}

/** What a client sends at once, and what it sends again and again. */
const KINDS: Readonly<Record<string, { first: string; more: string; everyMs: number }>> = {
  // A head that never ends, one byte at a time.
  head: { first: 'GET / HTTP/1.1\r\nhost: bench.test\r\nx-slow: ', more: 'a', everyMs: 4000 },
  // 50 bytes a second, where 240 are asked for.
  body: {
    first: `POST / HTTP/1.1\r\nhost: bench.test\r\ncontent-length: 1000000\r\n\r\n${'a'.repeat(100)}`,
    more: 'a'.repeat(100),
    everyMs: 2000,
  },
  // Asks for a large answer and does not read it.
  read: { first: `GET /bytes/${size} HTTP/1.1\r\nhost: bench.test\r\n\r\n`, more: '', everyMs: 0 },
}

const shape = KINDS[kind]
if (shape === undefined) throw new Error(`no kind of slow client is called ${kind}`)
const clients: Client[] = []
let ended = 0

function open(): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(Number(port), '127.0.0.1')
    const client: Client = { socket, openedAt: performance.now(), lived: 0, status: '', taken: 0, takenAt: 0 }
    clients.push(client)
    socket.on('connect', () => {
      // What the kernel needs until then (a second more where its first SYN is lost) is nobody's slowness.
      client.openedAt = performance.now()
      socket.write(shape?.first ?? '')
      resolve()
    })
    const taken = (bytes: Buffer): void => {
      if (client.status === '') client.status = bytes.toString('latin1', 9, 12)
      // The first bytes say what it is; then this one does not read any more, but wants to know when it is over.
      if (kind === 'read') socket.pause()
    }
    socket.on('data', taken)
    socket.on('error', () => {})
    socket.on('close', () => {
      client.lived = performance.now() - client.openedAt
      if (ended++ === 0) console.log('ending')
      resolve()
    })
  })
}

for (let i = 0; i < Number(count); i += 100) await Promise.all(Array.from({ length: Math.min(100, Number(count) - i) }, open))
console.log('open')

let turn = 0
const SLICES = 40
const trickle =
  shape.everyMs === 0
    ? null
    : setInterval(() => {
        for (let i = turn; i < clients.length; i += SLICES) {
          const { socket } = clients[i] as Client
          if (socket.writable) socket.write(shape.more)
        }
        turn = (turn + 1) % SLICES
      }, shape.everyMs / SLICES)
// A paused socket does not notice its end: each is looked at once in a while, by sending what nobody minds.
const probe =
  kind !== 'read'
    ? null
    : setInterval(() => {
        const taken = takenByPort(Number(port))
        const now = performance.now()
        for (const client of clients) {
          const { socket } = client
          if (!socket.writable) continue
          const sum = socket.bytesRead + (taken.get(socket.localPort ?? 0) ?? 0)
          if (sum > client.taken) {
            client.taken = sum
            client.takenAt = now
          }
          socket.write('\r\n')
        }
      }, 250)

await new Promise<void>((resolve) => {
  const look = setInterval(() => {
    if (ended < clients.length) return
    clearInterval(look)
    resolve()
  }, 20)
  process.on('SIGTERM', () => {
    for (const { socket } of clients) socket.destroy()
  })
})
if (trickle !== null) clearInterval(trickle)
if (probe !== null) clearInterval(probe)
const lives = clients.map(({ lived }) => lived)
const quiets = clients.map(({ openedAt, lived, takenAt }) => openedAt + lived - takenAt)
const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0)
const statuses: Record<string, number> = {}
for (const { status } of clients) statuses[status] = (statuses[status] ?? 0) + 1
const ends: SlowEnds = {
  clients: clients.length,
  shortest: least(lives),
  longest: most(lives),
  quiet: kind === 'read' ? { shortest: least(quiets), longest: most(quiets) } : null,
  statuses,
}
console.log(JSON.stringify(ends))
