// Clients that send requests at a fixed rate, whatever becomes of the ones before (an open loop), and remember how each one went.

import http from 'node:http'

export interface Answered {
  /** When it was sent (performance.now). */
  readonly at: number
  readonly ms: number
  /** 0 = no (complete) answer. */
  readonly status: number
  /** Who answered; '' = the gateway or nobody. */
  readonly endpoint: string
  /** Why there was no answer; ''. */
  readonly error: string
}

export interface LoadShape {
  readonly port: number
  readonly rate: number
  readonly method?: string
  readonly path?: string
  readonly body?: Buffer
}

export class OpenLoad {
  answers: Answered[] = []
  sent = 0
  private readonly shape: LoadShape
  private readonly agent = new http.Agent({ keepAlive: true, maxSockets: 4096, maxFreeSockets: 4096 })
  private readonly startedAt = performance.now()
  private timer: NodeJS.Timeout | null
  private pending = 0

  constructor(shape: LoadShape) {
    this.shape = shape
    this.timer = setInterval(() => this.tick(), 2)
  }

  /** Resolves when everything that was sent has ended somehow. */
  async stop(): Promise<readonly Answered[]> {
    if (this.timer !== null) clearInterval(this.timer)
    this.timer = null
    while (this.pending > 0) await new Promise((resolve) => setTimeout(resolve, 10))
    this.agent.destroy()
    return this.answers
  }

  /** What has ended since the last call. */
  take(): readonly Answered[] {
    const taken = this.answers
    this.answers = []
    return taken
  }

  private tick(): void {
    const due = Math.floor(((performance.now() - this.startedAt) / 1000) * this.shape.rate)
    while (this.sent < due) this.send()
  }

  private send(): void {
    const { port, method = 'GET', path = '/', body } = this.shape
    const at = performance.now()
    let over = false
    this.sent++
    this.pending++
    const end = (status: number, endpoint: string, error: string): void => {
      if (over) return
      over = true
      this.pending--
      this.answers.push({ at, ms: performance.now() - at, status, endpoint, error })
    }
    const headers = { host: 'bench.test', ...(body === undefined ? {} : { 'content-length': body.length }) }
    const request = http.request({ port, host: '127.0.0.1', method, path, agent: this.agent, headers }, (response) => {
      response.resume()
      response.on('end', () => end(response.statusCode ?? 0, String(response.headers['x-endpoint'] ?? ''), ''))
      response.on('error', (error: NodeJS.ErrnoException) => end(0, '', error.code ?? error.message))
    })
    request.setTimeout(30_000, () => request.destroy(new Error('no answer in 30 s')))
    request.on('error', (error: NodeJS.ErrnoException) => end(0, '', error.code ?? error.message))
    request.end(body)
  }
}

/** What a client would call a failure: no answer, or one that no endpoint gave. */
export function failures(answers: readonly Answered[]): Answered[] {
  return answers.filter(({ status }) => status === 0 || status >= 500)
}

export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number
}
