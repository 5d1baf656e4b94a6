// Which form of an answer a client takes: the content codings of Accept-Encoding and the tags of If-None-Match (RFC 9110).

export const CODINGS = ['br', 'gzip', 'identity'] as const
export type Coding = (typeof CODINGS)[number]

/** The one with the most weight, of equal ones the first of `CODINGS`; `identity` when none is acceptable. */
export function chooseCoding(accept = ''): Coding {
  const weights = new Map<string, number>()
  for (const item of accept.toLowerCase().split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1'
    if (name !== '') weights.set(name === 'x-gzip' ? 'gzip' : name, /^[01](\.\d{0,3})?$/.test(weight) ? Number(weight) : 0)
  }
  const weightOf = (coding: Coding): number => weights.get(coding) ?? (coding === 'identity' ? 0 : (weights.get('*') ?? 0))
  return CODINGS.filter((coding) => weightOf(coding) > 0).sort((a, b) => weightOf(b) - weightOf(a))[0] ?? 'identity'
}

/** Whether If-None-Match names this tag, so that the client has what it would get. */
export function hasTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch.trim() === '*' || [...ifNoneMatch.matchAll(/"[^"]*"/g)].some(([known]) => known === tag)
}
