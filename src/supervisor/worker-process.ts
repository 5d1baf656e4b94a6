// The supervisor's end of one worker: its process, the requests that it has not answered yet, and its signs of life.

import { type ChildProcess, fork } from 'node:child_process'
import type { Server } from 'node:net'
import type { EndpointSpec } from '../model/endpoint.ts'
import { type HealthUpdate, joinUpdates } from '../model/health.ts'
import type { QuotaUse } from '../model/quota.ts'
import { ToldConfig } from './known-config.ts'
import { LatestUpdates } from './latest-updates.ts'
import type { QuotaHolder } from './limit-desk.ts'
import type { Answer, FromWorker, Notice, Query, Request } from './messages.ts'
import type { ListenerAddress } from './plane.ts'

/** The worker said no; the reason is its message. */
export class WorkerRefusal extends Error {
  override readonly name = 'WorkerRefusal'
  readonly bind: string | undefined
  readonly code: string | undefined

  constructor(message: string, bind?: string, code?: string) {
    super(message)
    this.bind = bind
    this.code = code
  }
}

/** The worker ended or did not answer in time. */
export class WorkerLost extends Error {
  override readonly name = 'WorkerLost'
}

/** How to start this program again as a worker or courier. */
export interface Program {
  readonly file: string
  readonly execArgv: readonly string[]
}

interface Waiting {
  readonly resolve: (answer: Answer & { readonly type: 'answer' }) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

/** Forks with the channel at descriptor 3 and `fds` from FIRST_SOCKET_FD on. */
export function forkProgram(program: Program, argument: string, fds: readonly number[]): ChildProcess {
  return fork(program.file, [argument], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...fds],
    serialization: 'advanced',
    execArgv: [...program.execArgv],
  })
}

export interface WorkerEvents {
  notice(notice: Notice): void
  /** Once, after which nothing comes from it. */
  exit(how: string): void
}

/** A worker that takes longer is not asked again before it has answered something; heartbeats judge it. */
const UPDATE_TIMEOUT_MS = 10_000

const QUOTAS_TIMEOUT_MS = 1000

export class WorkerProcess {
  /** Unique in this gateway; never used again. */
  readonly id: number
  readonly slot: number
  readonly pid: number
  readonly startedAt: number
  /** Ticks of the supervisor since the last message. */
  silentTicks = 0
  serving = false
  readonly exited: Promise<void>
  /** It has ended, and everything that it said before has arrived. */
  readonly silent: Promise<void>
  /** What it has been told of configurations and endpoints. */
  readonly told = new ToldConfig()
  readonly endpoints = new LatestUpdates<readonly EndpointSpec[]>((sets) => {
    this.told.told(sets)
    return this.ask({ type: 'endpoints', sets }, UPDATE_TIMEOUT_MS)
  })
  readonly health = new LatestUpdates<HealthUpdate>(
    (health) => this.ask({ type: 'health', health }, UPDATE_TIMEOUT_MS),
    joinUpdates,
  )
  readonly quotas: QuotaHolder = {
    use: async (upstreams) => (await this.query({ about: 'quotas', upstreams }, QUOTAS_TIMEOUT_MS)) as QuotaUse[],
    grant: async (grants) => (await this.#ask({ type: 'quotas', grants }, QUOTAS_TIMEOUT_MS)).value as QuotaUse[],
  }
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #seq = 0

  constructor(child: ChildProcess, id: number, slot: number, now: number, on: WorkerEvents) {
    this.#child = child
    this.id = id
    this.slot = slot
    this.pid = child.pid ?? 0
    this.startedAt = now
    child.on('message', (message) => {
      this.silentTicks = 0
      const said = message as FromWorker
      if (said.type !== 'answer' && said.type !== 'refusal') {
        on.notice(said)
        return
      }
      // What was counted counts, be it too late for who asked.
      if (said.type === 'answer' && said.report !== undefined) on.notice(said.report)
      this.#settle(said)
    })
    this.exited = new Promise((resolve) => {
      const ended = (how: string) => {
        this.serving = false
        for (const waiting of this.#waiting.values()) waiting.reject(new WorkerLost(`the worker ended (${how})`))
        this.#waiting.clear()
        resolve()
        on.exit(how)
      }
      child.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`))
      // Not even started, or a message that could not be sent; of the latter `exit` tells more.
      child.on('error', (error) => {
        if (child.pid === undefined) ended(error.message)
      })
    })
    // What it wrote last may be read after its end is known.
    const unread = new Promise<void>((resolve) => {
      if (child.connected) child.once('disconnect', resolve)
      else resolve()
    })
    this.silent = Promise.all([this.exited, unread]).then(() => {})
  }

  /**
   * Rejects with a WorkerRefusal or a WorkerLost. A server that goes along is written before this returns, unless the channel
   * is busy: then `sent` tells when it may be closed.
   */
  async ask(request: Request, timeoutMs: number, server?: Server, sent?: () => void): Promise<readonly ListenerAddress[]> {
    return (await this.#ask(request, timeoutMs, server, sent)).addresses ?? []
  }

  /** Rejects as `ask`; resolves with what the query says. */
  async query(query: Query, timeoutMs: number): Promise<unknown> {
    return (await this.#ask({ type: 'query', query }, timeoutMs)).value
  }

  #ask(
    request: Request,
    timeoutMs: number,
    server?: Server,
    sent: () => void = () => {},
  ): Promise<Answer & { readonly type: 'answer' }> {
    const seq = ++this.#seq
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(seq)
        reject(new WorkerLost(`the worker did not answer within ${timeoutMs} ms`))
      }, timeoutMs)
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer)
          settle(value)
        }
      this.#waiting.set(seq, { resolve: settled(resolve), reject: settled(reject), timer })
      this.#child.send({ ...request, seq }, server, {}, (error) => {
        sent()
        if (error === null) return
        this.#waiting.get(seq)?.reject(new WorkerLost(`the worker has ended (${error.message})`))
        this.#waiting.delete(seq)
      })
    })
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.seq)
    this.#waiting.delete(answer.seq)
    if (answer.type === 'answer') waiting?.resolve(answer)
    else waiting?.reject(new WorkerRefusal(answer.message, answer.bind, answer.code))
  }
}
