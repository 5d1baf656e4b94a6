// The field names that the engine acts upon, each with what becomes of it on the way to an endpoint and on the way back.

import { FOLD } from './chars.ts'

/** What a field means to the engine; PLAIN is every other field. */
export const FIELD = {
  PLAIN: 0,
  /** `X_Forwarded_For` and the like: not the field, yet taken for it by some readers. Never forwarded. */
  ALIAS: 1,
  HOST: 2,
  CONNECTION: 3,
  CONTENT_LENGTH: 4,
  TRANSFER_ENCODING: 5,
  EXPECT: 6,
  TE: 7,
  TRAILER: 8,
  UPGRADE: 9,
  /** Hop-by-hop without a meaning to us. */
  HOP: 10,
  VIA: 11,
  X_FORWARDED_FOR: 12,
  X_FORWARDED_PROTO: 13,
  X_FORWARDED_HOST: 14,
  X_FORWARDED_PORT: 15,
  FORWARDED: 16,
  /** Says something about the client that only a trusted hop may say. */
  TRUST: 17,
  X_REQUEST_ID: 18,
  /** Kept, but a `Connection` field may not nominate it away. */
  GUARDED: 19,
  KEEP_ALIVE: 20,
  DATE: 21,
  /** Ours in responses. */
  REASON: 22,
} as const

const NAMES: Readonly<Record<string, number>> = {
  host: FIELD.HOST,
  connection: FIELD.CONNECTION,
  'content-length': FIELD.CONTENT_LENGTH,
  'transfer-encoding': FIELD.TRANSFER_ENCODING,
  expect: FIELD.EXPECT,
  te: FIELD.TE,
  trailer: FIELD.TRAILER,
  upgrade: FIELD.UPGRADE,
  'keep-alive': FIELD.KEEP_ALIVE,
  'proxy-connection': FIELD.HOP,
  'proxy-authorization': FIELD.HOP,
  'proxy-authenticate': FIELD.HOP,
  'http2-settings': FIELD.HOP,
  proxy: FIELD.HOP,
  via: FIELD.VIA,
  'x-forwarded-for': FIELD.X_FORWARDED_FOR,
  'x-forwarded-proto': FIELD.X_FORWARDED_PROTO,
  'x-forwarded-host': FIELD.X_FORWARDED_HOST,
  'x-forwarded-port': FIELD.X_FORWARDED_PORT,
  forwarded: FIELD.FORWARDED,
  'x-forwarded-prefix': FIELD.TRUST,
  'x-forwarded-server': FIELD.TRUST,
  'x-forwarded-uri': FIELD.TRUST,
  'x-forwarded-method': FIELD.TRUST,
  'x-forwarded-tls-client-cert': FIELD.TRUST,
  'x-forwarded-tls-client-cert-info': FIELD.TRUST,
  'x-forwarded-client-cert': FIELD.TRUST,
  'x-forwarded-scheme': FIELD.TRUST,
  'x-forwarded-ssl': FIELD.TRUST,
  'x-forwarded-user': FIELD.TRUST,
  'x-forwarded-by': FIELD.TRUST,
  'x-real-ip': FIELD.TRUST,
  'true-client-ip': FIELD.TRUST,
  'x-client-ip': FIELD.TRUST,
  'x-original-url': FIELD.TRUST,
  'x-original-uri': FIELD.TRUST,
  'x-rewrite-url': FIELD.TRUST,
  'x-headgate-reason': FIELD.REASON,
  'x-request-id': FIELD.X_REQUEST_ID,
  authorization: FIELD.GUARDED,
  cookie: FIELD.GUARDED,
  'content-type': FIELD.GUARDED,
  date: FIELD.DATE,
}

interface Candidate {
  readonly name: string
  readonly first: number
  readonly kind: number
}

const BY_LENGTH: (Candidate[] | undefined)[] = []
for (const [name, kind] of Object.entries(NAMES)) {
  const list = BY_LENGTH[name.length] ?? []
  BY_LENGTH[name.length] = list
  list.push({ name, first: name.charCodeAt(0), kind })
}
for (let i = 0; i < BY_LENGTH.length; i++) BY_LENGTH[i] ??= undefined

const UNDERSCORE = 0x5f
const DOT = 0x2e

function matches(text: string, start: number, name: string): boolean {
  for (let i = 1; i < name.length; i++) {
    if (FOLD[text.charCodeAt(start + i)] !== name.charCodeAt(i)) return false
  }
  return true
}

function isAlias(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i)
    if (c === UNDERSCORE || c === DOT) return true
  }
  return false
}

/** The FIELD of the name in `text[start, end)`, which holds token characters only. */
export function classify(text: string, start: number, end: number): number {
  const last = text.charCodeAt(end - 1)
  if (last === UNDERSCORE || last === DOT) {
    let trimmed = end - 1
    while (trimmed > start && FOLD[text.charCodeAt(trimmed - 1)] === 0x2d) trimmed--
    if (trimmed === start) return FIELD.PLAIN
    return classify(text, start, trimmed) === FIELD.PLAIN ? FIELD.PLAIN : FIELD.ALIAS
  }
  const candidates = BY_LENGTH[end - start]
  if (candidates === undefined) return FIELD.PLAIN
  const first = FOLD[text.charCodeAt(start)] as number
  for (let i = 0; i < candidates.length; i++) {
    const candidate = candidates[i] as Candidate
    if (candidate.first === first && matches(text, start, candidate.name)) {
      return isAlias(text, start, end) ? FIELD.ALIAS : candidate.kind
    }
  }
  return FIELD.PLAIN
}
