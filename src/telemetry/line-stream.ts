// Whole lines to one file descriptor through a bounded buffer: never throws, never waits, counts what it gives up. Lines are gathered
// in pages, because a write for each would cost more than all that comes before it; and records before they become lines, because
// one line by itself, between other work, takes twice as long.

import sonic from 'sonic-boom'
import { LineBytes, type Lines, type PutLine } from './line-bytes.ts'
import type { LogFile } from './log-file.ts'

/** Lines wait at most this long to be written together with others. */
const FLUSH_MS = 100
/** So many records become lines in one go. */
const AT_ONCE = 32
/** How often it is tried again after an error (disk full, nobody reads). */
const RETRY_MS = 1000

/** Told what happens to lines. */
export interface LineEvents {
  /** So many lines were given up. */
  dropped(count: number): void
  /** Of a record no line could be made. */
  unmade(): void
  /** Writing fails now, after it worked; lines are kept as long as the buffer has room. */
  failed(error: Error): void
}

export class LineStream {
  readonly #stream: sonic.SonicBoom
  readonly #events: LineEvents
  readonly #pageBytes: number
  readonly #lineBytes: number
  readonly #line = new LineBytes()
  /** What is not in a line yet, and how that is written. */
  readonly #records: unknown[] = new Array(AT_ONCE).fill(null)
  readonly #kinds: (Lines<unknown> | null)[] = new Array(AT_ONCE).fill(null)
  #recordCount = 0
  /** Lines that are not handed on yet, and how many bytes of it they take; null = none. */
  #page: Buffer | null = null
  #used = 0
  /** Lines in it. */
  #lines = 0
  /** One that has been written, to be used again. */
  #spare: Buffer | null = null
  /** Bytes that have been handed on, and of those the ones that have been written. */
  #handed = 0
  #written = 0
  /** What is handed on and not yet written: the page, and how many bytes are handed on with it. */
  readonly #out: { readonly page: Buffer | null; readonly end: number; readonly lines: number }[] = []
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
    this.#pageBytes = file.pageBytes
    this.#lineBytes = file.lineBytes
    this.#stream = new sonic.SonicBoom({
      fd: file.fd,
      contentMode: 'buffer',
      maxWrite: file.writeBytes,
      maxLength: maxBytes,
      // A full pipe is tried again, but not at the very end: the process wants to exit.
      retryEAGAIN: () => !this.#last,
    })
    this.#stream.on('write', (bytes: number) => this.#wrote(bytes))
    this.#stream.on('drop', (page: Buffer) => this.#gaveUp(page))
    this.#stream.on('error', (error: Error) => this.#fail(error))
  }

  /** `record` must not change any more. */
  write<R>(lines: Lines<R>, record: R): void {
    if (this.#closed) {
      this.#events.dropped(1)
      return
    }
    const at = this.#recordCount++
    this.#records[at] = record
    this.#kinds[at] = lines as Lines<unknown>
    if (this.#recordCount === AT_ONCE) this.makeLines()
    this.#arm(FLUSH_MS)
  }

  /** Writes what waits at once and takes nothing more: for the last moment of a process. */
  flushSync(): void {
    this.#closed = true
    this.#last = true
    this.makeLines()
    this.#turn()
    this.#attempt(() => this.#stream.flushSync())
  }

  /** Writes what waits, giving up after `timeoutMs`, and closes. */
  async close(timeoutMs: number): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.makeLines()
    this.#turn()
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
    // What was not written in time is given up: of what is being written nobody knows whether it comes through.
    for (const { lines } of this.#out.splice(0)) this.#events.dropped(lines)
    this.#attempt(() => this.#stream.destroy())
  }

  /** Makes lines of what waits for it. One that cannot be made is given up. */
  makeLines(): void {
    const count = this.#recordCount
    this.#recordCount = 0
    for (let i = 0; i < count; i++) {
      const record = this.#records[i]
      const lines = this.#kinds[i] as Lines<unknown>
      this.#records[i] = null
      this.#kinds[i] = null
      if (!this.#putOne(lines, record)) this.#events.unmade()
    }
  }

  #putOne(lines: Lines<unknown>, record: unknown): boolean {
    try {
      if (this.#putFitting(lines, record)) return true
      for (const shorter of lines.shorter(record)) if (this.#putFitting(lines, shorter)) return true
    } catch {
      // A record that nobody can read harms no other.
    }
    return false
  }

  /** In this page or the next one; false when the line is too long. */
  #putFitting({ put }: Lines<unknown>, record: unknown): boolean {
    const room = this.#pageBytes - this.#used
    if (this.#put(put, record)) return true
    if (room >= this.#lineBytes) return false
    this.#turn()
    return this.#put(put, record)
  }

  /** What does not fit leaves no trace. */
  #put(put: PutLine<unknown>, record: unknown): boolean {
    if (this.#page === null) {
      this.#page = this.#spare ?? Buffer.allocUnsafeSlow(this.#pageBytes)
      this.#spare = null
    }
    const page = this.#page
    const line = this.#line
    const from = this.#used
    line.begin(page, from, Math.min(from + this.#lineBytes, page.length))
    put(line, record)
    if (line.over) return false
    this.#used = line.at
    this.#lines++
    this.#waiting += line.at - from
    return true
  }

  /** Hands on what is in the page, and the page with it when there is much. */
  #turn(): void {
    const page = this.#page
    if (page === null || this.#used === 0) return
    let lines = page.subarray(0, this.#used)
    const count = this.#lines
    this.#used = 0
    this.#lines = 0
    if (2 * lines.length < page.length) lines = Buffer.from(lines)
    else this.#page = null
    this.#handed += lines.length
    this.#out.push({ page: this.#page === null ? page : null, end: this.#handed, lines: count })
    try {
      this.#stream.write(lines as unknown as string)
    } catch {
      this.#gaveUp(lines)
    }
  }

  #arm(ms: number): void {
    if (this.#timer !== null || this.#closed) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.makeLines()
      this.#turn()
      this.#attempt(() => this.#stream.flush())
    }, ms)
    this.#timer.unref()
  }

  #wrote(bytes: number): void {
    this.#waiting -= bytes
    this.#written += bytes
    while ((this.#out[0]?.end ?? Number.POSITIVE_INFINITY) <= this.#written)
      this.#spare = this.#out.shift()?.page ?? this.#spare
    this.#failing = false
    if (this.#waiting > 0) this.#arm(FLUSH_MS)
  }

  /** It is always what was handed on last. */
  #gaveUp(page: Buffer): void {
    this.#waiting -= page.length
    this.#handed -= page.length
    this.#events.dropped(this.#out.pop()?.lines ?? 0)
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
