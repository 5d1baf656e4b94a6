// Clients with a keep-alive connection each that ask again as soon as they are answered, and count what goes wrong.

import { connect, type Socket } from 'node:net'

const REQUEST = 'GET /load HTTP/1.1\r\nhost: load.test\r\n\r\n'

class Client {
  answered = 0
  /** Why connections ended: a code, or `closed`. */
  readonly lost: string[] = []
  /** Answers that are not 200. */
  readonly wrong: string[] = []
  stopping = false
  readonly ended: Promise<void>
  #ended: () => void = () => {}
  readonly #port: number
  readonly #pauseMs: number

  constructor(port: number, pauseMs: number) {
    this.#port = port
    this.#pauseMs = pauseMs
    this.ended = new Promise((resolve) => {
      this.#ended = resolve
    })
    this.#open()
  }

  #open(): void {
    let text = ''
    let why = 'closed'
    const socket: Socket = connect(this.#port, '127.0.0.1')
    socket.setEncoding('latin1')
    socket.write(REQUEST)
    socket.on('data', (piece: unknown) => {
      text += piece
      const end = text.indexOf('\r\n\r\n')
      if (end === -1) return
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (text.length < end + 4 + length) return
      if (!text.startsWith('HTTP/1.1 200 ')) this.wrong.push(text.slice(0, text.indexOf('\r\n')))
      text = ''
      this.answered++
      if (this.stopping) socket.end()
      else if (this.#pauseMs === 0) socket.write(REQUEST)
      else setTimeout(() => (this.stopping ? socket.end() : socket.write(REQUEST)), this.#pauseMs)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      why = error.code ?? error.message
    })
    socket.on('close', () => {
      if (this.stopping) return this.#ended()
      this.lost.push(why)
      this.#open()
    })
  }
}

export interface LoadResult {
  readonly answered: number
  /** Why connections were lost, for each client. */
  readonly lost: readonly (readonly string[])[]
  readonly wrong: readonly string[]
}

export class SteadyLoad {
  readonly #clients: readonly Client[]

  /** `pauseMs` between an answer and the next request of a client. */
  constructor(url: string, clients: number, pauseMs = 0) {
    const port = Number(new URL(url).port)
    this.#clients = Array.from({ length: clients }, () => new Client(port, pauseMs))
  }

  get answered(): number {
    return this.#clients.reduce((sum, { answered }) => sum + answered, 0)
  }

  /** The fewest answers that one client has got. */
  get slowest(): number {
    return Math.min(...this.#clients.map(({ answered }) => answered))
  }

  async stop(): Promise<LoadResult> {
    for (const client of this.#clients) client.stopping = true
    await Promise.all(this.#clients.map(({ ended }) => ended))
    return {
      answered: this.answered,
      lost: this.#clients.map(({ lost }) => lost),
      wrong: this.#clients.flatMap(({ wrong }) => wrong),
    }
  }
}
