// A small DNS server on loopback, UDP and TCP on one port, that answers from a list of records and misbehaves on demand.

import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type Answer, decode, encode, type Packet, TRUNCATED_RESPONSE } from 'dns-packet'
import type { Test } from 'tap'

export type Transport = 'udp' | 'tcp'

export interface Asked {
  readonly name: string
  readonly type: string
  readonly over: Transport
  /** The query announced larger UDP answers. */
  readonly extended: boolean
}

/** What is sent instead of a usual answer; null = nothing. */
export type Trick = (usual: Packet, asked: Asked) => Packet | Buffer | readonly (Packet | Buffer)[] | null

export const SERVFAIL = 2
export const REFUSED = 5
/** What any server may send that does not want to answer. */
export const withCode =
  (code: number): Trick =>
  (usual) => ({ ...usual, flags: code, answers: [], additionals: [] })
export const silent: Trick = () => null
/** Nothing over UDP but the advice to come again. */
export const truncated: Trick = (usual, { over }) =>
  over === 'tcp' ? usual : { ...usual, flags: TRUNCATED_RESPONSE, answers: [], additionals: [] }

const NXDOMAIN = 3

export class DnsServer {
  records: readonly Answer[] = []
  /** Sent along with every answer. */
  additionals: readonly Answer[] = []
  trick: Trick = (usual) => usual
  readonly asked: Asked[] = []
  address = ''
  #udp: UdpSocket | null = null
  #tcp: Server | null = null
  readonly #open = new Set<Socket>()

  /** How often a name was asked for with a type. */
  count(type: string): number {
    return this.asked.filter((asked) => asked.type === type).length
  }

  async listen(port = 0): Promise<void> {
    for (;;) {
      const tcp = createServer((socket) => this.#accept(socket))
      await new Promise<void>((resolve) => tcp.listen(port, '127.0.0.1', resolve))
      const taken = (tcp.address() as AddressInfo).port
      const udp = createSocket('udp4')
      const bound = await new Promise<boolean>((resolve) => {
        udp.once('error', () => resolve(false))
        udp.bind(taken, '127.0.0.1', () => resolve(true))
      })
      if (bound) {
        this.#udp = udp
        this.#tcp = tcp
        this.address = `127.0.0.1:${taken}`
        udp.on('message', (bytes, from) => {
          for (const answer of this.#answer(bytes, 'udp')) udp.send(answer, from.port, from.address)
        })
        return
      }
      udp.close()
      await new Promise((resolve) => tcp.close(resolve))
      if (port !== 0) throw new Error(`the UDP port ${port} is taken`)
    }
  }

  /** Nobody answers at its address any more; `listen` with the old port brings it back. */
  async close(): Promise<void> {
    const [udp, tcp] = [this.#udp, this.#tcp]
    if (udp === null || tcp === null) return
    this.#udp = this.#tcp = null
    for (const socket of this.#open) socket.destroy()
    await Promise.all([
      new Promise<void>((resolve) => udp.close(() => resolve())),
      new Promise((resolve) => tcp.close(resolve)),
    ])
  }

  get port(): number {
    return Number(this.address.split(':')[1])
  }

  #accept(socket: Socket): void {
    this.#open.add(socket)
    socket.on('close', () => this.#open.delete(socket))
    socket.on('error', () => {})
    socket.once('data', (bytes: Buffer) => {
      const answers = this.#answer(bytes.subarray(2), 'tcp')
      if (answers.length === 0) return
      for (const answer of answers) {
        const length = Buffer.alloc(2)
        length.writeUInt16BE(answer.length)
        socket.write(Buffer.concat([length, answer]))
      }
      socket.end()
    })
  }

  #answer(bytes: Buffer, over: Transport): Buffer[] {
    const query = decode(bytes)
    const [question] = query.questions ?? []
    if (question === undefined) return []
    const extended = (query.additionals ?? []).some(({ type }) => type === 'OPT')
    const asked = { name: question.name, type: question.type, over, extended }
    this.asked.push(asked)
    const exists = this.records.some(({ name }) => name === question.name)
    const usual: Packet = {
      type: 'response',
      ...(query.id === undefined ? {} : { id: query.id }),
      flags: exists ? 0 : NXDOMAIN,
      questions: [question],
      answers: this.records.filter(({ name, type }) => name === question.name && (type === question.type || type === 'CNAME')),
      additionals: [...this.additionals],
    }
    const answer = this.trick(usual, asked)
    if (answer === null) return []
    return [answer].flat().map((one) => (Buffer.isBuffer(one) ? one : encode(one as Packet)))
  }
}

export async function startDns(t: Test): Promise<DnsServer> {
  const server = new DnsServer()
  await server.listen()
  t.teardown(() => server.close())
  return server
}

export const a = (name: string, data: string, ttl = 10): Answer => ({ type: 'A', name, data, ttl })
export const aaaa = (name: string, data: string, ttl = 10): Answer => ({ type: 'AAAA', name, data, ttl })
export const cname = (name: string, data: string, ttl = 10): Answer => ({ type: 'CNAME', name, data, ttl })
export const srv = (name: string, target: string, port: number, weight = 1, priority = 0, ttl = 10): Answer => ({
  type: 'SRV',
  name,
  ttl,
  data: { target, port, weight, priority },
})
