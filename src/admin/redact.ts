// Takes secrets out of a configuration before it is shown. Knows keys by name, so that a key that is added later is covered
// when it is called what such keys are called here.

import { isSecretField } from '../model/secret-fields.ts'

const HIDDEN = '***'

/** Keys whose whole value is a secret, wherever they stand. */
const SECRET_KEYS = new Set(['token', 'secret', 'clientSecret', 'password'])
/** Inside these blocks, these too. */
const SECRET_IN: Readonly<Record<string, readonly string[]>> = {
  basicAuth: ['users'],
  apiKey: ['key'],
  key: ['pem'],
  otlp: ['headers'],
}
/** Where keys are names of header fields. */
const HEADER_BLOCKS = new Set(['set', 'add', 'headers'])
/** `scheme://user:password@`. The scheme has a bound, so that long texts of other kinds are read once, not once from each of their places. */
const USER_INFO = /([a-z][a-z0-9+.-]{0,30}:\/\/[^\s/?#:@]*):[^\s/?#@]*@/gi
/** Fields, cookies and parameters by which requests are told apart, and whose values say who somebody is. */
const SECRET_NAME = /token|secret|passw|api-?key|credential|signature|session/i

/** A copy with `***` in the place of every secret; null stays, so that one sees that none is set. */
export function redact(value: unknown): unknown {
  return copy(value, [], '')
}

/** Whether what a request is asked to have under this name is to be hidden. */
export function isSecretName(name: string): boolean {
  return isSecretField(name) || SECRET_NAME.test(name)
}

function copy(value: unknown, hidden: readonly string[], parent: string): unknown {
  if (typeof value === 'string') return value.includes('://') ? value.replace(USER_INFO, `$1:${HIDDEN}@`) : value
  if (Array.isArray(value)) return value.map((item) => copy(item, hidden, parent))
  if (value === null || typeof value !== 'object') return value
  const { type, name } = value as { type?: unknown; name?: unknown }
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => {
    const isSecret = SECRET_KEYS.has(key) || hidden.includes(key) || (HEADER_BLOCKS.has(parent) && isSecretField(key))
    if (isSecret) return [key, inner === null ? null : HIDDEN]
    // `{name, match: {type, value}}`: what a route asks for.
    if (key === 'match' && typeof name === 'string' && isSecretName(name)) return [key, withoutValue(inner)]
    // `{type, options}`: a filter.
    const block = key === 'options' && typeof type === 'string' ? type : key
    return [key, copy(inner, SECRET_IN[block] ?? hidden, block)]
  })
  return Object.fromEntries(entries)
}

function withoutValue(match: unknown): unknown {
  const { type, value } = match as { type?: unknown; value?: unknown }
  return typeof value === 'string' ? { type, value: HIDDEN } : copy(match, [], '')
}
