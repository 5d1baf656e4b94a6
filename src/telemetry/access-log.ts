// The access log: which exchanges are kept, and one JSON line for each. Cannot fail or delay an exchange.

import type { AccessRecord, AccessSink } from '../model/access-record.ts'
import type { Random } from '../model/clock.ts'
import { ACCESS_FIELDS, lineWriter, withShortTexts } from './access-fields.ts'
import { LineStream } from './line-stream.ts'
import { type LogFile, openLogFile } from './log-file.ts'

export interface AccessLogOptions {
  /** `stdout`, `stderr` or a path. */
  readonly file: string
  /** Fraction of the exchanges that are kept, 0 to 1. */
  readonly sample: number
  /** Exchanges that took longer (milliseconds) are always kept; null = none for that reason. */
  readonly slow: number | null
  /** Names of fields in the order of the line; none = all. */
  readonly fields: readonly string[]
}

/** What waits to be written, at most, in one process. */
const BUFFER_BYTES = 1024 * 1024
/** How long the end of a process or of an old file waits for a slow destination. */
const CLOSE_MS = 1000
/** How a line that is too long is shortened, step by step: characters of a text, attempts. */
const SHORTER = [
  [1024, 16],
  [256, 8],
  [64, 4],
] as const

export class AccessLog implements AccessSink {
  /** Lines that were given up: buffer full, or closed. Only grows. */
  dropped = 0
  readonly #options: AccessLogOptions
  readonly #random: Random
  readonly #failed: (error: Error) => void
  readonly #line: (record: AccessRecord) => string
  #file: LogFile
  #stream: LineStream

  /**
   * Opens the file; throws when that fails or a field is unknown. `failed` is told when writing begins to fail or the file cannot
   * be opened again.
   */
  constructor(options: AccessLogOptions, random: Random, failed: (error: Error) => void) {
    this.#options = options
    this.#random = random
    this.#failed = failed
    this.#line = lineWriter(options.fields.length === 0 ? ACCESS_FIELDS : options.fields)
    this.#file = openLogFile(options.file)
    this.#stream = this.#open(this.#file)
  }

  wants(status: number, durationMs: number, failed: boolean): boolean {
    const { sample, slow } = this.#options
    if (failed || status >= 500 || (slow !== null && durationMs > slow)) return true
    return sample >= 1 || this.#random() < sample
  }

  write(record: AccessRecord): void {
    let line: string
    try {
      line = this.#fitting(record)
    } catch {
      this.dropped++
      return
    }
    this.#stream.write(line)
  }

  /** Goes on in a new file of the same name, after the old one was moved away. When that fails the old one stays in use. */
  reopen(): void {
    const { file } = this.#options
    if (file === 'stdout' || file === 'stderr') return
    try {
      this.#file = openLogFile(file)
    } catch (error) {
      this.#failed(error as Error)
      return
    }
    const before = this.#stream
    this.#stream = this.#open(this.#file)
    void before.close(CLOSE_MS)
  }

  /** For the `exit` event of a process, where nothing can be waited for. */
  flushSync(): void {
    this.#stream.flushSync()
  }

  /** Writes what waits, for at most a second, and closes the file. */
  close(): Promise<void> {
    return this.#stream.close(CLOSE_MS)
  }

  #open(file: LogFile): LineStream {
    const dropped = (): void => {
      this.dropped++
    }
    return new LineStream(file, BUFFER_BYTES, { dropped, failed: this.#failed })
  }

  #fitting(record: AccessRecord): string {
    let line = this.#line(record)
    for (const [characters, attempts] of SHORTER) {
      if (line.length <= this.#file.lineBytes) break
      line = this.#line({ ...withShortTexts(record, characters), attempts: record.attempts.slice(-attempts) })
    }
    return line
  }
}
