// The access log by one set of rules: which exchanges are kept, and a line for each. Cannot fail or delay an exchange.

import type { AccessRecord, AccessSink } from '../model/access-record.ts'
import type { Random } from '../model/clock.ts'
import { isPhase, shortened } from './access-fields.ts'
import { jsonLines } from './access-json.ts'
import { fieldsOfText, headersAmong, textLines } from './access-text.ts'
import type { Lines, PutLine } from './line-bytes.ts'
import type { LineCounters, LogOutput } from './log-output.ts'

export interface AccessLogOptions {
  /** `stdout`, `stderr` or a path. */
  readonly file: string
  /** `json`, `combined`, or a line with `${FIELD}` in it. */
  readonly format: string
  /** Fraction of the exchanges that are kept, 0 to 1. */
  readonly sample: number
  /** Exchanges that took longer (milliseconds) are always kept; null = none for that reason. */
  readonly slow: number | null
  /** Names of fields in the order of the line; for JSON. */
  readonly fields: readonly string[]
  /** Fraction of the kept exchanges that have not failed whose line says why they went as they did, 0 to 1. */
  readonly decision: number
}

/** What another route may say of it; null = as it is. */
export interface OtherRules {
  readonly sample: number | null
  readonly slow: number | 'off' | null
  readonly fields: readonly string[] | null
}

/** How a line that is too long is shortened, step by step: characters of a text, attempts. */
const SHORTER = [
  [1024, 16],
  [256, 8],
  [64, 4],
] as const

export class AccessLog implements AccessSink, Lines<AccessRecord> {
  readonly phases: boolean
  readonly headers: readonly string[]
  readonly output: LogOutput
  readonly put: PutLine<AccessRecord>
  readonly #options: AccessLogOptions
  readonly #random: Random
  readonly #decides: boolean
  readonly #others = new Map<string, AccessLog>()

  /** Throws when a field is unknown. */
  constructor(options: AccessLogOptions, output: LogOutput, random: Random) {
    this.#options = options
    this.output = output
    this.#random = random
    const json = options.format === 'json'
    const fields = json ? options.fields : fieldsOfText(options.format)
    this.put = json ? jsonLines(fields) : putText(textLines(options.format))
    this.phases = fields.some(isPhase)
    this.headers = headersAmong(fields)
    this.#decides = fields.includes('decision')
  }

  get counters(): LineCounters {
    return this.output.counters
  }

  /** The same log by other rules. */
  by(rules: OtherRules | 'off'): AccessSink {
    if (rules === 'off') return this
    const key = JSON.stringify(rules)
    let other = this.#others.get(key)
    if (other === undefined) {
      const { sample, slow, fields } = this.#options
      const options = {
        ...this.#options,
        sample: rules.sample ?? sample,
        slow: rules.slow === 'off' ? null : (rules.slow ?? slow),
        fields: rules.fields ?? fields,
      }
      other = new AccessLog(options, this.output, this.#random)
      this.#others.set(key, other)
    }
    return other
  }

  wants(status: number, durationMs: number, failed: boolean): boolean {
    const { sample, slow } = this.#options
    if (failed || status >= 500 || (slow !== null && durationMs > slow)) return true
    return sample >= 1 || this.#random() < sample
  }

  wantsDecision(failed: boolean): boolean {
    return this.#decides && (failed || (this.#options.decision > 0 && this.#random() < this.#options.decision))
  }

  write(record: AccessRecord): void {
    this.output.write(this, record)
  }

  *shorter(record: AccessRecord): Generator<AccessRecord> {
    if (record.decision !== null) yield { ...record, decision: null }
    for (const [characters, attempts] of SHORTER) yield shortened(record, characters, attempts)
  }
}

const putText =
  (text: (record: AccessRecord) => string): PutLine<AccessRecord> =>
  (into, record) =>
    into.ascii(text(record))
