// Which fields travel on, as canonical text: what is hop-by-hop, nominated by Connection, an alias, or ours to say stays behind.

import { FIELD } from './field-names.ts'
import type { FieldScan } from './scan-fields.ts'

const KINDS = 32

function table(...kinds: number[]): Uint8Array {
  const drop = new Uint8Array(KINDS)
  for (const kind of kinds) drop[kind] = 1
  return drop
}

const HOP_BY_HOP = [
  FIELD.ALIAS,
  FIELD.CONNECTION,
  FIELD.TRANSFER_ENCODING,
  FIELD.TE,
  FIELD.TRAILER,
  FIELD.UPGRADE,
  FIELD.HOP,
  FIELD.KEEP_ALIVE,
]

/** Fields of a request that are dropped whatever else is in it. Host is carried apart; Expect is answered here. */
const OURS = [
  FIELD.HOST,
  FIELD.EXPECT,
  FIELD.X_FORWARDED_FOR,
  FIELD.X_FORWARDED_PROTO,
  FIELD.X_FORWARDED_HOST,
  FIELD.X_FORWARDED_PORT,
  FIELD.FORWARDED,
  FIELD.REASON,
]

export const DROP_FROM_TRUSTED = table(...HOP_BY_HOP, ...OURS)
export const DROP_FROM_CLIENT = table(...HOP_BY_HOP, ...OURS, FIELD.TRUST)
/** Client-trust fields mean nothing in a response. `Via` and the rest of an endpoint's fields are the endpoint's business. */
export const DROP_FROM_ENDPOINT = table(...HOP_BY_HOP.filter((kind) => kind !== FIELD.ALIAS), FIELD.REASON)
/** The same, for responses that may not say a length. */
export const DROP_WITH_LENGTH = DROP_FROM_ENDPOINT.slice()
DROP_WITH_LENGTH[FIELD.CONTENT_LENGTH] = 1

/** Fields that may not come as trailers (RFC 9110 6.5.1): framing, routing, authentication, and what we say ourselves. */
export const DROP_FROM_TRAILERS = new Uint8Array(KINDS).fill(1)
DROP_FROM_TRAILERS[FIELD.PLAIN] = 0

/** The canonical lines of the fields that `drop` does not name and `nominated` (lower case) does not either. */
export function keepFields(fields: FieldScan, drop: Uint8Array, nominated: readonly string[] | null): string {
  if (fields.count === 0) return ''
  return fields.canonical && nominated === null ? keepRuns(fields, drop) : keepLines(fields, drop, nominated)
}

/** The usual case: everything is canonical already, so whole runs between dropped fields are taken over. */
function keepRuns(fields: FieldScan, drop: Uint8Array): string {
  const { text, at, kinds, special } = fields
  let out = ''
  let run = at[0] as number
  for (let i = 0; i < fields.specialCount; i++) {
    const index = special[i] as number
    if (drop[kinds[index] as number] === 0) continue
    const start = at[4 * index] as number
    if (start > run) out += text.slice(run, start)
    run = (at[4 * index + 3] as number) + 2
  }
  const end = (at[4 * fields.count - 1] as number) + 2
  return end > run ? out + text.slice(run, end) : out
}

function keepLines(fields: FieldScan, drop: Uint8Array, nominated: readonly string[] | null): string {
  const { text, at, kinds } = fields
  let out = ''
  for (let i = 0; i < fields.count; i++) {
    const kind = kinds[i] as number
    if (drop[kind] === 1) continue
    const name = text.slice(at[4 * i], at[4 * i + 1])
    if (nominated?.includes(name.toLowerCase())) continue
    out += `${name}: ${text.slice(at[4 * i + 2], at[4 * i + 3])}\r\n`
  }
  return out
}
