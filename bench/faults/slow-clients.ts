// Clients that are slow on purpose, and more clients than can be served: what they cost, when they are got rid of, and how everybody
// else fares. Every function takes a running gateway and returns numbers.

import { spawn } from 'node:child_process'
import http from 'node:http'
import os from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { memory } from '../load/process-figures.ts'
import { LOAD_CORE, pinned } from '../load/processes.ts'
import { OpenLoad, percentile } from './clients.ts'
import type { SlowEnds } from './slow-client-process.ts'

/** A gateway that runs: with its workers, and where it listens. */
export interface Target {
  readonly pid: number
  readonly port: number
}

export interface SlowFigures {
  readonly clients: number
  /** Milliseconds from the connection of a client to its end: of the first and of the last that went. */
  readonly firstGone: number
  readonly lastGone: number
  /** Of clients that do not read: from the last byte that the kernel took for one to its end, of the first and of the last. */
  readonly quiet: { readonly first: number; readonly last: number } | null
  /** Resident memory that each added while all were there. */
  readonly bytesEach: number
  /** Answers that the slow ones got, by status; '' = none. */
  readonly statuses: Readonly<Record<string, number>>
  /** Milliseconds, of requests of others while the slow ones were there; `errors` had no answer of an endpoint. */
  readonly good: { readonly requests: number; readonly errors: number; readonly p50: number; readonly p99: number }
}

export interface SlowSettings {
  readonly clients: number
  /** Requests per second of the others. */
  readonly rate?: number
  /** Bytes of the answers that slow readers ask for. */
  readonly size?: number
}

/** Of the process of the slow ones: a third of the CPU time of others, where there is not enough. */
const NICE = 5

/** Heads of which a byte comes every few seconds: gone at `timeouts.header`. */
export const slowHeads = (target: Target, settings: SlowSettings): Promise<SlowFigures> => slow('head', target, settings)

/** Bodies of 50 bytes a second: gone when `timeouts.minRate` is looked at, 10 s after they began. */
export const slowBodies = (target: Target, settings: SlowSettings): Promise<SlowFigures> => slow('body', target, settings)

/** Large answers that are not read: gone at `timeouts.write`. The endpoint answers `/bytes/N` with as many. */
export const slowReaders = (target: Target, settings: SlowSettings): Promise<SlowFigures> => slow('read', target, settings)

async function slow(kind: 'head' | 'body' | 'read', target: Target, settings: SlowSettings): Promise<SlowFigures> {
  const { clients, rate = 200, size = 10_000_000 } = settings
  // What a process needs once it has work (its heap grows to a size of its own) is not for the slow ones.
  const warming = new OpenLoad({ port: target.port, rate: 1000 })
  await sleep(5000)
  await warming.stop()
  const load = new OpenLoad({ port: target.port, rate })
  await sleep(1000)
  load.take()
  const before = memory(target.pid).resident
  const program = join(import.meta.dirname, 'slow-client-process.ts')
  const [file, ...args] = pinned(LOAD_CORE, [
    process.execPath,
    program,
    kind,
    String(target.port),
    String(clients),
    String(size),
  ])
  const child = spawn(file as string, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  // They are many machines in one process: those whose answers are timed, and their endpoints, go first.
  if (child.pid !== undefined) os.setPriority(child.pid, NICE)
  let peak = before
  const sampling = setInterval(() => {
    peak = Math.max(peak, memory(target.pid).resident)
  }, 200)
  try {
    const lines: string[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line)
      if (line === 'ending') clearInterval(sampling)
    }
    const ends = JSON.parse(lines.at(-1) ?? '') as SlowEnds
    const answers = await load.stop()
    const good = answers.filter(({ status }) => status === 200).map(({ ms }) => ms)
    return {
      clients: ends.clients,
      firstGone: Math.round(ends.shortest),
      lastGone: Math.round(ends.longest),
      quiet: ends.quiet && { first: Math.round(ends.quiet.shortest), last: Math.round(ends.quiet.longest) },
      bytesEach: Math.round((peak - before) / clients),
      statuses: ends.statuses,
      good: {
        requests: answers.length,
        errors: answers.length - good.length,
        p50: percentile(good, 0.5),
        p99: percentile(good, 0.99),
      },
    }
  } finally {
    clearInterval(sampling)
    child.kill('SIGKILL')
    await load.stop()
  }
}

export interface OverloadFigures {
  readonly clients: number
  /** Milliseconds of accepted requests with as many clients as the endpoints can serve, and with all of them. */
  readonly unloaded: { readonly p50: number; readonly p99: number }
  readonly accepted: { readonly requests: number; readonly p50: number; readonly p99: number }
  /** Milliseconds until a refusal. */
  readonly refused: { readonly requests: number; readonly p50: number; readonly p99: number }
  /** By status; 0 = none. */
  readonly statuses: Readonly<Record<string, number>>
  /** Resident memory of the gateway at the peak, less what it was before. */
  readonly growth: number
}

/**
 * Clients that ask again as soon as they are answered: first as many as the endpoints have places, then `factor` times as many. Who is
 * refused asks again after `pauseMs`.
 */
export async function overload(
  target: Target,
  { places, factor = 10, seconds, pauseMs = 100 }: { places: number; factor?: number; seconds: number; pauseMs?: number },
): Promise<OverloadFigures> {
  const few = new ClosedLoad(target.port, places, pauseMs)
  await sleep(seconds * 1000)
  const unloaded = await few.stop()
  const before = memory(target.pid).resident
  let peak = before
  const sampling = setInterval(() => {
    peak = Math.max(peak, memory(target.pid).resident)
  }, 200)
  const many = new ClosedLoad(target.port, places * factor, pauseMs)
  await sleep(seconds * 1000)
  // What the first seconds bring is how it finds its way.
  many.take()
  await sleep(seconds * 1000)
  const answers = await many.stop()
  clearInterval(sampling)
  const statuses: Record<string, number> = {}
  for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1
  return {
    clients: places * factor,
    unloaded: timesOf(unloaded, 200),
    accepted: timesOf(answers, 200),
    refused: timesOf(answers, 503),
    statuses,
    growth: peak - before,
  }
}

interface Timed {
  readonly status: number
  readonly ms: number
}

function timesOf(answers: readonly Timed[], wanted: number): { requests: number; p50: number; p99: number } {
  const times = answers.filter(({ status }) => status === wanted).map(({ ms }) => ms)
  return { requests: times.length, p50: percentile(times, 0.5), p99: percentile(times, 0.99) }
}

class ClosedLoad {
  #answers: Timed[] = []
  #stopping = false
  readonly #agent: http.Agent
  readonly #clients: Promise<void>[]

  constructor(port: number, clients: number, pauseMs: number) {
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: clients, maxFreeSockets: clients })
    this.#clients = Array.from({ length: clients }, async () => {
      while (!this.#stopping) {
        const answer = await this.#ask(port)
        this.#answers.push(answer)
        if (answer.status !== 200) await sleep(pauseMs)
      }
    })
  }

  take(): readonly Timed[] {
    const taken = this.#answers
    this.#answers = []
    return taken
  }

  async stop(): Promise<readonly Timed[]> {
    this.#stopping = true
    await Promise.all(this.#clients)
    this.#agent.destroy()
    return this.#answers
  }

  #ask(port: number): Promise<Timed> {
    const at = performance.now()
    return new Promise((resolve) => {
      const end = (status: number): void => resolve({ status, ms: performance.now() - at })
      const request = http.get({ port, host: '127.0.0.1', agent: this.#agent, headers: { host: 'bench.test' } }, (response) => {
        response.resume()
        response.on('end', () => end(response.statusCode ?? 0))
        response.on('error', () => end(0))
      })
      request.on('error', () => end(0))
    })
  }
}
