// Whether a listener serves a host.

/** `patterns`: exact names and `*.` wildcards (any depth below), lower case. null = every host. */
export function hostTest(patterns: readonly string[]): ((host: string) => boolean) | null {
  if (patterns.length === 0) return null
  const exact = new Set(patterns.filter((pattern) => !pattern.startsWith('*.')))
  const below = new Set(patterns.filter((pattern) => pattern.startsWith('*.')).map((pattern) => pattern.slice(1)))
  return (host) => {
    if (exact.has(host)) return true
    for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
      if (dot > 0 && below.has(host.slice(dot))) return true
    }
    return false
  }
}
