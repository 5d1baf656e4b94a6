// Origins of cross-origin requests (RFC 6454): which of them are configured.

/** `scheme://host[:port]` of an origin, without its well-known port, in lower case. */
function canonical(origin: string): string {
  const lower = origin.toLowerCase()
  if (lower.startsWith('http://') && lower.endsWith(':80')) return lower.slice(0, -3)
  return lower.startsWith('https://') && lower.endsWith(':443') ? lower.slice(0, -4) : lower
}

const LABELS = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.$/

/** `patterns`: `*`, origins, and origins whose host begins with `*.`, which stands for one or more whole labels. */
export function originTest(patterns: readonly string[]): (origin: string) => boolean {
  if (patterns.includes('*')) return () => true
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')).map(canonical))
  const wild = patterns
    .filter((pattern) => pattern.includes('*'))
    .map((pattern) => {
      const [scheme = '', rest = ''] = canonical(pattern).split('*.')
      return { scheme, rest }
    })
  return (origin) => {
    const asked = canonical(origin)
    if (exact.has(asked)) return true
    return wild.some(
      ({ scheme, rest }) =>
        asked.length > scheme.length + rest.length &&
        asked.startsWith(scheme) &&
        asked.endsWith(rest) &&
        LABELS.test(asked.slice(scheme.length, asked.length - rest.length)),
    )
  }
}
