// The wiring of `headgate run`, top to bottom: load, serve, say so, follow changes and signals, end.

import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { CommandIo } from './cli/check.ts'
import { clusterOpener } from './compile/cluster.ts'
import { KubernetesLink } from './compile/kubernetes-link.ts'
import { checkWorthServing } from './config/checks/worth-serving.ts'
import { bringsConfiguration } from './config/kubernetes-schema.ts'
import { loadConfig } from './config/load.ts'
import type { AdminConfig, GatewayConfig } from './config/model.ts'
import { type Finding, formatProblem } from './config/problem.ts'
import { pluginsOf } from './load-plugins.ts'
import { type Clock, systemClock, systemRandom } from './model/clock.ts'
import { type AdminFace, AdminSeat } from './supervisor/admin-seat.ts'
import { adminState } from './supervisor/admin-state.ts'
import { ClusterDesk } from './supervisor/cluster-desk.ts'
import { Control } from './supervisor/control.ts'
import { makeDesks } from './supervisor/desks.ts'
import { describeFailure, isOperational } from './supervisor/failure.ts'
import { growHeapSlowly } from './supervisor/heap-growth.ts'
import { LazyWatch } from './supervisor/lazy-watch.ts'
import type { PlaneEvents, Planes } from './supervisor/plane.ts'
import { readyLine } from './supervisor/ready-line.ts'
import { Reloader } from './supervisor/reload.ts'
import { readSecret } from './supervisor/secret.ts'
import { Signals } from './supervisor/signals.ts'
import { statsEvents } from './supervisor/stats-events.ts'
import { StatsAggregator } from './telemetry/aggregate.ts'
import { createLog, type Log, type LogFunction, stderrLine } from './telemetry/log.ts'

export interface RunOptions {
  readonly file: string
  /** Instead of what the configuration says; null = as it says. */
  readonly workers: number | 'auto' | null
  /** The file to start workers from. */
  readonly program: string
  readonly io: CommandIo
}

/** Exit codes. */
const FINE = 0
const WRONG_INPUT = 1
const INTERNAL = 70

/** Resolves with the exit code when the gateway has ended. */
export async function runGateway({ file, workers: asked, program, io }: RunOptions): Promise<number> {
  const signals = new Signals(systemClock.now)
  const log = createLog({ level: 'info', format: 'json' }, systemClock, stderrLine)
  const loadedAt = systemClock.wall()
  const load = () => loadConfig(file, { env: io.env, gate, plugins: pluginsOf(program), wall: systemClock.wall })

  const loaded = await load()
  for (const warning of loaded.warnings) log.write('warn', formatProblem(warning))
  if ('errors' in loaded) {
    for (const error of loaded.errors) io.err(`${formatProblem(error)}\n`)
    return WRONG_INPUT
  }
  log.configure(loaded.config.log)

  const workers = countOf(asked ?? loaded.config.workers)
  // With the data plane in the same process, requests would wait for the collections.
  if (workers > 0 && bringsConfiguration(loaded.config.kubernetes)) growHeapSlowly()
  const stats = new StatsAggregator()
  const id = randomBytes(4).toString('hex')
  const events = statsEvents(stats, systemClock)
  const planes = await makePlanes(workers, program, log, { id, clock: systemClock, log: log.write, events })
  const admin: AdminSeat = new AdminSeat((config) => openAdmin(config))
  const world = { clock: systemClock, random: systemRandom, log: log.write }
  const kubernetes = new KubernetesLink(world)
  const desks = makeDesks({ ...world, planes, stats, kubernetes })
  const beside = (config: GatewayConfig): Promise<void> => admin.follow(config.admin)
  const control = new Control({ planes, ...desks, stats, clock: systemClock, beside })
  const cluster = new ClusterDesk({ ...world, control, stats, open: clusterOpener(kubernetes) })
  signals.force = () => {
    control.kill()
    process.exit(WRONG_INPUT)
  }

  const reloader = new Reloader({
    load,
    control,
    apply: (config) => cluster.apply(config),
    log: log.write,
    clock: systemClock,
    loaded: follow,
  })
  const watch = new LazyWatch(() => void reloader.reload('file'))
  async function openAdmin(config: AdminConfig): Promise<AdminFace> {
    const [{ createAdmin }, token] = await Promise.all([
      import('./admin/admin.ts'),
      config.token === null ? null : readSecret(config.token, io.env),
    ])
    const state = adminState({
      control,
      awaited: () => cluster.awaited(),
      origins: () => cluster.origins,
      stats,
      source: file,
      reload: () => reloader.reload('admin'),
      reloads: () => ({ last: reloader.last, refused: reloader.lastRefused }),
      stop: signals.requestStop,
    })
    return createAdmin({ ...config, token, state, log: log.write })
  }
  function follow(files: readonly string[], since: number, config: GatewayConfig | null): void {
    if (config !== null) {
      log.configure(config.log)
      if (asked === null && countOf(config.workers) !== workers) {
        log.write('warn', 'a changed number of workers is followed at the next start', { workers })
      }
    }
    void watch.follow(control.inForce?.config.watch === true ? files : null, since)
  }

  void signals.stop.then(() => cluster.hurry())
  try {
    await cluster.start(loaded.config)
  } catch (error) {
    control.kill()
    await Promise.all([admin.close(), cluster.close()])
    io.err(`headgate: ${describeFailure(error, loaded.config)}\n`)
    return isOperational(error) ? WRONG_INPUT : INTERNAL
  }
  if (control.inForce !== null) io.out(readyLine(control.addresses, admin.address, workers, control.inForce))
  follow(loaded.files, loadedAt, null)
  signals.onReload(() => void reloader.reload('signal'))
  signals.onReopen(() => control.reopenLogs())

  const reason = await signals.stop
  const { drain } = control.inForce?.config ?? loaded.config
  log.write('info', 'draining', { reason, delayMs: drain.delay, timeoutMs: drain.timeout })
  await Promise.all([control.drain(drain.delay, drain.timeout), cluster.close()])
  await Promise.all([watch.follow(null, 0), admin.close()])
  log.write('info', 'ended')
  return FINE
}

/** What must hold before a configuration is followed. Most have no tests: what runs them is loaded for those that do. */
async function gate(config: GatewayConfig): Promise<readonly Finding[]> {
  const found = checkWorthServing(config)
  if (found.length > 0) return found
  return config.tests.length === 0 ? [] : (await import('./explain/run-tests.ts')).runConfigTests(config)
}

/** What planes have in common, wherever they run. */
interface Shared {
  readonly id: string
  readonly clock: Clock
  readonly log: LogFunction
  readonly events: PlaneEvents
}

function countOf(workers: number | 'auto'): number {
  return workers === 'auto' ? availableParallelism() : workers
}

async function makePlanes(workers: number, program: string, log: Log, shared: Shared): Promise<Planes> {
  if (workers > 0) {
    const { Fleet } = await import('./supervisor/fleet.ts')
    return new Fleet({ ...shared, workers, program: { file: program, execArgv: process.execArgv } })
  }
  const [{ InProcess }, { processParts, forgive }] = await Promise.all([
    import('./supervisor/in-process.ts'),
    import('./app-worker.ts'),
  ])
  const parts = processParts(log.write)
  process.on('exit', () => parts.accessLogs.flushSync())
  // Plugins run here too: what they do outside of a request must not end what everything depends on.
  process.on('unhandledRejection', (error) => {
    if (!forgive(error, 'unhandledRejection', log.write)) throw error
  })
  process.setUncaughtExceptionCaptureCallback((error) => {
    if (!forgive(error, 'uncaughtException', log.write)) process.emit('uncaughtException', error)
  })
  return new InProcess({ ...shared, parts })
}
