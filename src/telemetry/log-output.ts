// Where log lines go: one destination for life, however often its file is moved away.

import { stat } from 'node:fs'
import type { Lines } from './line-bytes.ts'
import { LineStream } from './line-stream.ts'
import { type LogFile, openLogFile } from './log-file.ts'

/** What waits to be written, at most, in one process. */
const BUFFER_BYTES = 1024 * 1024
/** How long the end of a process or of an old file waits for a slow destination. */
const CLOSE_MS = 1000
/** How often it is looked whether the file is still where it was. */
const LOOK_MS = 1000

/** What became of lines. */
export interface LineCounters {
  /** Given up: buffer full, too long, or closed. Only grows. */
  dropped: number
}

export class LogOutput {
  readonly counters: LineCounters
  readonly #path: string
  readonly #failed: (error: Error) => void
  #file: LogFile
  #stream: LineStream
  #look: NodeJS.Timeout | null = null
  /** It could not be opened again the last time. */
  #lost = false
  #closed = false
  #ended = false
  /** It has been said that writing fails. */
  #told = false
  /** Only what began under an older configuration still comes here. */
  #retired = false
  /** Its file was moved away or is let go of, and nobody has written since. */
  #away = false

  /**
   * `path` may be `stdout` or `stderr`. Throws when it cannot be opened. `failed` is told when writing begins to fail, when lines
   * begin to be given up, or when the file cannot be opened again. Several may share `counters`.
   */
  constructor(path: string, failed: (error: Error) => void, counters: LineCounters = { dropped: 0 }) {
    this.#path = path
    this.#failed = failed
    this.counters = counters
    this.#file = openLogFile(path)
    this.#stream = this.#open(this.#file)
    if (!this.#isStandard && this.#file.regular) this.#look = setInterval(() => this.look(), LOOK_MS).unref()
  }

  get #isStandard(): boolean {
    return this.#path === 'stdout' || this.#path === 'stderr'
  }

  /** The record belongs to the log from then on: its line is written later. Never throws. */
  write<R>(lines: Lines<R>, record: R): void {
    if (this.#away) this.#back()
    this.#stream.write(lines, record)
  }

  /** Goes on in a new file of the same name, after the old one was moved away. When that fails the old one stays in use. */
  reopen(): void {
    if (this.#isStandard || this.#closed) return
    if (this.#retired) this.#leave()
    else this.#renew()
  }

  /** Whether it is the one that is written to, or only by what is still under way: then a file that is moved away is not made anew. */
  retire(retired: boolean): void {
    this.#retired = retired
    if (retired) this.#stream.makeLines()
    if (this.#away && !retired) this.#back()
  }

  #leave(): void {
    this.#away = true
    void this.#stream.close(CLOSE_MS)
  }

  #back(): void {
    this.#away = false
    this.#renew()
  }

  #renew(): void {
    let file: LogFile
    try {
      file = openLogFile(this.#path)
    } catch (error) {
      if (!this.#lost) this.#failed(error as Error)
      this.#lost = true
      return
    }
    this.#lost = false
    this.#told = false
    const before = this.#stream
    this.#file = file
    this.#stream = this.#open(file)
    void before.close(CLOSE_MS)
  }

  /** Notices that the file was moved away or removed; one that was emptied goes on at its new end by itself. */
  look(done: () => void = () => {}): void {
    stat(this.#path, (error, now) => {
      const { ino, dev } = this.#file
      const gone = error === null ? now.ino !== ino || now.dev !== dev : error.code === 'ENOENT'
      if (gone && !this.#closed && !this.#away) this.reopen()
      done()
    })
  }

  /** For the `exit` event of a process, where nothing can be waited for. */
  flushSync(): void {
    if (!this.#away && !this.#ended) this.#stream.flushSync()
  }

  /** Writes what waits, for at most a second, and closes the file. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#look !== null) clearInterval(this.#look)
    await this.#stream.close(CLOSE_MS)
    this.#ended = true
  }

  #open(file: LogFile): LineStream {
    const failed = (error: Error): void => {
      this.#told = true
      this.#failed(error)
    }
    const dropped = (count: number): void => {
      this.counters.dropped += count
      // Nobody reads a pipe: no write fails.
      if (!this.#told && !this.#closed && !this.#away) failed(new Error('too much waits to be written: lines are given up'))
    }
    const unmade = (): void => void this.counters.dropped++
    return new LineStream(file, BUFFER_BYTES, { dropped, unmade, failed })
  }
}
