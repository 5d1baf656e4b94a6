// The endpoints of the fault bench: small HTTP servers of this process that count what they are asked.

import http from 'node:http'
import type { AddressInfo } from 'node:net'

const SMALL = Buffer.alloc(1024, 'x')
let large = SMALL

/** `/bytes/N` is answered with as many, everything else with 1 KiB. */
function bodyOf(url: string): Buffer {
  const size = Number(/^\/bytes\/(\d+)$/.exec(url)?.[1] ?? SMALL.length)
  if (size === SMALL.length) return SMALL
  if (large.length !== size) large = Buffer.alloc(size, 'x')
  return large
}

export class Endpoint {
  readonly name: string
  port = 0
  requests = 0
  /** What every request is answered. */
  status = 200
  /** Milliseconds of work per request; 0 = none. */
  workMs = 0
  /** Requests that are worked on at a time, others wait; 0 = any number. */
  places = 0
  private running = 0
  private readonly waiting: (() => void)[] = []
  private http: http.Server

  constructor(name: string) {
    this.name = name
    this.http = this.create()
  }

  private create(): http.Server {
    const made = http.createServer((request, response) => this.take(request, response))
    // The gateway closes idle connections first.
    made.keepAliveTimeout = 600_000
    return made
  }

  /** 0 = any free port. */
  async open(port = 0): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.http.once('error', reject)
      this.http.listen(port, '127.0.0.1', 1024, resolve)
    })
    this.port = (this.http.address() as AddressInfo).port
    return this
  }

  /** As an orderly program ends: no new connections, what runs is finished. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.http.close(() => resolve())
      this.http.closeIdleConnections()
    })
  }

  /** Ends as an orderly program does and is there again on the same port. */
  async restart(): Promise<void> {
    const { port } = this
    await this.close()
    this.http = this.create()
    await this.open(port)
  }

  kill(): void {
    this.http.close()
    this.http.closeAllConnections()
  }

  private take(request: http.IncomingMessage, response: http.ServerResponse): void {
    this.requests++
    const answer = (): void => {
      const body = bodyOf(request.url ?? '/')
      response.writeHead(this.status, { 'content-length': body.length, 'x-endpoint': this.name })
      response.end(body)
    }
    request.resume()
    request.on('end', () => {
      if (this.places === 0 && this.workMs === 0) answer()
      else this.enter(() => setTimeout(() => this.leave(answer), this.workMs))
    })
  }

  private enter(work: () => void): void {
    if (this.places > 0 && this.running >= this.places) {
      this.waiting.push(work)
      return
    }
    this.running++
    work()
  }

  private leave(answer: () => void): void {
    answer()
    this.running--
    const next = this.waiting.shift()
    if (next === undefined) return
    this.running++
    next()
  }
}
