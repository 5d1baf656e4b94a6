// Character classes of RFC 9110 section 5.6 as lookup tables: one array read per byte is the whole price of strictness.

const table = (test: (code: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, code) => (test(code) ? 1 : 0))

const TOKEN_MARKS = "!#$%&'*+-.^_`|~"

const isAlphaNumeric = (c: number): boolean => (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a)

/** tchar (RFC 9110 5.6.2). */
export const TOKEN = table((c) => isAlphaNumeric(c) || (c < 128 && TOKEN_MARKS.includes(String.fromCharCode(c))))

/** What a field value may hold (RFC 9110 5.5): HTAB, SP, visible ASCII, obs-text. */
export const VALUE = table((c) => c === 0x09 || (c >= 0x20 && c !== 0x7f))

/** What a request target may hold: visible ASCII without `#` (a fragment never travels). */
export const TARGET = table((c) => c > 0x20 && c < 0x7f && c !== 0x23)

/** Lower case, with `_` and `.` as `-`: aliases that CGI-like endpoints take for the same field. */
export const FOLD = Uint8Array.from({ length: 256 }, (_, c) => {
  if (c >= 0x41 && c <= 0x5a) return c + 32
  return c === 0x5f || c === 0x2e ? 0x2d : c
})

/** Value of a hexadecimal digit, 255 = none. */
export const HEX = Uint8Array.from({ length: 256 }, (_, c) => {
  if (c >= 0x30 && c <= 0x39) return c - 0x30
  if (c >= 0x41 && c <= 0x46) return c - 0x37
  return c >= 0x61 && c <= 0x66 ? c - 0x57 : 255
})

export const CR = 13
export const LF = 10
export const SP = 32
export const HTAB = 9
export const COLON = 58
