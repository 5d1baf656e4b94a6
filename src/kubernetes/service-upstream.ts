// The upstream of a Service's port: its name, and its configuration from the words of the file.

import { createHash } from 'node:crypto'
import type { UpstreamConfig } from '../config/model.ts'
import { upstreamSchema } from '../config/upstream-schema.ts'
import { type ServicePort, speechOf } from './service.ts'

/** Keys of an upstream as they are written in a file, without `discovery`. */
export type WrittenUpstream = Readonly<Record<string, unknown>>

export interface NamedUpstream {
  /** `NAMESPACE/SERVICE:PORT`, with `~` and eight digits of a hash where something else is wanted of it than by default. */
  readonly name: string
  readonly config: UpstreamConfig
}

/**
 * `policy` goes before what the port's `appProtocol` says: it is the same for whoever uses the Service. `written` goes before both,
 * and gives the upstream a name of its own. Returns what is wrong with it, in words, where the schema refuses it.
 * Equal wishes give equal names; the caller remembers the configuration.
 */
export function upstreamOfService(
  namespace: string,
  service: string,
  port: ServicePort,
  written: WrittenUpstream = {},
  policy: WrittenUpstream = {},
): NamedUpstream | string {
  const speech = speechOf(port)
  const spoken = speech === null ? {} : { protocol: speech.protocol, ...(speech.tls ? { tls: {} } : {}) }
  const read = upstreamSchema.safeParse({
    // A name of digits alone would be read as a number, and maybe that of another port.
    discovery: { kubernetes: { namespace, service, port: /^\d*$/.test(port.name) ? port.port : port.name } },
    ...spoken,
    ...policy,
    ...written,
  })
  if (!read.success) return read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
  const suffix = Object.keys(written).length === 0 ? '' : `~${hash8(written)}`
  return { name: `${namespace}/${service}:${port.port}${suffix}`, config: read.data }
}

/** Of equal content, whatever the order of keys. */
export function hash8(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content, inOrder)).digest('hex').slice(0, 8)
}

function inOrder(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
