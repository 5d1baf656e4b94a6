// The access logs of one process: one open destination for each file, for life, because exchanges that began under an older
// configuration still end in theirs.

import type { Random } from '../model/clock.ts'
import { AccessLog, type AccessLogOptions } from './access-log.ts'
import { type LineCounters, LogOutput } from './log-output.ts'

export class AccessLogs {
  readonly #random: Random
  readonly #failed: (file: string, error: Error) => void
  readonly #outputs = new Map<string, LogOutput>()
  readonly #counters: LineCounters = { dropped: 0 }
  #last: { readonly key: string; readonly log: AccessLog } | null = null

  /** `failed` is told when writing begins to fail, or a file cannot be opened again. */
  constructor(random: Random, failed: (file: string, error: Error) => void) {
    this.#random = random
    this.#failed = failed
  }

  /** null = none is written. Throws when the file cannot be opened. */
  of(options: AccessLogOptions | null): AccessLog | null {
    const log = options === null ? null : this.#logOf(options)
    for (const [file, output] of this.#outputs) output.retire(file !== options?.file)
    return log
  }

  #logOf(options: AccessLogOptions): AccessLog {
    const key = JSON.stringify(options)
    if (this.#last?.key !== key) this.#last = { key, log: new AccessLog(options, this.#output(options.file), this.#random) }
    return this.#last.log
  }

  /** Goes on in new files, after the old ones were moved away. */
  reopen(): void {
    for (const output of this.#outputs.values()) output.reopen()
  }

  /** For the last moment of a process, where nothing can be waited for. */
  flushSync(): void {
    for (const output of this.#outputs.values()) output.flushSync()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#outputs.values()].map((output) => output.close()))
  }

  #output(file: string): LogOutput {
    let output = this.#outputs.get(file)
    if (output !== undefined) return output
    try {
      output = new LogOutput(file, (error) => this.#failed(file, error), this.#counters)
    } catch (error) {
      const message = `the access log ${file} cannot be opened: ${(error as Error).message}`
      // Not a fault of this program: `run` ends with exit code 1.
      throw Object.assign(new Error(message), { operational: true })
    }
    this.#outputs.set(file, output)
    return output
  }
}
