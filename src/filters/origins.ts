// Origins of cross-origin requests (RFC 6454): which of them are configured.

/** `scheme://host[:port]` of an origin, without its well-known port, in lower case. */
function canonical(origin: string): string {
  const lower = origin.toLowerCase()
  if (lower.startsWith('http://') && lower.endsWith(':80')) return lower.slice(0, -3)
  return lower.startsWith('https://') && lower.endsWith(':443') ? lower.slice(0, -4) : lower
}

const HOST = /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])$/
const PORT = /:(?:\d{1,5}|\*)$/

interface Wild {
  readonly scheme: string
  /** What the host ends with, behind one or more whole labels; '' = any host. */
  readonly tail: string
  /** With its colon; '' = the well-known one, null = any. */
  readonly port: string | null
}

/**
 * `patterns`: `*`, origins, and origins whose host begins with `*.`, which stands for one or more whole labels, or is `*`, any host.
 * With `:*` behind it any port will do.
 */
export function originTest(patterns: readonly string[]): (origin: string) => boolean {
  if (patterns.includes('*')) return () => true
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')).map(canonical))
  const wild = patterns.filter((pattern) => pattern.includes('*')).map(readWild)
  return (origin) => {
    const asked = canonical(origin)
    return exact.has(asked) || wild.some((each) => matches(each, asked))
  }
}

function readWild(pattern: string): Wild {
  const text = canonical(pattern)
  const scheme = text.slice(0, text.indexOf('//') + 2)
  const port = PORT.exec(text)?.[0] ?? ''
  const host = text.slice(scheme.length, text.length - port.length)
  return { scheme, tail: host.startsWith('*') ? host.slice(1) : host, port: port === ':*' ? null : port }
}

function matches({ scheme, tail, port }: Wild, asked: string): boolean {
  if (!asked.startsWith(scheme)) return false
  const own = PORT.exec(asked)?.[0] ?? ''
  if (port !== null && port !== own) return false
  const host = asked.slice(scheme.length, asked.length - own.length)
  return (
    HOST.test(host) && (tail.startsWith('.') || tail === '' ? host.length > tail.length && host.endsWith(tail) : host === tail)
  )
}
