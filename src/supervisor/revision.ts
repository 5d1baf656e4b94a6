// A short name for what a configuration says: equal content, equal revision, whatever the order of its keys.

import { createHash } from 'node:crypto'
import type { GatewayConfig } from '../config/model.ts'

/** 12 hexadecimal digits of the SHA-256 of the canonical JSON. */
export function revisionOf(config: GatewayConfig): string {
  return createHash('sha256').update(JSON.stringify(config, sortKeys)).digest('hex').slice(0, 12)
}

function sortKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
