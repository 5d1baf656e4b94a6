// Reads one cookie of a Cookie header (RFC 6265 section 4.2.1).

export function cookieOf(header: string | null, name: string): string | null {
  // Several Cookie headers come joined by a comma.
  for (const pair of (header ?? '').split(/[;,]/)) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return null
}
