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
  /** Where the request stands in a trace. Kept; what is like it is another field. */
  TRACE: 23,
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
  traceparent: FIELD.TRACE,
  tracestate: FIELD.TRACE,
  b3: FIELD.TRACE,
  'x-b3-traceid': FIELD.TRACE,
  'x-b3-spanid': FIELD.TRACE,
  'x-b3-parentspanid': FIELD.TRACE,
  'x-b3-sampled': FIELD.TRACE,
  'x-b3-flags': FIELD.TRACE,
}

interface Candidate {
  readonly name: string
  readonly first: number
  readonly kind: number
}

const LONGEST = Math.max(...Object.keys(NAMES).map(({ length }) => length))
/** By the length of the name and the last five bits of how it begins: mostly there is none, or one. */
const CANDIDATES: Candidate[][] = Array.from({ length: (LONGEST + 1) << 5 }, () => [])
for (const [name, kind] of Object.entries(NAMES)) {
  const first = name.charCodeAt(0)
  CANDIDATES[(name.length << 5) + (first & 0x1f)]?.push({ name, first, kind })
}

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

/** What is like a field of that kind. Where a request stands in a trace protects nothing. */
function aliasOf(kind: number): number {
  return kind === FIELD.PLAIN || kind === FIELD.TRACE ? FIELD.PLAIN : FIELD.ALIAS
}

/** The FIELD of the name in `text[start, end)`, which holds token characters only. */
export function classify(text: string, start: number, end: number): number {
  const last = text.charCodeAt(end - 1)
  if (last === UNDERSCORE || last === DOT) {
    let trimmed = end - 1
    while (trimmed > start && FOLD[text.charCodeAt(trimmed - 1)] === 0x2d) trimmed--
    if (trimmed === start) return FIELD.PLAIN
    return aliasOf(classify(text, start, trimmed))
  }
  if (end - start > LONGEST) return FIELD.PLAIN
  const first = FOLD[text.charCodeAt(start)] as number
  const candidates = CANDIDATES[((end - start) << 5) + (first & 0x1f)] as Candidate[]
  for (let i = 0; i < candidates.length; i++) {
    const candidate = candidates[i] as Candidate
    if (candidate.first === first && matches(text, start, candidate.name)) {
      return isAlias(text, start, end) ? aliasOf(candidate.kind) : candidate.kind
    }
  }
  return FIELD.PLAIN
}
