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

function asJson(time: string, level: LogLevel, message: string, fields: LogFields): string {
  return `${JSON.stringify({ time, level, message, ...fields })}\n`
}

function asText(time: string, level: LogLevel, message: string, fields: LogFields): string {
  let line = `${time} ${level.toUpperCase().padEnd(5)} ${message}`
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined)
      line += ` ${name}=${typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)}`
  }
  return `${line}\n`
}
