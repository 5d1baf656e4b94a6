// The worker processes: one per slot, replaced when they end, told of each configuration in two phases.

import type { GatewayConfig } from '../config/model.ts'
import type { Clock } from '../model/clock.ts'
import type { EndpointSets } from '../model/discovery.ts'
import type { EndpointSpec } from '../model/endpoint.ts'
import type { Explained, ExplainRequest } from '../model/explanation.ts'
import { HealthBook, type HealthUpdate } from '../model/health.ts'
import type { SampleBatch } from '../model/request-sample.ts'
import { sumUpstreams, type UpstreamState } from '../model/upstream-state.ts'
import type { LogFunction } from '../telemetry/log.ts'
import { joinBatches } from '../telemetry/request-sampler.ts'
import { Backoff } from './backoff.ts'
import { coversFor } from './covers.ts'
import { explainedTogether } from './explained-together.ts'
import { handSockets } from './hand-sockets.ts'
import { LimitDesk, type QuotaHolder } from './limit-desk.ts'
import { canHoldSockets, ListeningSockets } from './listening-sockets.ts'
import { type Notice, REPORT_EVERY_MS, type Report } from './messages.ts'
import type { ListenerAddress, PlaneEvents, Planes } from './plane.ts'
import { generatedSecret } from './secret.ts'
import { TicketKeys } from './ticket-keys.ts'
import { applyInTwoPhases, discard } from './two-phases.ts'
import { forkProgram, type Program, WorkerProcess } from './worker-process.ts'

const START_TIMEOUT_MS = 30_000
const QUERY_TIMEOUT_MS = 1000
const COLLECT_TIMEOUT_MS = 250
/** Reports that a worker may miss before it is replaced. Counted in ticks, not in time: this process may have been stopped. */
const SILENT_TICKS = 10
/** How long spans that wait are sent, see `ProcessParts.flush`. */
const FLUSH_MS = 2000
/** What an orderly end may take beyond that. */
const EXIT_GRACE_MS = 1000
/** A SIGTERM for a whole process group reaches the supervisor within this time too; then not just one worker is meant. */
const RECYCLE_AFTER_MS = 100

export interface FleetSettings {
  readonly program: Program
  /** At least one. */
  readonly workers: number
  readonly clock: Clock
  readonly log: LogFunction
  readonly events: PlaneEvents
  /** Names this gateway, e.g. in Via; the same in every worker, so that a loop through another worker is seen too. */
  readonly id: string
}

interface Slot {
  readonly index: number
  worker: WorkerProcess | null
  /** Resolves when the worker that starts in this slot serves or has failed. */
  starting: Promise<void>
  retry: NodeJS.Timeout | null
  readonly backoff: Backoff
}

export class Fleet implements Planes {
  readonly #settings: FleetSettings
  readonly #sockets: ListeningSockets
  readonly #slots: readonly Slot[]
  /** Of the slots, and those that drain after they lost theirs. */
  readonly #alive = new Set<WorkerProcess>()
  #config: GatewayConfig | null = null
  #revision = ''
  #sets = new Map<string, readonly EndpointSpec[]>()
  readonly #health = new HealthBook()
  #addresses: readonly ListenerAddress[] = []
  readonly #limits = new LimitDesk(() => this.#quotaHolders())
  #lives = 0
  #state: 'starting' | 'running' | 'reloading' | 'ending' = 'starting'
  #ticker: NodeJS.Timeout | null = null
  /** Of all workers of this life of the gateway. */
  readonly #sessionSecret = generatedSecret()
  readonly #tickets = new TicketKeys((keys) => {
    for (const worker of this.#alive) worker.ask({ type: 'ticket-keys', keys }, COLLECT_TIMEOUT_MS).catch(() => {})
  })

  constructor(settings: FleetSettings) {
    this.#settings = settings
    this.#sockets = new ListeningSockets(settings.workers)
    this.#slots = Array.from({ length: settings.workers }, (_, index) => ({
      index,
      worker: null,
      starting: Promise.resolve(),
      retry: null,
      backoff: new Backoff(),
    }))
  }

  async start(config: GatewayConfig, revision: string, sets: EndpointSets = new Map()): Promise<ListenerAddress[]> {
    if (!canHoldSockets()) {
      throw new Error(
        `Node ${process.version} cannot hold listening sockets for workers: use Node 26.4 or later, or workers: 0`,
      )
    }
    const binds = bindsOf(config)
    this.#sockets.keep(await this.#sockets.reserve(binds), binds)
    this.#config = config
    this.#revision = revision
    // What was found while the sockets were reserved is newer.
    this.#sets = new Map([...sets, ...this.#sets])
    const started = await Promise.allSettled(this.#slots.map((slot) => this.#spawn(slot)))
    const failed = started.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) {
      this.kill()
      throw failed.reason
    }
    this.#state = 'running'
    this.#ticker = setInterval(() => this.#tick(), REPORT_EVERY_MS)
    return [...this.#addresses]
  }

  async apply(config: GatewayConfig, revision: string, sets: EndpointSets = new Map()): Promise<ListenerAddress[]> {
    await Promise.all(this.#slots.map((slot) => slot.starting))
    if (this.#state !== 'running') throw new Error('the gateway is ending')
    // A worker has either the old configuration or the new one: replacements wait for the outcome.
    this.#state = 'reloading'
    try {
      const binds = bindsOf(config)
      const added = await this.#sockets.reserve(binds)
      const workers = this.#serving()
      try {
        await handSockets(this.#settings.program, added, workers)
        for (const worker of workers) worker.endpoints.clear()
        // With nobody there to ask, the new configuration is what the next worker starts with.
        const base = { config: this.#config as GatewayConfig, revision: this.#revision }
        if (workers.length > 0)
          this.#addresses = await applyInTwoPhases(workers, { config, revision, sets, base }, this.#settings.log)
      } catch (error) {
        await discard(this.#serving(), revision)
        this.#sockets.release(added)
        throw error
      }
      this.#sockets.keep(added, binds)
      this.#config = config
      this.#revision = revision
      this.#sets = new Map(sets)
      this.#limits.retain((upstream) => Object.hasOwn(config.upstreams, upstream))
      return [...this.#addresses]
    } finally {
      if (this.#is('reloading')) this.#state = 'running'
      for (const slot of this.#slots) if (slot.worker === null && slot.retry === null) this.#fill(slot)
    }
  }

  setEndpoints(upstream: string, endpoints: readonly EndpointSpec[]): void {
    this.#sets.set(upstream, endpoints)
    for (const worker of this.#alive) worker.endpoints.set(upstream, endpoints)
  }

  setHealth(upstream: string, update: HealthUpdate): void {
    this.#health.update(upstream, update)
    for (const worker of this.#alive) worker.health.set(upstream, update)
  }

  async collect(withGauges = true): Promise<void> {
    await Promise.allSettled(this.#serving().map((worker) => worker.ask({ type: 'collect', withGauges }, COLLECT_TIMEOUT_MS)))
  }

  async explain(request: ExplainRequest): Promise<Explained> {
    const asked = this.#serving().map((worker) => worker.query({ about: 'explain', request }, QUERY_TIMEOUT_MS))
    const answers = await Promise.allSettled(asked)
    const [first, ...others] = answers.flatMap((each) => (each.status === 'fulfilled' ? [each.value as Explained] : []))
    if (first !== undefined) return explainedTogether([first, ...others])
    throw answers[0]?.status === 'rejected' ? answers[0].reason : new Error('no worker serves')
  }

  async upstreams(): Promise<UpstreamState[]> {
    const answers = await Promise.allSettled(
      this.#serving().map((worker) => worker.query({ about: 'upstreams' }, QUERY_TIMEOUT_MS)),
    )
    return sumUpstreams(answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value as UpstreamState[]] : [])))
  }

  async takeSamples(most: number): Promise<SampleBatch> {
    const workers = this.#serving()
    const each = Math.ceil(most / Math.max(1, workers.length))
    const answers = await Promise.allSettled(
      workers.map((worker) => worker.query({ about: 'samples', most: each }, QUERY_TIMEOUT_MS)),
    )
    return joinBatches(
      answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value as SampleBatch] : [])),
      most,
    )
  }

  serving(): number {
    return this.#serving().length
  }

  reopenLogs(): void {
    for (const worker of this.#alive) worker.ask({ type: 'reopen-logs' }, COLLECT_TIMEOUT_MS).catch(() => {})
  }

  async drain(timeoutMs: number): Promise<void> {
    this.#end()
    await Promise.all([...this.#alive].map((worker) => this.#drainOne(worker, timeoutMs)))
  }

  kill(): void {
    this.#end()
    for (const worker of this.#alive) worker.kill('SIGKILL')
  }

  /** From here on nothing is replaced, and nobody is kept waiting in a queue that no worker accepts from. */
  #end(): void {
    if (this.#state === 'ending') return
    this.#state = 'ending'
    if (this.#ticker !== null) clearInterval(this.#ticker)
    this.#tickets.stop()
    for (const slot of this.#slots) if (slot.retry !== null) clearTimeout(slot.retry)
    this.#sockets.close()
  }

  #is(state: 'running' | 'reloading' | 'ending'): boolean {
    return this.#state === state
  }

  #serving(): WorkerProcess[] {
    return this.#slots.flatMap(({ worker }) => (worker?.serving ? [worker] : []))
  }

  async #spawn(slot: Slot): Promise<void> {
    const { program, workers, clock, id } = this.#settings
    const held = this.#sockets.all()
    // With one slot, or one socket for all, there is nobody to stand in for.
    const covers = held.some(({ split }) => split) ? coversFor(held.length) : 0
    const child = forkProgram(program, 'worker', [
      ...held.map((address) => address.fd(slot.index)),
      ...held.flatMap((address) => new Array<number>(covers).fill(address.fd(slot.index + 1))),
    ])
    const worker: WorkerProcess = new WorkerProcess(child, ++this.#lives, slot.index, clock.now(), {
      notice: (notice) => this.#noticed(slot, worker, notice),
      exit: (how) => this.#exited(slot, worker, how),
    })
    slot.worker = worker
    this.#alive.add(worker)
    const start = {
      id,
      sessionSecret: this.#sessionSecret,
      part: { index: slot.index, count: workers },
      taken: this.#limits.uneven,
      binds: held.map(({ bind }) => bind),
      covers,
      config: this.#config as GatewayConfig,
      revision: this.#revision,
      ticketKeys: this.#tickets.current,
      sets: this.#sets,
      health: this.#health.sets,
    }
    // Sets that come from now on go behind it.
    worker.told.told(start.sets)
    worker.told.serves(start.config, start.revision)
    try {
      this.#addresses = await worker.ask({ type: 'start', start }, START_TIMEOUT_MS)
      worker.serving = true
      this.#cover(slot, false)
      this.#settings.log('info', 'worker serves', { pid: worker.pid, slot: slot.index })
    } catch (error) {
      worker.kill('SIGKILL')
      throw error
    }
  }

  #fill(slot: Slot): void {
    slot.retry = null
    if (this.#state !== 'running' || slot.worker !== null) return
    slot.starting = this.#spawn(slot).catch((error: Error) => {
      this.#settings.log('error', 'a worker could not be started', { reason: error.message })
    })
  }

  #exited(slot: Slot, worker: WorkerProcess, how: string): void {
    const { log, clock, events } = this.#settings
    this.#alive.delete(worker)
    worker.silent.then(() => events.gone(worker.id))
    if (slot.worker !== worker) return
    slot.worker = null
    if (this.#state === 'ending' || this.#state === 'starting') return
    const delay = slot.backoff.next(clock.now() - worker.startedAt)
    log('error', 'a worker ended and is replaced', { pid: worker.pid, how, inMs: delay })
    events.restarted()
    this.#cover(slot, true)
    if (delay === 0) this.#fill(slot)
    else slot.retry = setTimeout(() => this.#fill(slot), delay)
  }

  /** The slot before this one accepts in its place, or does not have to any more. */
  #cover({ index }: Slot, on: boolean): void {
    const neighbour = this.#slots.at(index - 1)?.worker
    if (this.#slots.length < 2 || neighbour?.serving !== true) return
    neighbour.ask({ type: 'cover', on }, QUERY_TIMEOUT_MS).catch((error: Error) => {
      this.#settings.log('debug', 'a worker did not stand in for its neighbour', { reason: error.message })
    })
  }

  #noticed(slot: Slot, worker: WorkerProcess, notice: Notice): void {
    if (notice.type === 'report') {
      this.#reported(worker, notice)
      if (notice.near !== null) this.#limits.near(notice.near)
    } else if (notice.type === 'need') {
      this.#limits.near(notice.upstreams)
      void this.#limits.round()
    } else {
      setTimeout(() => this.#recycle(slot, worker), RECYCLE_AFTER_MS)
    }
  }

  #reported(worker: WorkerProcess, { stats, lagSeconds, use }: Report): void {
    const { events } = this.#settings
    events.report(worker.id, stats)
    events.lag(worker.id, lagSeconds)
    events.process(worker.id, use)
  }

  /** A replacement first, then the old one drains: nobody waits. */
  #recycle(slot: Slot, worker: WorkerProcess): void {
    if (this.#state !== 'running' || slot.worker !== worker || !worker.serving) return
    this.#settings.log('info', 'a worker was told to end and is replaced', { pid: worker.pid })
    slot.worker = null
    this.#fill(slot)
    const timeoutMs = (this.#config as GatewayConfig).drain.timeout
    slot.starting.then(() => this.#drainOne(worker, timeoutMs))
  }

  async #drainOne(worker: WorkerProcess, timeoutMs: number): Promise<void> {
    try {
      await worker.ask({ type: 'drain', timeoutMs }, timeoutMs + FLUSH_MS + EXIT_GRACE_MS)
    } catch (error) {
      this.#settings.log('debug', 'a worker did not drain', { pid: worker.pid, reason: (error as Error).message })
    }
    const kill = setTimeout(() => worker.kill('SIGKILL'), EXIT_GRACE_MS)
    await worker.exited
    clearTimeout(kill)
  }

  /** Who may use something of the limits of upstreams; null while one starts, which cannot be asked. */
  #quotaHolders(): QuotaHolder[] | null {
    const alive = [...this.#alive]
    return alive.every(({ serving }) => serving) ? alive.map((worker) => worker.quotas) : null
  }

  #tick(): void {
    if (this.#is('running')) void this.#limits.round()
    for (const worker of this.#serving()) {
      if (++worker.silentTicks < SILENT_TICKS) continue
      this.#settings.log('error', 'a worker does not respond', { pid: worker.pid })
      worker.kill('SIGKILL')
    }
  }
}

function bindsOf(config: GatewayConfig): string[] {
  return [...new Set(config.listeners.flatMap((listener) => listener.bind))]
}
