// Whose fault an error is that nobody caught: a plugin's, from a timer or a promise of its own, or ours. The first must not end
// the process, the second must.

import type { PluginCounters } from '../model/counters.ts'

/** File of a plugin → whose it is. Names only: nothing here keeps an old version alive. */
const owners = new Map<string, { readonly plugin: string; readonly counters: PluginCounters }>()

/** Where this program's own modules lie, as they stand in stack traces; plugins' files stand there as plain paths. */
const OWN = new URL('.', import.meta.url).href.replace(/(?:plugins|chunks)\/$/, '')

export function watchFiles(plugin: string, files: readonly string[], counters: PluginCounters): void {
  for (const file of files) owners.set(file, { plugin, counters })
}

/**
 * The name of the plugin whose mistake it is, which is counted, or `a plugin` when it is one but cannot be told which; null when it
 * may be ours. A rejection without a frame of ours is not ours: our promises are all awaited by code of ours.
 */
export function blamePlugin(error: unknown, event: 'uncaughtException' | 'unhandledRejection'): string | null {
  if (owners.size === 0) return null
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  for (const [file, { plugin, counters }] of owners) {
    if (!stack.includes(`${file}:`)) continue
    counters.errors++
    return plugin
  }
  return event === 'unhandledRejection' && !stack.includes(OWN) ? 'a plugin' : null
}
