// What a plugin's default export must be, and what is known of it afterwards.

import type { Plugin } from '../plugin-api.ts'
import { checkSchema } from './check-schema.ts'

/** Plain data: what the rest of the gateway needs to know to check a configuration. */
export interface PluginFacts {
  readonly name: string
  /** null = options are not checked. */
  readonly schema: object | null
}

const KEYS = ['name', 'schema', 'async', 'onRequest', 'onResponse', 'onEnd']
const HOOKS = ['onRequest', 'onResponse', 'onEnd'] as const
const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/

/** What is wrong with it, or null. */
export function whyNotPlugin(exported: unknown): string | null {
  if (exported === undefined) return 'there is no default export: export default definePlugin({ … })'
  if (exported === null || typeof exported !== 'object' || Array.isArray(exported))
    return 'the default export is not a plugin: export default definePlugin({ … })'
  const plugin = exported as Record<string, unknown>
  const unknown = Object.keys(plugin).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) return `a plugin has no "${unknown}"; there are ${KEYS.join(', ')}`
  const { name, async } = plugin
  if (typeof name !== 'string' || !NAME.test(name))
    return 'a plugin needs a name: up to 64 letters, digits, "-", "_" and ".", the first a letter or a digit'
  if (async !== undefined && typeof async !== 'boolean') return 'async is true or false'
  const wrong = HOOKS.find((hook) => plugin[hook] !== undefined && typeof plugin[hook] !== 'function')
  if (wrong !== undefined) return `${wrong} is not a function`
  if (HOOKS.every((hook) => plugin[hook] === undefined)) return `a plugin needs one of ${HOOKS.join(', ')}`
  if (isAsync(plugin.onRequest) && async !== true) return 'onRequest is async: write "async: true" beside it'
  const never = HOOKS.slice(1).find((hook) => isAsync(plugin[hook]))
  if (never !== undefined) return `${never} cannot be async: nobody waits for it`
  return plugin.schema === undefined ? null : checkSchema(plugin.schema)
}

export function factsOf({ name, schema }: Plugin<unknown>): PluginFacts {
  return { name, schema: schema ?? null }
}

const isAsync = (hook: unknown): boolean => Object.prototype.toString.call(hook) === '[object AsyncFunction]'
