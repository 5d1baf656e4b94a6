// The access logs of one process: one open log for each way of writing it, for life, because exchanges that began under an older
// configuration still end in theirs.

import type { Random } from '../model/clock.ts'
import { AccessLog, type AccessLogOptions } from './access-log.ts'

export class AccessLogs {
  readonly #random: Random
  readonly #failed: (file: string, error: Error) => void
  readonly #open = new Map<string, AccessLog>()

  /** `failed` is told when writing begins to fail, or a file cannot be opened again. */
  constructor(random: Random, failed: (file: string, error: Error) => void) {
    this.#random = random
    this.#failed = failed
  }

  /** null = none is written. Throws when the file cannot be opened. */
  of(options: AccessLogOptions | null): AccessLog | null {
    if (options === null) return null
    const key = JSON.stringify(options)
    let log = this.#open.get(key)
    if (log === undefined) {
      log = this.#create(options)
      this.#open.set(key, log)
    }
    return log
  }

  /** Goes on in new files, after the old ones were moved away. */
  reopen(): void {
    for (const log of this.#open.values()) log.reopen()
  }

  /** For the last moment of a process, where nothing can be waited for. */
  flushSync(): void {
    for (const log of this.#open.values()) log.flushSync()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((log) => log.close()))
  }

  #create(options: AccessLogOptions): AccessLog {
    try {
      return new AccessLog(options, this.#random, (error) => this.#failed(options.file, error))
    } catch (error) {
      const message = `the access log ${options.file} cannot be opened: ${(error as Error).message}`
      // Not a fault of this program: `run` ends with exit code 1.
      throw Object.assign(new Error(message), { operational: true })
    }
  }
}
