// What a bundled plugin looks like: the contract between those who make bundles and those who run them. Plain data.

/** Where the names that a module imports come from: a module of the bundle, the plugin API, or Node's own resolution. */
export type ImportSource =
  | { readonly kind: 'module'; readonly index: number }
  | { readonly kind: 'api' }
  | { readonly kind: 'native'; readonly specifier: string; readonly attributes: Readonly<Record<string, string>> }

export interface ModuleImport {
  readonly source: ImportSource
  readonly specifier: string
  /** Names that must be there, with the line that asks for them. */
  readonly names: readonly { readonly name: string; readonly line: number }[]
}

export interface PluginModule {
  /** Absolute; what stack traces show. */
  readonly file: string
  /** Body of a function of MODULE_PARAMETERS; its first `offset` characters are ours. */
  readonly code: string
  readonly offset: number
  readonly imports: readonly ModuleImport[]
}

export interface PluginBundle {
  /** Of everything below; equal = the same plugin. */
  readonly digest: string
  /** The last one is the plugin's own. */
  readonly modules: readonly PluginModule[]
}

/** The only module of ours that a plugin may import. */
export const API = 'headgate/plugin'

/** What the function that a module becomes is given: getters of its exports go to the first, the second gives what it imports, the
 * third is its `import.meta`, the fourth its `import()`. */
export const MODULE_PARAMETERS = ['__export', '__import', '__meta', '__load'] as const

/** Part of the plugin, and not a package or a module of Node's. */
export function isLocal(specifier: string): boolean {
  return /^(?:\.{0,2}\/|\.{1,2}$|file:)/.test(specifier)
}
