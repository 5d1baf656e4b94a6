// The process's own log: one line an event, to stderr, as JSON or as text. What clients did is the access log's.

import type { Clock } from '../model/clock.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFields = Readonly<Record<string, unknown>>

export interface LogSettings {
  readonly level: LogLevel
  readonly format: 'json' | 'text'
}

/** Writes one entry; never throws. */
export type LogFunction = (level: LogLevel, message: string, fields?: LogFields) => void

export interface Log {
  readonly write: LogFunction
  /** From now on; the first settings hold until a configuration says otherwise. */
  configure(settings: LogSettings): void
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/** `always` stands in every line (which process it is). `out` takes whole lines with their line end. */
export function createLog(first: LogSettings, clock: Clock, out: (line: string) => void, always: LogFields = {}): Log {
  let settings = first
  return {
    write(level, message, fields = {}) {
      if (RANK[level] < RANK[settings.level]) return
      const time = new Date(clock.wall()).toISOString()
      out(
        settings.format === 'json'
          ? asJson(time, level, message, { ...always, ...fields })
          : asText(time, level, message, { ...always, ...fields }),
      )
    },
    configure(next) {
      settings = next
    },
  }
}

/** To this process's stderr. A reader that went away is no reason to fail. */
export function stderrLine(line: string): void {
  try {
    process.stderr.write(line)
  } catch {
    // nothing is left to say it to
  }
}

/** What needs no quotes. */
const BARE = /^[\x21\x23-\x3c\x3e-\x7e]+$/
/** Ends a line, or is a command to a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g
const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

function asJson(time: string, level: LogLevel, message: string, fields: LogFields): string {
  return `${JSON.stringify({ time, level, message, ...fields }).replaceAll(CONTROL, escaped)}\n`
}

function asText(time: string, level: LogLevel, message: string, fields: LogFields): string {
  let line = `${time} ${level.toUpperCase().padEnd(5)} ${message.replaceAll(CONTROL, escaped)}`
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined)
      line += ` ${name}=${typeof value === 'string' && BARE.test(value) ? value : JSON.stringify(value)?.replaceAll(CONTROL, escaped)}`
  }
  return `${line}\n`
}
