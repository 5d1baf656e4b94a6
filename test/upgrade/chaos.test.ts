// Tunnels by chance (the seed is printed): whatever clients and endpoints do, bytes arrive in order and at nobody else, and nothing
// is left behind.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import t from 'tap'
import { seeded } from '../../src/explain/seeded.ts'
import { configOf, startGateway } from '../support/gateway.ts'
import { pause, until } from '../support/until.ts'
import { HANDSHAKE, nothingRuns } from './scene.ts'

const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 1e6))
const CASES = Number(process.env.CASES ?? 150)
const random = seeded(SEED)
const below = (limit: number): number => Math.floor(random() * limit)
const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T

/** How the two of one tunnel behave. */
interface Plan {
  readonly id: number
  readonly pieces: readonly number[]
  readonly early: boolean
  readonly endpointAnswer: '101' | '200' | 'bad 101' | 'reset' | 'silent reset'
  readonly client: 'fin' | 'reset' | 'waits' | 'half'
  readonly endpoint: 'echo' | 'fin' | 'reset' | 'slow'
}

const plans = new Map<number, Plan>()

function makePlan(id: number): Plan {
  return {
    id,
    pieces: Array.from({ length: 1 + below(8) }, () => pick([1, 10, 125, 4096, 20_000, 200_000])),
    early: random() < 0.2,
    endpointAnswer: random() < 0.7 ? '101' : pick(['200', 'bad 101', 'reset', 'silent reset'] as const),
    client: pick(['fin', 'reset', 'waits', 'half'] as const),
    endpoint: random() < 0.6 ? 'echo' : pick(['fin', 'reset', 'slow'] as const),
  }
}

/** Bytes of a tunnel are its own number, again and again. */
const bytesOf = (id: number, length: number): Buffer => Buffer.alloc(length, 1 + (id % 250))

function endpointSide(socket: Socket, strangers: string[]): void {
  let head = ''
  let plan: Plan | undefined
  const take = (bytes: Buffer): void => {
    if (plan === undefined || bytes.length === 0) return
    if (bytes.some((byte) => byte !== 1 + ((plan as Plan).id % 250))) strangers.push(`endpoint of ${plan.id}`)
    if (plan.endpoint === 'echo' || plan.endpoint === 'slow') {
      if (!socket.write(bytes) && plan.endpoint === 'slow') {
        socket.pause()
        setTimeout(() => socket.resume(), 5)
      }
    } else if (plan.endpoint === 'fin') socket.end(bytes)
    else socket.resetAndDestroy()
  }
  socket.on('error', () => {})
  socket.on('end', () => socket.end())
  socket.on('data', (bytes: Buffer) => {
    if (plan !== undefined) {
      take(bytes)
      return
    }
    head += bytes.toString('latin1')
    const end = head.indexOf('\r\n\r\n')
    if (end === -1) return
    plan = plans.get(Number(/^GET \/(\d+) /.exec(head)?.[1])) as Plan
    const early = Buffer.from(head.slice(end + 4), 'latin1')
    if (early.length > 0) strangers.push(`early bytes at the endpoint of ${plan.id}`)
    const { endpointAnswer } = plan
    if (endpointAnswer === '101') socket.write('HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n')
    else if (endpointAnswer === 'bad 101') socket.write('HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n')
    else if (endpointAnswer === '200') socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok')
    else if (endpointAnswer === 'reset') socket.resetAndDestroy()
    else setTimeout(() => socket.resetAndDestroy(), 5)
  })
}

async function clientSide(port: number, plan: Plan, strangers: string[]): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  let head = ''
  let body = 0
  let over = false
  socket.on('error', () => {})
  for (const event of ['end', 'close'])
    socket.on(event, () => {
      over = true
    })
  socket.on('data', (bytes: Buffer) => {
    let rest = bytes
    if (!head.includes('\r\n\r\n')) {
      head += bytes.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end === -1) return
      rest = Buffer.from(head.slice(end + 4), 'latin1')
      head = head.slice(0, end + 4)
    }
    body += rest.length
    if (head.startsWith('HTTP/1.1 101') && rest.some((byte) => byte !== 1 + (plan.id % 250)))
      strangers.push(`client ${plan.id}`)
  })
  socket.write(`GET /${plan.id} HTTP/1.1\r\nHost: a.test\r\n${HANDSHAKE.join('\r\n')}\r\n\r\n`)
  if (plan.early) for (const length of plan.pieces) socket.write(bytesOf(plan.id, length))
  await until(`an answer to ${plan.id}`, () => head.includes('\r\n\r\n') || over)
  const status = Number(head.split(' ')[1] ?? '0')
  const wanted = plan.endpointAnswer === '101' ? [101] : plan.endpointAnswer === '200' ? [200] : [502]
  if (!wanted.includes(status)) strangers.push(`status ${status} for ${JSON.stringify(plan)}`)
  if (status === 101) {
    if (!plan.early) {
      for (const length of plan.pieces) {
        socket.write(bytesOf(plan.id, length))
        if (random() < 0.3) await pause(0)
      }
    }
    const total = plan.pieces.reduce((sum, length) => sum + length, 0)
    const echoes = plan.endpoint === 'echo' || plan.endpoint === 'slow'
    if (plan.client === 'half') socket.end()
    if (plan.client === 'reset') socket.resetAndDestroy()
    else if (echoes) {
      await until(`all echoes of ${plan.id}: ${body} of ${total}`, () => body >= total || over)
      if (body !== total) strangers.push(`${body} of ${total} came back to ${JSON.stringify(plan)}`)
    } else await until(`the end of ${plan.id}`, () => over)
  }
  socket.end()
  await until(`the end of ${plan.id} ${JSON.stringify(plan)}`, () => over)
  socket.destroy()
}

t.test(`${CASES} tunnels, SEED=${SEED}`, async (t) => {
  const strangers: string[] = []
  const servers = [0, 1].map(() =>
    createServer({ allowHalfOpen: true, noDelay: true }, (socket) => endpointSide(socket, strangers)),
  )
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
  }
  const addresses = servers.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`)
  const gateway = await startGateway(t, configOf(addresses, { route: { retry: { attempts: 0 } } }))
  for (let done = 0; done < CASES; done += 25) {
    const batch = Array.from({ length: 25 }, (_, i) => makePlan(done + i))
    for (const plan of batch) plans.set(plan.id, plan)
    await Promise.all(batch.map((plan) => clientSide(gateway.port, plan, strangers)))
    // In the middle of it all.
    if (random() < 0.5)
      await gateway.apply(configOf(addresses, { route: { retry: { attempts: 0 }, timeout: { idle: '30s' } } }))
  }
  t.strictSame(strangers, [])
  await nothingRuns(t, gateway)
})
