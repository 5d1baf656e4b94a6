// Whole lines to one file descriptor through a bounded buffer: never throws, never waits, counts what it gives up.

import sonic from 'sonic-boom'
import type { LogFile } from './log-file.ts'

/** Lines wait at most this long to be written together with others. */
const FLUSH_MS = 100
/** How often it is tried again after an error (disk full, nobody reads). */
const RETRY_MS = 1000

/** Told what happens to lines. */
export interface LineEvents {
  /** A line was given up. */
  dropped(): void
  /** Writing fails now, after it worked; lines are kept as long as the buffer has room. */
  failed(error: Error): void
}

export class LineStream {
  readonly #stream: sonic.SonicBoom
  readonly #events: LineEvents
  /** Bytes that were taken and not yet written. */
  #waiting = 0
  #failing = false
  #closed = false
  /** What is not written now is given up. */
  #last = false
  #timer: NodeJS.Timeout | null = null

  /** Takes over `file`. Keeps at most `maxBytes` waiting. */
  constructor(file: LogFile, maxBytes: number, events: LineEvents) {
    this.#events = events
    this.#stream = new sonic.SonicBoom({
      fd: file.fd,
      minLength: file.batchBytes,
      maxWrite: file.writeBytes,
      maxLength: maxBytes,
      // A full pipe is tried again, but not at the very end: the process wants to exit.
      retryEAGAIN: () => !this.#last,
    })
    this.#stream.on('write', (bytes: number) => this.#wrote(bytes))
    this.#stream.on('drop', (line: string) => this.#gaveUp(line))
    this.#stream.on('error', (error: Error) => this.#fail(error))
  }

  /** `line` is ASCII and ends with a line feed. */
  write(line: string): void {
    this.#waiting += line.length
    try {
      if (this.#closed) throw new Error('closed')
      this.#stream.write(line)
      if (this.#waiting > 0) this.#arm(FLUSH_MS)
    } catch {
      this.#gaveUp(line)
    }
  }

  /** Writes what waits at once and takes nothing more: for the last moment of a process. */
  flushSync(): void {
    this.#closed = true
    this.#last = true
    this.#attempt(() => this.#stream.flushSync())
  }

  /** Writes what waits, giving up after `timeoutMs`, and closes. */
  async close(timeoutMs: number): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    await new Promise<void>((resolve) => {
      const deadline = setTimeout(resolve, timeoutMs)
      const done = (): void => {
        clearTimeout(deadline)
        resolve()
      }
      if (this.#waiting === 0) done()
      else this.#attempt(() => this.#stream.flush(done))
    })
    this.#last = true
    this.#attempt(() => this.#stream.destroy())
  }

  #arm(ms: number): void {
    if (this.#timer !== null || this.#closed) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#attempt(() => this.#stream.flush())
    }, ms)
    this.#timer.unref()
  }

  #wrote(bytes: number): void {
    this.#waiting -= bytes
    this.#failing = false
    if (this.#waiting > 0) this.#arm(FLUSH_MS)
  }

  #gaveUp(line: string): void {
    this.#waiting -= line.length
    this.#events.dropped()
  }

  /** The stream keeps what it could not write and tries again when it is told to. */
  #fail(error: Error): void {
    const first = !this.#failing
    this.#failing = true
    this.#arm(RETRY_MS)
    if (first) this.#events.failed(error)
  }

  #attempt(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#fail(error as Error)
    }
  }
}
