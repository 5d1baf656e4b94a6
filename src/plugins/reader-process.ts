// The inside of a short-lived process that reads plugins for the supervisor: code that ends, hangs or eats memory while it is
// loaded does so here.

import { type PluginSource, readPlugins } from './read-plugins.ts'

export interface ReadRequest {
  readonly sources: readonly PluginSource[]
  readonly folder: string
}

/** Answers one request with the readings. Call in a process that was forked with a channel. */
export function runPluginReader(): void {
  process.on('disconnect', () => process.exit(0))
  // What a plugin's own timers and promises do wrong belongs to the time after loading.
  process.on('unhandledRejection', () => {})
  process.once('message', ({ sources, folder }: ReadRequest) => {
    readPlugins(sources, folder).then((readings) => process.send?.(readings))
  })
}
