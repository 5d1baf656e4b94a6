// How much a client wants a media type (RFC 9110 section 12.5.1).

/** 0 (not at all) to 1, for a type such as `text/html`; `accept` is the field's value, null = everything is welcome. */
export function acceptance(accept: string | null, type: string): number {
  if (accept === null) return 1
  const ranges = [type, `${type.slice(0, type.indexOf('/'))}/*`, '*/*']
  let best = ranges.length
  let quality = 0
  for (const item of accept.split(',')) {
    const [range = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase())
    const rank = ranges.indexOf(range)
    // The most specific range counts.
    if (rank === -1 || rank >= best) continue
    best = rank
    quality = qualityOf(parameters)
  }
  return quality
}

function qualityOf(parameters: readonly string[]): number {
  const written = parameters.find((parameter) => parameter.startsWith('q='))
  const value = written === undefined ? 1 : Number(written.slice(2))
  return value >= 0 && value <= 1 ? value : 0
}
