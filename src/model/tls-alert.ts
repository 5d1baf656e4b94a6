// Alerts (RFC 8446 6.2) that a connection is refused with before there are keys.

export const ALERT = {
  UNEXPECTED_MESSAGE: 10,
  RECORD_OVERFLOW: 22,
  HANDSHAKE_FAILURE: 40,
  ILLEGAL_PARAMETER: 47,
  DECODE_ERROR: 50,
  INTERNAL_ERROR: 80,
  UNRECOGNIZED_NAME: 112,
} as const

/** A fatal alert as it goes over a connection that has not agreed on keys. */
export const fatalAlert = (code: number): Buffer => Buffer.from([21, 3, 3, 0, 2, 2, code])
