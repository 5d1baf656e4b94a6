// The fields of an access log line: names in the order of the line, and how each is written. A line is ASCII, so that nothing
// a client sends can end it, forge another or reach a terminal as a control sequence.

import type { AccessRecord, AttemptRecord } from '../model/access-record.ts'

type Write = (record: AccessRecord) => string

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/
const NOT_ASCII = /[\x7f-\uffff]/g

/** A JSON string in ASCII; also of text that is not well-formed. */
export function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`
  return JSON.stringify(text).replace(NOT_ASCII, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function nullable(text: string | null): string {
  return text === null ? 'null' : quote(text)
}

/** Milliseconds with microseconds as fraction. */
function milliseconds(ms: number): string {
  return Number.isFinite(ms) ? String(Math.round(ms * 1000) / 1000) : 'null'
}

function attempt({ endpoint, outcome, status, durationMs, detail }: AttemptRecord): string {
  const answer = status === 0 ? 'null' : String(status)
  const why = detail === '' ? '' : `,"detail":${quote(detail)}`
  return `{"endpoint":${quote(endpoint)},"outcome":${quote(outcome)},"status":${answer},"durationMs":${milliseconds(durationMs)}${why}}`
}

const WRITERS = {
  time: (r) => `"${new Date(r.time).toISOString()}"`,
  requestId: (r) => quote(r.requestId),
  client: (r) => quote(r.client),
  listener: (r) => quote(r.listener),
  protocol: (r) => quote(r.protocol),
  method: (r) => quote(r.method),
  host: (r) => quote(r.host),
  path: (r) => quote(r.path),
  status: (r) => String(r.status),
  reason: (r) => nullable(r.reason),
  route: (r) => nullable(r.route),
  upstream: (r) => nullable(r.upstream),
  endpoint: (r) => nullable(r.endpoint),
  attempts: (r) => `[${r.attempts.map(attempt).join(',')}]`,
  durationMs: (r) => milliseconds(r.durationMs),
  bytesIn: (r) => String(r.bytesIn),
  bytesOut: (r) => String(r.bytesOut),
  userAgent: (r) => nullable(r.userAgent),
} as const satisfies Record<string, Write>

/** Only where they are asked for. */
const MORE_WRITERS: ReadonlyMap<string, Write> = new Map<string, Write>([
  ['grpcStatus', ({ grpcStatus }) => String(grpcStatus)],
  ['tlsVersion', ({ tls }) => nullable(tls?.version ?? null)],
  ['tlsCipher', ({ tls }) => nullable(tls?.cipher ?? null)],
  ['sni', ({ tls }) => nullable(tls?.sni ?? null)],
  ['clientSubject', ({ tls }) => nullable(tls?.client?.subject ?? null)],
  ['clientVerified', ({ tls }) => String(tls?.client?.verified ?? null)],
  ['clientFingerprint', ({ tls }) => nullable(tls?.client?.fingerprint ?? null)],
])

export type AccessField = keyof typeof WRITERS

export const ACCESS_FIELDS = Object.keys(WRITERS) as readonly AccessField[]

/** Makes lines with these fields in this order, each with its line feed; throws for a name that is not a field. */
export function lineWriter(fields: readonly string[]): Write {
  const parts = fields.map((name, i): readonly [string, Write] => {
    const write = Object.hasOwn(WRITERS, name) ? WRITERS[name as AccessField] : MORE_WRITERS.get(name)
    if (write === undefined) throw new Error(`access log: unknown field "${name}"`)
    return [`${i === 0 ? '{' : ','}"${name}":`, write]
  })
  return (record) => {
    let line = ''
    for (const [prefix, write] of parts) line += prefix + write(record)
    return `${line}}\n`
  }
}

const CLIENT_TEXT = ['path', 'userAgent', 'host', 'requestId', 'method'] as const

/** The record with the texts that a client chose cut to `length` characters and marked with `...`. */
export function withShortTexts(record: AccessRecord, length: number): AccessRecord {
  const short: AccessRecord = { ...record }
  for (const name of CLIENT_TEXT) {
    const text = short[name]
    if (text !== null && text.length > length) short[name] = `${text.slice(0, length)}...`
  }
  return short
}
