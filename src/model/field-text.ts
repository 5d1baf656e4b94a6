// Reading and changing fields in a head or in canonical field lines. One scan per call, no index.

/**
 * Values of all lines named `name` (lower case) in `text`: a validated head (the request or status line may be there) or canonical
 * field lines. Joined by `, `; null when there is none.
 */
export function fieldValue(text: string, name: string): string | null {
  let found: string | null = null
  let pos = 0
  while (pos < text.length) {
    let end = text.indexOf('\r\n', pos)
    if (end === -1) end = text.length
    if (text.charCodeAt(pos + name.length) === 0x3a && sameName(text, pos, name)) {
      const value = trimmed(text, pos + name.length + 1, end)
      found = found === null ? value : `${found}, ${value}`
    }
    pos = end + 2
  }
  return found
}

/**
 * Canonical lines without the fields named in `drop` (lower case), and with `append` (canonical lines) behind them: any number of
 * removals, replacements and additions in one pass.
 */
export function editFields(text: string, drop: readonly string[], append: string): string {
  let out = ''
  let run = 0
  let pos = 0
  while (pos < text.length) {
    const end = text.indexOf('\r\n', pos) + 2
    if (isNamed(text, pos, drop)) {
      if (pos > run) out += text.slice(run, pos)
      run = end
    }
    pos = end
  }
  if (run === 0) return text + append
  return out + text.slice(run) + append
}

function isNamed(text: string, pos: number, names: readonly string[]): boolean {
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string
    if (text.charCodeAt(pos + name.length) === 0x3a && sameName(text, pos, name)) return true
  }
  return false
}

function sameName(text: string, pos: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const c = text.charCodeAt(pos + i)
    if ((c >= 0x41 && c <= 0x5a ? c + 32 : c) !== name.charCodeAt(i)) return false
  }
  return true
}

function trimmed(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && (text.charCodeAt(start) === 0x20 || text.charCodeAt(start) === 0x09)) start++
  while (end > start && (text.charCodeAt(end - 1) === 0x20 || text.charCodeAt(end - 1) === 0x09)) end--
  return text.slice(start, end)
}
