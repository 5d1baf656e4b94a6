// What the path of a rule matches, and how it is rewritten.

import { explain, findings } from '../../config/explain.ts'
import { matchSchema } from '../../config/match-schema.ts'
import type { PathEffects, Written } from './annotations/effects.ts'
import { pathOfRule } from './annotations/paths.ts'
import type { PartPath } from './parts.ts'

const NOT_ASCII = /[^!-~]+/g

export interface ReadPath {
  /** null = no request has such a path. */
  readonly path: PartPath | null
  /** Filters that change it. */
  readonly rewrite: readonly Written[]
  /** What is wrong with it; null = nothing. With a path: the path is all that it may have meant, and its requests are to be refused. */
  readonly trouble: string | null
}

/** `type` is that of the API; a path that is not there is everything. */
export function readPath(type: string, written: string, effects: PathEffects): ReadPath {
  const path = written === '' ? '/' : written
  const isExact = type === 'Exact'
  const ascii = path.toWellFormed().replace(NOT_ASCII, encodeURIComponent)
  if (!effects.regex) return readMatch({ [isExact ? 'exact' : 'prefix']: ascii })
  const found = pathOfRule(effects, isExact ? ascii : path, isExact)
  // Whoever asked for what cannot be must not get what a broader rule gives.
  if (typeof found === 'string') return { ...readMatch({ regex: `(?i)${literalStart(path)}.*` }), trouble: found }
  // As in ingress-nginx: what would be replaced by itself is left alone, with all that is below it.
  return readMatch(found.path, effects.rewrite === path ? [] : found.filters)
}

function readMatch(path: Written, rewrite: readonly Written[] = []): ReadPath {
  const read = matchSchema.safeParse({ path }, { error: (issue) => explain(issue), reportInput: true })
  if (!read.success) {
    const trouble = findings(read.error.issues).map(({ message }) => message)
    return { path: null, rewrite, trouble: trouble.join('; ') }
  }
  const { type, value } = read.data.path as PartPath
  // To the route table these are the same; so they are to who looks for rules that ask for the same.
  return { path: { type, value: type === 'prefix' ? value.replace(/(.)\/+$/, '$1') : value }, rewrite, trouble: null }
}

/** What everything that a regular expression matches begins with. */
function literalStart(regex: string): string {
  const body = regex.replace(/^\^/, '')
  const end = body.search(/[\\^$.?*+()[\]{}|]/)
  if (end < 0) return body
  // The last character may belong to what is repeated.
  return body.includes('|') || end < 2 ? '/' : body.slice(0, end - 1)
}
