// A worker process: one data plane that does what the supervisor asks, and goes on serving when the supervisor is gone.

import type { Server } from 'node:net'
import type { GatewayConfig } from '../config/model.ts'
import type { Log } from '../telemetry/log.ts'
import { codeOf } from './bind-address.ts'
import { Covers } from './covers.ts'
import { InheritedSockets } from './inherited-sockets.ts'
import { KnownConfig } from './known-config.ts'
import {
  type Asked,
  BASE_LOST,
  FIRST_SOCKET_FD,
  type FromWorker,
  type Query,
  REPORT_EVERY_MS,
  type Report,
  type WorkerStart,
} from './messages.ts'
import type { DataPlaneFace, ListenerAddress, ProcessParts } from './plane.ts'
import { OwnUse } from './process-use.ts'

const NEED_EVERY_MS = 5
/** How long running exchanges may take when a worker without supervisor is told to end. */
const ORPHAN_DRAIN_MS = 30_000

type Collect = Asked & { readonly type: 'collect' }

interface Prepared {
  readonly revision: string
  readonly config: GatewayConfig
  readonly value: unknown
  readonly binds: ReadonlySet<string>
}

/** Runs until the process ends. Call once, in a process that was forked with a channel. */
export function runWorker(parts: ProcessParts, log: Log): void {
  const worker = new Worker(parts, log)
  process.on('message', (message, handle) => worker.take(message as Asked, handle as Server | undefined))
  process.on('disconnect', () => worker.orphaned())
  // Ctrl-C and a closed terminal reach the whole process group; the supervisor decides what they mean.
  process.on('SIGHUP', () => {})
  process.on('SIGINT', () => worker.interrupted())
  process.on('SIGTERM', () => worker.terminated())
}

class Worker {
  readonly #parts: ProcessParts
  readonly #log: Log
  #plane: DataPlaneFace<unknown> | null = null
  #sockets = new InheritedSockets([])
  #covers: Covers | null = null
  #prepared: Prepared | null = null
  readonly #known = new KnownConfig()
  #draining = false
  #reportUnsent = false
  /** The next report that nobody asks for. */
  #reportTimer: NodeJS.Timeout | null = null
  readonly #use = new OwnUse()
  readonly #needed = new Set<string>()
  #needTimer: NodeJS.Timeout | null = null

  constructor(parts: ProcessParts, log: Log) {
    this.#parts = parts
    this.#log = log
  }

  take(message: Asked, handle: Server | undefined): void {
    // Before anything else runs: a server that nobody looks after would accept into the void.
    if (message.type === 'socket' && handle !== undefined) this.#sockets.give(message.bind, handle)
    if (message.type === 'collect') this.#collect(message)
    else this.#act(message)
  }

  /** At once: reports leave in the order in which they are taken. */
  #collect({ seq, withGauges }: Collect): void {
    const report = this.#takeReport(withGauges)
    if (report === undefined) this.#send({ type: 'answer', seq })
    else {
      // What is counted from now on is due a second from now.
      this.#reportTimer?.refresh()
      this.#send({ type: 'answer', seq, report }, this.#reportSent)
    }
  }

  #act(message: Exclude<Asked, Collect>): void {
    this.#answer(message).then(
      (answer) => {
        const end = message.type === 'drain' ? () => process.exit(0) : undefined
        this.#send({ type: 'answer', seq: message.seq, ...answer }, end)
      },
      (error: Error & { bind?: string; code?: string }) => {
        const about =
          error.bind !== undefined
            ? { bind: error.bind, code: codeOf(error) }
            : error.code === BASE_LOST
              ? { code: BASE_LOST }
              : {}
        this.#send({ type: 'refusal', seq: message.seq, message: error.message, ...about })
      },
    )
  }

  async #answer(message: Exclude<Asked, Collect>): Promise<{ addresses?: ListenerAddress[]; value?: unknown } | undefined> {
    switch (message.type) {
      case 'start':
        return { addresses: await this.#start(message.start) }
      case 'socket':
        return undefined
      case 'prepare':
        await this.#prepare(message.revision, this.#known.next(message.next))
        return undefined
      case 'commit':
        return { addresses: this.#commit(message.revision) }
      case 'discard':
        if (this.#prepared !== null) this.#running().discard(this.#prepared.value)
        this.#prepared = null
        this.#sockets.dropGiven()
        return undefined
      case 'endpoints':
        this.#known.told(message.sets)
        for (const [upstream, endpoints] of message.sets) this.#running().setEndpoints(upstream, endpoints)
        return undefined
      case 'health':
        for (const [upstream, update] of message.health) this.#running().setHealth(upstream, update)
        return undefined
      case 'quotas':
        return { value: this.#running().quotas.take(message.grants) }
      case 'ticket-keys':
        this.#running().setTicketKeys(Buffer.from(message.keys))
        return undefined
      case 'query':
        return { value: this.#query(message.query) }
      case 'reopen-logs':
        this.#parts.reopenLogs()
        return undefined
      case 'cover':
        if (message.on) await this.#covers?.begin()
        else this.#covers?.end()
        return undefined
      case 'drain':
        await this.#drain(message.timeoutMs)
        return undefined
    }
  }

  #query(query: Query): unknown {
    const plane = this.#running()
    switch (query.about) {
      case 'explain':
        return plane.explain(query.request)
      case 'upstreams':
        return plane.upstreams()
      case 'samples':
        return plane.takeSamples(query.most)
      case 'quotas':
        return plane.quotas.use(query.upstreams)
    }
  }

  async #start(start: WorkerStart): Promise<ListenerAddress[]> {
    this.#log.configure(start.config.log)
    const sockets = new InheritedSockets(start.binds)
    this.#sockets = sockets
    const first = FIRST_SOCKET_FD + start.binds.length
    this.#covers = new Covers(start.binds, start.covers, first, (bind) => sockets.ownerOf(bind))
    this.#plane = this.#parts.makePlane({
      id: start.id,
      sessionSecret: start.sessionSecret,
      part: start.part,
      taken: new Set(start.taken),
      onNeed: start.part.count === 1 ? null : (upstream) => this.#needs(upstream),
      listen: this.#sockets.listen,
      log: this.#log.write,
    })
    for (const [upstream, update] of start.health) this.#plane.setHealth(upstream, update)
    this.#plane.setTicketKeys(Buffer.from(start.ticketKeys))
    this.#known.told(start.sets)
    this.#plane.commit(await this.#plane.prepare(start.config, this.#known.sets))
    this.#known.serves(start.config, start.revision)
    this.#reportTimer = setInterval(() => this.#report(false), REPORT_EVERY_MS)
    return this.#plane.addresses()
  }

  async #prepare(revision: string, config: GatewayConfig): Promise<void> {
    this.#prepared = {
      revision,
      config,
      value: await this.#running().prepare(config, this.#known.sets),
      binds: new Set(config.listeners.flatMap(({ bind }) => bind)),
    }
  }

  #commit(revision: string): ListenerAddress[] {
    const prepared = this.#prepared
    if (prepared?.revision !== revision) throw new Error(`revision ${revision} is not prepared`)
    this.#prepared = null
    this.#running().commit(prepared.value)
    this.#known.serves(prepared.config, revision)
    this.#covers?.keep(prepared.binds)
    this.#log.configure(prepared.config.log)
    return this.#running().addresses()
  }

  #running(): DataPlaneFace<unknown> {
    if (this.#plane === null) throw new Error('the worker has not started')
    return this.#plane
  }

  #report(withGauges: boolean): void {
    const report = this.#takeReport(withGauges)
    if (report !== undefined) this.#send(report, this.#reportSent)
  }

  /** To be sent at once, with `#reportSent`. */
  #takeReport(withGauges: boolean): Report | undefined {
    // A supervisor that stands still must not make this process grow; what is not collected stays in the counters.
    if (this.#plane === null || !process.connected || this.#reportUnsent) return undefined
    this.#reportUnsent = true
    const near = this.#plane.quotas.near()
    const stats = this.#plane.collect(withGauges)
    return { type: 'report', stats, lagSeconds: this.#plane.takeLag() / 1000, use: this.#use.take(), near }
  }

  readonly #reportSent = (): void => {
    this.#reportUnsent = false
  }

  /** Told together and not more often than it makes sense: each time all workers are asked. */
  #needs(upstream: string): void {
    this.#needed.add(upstream)
    this.#needTimer ??= setTimeout(() => {
      this.#needTimer = null
      const upstreams = [...this.#needed]
      this.#needed.clear()
      this.#send({ type: 'need', upstreams })
    }, NEED_EVERY_MS)
  }

  #send(message: FromWorker, sent: () => void = () => {}): void {
    // The callback also takes the error of a channel that has just closed; `disconnect` follows.
    if (process.connected) process.send?.(message, undefined, undefined, sent)
    else sent()
  }

  orphaned(): void {
    if (this.#plane === null) process.exit(0)
    if (this.#draining) return
    this.#log.write('warn', 'the supervisor is gone; serving on with the configuration in force', { pid: process.pid })
  }

  interrupted(): void {
    if (!process.connected) this.#end()
  }

  terminated(): void {
    if (process.connected) this.#send({ type: 'asked-to-stop' })
    else this.#end()
  }

  #end(): void {
    if (this.#draining) process.exit(0)
    this.#drain(ORPHAN_DRAIN_MS).then(() => process.exit(0))
  }

  async #drain(timeoutMs: number): Promise<void> {
    this.#draining = true
    this.#covers?.keep(new Set())
    await this.#plane?.drain(timeoutMs)
    await this.#parts.flush()
    // The last report goes, whatever still waits in the channel.
    this.#reportUnsent = false
    this.#report(true)
  }
}
