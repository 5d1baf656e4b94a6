// Requests at a steady rate, in four kinds by turns: GET and POST, on connections that are kept and on new ones.

import { spawn } from 'node:child_process'
import { Agent, request } from 'node:http'

const KINDS = [
  { name: 'GET, kept connections', method: 'GET', kept: true },
  { name: 'POST, kept connections', method: 'POST', kept: true },
  { name: 'GET, new connections', method: 'GET', kept: false },
  { name: 'POST, new connections', method: 'POST', kept: false },
] as const
const BODY = 'a'.repeat(200)
const PATIENCE_MS = 10_000
/** Of one kind. */
const MOST_TOLD = 10

interface KindResult {
  sent: number
  /** Milliseconds. */
  slowest: number
  readonly failures: string[]
}

export interface UpdateResult {
  readonly sent: number
  readonly answered: number
  readonly kinds: ReadonlyMap<string, KindResult>
}

interface Place {
  readonly host: string
  readonly port: number
}

export class UpdateLoad {
  readonly done: Promise<UpdateResult>
  /** Requests that are not sent yet. */
  left: number
  readonly #place: Place
  readonly #host: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 })
  readonly #kinds = new Map<string, KindResult>(KINDS.map(({ name }) => [name, { sent: 0, slowest: 0, failures: [] }]))
  #answered = 0

  constructor(place: Place, host: string, rate: number, requests: number) {
    this.#place = place
    this.#host = host
    this.left = requests
    this.done = this.#run(rate, requests)
  }

  /** Resolves when `host` is served. */
  static async ready(place: Place, host: string): Promise<void> {
    for (;;) {
      const load = new UpdateLoad(place, host, 100, KINDS.length)
      if ((await load.done).answered === KINDS.length) return
    }
  }

  /** Resolves when this command of kubectl has ended. */
  during(args: readonly string[]): Promise<void> {
    const child = spawn('kubectl', args, { stdio: ['ignore', 'ignore', 'inherit'] })
    return new Promise((resolve) => child.once('exit', () => resolve()))
  }

  async #run(rate: number, requests: number): Promise<UpdateResult> {
    const began = performance.now()
    const pending: Promise<void>[] = []
    while (this.left > 0) {
      const due = Math.min(requests, Math.floor(((performance.now() - began) / 1000) * rate) + 1)
      for (; requests - this.left < due; this.left--) pending.push(this.#send(requests - this.left))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await Promise.all(pending)
    this.#agent.destroy()
    return { sent: requests, answered: this.#answered, kinds: this.#kinds }
  }

  async #send(number: number): Promise<void> {
    const kind = KINDS[number % KINDS.length] as (typeof KINDS)[number]
    const result = this.#kinds.get(kind.name) as KindResult
    const began = performance.now()
    const trouble = await this.#ask(kind, `/request/${number}`).catch((error: Error) => error.message)
    const took = performance.now() - began
    result.sent++
    result.slowest = Math.max(result.slowest, took)
    if (trouble === '') this.#answered++
    else if (result.failures.length < MOST_TOLD) result.failures.push(`request ${number}, ${took.toFixed(0)} ms: ${trouble}`)
  }

  /** What is wrong with the answer; '' = nothing. */
  #ask({ method, kept }: (typeof KINDS)[number], path: string): Promise<string> {
    const options = { ...this.#place, method, path, headers: { host: this.#host }, agent: kept ? this.#agent : false }
    return new Promise((resolve, reject) => {
      const asking = request({ ...options, timeout: PATIENCE_MS } as const, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (piece: string) => {
          text += piece
        })
        response.on('error', reject)
        response.on('end', () => {
          // Pods tell the path that they were asked for.
          const right = response.statusCode === 200 && text.includes(`"path": "${path}"`)
          const { code = '', detail = '' } = right ? {} : told(text)
          resolve(right ? '' : `${response.statusCode} ${code} ${detail}`)
        })
      })
      asking.on('timeout', () => asking.destroy(new Error(`no answer for ${PATIENCE_MS} ms`)))
      asking.on('error', reject)
      asking.end(method === 'POST' ? BODY : undefined)
    })
  }
}

/** What the gateway says of an answer of its own. */
function told(text: string): { readonly code?: string; readonly detail?: string } {
  try {
    return JSON.parse(text) as object
  } catch {
    return { detail: text.slice(0, 200) }
  }
}
