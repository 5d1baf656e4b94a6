// A short name for what a configuration says: equal content, equal revision, whatever the order of its keys. Its parts are hashed
// once each: what a new configuration shares with an old one costs nothing.

import { hash } from 'node:crypto'
import type { GatewayConfig } from '../config/model.ts'

/** Of parts that never change, as long as somebody has them. */
const known = new WeakMap<object, string>()

/** Equal text, equal content. */
export function partHash(part: unknown): string {
  if (part === null || typeof part !== 'object') return JSON.stringify(part) ?? ''
  const found = known.get(part)
  if (found !== undefined) return found
  const made = hash('sha256', canonical(part, false), 'base64')
  known.set(part, made)
  return made
}

/** 12 hexadecimal digits. */
export function revisionOf({ listeners, routes, upstreams, ...rest }: GatewayConfig): string {
  const parts = [...hashesByName(rest), ...listeners.map(partHash), '', ...routes.map(partHash), '', ...hashesByName(upstreams)]
  return hash('sha256', parts.join('\n'), 'hex').slice(0, 12)
}

function hashesByName(parts: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(parts)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${partHash(parts[name])}`)
}

/** JSON with sorted keys. */
function canonical(value: unknown, inner = true): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item)).join(',')}]`
  const { toJSON } = value as { toJSON?: unknown }
  if (typeof toJSON === 'function') return JSON.stringify(value)
  const fields = value as Readonly<Record<string, unknown>>
  // Certificates and keys are long, and there may be thousands in one listener of which one has changed.
  if (inner && (typeof fields.pem === 'string' || typeof fields.cert === 'object')) return partHash(value)
  const written = Object.keys(fields)
    .sort()
    .filter((name) => fields[name] !== undefined)
    .map((name) => `${JSON.stringify(name)}:${canonical(fields[name])}`)
  return `{${written.join(',')}}`
}
