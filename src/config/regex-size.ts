// How large a regular expression of RE2 is when its repetitions are written out: what compiling it and each match cost. A few
// characters can ask for a million steps, and whoever may write routes must not stop the process with them.

/** Characters with repetitions written out; matches of the longest paths that clients may send stay below a second. */
export const LARGEST_REGEX = 4096

interface Group {
  size: number
  /** Of what a quantifier would repeat. */
  last: number
}

const QUANTIFIER = /\{(\d{1,9})(?:(,)(\d{0,9}))?\}/y

/** An upper bound; of a text that is no regular expression, any number. */
export function regexSize(source: string): number {
  const groups: Group[] = [{ size: 0, last: 0 }]
  let at = 0
  while (at < source.length) {
    const group = groups.at(-1) as Group
    const character = source[at] as string
    let size = 1
    let end = at + 1
    if (character === '\\') {
      end = endOfEscape(source, at)
      size = source.startsWith('\\Q', at) ? end - at : 1
    } else if (character === '[') end = endOfClass(source, at)
    else if (character === '(') {
      groups.push({ size: 1, last: 0 })
      at = end
      continue
    } else if (character === ')' && groups.length > 1) {
      groups.pop()
      add(groups.at(-1) as Group, group.size)
      at = end
      continue
    } else if (character === '{') {
      QUANTIFIER.lastIndex = at
      const found = QUANTIFIER.exec(source)
      if (found !== null) {
        repeat(group, found)
        at = QUANTIFIER.lastIndex
        continue
      }
    }
    add(group, size)
    at = end
  }
  return groups.reduce((sum, { size }) => sum + size, 0)
}

function add(group: Group, size: number): void {
  group.size += size
  group.last = size
}

function repeat(group: Group, [, least = '1', comma, most = '']: RegExpExecArray): void {
  const times = comma === undefined ? Number(least) : most === '' ? Number(least) + 1 : Number(most)
  const more = group.last * (Math.max(times, 1) - 1)
  group.size += more
  group.last += more
}

/** Behind `\d`, `\pL`, `\p{Greek}`, `\x{10FFFF}`, `\Q...\E`. */
function endOfEscape(source: string, from: number): number {
  if (source[from + 1] === 'Q') {
    const end = source.indexOf('\\E', from + 2)
    return end === -1 ? source.length : end + 2
  }
  if (/[pPx]/.test(source[from + 1] ?? '') && source[from + 2] === '{') {
    const end = source.indexOf('}', from)
    return end === -1 ? source.length : end + 1
  }
  return from + (/[pP]/.test(source[from + 1] ?? '') ? 3 : 2)
}

function endOfClass(source: string, from: number): number {
  let at = from + 1
  if (source[at] === '^') at++
  if (source[at] === ']') at++
  while (at < source.length && source[at] !== ']') {
    if (source[at] === '\\') at = endOfEscape(source, at)
    else if (source.startsWith('[:', at) && source.includes(':]', at)) at = source.indexOf(':]', at) + 2
    else at++
  }
  return at + 1
}
