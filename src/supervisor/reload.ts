// From a changed file to a configuration in force: load, refuse with positions, or apply; and what came of it last.

import type { Loaded } from '../config/load.ts'
import type { GatewayConfig } from '../config/model.ts'
import { formatProblem, type Problem } from '../config/problem.ts'
import type { Clock } from '../model/clock.ts'
import type { LogFunction } from '../telemetry/log.ts'
import type { Control } from './control.ts'
import { describeFailure } from './failure.ts'

export interface ReloadOutcome {
  readonly result: 'applied' | 'unchanged' | 'refused'
  /** In force afterwards. */
  readonly revision: string
  readonly errors: readonly Problem[]
  /** What asked for it: `signal`, `file` or `admin`. */
  readonly trigger: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

export interface ReloaderSettings {
  readonly load: () => Promise<Loaded>
  readonly control: Pick<Control, 'inForce' | 'refused' | 'judged'>
  /** As `Control.apply`. */
  readonly apply: (config: GatewayConfig) => Promise<'applied' | 'unchanged'>
  readonly log: LogFunction
  readonly clock: Clock
  /** After each load: the files on which the configuration depends, when they were read, and what came into force, if it did. */
  readonly loaded: (files: readonly string[], readAt: number, applied: GatewayConfig | null) => void
}

export class Reloader {
  readonly #settings: ReloaderSettings
  #running: Promise<ReloadOutcome> | null = null
  #queued: Promise<ReloadOutcome> | null = null
  last: ReloadOutcome | null = null
  /** The last one that was refused, whatever came after it. */
  lastRefused: ReloadOutcome | null = null

  constructor(settings: ReloaderSettings) {
    this.#settings = settings
  }

  /** Never rejects. Whoever asks while one runs gets the result of one that reads the files after that. */
  reload(trigger: string): Promise<ReloadOutcome> {
    if (this.#running === null) {
      this.#running = this.#reload(trigger).finally(() => {
        this.#running = null
      })
      return this.#running
    }
    this.#queued ??= this.#running.then(() => {
      this.#queued = null
      return this.reload(trigger)
    })
    return this.#queued
  }

  async #reload(trigger: string): Promise<ReloadOutcome> {
    const { control, clock, log, loaded } = this.#settings
    const readAt = clock.wall()
    const { result, errors, config } = await this.#attempt()
    const outcome = { result, errors, trigger, at: clock.wall(), revision: control.inForce?.revision ?? '' }
    this.last = outcome
    control.judged(result === 'refused')
    if (result === 'refused') this.lastRefused = outcome
    if (result === 'refused') {
      for (const problem of errors) log('error', formatProblem(problem), { file: problem.file, line: problem.line })
      log('error', 'the configuration was not reloaded; what was in force stays', { trigger, errors: errors.length })
    } else {
      log('info', result === 'applied' ? 'configuration reloaded' : 'configuration unchanged', {
        trigger,
        revision: outcome.revision,
      })
    }
    loaded(config.files, readAt, result === 'applied' && 'config' in config ? config.config : null)
    return outcome
  }

  async #attempt(): Promise<{ result: ReloadOutcome['result']; errors: readonly Problem[]; config: Loaded }> {
    const { load, control, apply, log } = this.#settings
    const config = await load()
    for (const warning of config.warnings) log('warn', formatProblem(warning))
    if ('errors' in config) {
      control.refused()
      return { result: 'refused', errors: config.errors, config }
    }
    try {
      return { result: await apply(config.config), errors: [], config }
    } catch (error) {
      const message = describeFailure(error, config.config)
      return { result: 'refused', errors: [{ file: config.files[0] ?? '', line: 0, column: 0, message }], config }
    }
  }
}
