// What the path of a rule matches, and how it is rewritten.

import { explain, findings } from '../../config/explain.ts'
import { matchSchema } from '../../config/match-schema.ts'
import type { PathEffects, Written } from './annotations/effects.ts'
import type { PartPath } from './parts.ts'

const NOT_ASCII = /[^!-~]+/g

export interface ReadPath {
  /** null = no request has such a path. */
  readonly path: PartPath | null
  /** What is wrong with it; null = nothing. With a path: the path is all that it may have meant, and its requests are to be refused. */
  readonly trouble: string | null
}

/** `type` is that of the API; a path that is not there is everything. */
export function readPath(type: string, written: string, effects: PathEffects): ReadPath {
  const path = written === '' ? '/' : written
  if (!effects.regex || type === 'Exact') {
    const ascii = path.toWellFormed().replace(NOT_ASCII, encodeURIComponent)
    return readMatch({ [type === 'Exact' ? 'exact' : 'prefix']: ascii })
  }
  const flag = effects.caseInsensitive ? '(?i)' : ''
  const read = readMatch({ regex: `${flag}${unanchored(path)}.*` })
  if (read.trouble === null) return read
  // Whoever asked for this must not get what a broader rule gives.
  const { path: begins } = readMatch({ regex: `${flag}${literalStart(unanchored(path))}.*` })
  return { path: begins, trouble: read.trouble }
}

function readMatch(path: Written): ReadPath {
  const read = matchSchema.safeParse({ path }, { error: (issue) => explain(issue), reportInput: true })
  if (!read.success) {
    const trouble = findings(read.error.issues).map(({ message }) => message)
    return { path: null, trouble: trouble.join('; ') }
  }
  const { type, value } = read.data.path as PartPath
  // To the route table these are the same; so they are to who looks for rules that ask for the same.
  return { path: { type, value: type === 'prefix' ? value.replace(/(.)\/+$/, '$1') : value }, trouble: null }
}

/** What everything that it matches begins with. */
function literalStart(regex: string): string {
  if (regex.includes('|')) return '/'
  const end = regex.search(/[\\^$.?*+()[\]{}]/)
  return end < 0 ? regex : `${regex.slice(0, Math.max(0, end - 1))}`
}

/** The filter that `rewrite-target` comes to; null = the path stays. */
export function rewriteOf(type: string, path: string, { regex, caseInsensitive, rewrite }: PathEffects): Written | null {
  // As in ingress-nginx: what would be replaced by itself is left alone, with all that is below it.
  if (rewrite === null || rewrite === path) return null
  if (!regex || type === 'Exact') return { rewrite: { path: rewrite.replace(/\$[1-9]/g, '') } }
  return { rewrite: { regex: `${caseInsensitive ? '(?i)' : ''}^(?:${unanchored(path)}).*$`, to: rewrite } }
}

/** A match begins where the path begins anyway. */
const unanchored = (path: string): string => path.replace(/^\^/, '')
