// What a Content-Length says (RFC 9110 section 8.6).

/** The number in `text[start, end)`, or -1: plain decimal digits without a leading zero, below 2^53. */
export function lengthOf(text: string, start: number, end: number): number {
  const digits = end - start
  if (digits === 0 || digits > 16) return -1
  if (digits > 1 && text.charCodeAt(start) === 0x30) return -1
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (!(digit >= 0 && digit <= 9)) return -1
    value = value * 10 + digit
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : -1
}
