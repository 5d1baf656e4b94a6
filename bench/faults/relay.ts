// A TCP relay in front of one endpoint that can be told to fail in the ways in which machines and networks do.

import net from 'node:net'

/**
 * `refuse`: nobody listens. `kill`: that, and what is open is reset. `reset`: a connection is reset when a request comes.
 * `silent`: requests are swallowed. `mid-head`, `mid-body`: the answer is closed there. `trickle`: a byte of the answer every 100 ms.
 * `delay`: answers come `delayMs` late.
 */
export type Fault = 'none' | 'refuse' | 'kill' | 'reset' | 'silent' | 'mid-head' | 'mid-body' | 'trickle' | 'delay'

const HEAD_END = '\r\n\r\n'

export class Relay {
  readonly port: number
  delayMs = 300
  /** When (performance.now) requests came, oldest first. */
  readonly arrivals: number[] = []
  private fault: Fault = 'none'
  private readonly endpoint: number
  private listening: net.Server
  private readonly open = new Set<Passage>()

  private constructor(endpoint: number, listening: net.Server, port: number) {
    this.endpoint = endpoint
    this.listening = listening
    this.port = port
  }

  static async before(endpoint: number): Promise<Relay> {
    const listening = await listen(0, (socket) => relay.take(socket))
    const relay: Relay = new Relay(endpoint, listening, (listening.address() as net.AddressInfo).port)
    return relay
  }

  get state(): Fault {
    return this.fault
  }

  async set(fault: Fault): Promise<void> {
    const deaf = (state: Fault) => state === 'refuse' || state === 'kill'
    if (deaf(fault) && !deaf(this.fault)) this.listening.close()
    if (!deaf(fault) && deaf(this.fault)) this.listening = await listen(this.port, (socket) => this.take(socket))
    this.fault = fault
    if (fault === 'kill') for (const passage of this.open) passage.reset()
    // What had been swallowed stays unanswered, as with a machine that comes back.
    if (fault === 'none') for (const passage of this.open) if (passage.damaged) passage.reset()
  }

  /** Closes every connection, as an endpoint does that finds them idle for long. */
  closeConnections(): void {
    for (const passage of this.open) passage.close()
  }

  async close(): Promise<void> {
    if (this.fault !== 'refuse' && this.fault !== 'kill') this.listening.close()
    for (const passage of this.open) passage.reset()
  }

  private take(client: net.Socket): void {
    const passage = new Passage(client, this.endpoint, this)
    this.open.add(passage)
    client.on('close', () => this.open.delete(passage))
  }
}

/** One connection through the relay. */
class Passage {
  damaged = false
  private readonly client: net.Socket
  private readonly endpoint: net.Socket
  private readonly relay: Relay
  private trickling: Buffer[] = []
  private timer: NodeJS.Timeout | null = null

  constructor(client: net.Socket, endpoint: number, relay: Relay) {
    this.client = client
    this.relay = relay
    this.endpoint = net.connect({ port: endpoint, host: '127.0.0.1', noDelay: true })
    client.setNoDelay(true)
    client.on('data', (bytes: Buffer) => this.request(bytes))
    this.endpoint.on('data', (bytes: Buffer) => this.answer(bytes))
    for (const socket of [client, this.endpoint]) socket.on('error', () => {}).on('close', () => this.end())
    client.on('drain', () => this.endpoint.resume())
    this.endpoint.on('drain', () => client.resume())
  }

  reset(): void {
    this.client.resetAndDestroy()
  }

  close(): void {
    this.client.destroySoon()
  }

  private end(): void {
    if (this.timer !== null) clearInterval(this.timer)
    this.client.destroy()
    this.endpoint.destroy()
  }

  private request(bytes: Buffer): void {
    // Heads come in one piece from a gateway on the same machine; bodies do not look like heads.
    if (/^[A-Z]+ \S+ HTTP\/1\.1\r\n/.test(bytes.toString('latin1', 0, 200))) this.relay.arrivals.push(performance.now())
    const { state } = this.relay
    if (state === 'reset') this.reset()
    else if (state === 'silent') this.damaged = true
    else if (!this.endpoint.write(bytes)) this.client.pause()
  }

  private answer(bytes: Buffer): void {
    const { state } = this.relay
    if (state === 'mid-head') this.cut(bytes.subarray(0, 20))
    else if (state === 'mid-body') this.cut(bytes.subarray(0, bytes.indexOf(HEAD_END) + HEAD_END.length + 10))
    else if (state === 'trickle') this.trickle(bytes)
    else if (state === 'delay') setTimeout(() => this.client.destroyed || this.client.write(bytes), this.relay.delayMs)
    else if (state === 'silent') this.damaged = true
    else if (!this.client.write(bytes)) this.endpoint.pause()
  }

  private cut(bytes: Buffer): void {
    this.client.write(bytes)
    this.client.destroySoon()
  }

  private trickle(bytes: Buffer): void {
    this.damaged = true
    this.trickling.push(bytes)
    this.timer ??= setInterval(() => {
      const first = this.trickling[0]
      if (first === undefined) return
      this.client.write(first.subarray(0, 1))
      if (first.length > 1) this.trickling[0] = first.subarray(1)
      else this.trickling.shift()
    }, 100)
  }
}

function listen(port: number, take: (socket: net.Socket) => void): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const listening = net.createServer(take)
    listening.once('error', reject)
    listening.listen(port, '127.0.0.1', 1024, () => resolve(listening))
  })
}
