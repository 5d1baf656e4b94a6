// One path view: what routing, filters and the log use is what is forwarded. Normalised once, refused where two readers could
// read two paths (RFC 3986 section 6.2.2; the RFC 9112 and 9110 rules are the parser's).

/** A listener's `paths` as far as they concern the normal form. */
export interface PathRules {
  /** `//` becomes `/`, before dot segments are removed. */
  readonly mergeSlashes: boolean
  /** What `%2F` and `%5C` are: an error, or characters of a segment that stay encoded. */
  readonly encodedSlash: 'reject' | 'keep'
}

const SLASH = 0x2f
const DOT = 0x2e
const PERCENT = 0x25
const BACKSLASH = 0x5c

/** One pass of the regex engine is faster than a loop over `charCodeAt`, by twice on a string that is a slice of a head. */
const NOT_PLAIN = /[%;\\]|\/[/.]/

/** A parameter behind a dot segment: some servers remove the parameter first and then see `..`. Encoded `;` likewise. */
const DOTS_WITH_PARAMETER = /\.\.(?:;|%3B)|\/\.(?:;|%3B)/

/**
 * The normalised form of `raw`, or null when it must be refused (400).
 *
 * `raw` is a request's path without query, visible ASCII only. Percent-encoded unreserved characters are decoded, other escapes
 * stay with upper-case digits; slashes are merged as the rules say; dot segments, encoded ones too, are removed once; parameters
 * (`;x=1`) are kept. Refused: above the root, `..;`, backslashes, encoded control characters, bad escapes and escapes that are
 * not UTF-8. Idempotent. Returns `raw` itself, without allocating, when there is nothing to do.
 */
export function normalizePath(raw: string, rules: PathRules): string | null {
  if (isPlainPath(raw)) return raw
  if (raw.charCodeAt(0) !== SLASH) return null
  const decoded = decodeOnce(raw, rules.encodedSlash === 'keep')
  if (decoded === null || DOTS_WITH_PARAMETER.test(decoded)) return null
  return resolveSegments(decoded, rules.mergeSlashes)
}

/** Whether a path is certainly in its normal form: no escape, parameter, backslash, empty segment or leading dot in one. */
export function isPlainPath(raw: string): boolean {
  return raw.charCodeAt(0) === SLASH && !NOT_PLAIN.test(raw)
}

/** One round of percent-decoding: what is unreserved. Null when an escape is bad or means something that is refused. */
function decodeOnce(raw: string, keepSlash: boolean): string | null {
  let out = ''
  let from = 0
  for (let i = 0; i < raw.length; i++) {
    const c = raw.charCodeAt(i)
    if (c === BACKSLASH) return null
    if (c !== PERCENT) continue
    const byte = escapedByte(raw, i)
    if (byte < 0x20 || byte === 0x7f) return null
    if ((byte === SLASH || byte === BACKSLASH) && !keepSlash) return null
    let length = 1
    if (byte >= 0x80) {
      length = utf8Length(raw, i, byte)
      if (length === 0) return null
    }
    const end = i + 3 * length
    out += raw.slice(from, i) + (isUnreserved(byte) ? String.fromCharCode(byte) : raw.slice(i, end).toUpperCase())
    from = end
    i = end - 1
  }
  return from === 0 ? raw : out + raw.slice(from)
}

/** RFC 3986 section 5.2.4 on whole segments; null when it leads above the root. */
function resolveSegments(path: string, mergeSlashes: boolean): string | null {
  const segments = path.split('/')
  const kept: string[] = []
  const last = segments.length - 1
  for (let i = 1; i <= last; i++) {
    const segment = segments[i] as string
    const isDot = segment === '.'
    const isDotDot = segment === '..'
    if (isDotDot) {
      if (kept.length === 0) return null
      kept.pop()
    }
    // A dot segment at the end leaves its slash: /a/.. is /, /a/b/. is /a/b/.
    if (isDot || isDotDot) {
      if (i === last) kept.push('')
    } else if (segment !== '' || !mergeSlashes || i === last) {
      kept.push(segment)
    }
  }
  return `/${kept.join('/')}`
}

/** The byte that the escape at `at` stands for, or -1. */
function escapedByte(text: string, at: number): number {
  if (at + 2 >= text.length || text.charCodeAt(at) !== PERCENT) return -1
  const high = hexDigit(text.charCodeAt(at + 1))
  const low = hexDigit(text.charCodeAt(at + 2))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30
  const lower = c | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

/** Bytes of the escaped UTF-8 sequence at `at`; 0 when it is cut, overlong, a surrogate or beyond U+10FFFF (RFC 3629 section 4). */
function utf8Length(text: string, at: number, lead: number): number {
  const length = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0
  for (let k = 1; k < length; k++) {
    const byte = escapedByte(text, at + 3 * k)
    let lowest = 0x80
    let highest = 0xbf
    if (k === 1) {
      if (lead === 0xe0) lowest = 0xa0
      else if (lead === 0xed) highest = 0x9f
      else if (lead === 0xf0) lowest = 0x90
      else if (lead === 0xf4) highest = 0x8f
    }
    if (byte < lowest || byte > highest) return 0
  }
  return length
}

/** Letters, digits, `-` `.` `_` `~` (RFC 3986 section 2.3). */
function isUnreserved(c: number): boolean {
  if (c >= 0x30 && c <= 0x39) return true
  const lower = c | 0x20
  if (lower >= 0x61 && lower <= 0x7a && c < 0x80) return true
  return c === 0x2d || c === DOT || c === 0x5f || c === 0x7e
}
