// The wiring of what accepts and proxies, in a worker or in the only process.

import type { AccessLogConfig, GatewayConfig } from './config/model.ts'
import { DataPlane } from './data-plane.ts'
import { systemClock, systemRandom } from './model/clock.ts'
import type { ProcessParts } from './supervisor/plane.ts'
import { runWorker } from './supervisor/worker.ts'
import { AccessLog } from './telemetry/access-log.ts'
import { createLog, type Log, stderrLine } from './telemetry/log.ts'

/** Exit code of a worker that found a fault of its own; it is replaced. */
const INTERNAL = 70

/** What a worker process runs. */
export function startWorker(): void {
  const log = createLog({ level: 'info', format: 'json' }, systemClock, stderrLine, { worker: process.pid })
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.write('error', 'internal error', { event, error: error instanceof Error ? error.stack : String(error) })
      process.exit(INTERNAL)
    })
  }
  runWorker(processParts(log), log)
}

/** The data plane of this process, with what it needs from the system. */
export function processParts(log: Log): ProcessParts {
  const accessLogs = new AccessLogs(log)
  process.on('exit', () => accessLogs.flush())
  return {
    makePlane: (settings) =>
      new DataPlane({ ...settings, clock: systemClock, random: systemRandom, access: (config) => accessLogs.of(config) }),
    reopenLogs: () => accessLogs.reopen(),
  }
}

/** One open log for each way of writing it, for life: exchanges that began under an older configuration still end in theirs. */
class AccessLogs {
  readonly #log: Log
  readonly #open = new Map<string, AccessLog>()

  constructor(log: Log) {
    this.#log = log
  }

  /** Throws when the file cannot be opened. */
  of({ accessLog }: GatewayConfig): AccessLog | null {
    if (accessLog === null) return null
    const key = JSON.stringify(accessLog)
    let sink = this.#open.get(key)
    if (sink === undefined) {
      sink = this.#create(accessLog)
      this.#open.set(key, sink)
    }
    return sink
  }

  reopen(): void {
    for (const sink of this.#open.values()) sink.reopen()
  }

  flush(): void {
    for (const sink of this.#open.values()) sink.flushSync()
  }

  #create(config: AccessLogConfig): AccessLog {
    try {
      return new AccessLog(config, systemRandom, (error) =>
        this.#log.write('error', 'the access log cannot be written', { file: config.file, error: error.message }),
      )
    } catch (error) {
      throw new Error(`the access log ${config.file} cannot be opened: ${(error as Error).message}`)
    }
  }
}
