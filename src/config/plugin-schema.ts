// Plugins: where their code is (`plugins`), and what a route does with them (the filter `plugin`).

import * as z from 'zod'
import { duration } from './values.ts'
import { block, choice, named, refuse, text } from './written.ts'

/** Where a plugin's code is and, once it has been read, what it is. */
export interface PluginConfig {
  /** A file or a folder; absolute when it came from a configuration file. null = it is a package. */
  readonly path: string | null
  /** Resolved from the folder of the configuration file. */
  readonly package: string | null
  /** null = not read: the filter does nothing then, which is enough for those who only look at a configuration. */
  readonly code: PluginCode | null
}

/** Plain data; whoever runs plugins knows what the modules mean. */
export interface PluginCode {
  readonly name: string
  /** JSON Schema of its options; null = anything. */
  readonly schema: object | null
  /** Equal = the same code. */
  readonly digest: string
  readonly modules: readonly unknown[]
}

export interface PluginFilterConfig {
  /** Of one of `plugins`. */
  readonly name: string
  /** Has passed the plugin's own schema, defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>
  readonly onError: 'closed' | 'open'
  /** Milliseconds. */
  readonly budget: number
}

const notEmpty = (what: string) =>
  text(what, (written) => (written === '' || written.includes('\0') ? refuse(`this is not ${what}`) : written), { title: what })

export const pluginsSchema = z.array(
  z
    .union([
      block({ path: notEmpty('the path of a file or folder').describe('A file, or a folder with index.ts or index.js.') }),
      block({ package: notEmpty('the name of a package').describe('Name of an installed package.') }),
    ])
    .transform((written): PluginConfig => ({ path: null, package: null, code: null, ...written })),
)

export const pluginFilterSchema = block({
  name: notEmpty('the name of a plugin').describe('What the plugin calls itself.'),
  options: named(z.string(), z.unknown()).prefault({}).describe("Checked against the plugin's own schema."),
  onError: choice('onError', ['closed', 'open'])
    .prefault('closed')
    .describe('What a mistake of the plugin means: closed = 500, open = the request goes on as if the plugin were not there.'),
  budget: duration()
    .prefault('50ms')
    .describe('For each hook. Longer is a mistake where the plugin is async; else it is counted and logged.'),
}).transform((written): PluginFilterConfig => written)
