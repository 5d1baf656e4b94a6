// What a RouteFilter comes to where a route names it.

import { checkPluginOptions } from '../../config/checks/plugin-options.ts'
import type { PluginCode } from '../../config/plugin-schema.ts'
import { formatPath } from '../../config/problem.ts'
import type { Read } from '../memo.ts'
import type { KeptRouteFilter } from './kinds.ts'
import type { Trouble } from './policy-tls.ts'

export interface RouteFilters {
  /** By `namespace/name`. */
  readonly filters: ReadonlyMap<string, KeptRouteFilter>
  /** Those of the file, by name. */
  readonly plugins: ReadonlyMap<string, PluginCode>
}

/** In the words of the file. */
export interface FoundFilter {
  readonly filters: readonly object[]
  /** Keys of a route. */
  readonly route: Readonly<Record<string, unknown>>
}

/** What is named, or why it cannot be had. */
export function findRouteFilter(namespace: string, name: string, known: RouteFilters, read: Read): FoundFilter | Trouble {
  const key = `${namespace}/${name}`
  const found = read(known.filters, key)
  if (found === undefined) return { reason: 'FilterNotFound', message: `there is no RouteFilter ${key}` }
  const made = filtersOf(found, (plugin) => read(known.plugins, plugin))
  const brief = `the RouteFilter ${key} cannot be used`
  return typeof made === 'string' ? { reason: 'InvalidFilter', message: `${brief}: ${made}`, brief } : made
}

/** What is wrong with it, in words, where it cannot be used. */
export function filtersOf(
  { wrong, filters, route }: KeptRouteFilter,
  pluginOf: (name: string) => PluginCode | undefined,
): FoundFilter | string {
  if (wrong !== '') return wrong
  const made: object[] = []
  for (const [i, filter] of filters.entries()) {
    const { plugin } = filter as { plugin?: { name: string; options?: Readonly<Record<string, unknown>> } }
    if (plugin === undefined) {
      made.push(filter)
      continue
    }
    const code = pluginOf(plugin.name)
    if (code === undefined)
      return `filters[${i}].plugin: there is no plugin "${plugin.name}": the configuration file says which ones there are`
    const options = checkedOptions(code, plugin.options ?? {})
    if (typeof options === 'string') return `filters[${i}].plugin.${options}`
    made.push({ plugin: { ...plugin, options } })
  }
  return { filters: made, route }
}

/** With the plugin's own defaults, or what is wrong. */
function checkedOptions(
  { schema }: PluginCode,
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | string {
  if (schema === null) return options
  const checked = checkPluginOptions(schema, options, ['options'])
  if ('options' in checked) return checked.options
  return checked.findings.map(({ path, message }) => `${formatPath(path)}: ${message}`).join('; ')
}
