// Reading single values out of a raw query and a raw Cookie field, as predicates see them. Linear, and nothing here throws.

const AMPERSAND = 0x26
const SEMICOLON = 0x3b
const EQUALS = 0x3d
const ENCODED = /[%+]/

/** First value of `name` in a query from `from` on, which is without `?` (`a=1&a=2` gives `1`), decoded; `''` for `a` and `a=`; null when absent. */
export function queryValue(rawQuery: string, name: string, from = 0): string | null {
  for (let start = from; start < rawQuery.length; ) {
    const end = indexWithin(rawQuery, AMPERSAND, start, rawQuery.length)
    const nameEnd = indexWithin(rawQuery, EQUALS, start, end)
    if (end > start && isNamed(rawQuery, start, nameEnd, name)) return decode(rawQuery.slice(nameEnd + 1, end))
    start = end + 1
  }
  return null
}

/** First cookie of that name in a Cookie field (RFC 6265 section 5.4), as sent; null when absent. */
export function cookieValue(cookieField: string, name: string): string | null {
  for (let start = 0; start < cookieField.length; ) {
    const end = indexWithin(cookieField, SEMICOLON, start, cookieField.length)
    const nameEnd = indexWithin(cookieField, EQUALS, start, end)
    if (nameEnd < end && cookieField.slice(start, nameEnd).trim() === name) return cookieField.slice(nameEnd + 1, end).trim()
    start = end + 1
  }
  return null
}

/** Where `unit` first is in `text[start..end)`; `end` when it is not. */
function indexWithin(text: string, unit: number, start: number, end: number): number {
  let i = start
  while (i < end && text.charCodeAt(i) !== unit) i++
  return i
}

function isNamed(query: string, start: number, end: number, name: string): boolean {
  if (end - start === name.length && query.startsWith(name, start)) return true
  // An encoded name is longer than what it stands for, or holds `+` for a space.
  if (end - start < name.length) return false
  const written = query.slice(start, end)
  return ENCODED.test(written) && decode(written) === name
}

/** `+` is a space, escapes are UTF-8 (as HTML forms write them); what is no valid escape sequence stays as written. */
function decode(text: string): string {
  if (!ENCODED.test(text)) return text
  const spaced = text.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced
  }
}
