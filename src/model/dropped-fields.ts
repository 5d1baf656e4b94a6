// Which fields stay behind on the way through, whatever protocol carries them, as tables by FIELD.

import { FIELD } from './field-names.ts'

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
DROP_FROM_TRAILERS[FIELD.PLAIN] = DROP_FROM_TRAILERS[FIELD.TRACE] = 0
