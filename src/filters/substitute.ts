// Substitutions in paths by regular expressions of RE2 syntax: linear in the length of the path, whatever a client sends.

import { RE2JS } from 're2js'
import type { Exchange } from '../model/exchange.ts'
import { escapePath } from './escape.ts'
import { inPath, type PathMaker, settle } from './new-path.ts'
import { compileTemplate, render, type Template } from './template.ts'

/** A piece of the replacement: text, or the number of a group. */
type Piece = Template | number

const MAX_LENGTH = 64 * 1024

/** Every match of `source` in the path becomes `to`, in which `$1` to `$9` are groups, `$$` is a dollar sign, and templates may stand. */
export function substitution(source: string, to: string): PathMaker {
  const regex = RE2JS.compile(source)
  const pieces = piecesOf(to)
  return (x) => {
    const { path } = x
    const matcher = regex.matcher(path)
    if (!matcher.find()) return path
    let out = ''
    let from = 0
    do {
      out += path.slice(from, matcher.start()) + replacement(pieces, matcher, x)
      from = matcher.end()
      if (out.length > MAX_LENGTH) return null
    } while (matcher.find())
    return settle(out + path.slice(from), x)
  }
}

function replacement(pieces: readonly Piece[], matcher: ReturnType<RE2JS['matcher']>, x: Exchange): string {
  let out = ''
  // A group is cut out of a path that is escaped already: only what the cut has torn apart is escaped again.
  for (const piece of pieces) out += typeof piece === 'number' ? escapePath(matcher.group(piece) ?? '') : render(piece, x)
  return out
}

function piecesOf(to: string): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (const match of to.matchAll(/\$([$1-9])/g)) {
    pieces.push(compileTemplate(to.slice(from, match.index), inPath), match[1] === '$' ? '$' : Number(match[1]))
    from = match.index + 2
  }
  pieces.push(compileTemplate(to.slice(from), inPath))
  return pieces.filter((piece) => piece !== '')
}
