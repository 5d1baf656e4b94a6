// The plugins of one data plane: each version is run once and lives for as long as a configuration in force, or an exchange that
// began under one, refers to it.

import type { Clock } from '../model/clock.ts'
import type { PluginCounters } from '../model/counters.ts'
import type { Filter } from '../model/filter.ts'
import type { Plugin } from '../plugin-api.ts'
import { watchFiles } from './blame.ts'
import type { PluginBundle } from './bundle-format.ts'
import { evaluateBundle } from './evaluate.ts'
import { type PluginUse, pluginFilter } from './plugin-filter.ts'
import { formatPluginProblem, type PluginProblem } from './problem.ts'

/** A mistake is told at most so often per plugin; the metric counts all. */
const TELL_EVERY_MS = 1000

export interface PluginRun {
  readonly clock: Clock
  readonly counters: (plugin: string) => PluginCounters
  readonly log: (level: 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>) => void
}

interface Version {
  readonly digest: string
  readonly plugin: Plugin<unknown>
}

/** The plugins of one configuration. */
export interface PluginSet {
  readonly versions: ReadonlyMap<string, Version>
  /** The filter `plugin`; `name` is one of the set. */
  filter(use: PluginUse & { readonly name: string }): Filter
}

export class LoadedPlugins {
  readonly #run: PluginRun
  #inForce: ReadonlyMap<string, Version> = new Map()

  constructor(run: PluginRun) {
    this.#run = run
  }

  /** Runs what is new. Rejects when a plugin fails; nothing has changed then. */
  async load(plugins: readonly { readonly code: (PluginBundle & { readonly name: string }) | null }[]): Promise<PluginSet> {
    const versions = new Map<string, Version>()
    for (const { code } of plugins) if (code !== null) versions.set(code.name, await this.#version(code))
    const reporters = new Map<string, PluginReporter>()
    const filter: PluginSet['filter'] = ({ name, ...use }) => {
      const version = versions.get(name)
      if (version === undefined) throw new Error(`the plugin "${name}" has not been read`)
      const reporter = reporters.get(name) ?? new PluginReporter(this.#run)
      reporters.set(name, reporter)
      const { clock, counters } = this.#run
      const options = structuredClone(use.options)
      return pluginFilter(version.plugin, { ...use, options }, { clock, counters: counters(name), report: reporter.report })
    }
    return { versions, filter }
  }

  /** The set is in force. */
  adopt({ versions }: PluginSet): void {
    this.#inForce = versions
  }

  async #version(code: PluginBundle & { readonly name: string }): Promise<Version> {
    const running = this.#inForce.get(code.name)
    if (running?.digest === code.digest) return running
    const { name, digest, modules } = code
    watchFiles(
      name,
      modules.map(({ file }) => file),
      this.#run.counters(name),
    )
    try {
      return { digest, plugin: (await evaluateBundle({ digest, modules })) as Plugin<unknown> }
    } catch (error) {
      throw Object.assign(new Error(`plugin ${name}: ${formatPluginProblem(error as PluginProblem)}`), { operational: true })
    }
  }
}

class PluginReporter {
  readonly #run: PluginRun
  #toldAt = Number.NEGATIVE_INFINITY
  #untold = 0

  constructor(run: PluginRun) {
    this.#run = run
  }

  readonly report = (message: string, fields: Readonly<Record<string, unknown>>): void => {
    const now = this.#run.clock.now()
    if (now - this.#toldAt < TELL_EVERY_MS) {
      this.#untold++
      return
    }
    this.#run.log('error', message, this.#untold > 0 ? { ...fields, untold: this.#untold } : fields)
    this.#toldAt = now
    this.#untold = 0
  }
}
