// The fields of an access log: what each says of a record. How they are written is access-json.ts and access-text.ts.

import type { AccessRecord, AttemptRecord } from '../model/access-record.ts'

/** A number, a text, or what has a form of its own. null = absent. */
export type FieldValue = number | string | boolean | null

/** `operator`: a text out of a small fixed set, such as names in the configuration; `safe`: one that needs no quoting. */
export type Field =
  | { readonly kind: 'text' | 'safe' | 'operator' | 'plain'; readonly read: (record: AccessRecord) => FieldValue }
  | { readonly kind: 'milliseconds'; readonly read: (record: AccessRecord) => number | null }
  | { readonly kind: 'time' | 'attempts' | 'decision' }

const text = (read: (record: AccessRecord) => string | null): Field => ({ kind: 'text', read })
const safe = (read: (record: AccessRecord) => string | null): Field => ({ kind: 'safe', read })
const operator = (read: (record: AccessRecord) => string | null): Field => ({ kind: 'operator', read })
const plain = (read: (record: AccessRecord) => number | boolean | null): Field => ({ kind: 'plain', read })
const milliseconds = (read: (record: AccessRecord) => number | null): Field => ({ kind: 'milliseconds', read })
const last = ({ attempts }: AccessRecord): AttemptRecord | undefined => attempts.at(-1)

const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  ['time', { kind: 'time' }],
  ['requestId', text((r) => r.requestId)],
  ['traceId', safe((r) => r.traceId)],
  ['client', safe((r) => r.client)],
  ['listener', operator((r) => r.listener)],
  ['protocol', safe((r) => r.protocol)],
  ['method', text((r) => r.method)],
  ['host', text((r) => r.host)],
  ['path', text((r) => r.path)],
  ['status', plain((r) => r.status)],
  ['reason', operator((r) => r.reason)],
  ['route', operator((r) => r.route)],
  ['upstream', operator((r) => r.upstream)],
  ['endpoint', operator((r) => r.endpoint)],
  ['attempts', { kind: 'attempts' }],
  ['durationMs', milliseconds((r) => r.durationMs)],
  ['bytesIn', plain((r) => r.bytesIn)],
  ['bytesOut', plain((r) => r.bytesOut)],
  ['userAgent', text((r) => r.userAgent)],
  ['decision', { kind: 'decision' }],
  ['receivedMs', milliseconds((r) => r.receivedMs)],
  ['queueMs', milliseconds((r) => r.queueMs)],
  ['connectMs', milliseconds((r) => last(r)?.connectMs ?? null)],
  ['upstreamMs', milliseconds((r) => last(r)?.ttfbMs ?? null)],
  ['ttfbMs', milliseconds((r) => r.ttfbMs)],
  ['transferMs', milliseconds((r) => (r.ttfbMs === null ? null : r.durationMs - r.ttfbMs))],
  ['clientPort', plain((r) => (r.clientPort === 0 ? null : r.clientPort))],
  ['grpcStatus', plain((r) => r.grpcStatus)],
  ['tlsVersion', operator((r) => r.tls?.version ?? null)],
  ['tlsCipher', operator((r) => r.tls?.cipher ?? null)],
  ['alpn', operator((r) => r.tls?.alpn ?? null)],
  ['sni', text((r) => r.tls?.sni ?? null)],
  ['clientSubject', text((r) => r.tls?.client?.subject ?? null)],
  ['clientVerified', plain((r) => r.tls?.client?.verified ?? null)],
  ['clientFingerprint', text((r) => r.tls?.client?.fingerprint ?? null)],
])

const PHASES = new Set(['receivedMs', 'queueMs', 'connectMs', 'upstreamMs', 'ttfbMs', 'transferMs'])
const HEADER = 'header.'

/** Throws for a name that is not a field. Those that the configuration takes for default stand in its schema. */
export function fieldOf(name: string): Field {
  const field = FIELDS.get(name)
  if (field !== undefined) return field
  const header = headerOf(name)
  if (header === null) throw new Error(`access log: unknown field "${name}"`)
  return text((r) => r.headers?.[header] ?? null)
}

/** The name of the header that a field names; null = it names none. */
export function headerOf(name: string): string | null {
  return name.startsWith(HEADER) && name.length > HEADER.length ? name.slice(HEADER.length) : null
}

/** Whether a field is a phase, which costs something to measure. */
export const isPhase = (name: string): boolean => PHASES.has(name)

export const fieldNames = (): readonly string[] => [...FIELDS.keys()]

const CLIENT_TEXT = ['path', 'userAgent', 'host', 'requestId', 'method'] as const

/** The record with the texts that a client chose cut to `length` characters and marked with `...`, and its last `attempts`. */
export function shortened(record: AccessRecord, length: number, attempts: number): AccessRecord {
  const cut = (text: string): string => (text.length > length ? `${text.slice(0, length)}...` : text)
  const short: AccessRecord = { ...record, attempts: record.attempts.slice(-attempts), decision: null }
  for (const name of CLIENT_TEXT) {
    const text = short[name]
    if (text !== null) short[name] = cut(text)
  }
  if (record.headers !== null) {
    const headers = Object.entries(record.headers)
    short.headers = Object.fromEntries(headers.map(([name, value]) => [name, value === null ? null : cut(value)]))
  }
  return short
}
