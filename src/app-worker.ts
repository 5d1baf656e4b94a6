// The wiring of what accepts and proxies, in a worker or in the only process.

import { DataPlane } from './data-plane.ts'
import { type Clock, type Random, systemClock, systemRandom } from './model/clock.ts'
import { blamePlugin } from './plugins/blame.ts'
import type { ProcessParts } from './supervisor/plane.ts'
import { runWorker } from './supervisor/worker.ts'
import { AccessLogs } from './telemetry/access-logs.ts'
import { createLog, type LogFunction, stderrLine } from './telemetry/log.ts'
import { Tracers } from './telemetry/tracing/tracers.ts'
import { tracingOf } from './trace-spans.ts'

/** Exit code of a worker that found a fault of its own; it is replaced. */
const INTERNAL = 70

/** What a worker process runs. */
export function startWorker(): void {
  const log = createLog({ level: 'info', format: 'json' }, systemClock, stderrLine, { worker: process.pid })
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      if (forgive(error, event, log.write)) return
      log.write('error', 'internal error', { event, error: textOf(error) })
      process.exit(INTERNAL)
    })
  }
  const parts = processParts(log.write)
  process.on('exit', () => parts.accessLogs.flushSync())
  runWorker(parts, log)
}

/** Whether an error that nobody caught is a plugin's: told, and the process goes on. */
export function forgive(error: unknown, event: 'uncaughtException' | 'unhandledRejection', log: LogFunction): boolean {
  const plugin = blamePlugin(error, event)
  if (plugin !== null) log('error', 'a plugin failed outside of a request', { plugin, event, error: textOf(error) })
  return plugin !== null
}

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))

/** The data plane of this process with what it needs from the system, and its access logs, which the caller ends. */
export function processParts(
  log: LogFunction,
  clock: Clock = systemClock,
  random: Random = systemRandom,
): ProcessParts & { readonly accessLogs: AccessLogs } {
  const accessLogs = new AccessLogs(random, (file, error) => {
    log('error', 'the access log cannot be written', { file, error: error.message })
  })
  let tracers: Tracers | null = null
  return {
    accessLogs,
    makePlane(settings) {
      const made = new Tracers(random, { instance: settings.id, clock, log: settings.log })
      tracers = made
      return new DataPlane({
        ...settings,
        clock,
        random,
        access: (config) => accessLogs.of(config.accessLog),
        tracer: (config) => made.of(tracingOf(config)),
        spans: made.counters,
      })
    },
    reopenLogs: () => accessLogs.reopen(),
    flush: async () => tracers?.close(),
  }
}
